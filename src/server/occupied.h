#pragma once
// What keeps an account in the organisation.

#include <optional>
#include <string>

#include "store/store.h"

namespace ringwall::server {

// What of the account would go on without anybody who may manage it, in words for people; nothing if nothing would: nothing
// that is here serves an account that is not of the organisation. Keys that wait for their deletion do so by themselves, and
// AWS's own are nobody's to delete.
std::optional<std::string> remaining_in(store::Transaction& transaction, const std::string& account);

}  // namespace ringwall::server
