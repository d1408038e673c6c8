#pragma once
// A store's copy, taken while it serves.

#include <string>

#include "store/store.h"

namespace ringwall::store {

// Writes all that `store` holds, as of one revision, which is answered, to a new file that
// open_sqlite opens. Fails with Failure::conflict when there is a file already, and leaves none
// when it fails. The store serves on meanwhile. Cost: writes and syncs the whole file.
Result<Revision> copy_sqlite(const Store& store, const std::string& path);

}  // namespace ringwall::store
