#pragma once
// What the server keeps beside its store: the root key, the certificate authority, and the
// administrator's credentials for `ringwall env`.

#include <string>

#include "base/bytes.h"
#include "base/ports.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "directory/bootstrap.h"
#include "store/store.h"

namespace ringwall::server {

// The files of a data folder, by who owns them.
struct Layout {
  std::string folder;
  std::string server() const { return folder + "/server"; }
  std::string state() const { return folder + "/server/state.db"; }
  std::string root_key() const { return folder + "/server/root.key"; }
  std::string beginning() const { return folder + "/server/beginning"; }  // see beginning.h
  std::string bugs() const { return folder + "/server/bugs"; }  // bugs.h
  std::string audit() const { return folder + "/server/audit"; }
  std::string ballast() const { return folder + "/server/ballast"; }  // space for the two above, when the disk is full
  std::string administrator() const { return folder + "/server/administrator.json"; }
  std::string ca_certificate() const { return folder + "/run/ca.pem"; }       // world-readable
  std::string endpoint() const { return folder + "/run/endpoint.json"; }     // of the running server
};

// Whether a store was ever made: an empty file is none.
bool has_store(const Layout& layout);

// Reads the 32-byte root key, or makes it when nothing else is there yet. Refuses a file that
// anyone but its owner may read, that has another length, or that is gone while a store exists.
Result<Secret> root_key(const Layout& layout, Random& random);

// The certificate authority, made at the first start; its key is stored sealed under the root key.
Result<crypto::Authority> authority(store::Store& store, const Secret& root_key, Random& random, TimePoint now);

// Whether the store was written under this root key: Failure::denied when not.
Result<> check_root_key(const store::Store& store, const Secret& root_key);

// Holds a data folder to the Region of its first start, which the ARNs of all that it holds name.
// A folder of before this was so, which is of the Region that its last server served, if that is known.
Result<> keep_region(store::Store& store, const Layout& layout, const std::string& region);

// Writes the credentials to an owner-only file, if they are known.
Result<> write_administrator(const Layout& layout, const directory::Administrator& administrator);

}  // namespace ringwall::server
