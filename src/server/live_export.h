#pragma once
// The running server's organisation as the export folder that `ringwall collect` would write of it
// (room loaders, README.md), for `ringwall prove --live`: one layout, one loader.

#include <span>

#include "estate/estate.h"
#include "service/service.h"
#include "text/json.h"

namespace ringwall::server {

inline constexpr std::size_t export_pages_max = 100'000;  // of one operation's answer
inline constexpr int export_attempts_max = 5;             // while others write

// {path: what the file has}. The answers are those of the services' own operations, each called as
// the root of the account that it is about; nobody is asked whether that is allowed, so only who is
// root on this machine may have it. All of it is of one moment: Failure::conflict when the store
// changed in every attempt.
Result<text::Json> live_export(const service::Environment& environment, const estate::Estate& estate, std::span<const service::Service> services);

}  // namespace ringwall::server
