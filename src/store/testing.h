#pragma once
// For the tests of other rooms: a real store in a folder of its own.

#include <memory>

#include "store/store.h"

namespace ringwall::store {

// A new, empty store in the system's temporary folder; its files go when it is destroyed.
// Aborts when it cannot be made, since no test can go on then.
std::unique_ptr<Store> open_temporary();

}  // namespace ringwall::store
