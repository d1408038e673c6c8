#pragma once
// Everything that is stored, as the tables of all rooms keep it.

#include <span>

#include "base/result.h"
#include "records/table.h"
#include "store/store.h"

namespace ringwall::server {

// Of every kind of document there is.
std::span<const records::AnyTable> all_tables();

// Reads the whole store once, before anything acts on it. Failure::corrupt, naming document, member and what to do, when it
// holds anything that this version does not understand: what a newer version wrote is neither passed over nor written over.
Result<> check_stored(const store::Store& store);

}  // namespace ringwall::server
