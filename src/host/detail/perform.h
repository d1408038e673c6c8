#pragma once
// One request, validated and done. Runs in a process of its own.

#include "host/detail/message.h"
#include "host/helper.h"
#include "os/fd.h"

namespace ringwall::host::detail {

struct Outcome {
  Reply reply;
  os::UniqueFd attached;
};

Outcome perform(const Request& request, const HelperOptions& options);
Outcome failed(Error error);

}  // namespace ringwall::host::detail
