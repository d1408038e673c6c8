#pragma once
// What the server wants kept on root's side: a label beside each volume, and a word about its
// store. Both are bytes that mean nothing here; each replaces its predecessor as a whole.

#include <string>
#include <vector>

#include "base/result.h"
#include "host/detail/folders.h"
#include "host/host.h"

namespace ringwall::host::detail {

// With whatever a killed helper left of it.
Result<> remove_label(const Folders& folders, const std::string& id);
Result<> label_volume(const Folders& folders, const std::string& id, const std::string& label);

// `only`, whatever there is of it; else up to volumes_page_max volumes behind `after`.
Result<std::vector<VolumeFacts>> look_at_volumes(const Folders& folders, const std::string& after,
                                                 const std::string& only);

Result<> keep_installation(const Folders& folders, const std::string& content);
Result<std::string> kept_installation(const Folders& folders);

}  // namespace ringwall::host::detail
