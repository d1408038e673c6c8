#pragma once
// Encrypted volumes: an ext4 image, mounted, with one folder `data` under an fscrypt v2
// policy (AES-256-XTS for contents, AES-256-CTS for names). The key is in the kernel's memory
// only while the volume is open.

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "host/detail/folders.h"
#include "host/helper.h"
#include "host/host.h"

namespace ringwall::host::detail {

// Each converges from any half-made state.
Result<> open_volume(const HelperOptions& options, const Volume& volume, const Secret& key);
Result<> close_volume(const Folders& folders, const std::string& volume_id);
Result<> remove_volume(const Folders& folders, const std::string& volume_id);

std::vector<std::string> volumes(const Folders& folders);
// Those mounted: unlocked, or locked by a closing that came no further.
std::vector<std::string> open_volumes(const Folders& folders);
std::vector<std::string> sparse_volumes(const Folders& folders);
std::vector<std::string> full_volumes(const Folders& folders);
std::vector<std::string> failed_volumes(const Folders& folders);

}  // namespace ringwall::host::detail
