#pragma once
// The uids of an installation, so that two on one host share none: the server's own, where no user
// was named for it, and a range for engines.

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/result.h"
#include "host/host.h"

namespace ringwall::host {

inline constexpr std::uint32_t engine_uids = 1U << 16U;  // in one installation's range

struct Uids {
  uid_t server = engine_uid_min - 1;
  uid_t engines_first = engine_uid_min;
  friend bool operator==(const Uids&, const Uids&) = default;
};

// As DATA/host/uids records them, or the owner of DATA/server says, who is the server. A folder that
// was served before there were ranges keeps what every installation had then. Another is given ones
// that follow from its path, or the next that no process on this host has. To be called as root,
// before the folder is first served.
Result<Uids> uids_of(const std::string& data_folder);

}  // namespace ringwall::host
