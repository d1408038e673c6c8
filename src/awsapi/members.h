#pragma once
// What an operation's shapes hold, for those who look at all operations alike.

#include <string>
#include <vector>

#include "awsapi/model.h"

namespace ringwall::awsapi {

// The members of the input, by name, in the model's order; none if it has no input.
std::vector<std::string> input_members(const OperationShape& operation);

}  // namespace ringwall::awsapi
