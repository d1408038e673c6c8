#pragma once
// `ringwall generate --apply`: generated policies attached to the organisation of a running server.

#include <string>

#include "generate/generate.h"

namespace ringwall::app {

enum class Apply : std::uint8_t { show, perform };

// Shows what would change and, if told to, performs it. Answers the exit status: 0 done or nothing
// to do, 1 something would change or failed, 3 no server runs on the folder.
int apply_policies(const generate::Generated& generated, const std::string& organization,
                   const std::string& data, Apply mode);

}  // namespace ringwall::app
