#pragma once
// Whether a data folder may begin: the first start makes a root key, a store and an organisation,
// and no later start may make another store in place of one that is lost. Whoever keeps databases
// would lose every one of them to an empty store.

#include "base/result.h"
#include "host/host.h"
#include "server/keys.h"
#include "store/store.h"

namespace ringwall::server {

// Call before the store is opened, which would make one. Passes when there is a store, when a
// first start was cut short, or when the folder holds nothing that a store belongs to; then a mark
// says so until end_beginning. Failure::corrupt, naming what is there and the remedy, otherwise.
Result<> begin(const Layout& layout, host::Host& host);
// A store that was opened and holds no organisation, where no beginning was under way, was not
// filled by a first start. Failure::corrupt, as above.
Result<> check_filled(const Layout& layout, const store::Store& store);
// The folder has its organisation: from here on its store may not be lost.
Result<> end_beginning(const Layout& layout);

// For `ringwall new-store`: lets the next start make another store in a folder whose own is lost.
// Root key, audit log and volumes stay; a write-ahead log without its store is put aside. Conflict
// when there is a store.
Result<> give_up_store(const Layout& layout);

}  // namespace ringwall::server
