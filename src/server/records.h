#pragma once
// What the server stores about itself. Which uids are its engines' is in services/rds/records.h.

#include <cstdint>
#include <string>

#include "records/table.h"

namespace ringwall::server {

// The certificate authority of this installation.
struct StoredAuthority {
  std::string certificate;  // PEM
  std::string key;          // base64, sealed under a key derived from the root key
};
template <typename A, records::Is<StoredAuthority> T>
void fields(A& archive, T& v) {
  archive.kept("certificate", v.certificate);
  archive.kept("key", v.key);
}

// The Region that the ARNs of what is stored name.
struct StoredRegion {
  std::string region;
};
template <typename A, records::Is<StoredRegion> T>
void fields(A& archive, T& v) {
  archive.kept("region", v.region);
}

// Which installation this is, and how often it was started: installation.h.
struct StoredInstallation {
  std::string id;
  std::int64_t generation = 0;
};
template <typename A, records::Is<StoredInstallation> T>
void fields(A& archive, T& v) {
  archive.kept("id", v.id);
  archive.kept("generation", v.generation);
}

namespace tables {
inline constexpr records::Table<StoredAuthority, 0> authorities{"server/authority"};
inline constexpr records::Table<StoredRegion, 0> regions{"server/region"};
inline constexpr records::Table<StoredInstallation, 0> installations{"server/installation"};
}  // namespace tables

}  // namespace ringwall::server
