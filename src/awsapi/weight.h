#pragma once
// What a call may cost, told from its shape.

#include "awsapi/model.h"

namespace ringwall::awsapi {

// Does the answer hold a list or a map? Then the work of making it grows with what is stored, or with
// what was asked; an operation without one looks up what it was given the name of.
bool answers_collections(const OperationShape& operation);

}  // namespace ringwall::awsapi
