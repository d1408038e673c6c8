#pragma once
// The macro AWS::Serverless-2016-10-31 (AWS SAM), as far as it says who may do what: a function and a state machine
// become theirs, with the role that the macro makes for them and its policies; tables, layers and HTTP interfaces
// become what they stand for. What else it would make is told, and stays as it stands. After AWS's own transform
// (github.com/aws/serverless-application-model, read on 2026-12-01).

#include <string>
#include <string_view>
#include <vector>

#include "text/json.h"

namespace ringwall::loaders::declared {

// What is not read of a resource.
struct Untold {
  std::string logical;  // whose answers depend on it: a resource of the template; empty: its account
  std::uint32_t offset = 0;
  std::string message;
};

bool is_serverless(std::string_view macro);
// Rewrites the resources of a template that asks for the macro.
std::vector<Untold> expand_serverless(text::Json& root);

}  // namespace ringwall::loaders::declared
