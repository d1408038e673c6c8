#pragma once
// Is all of a document text? What is not would be written as U+FFFD (Json::dump), so whoever keeps or asks something under
// its name refuses it first.

#include "text/json.h"

namespace ringwall::text {

bool all_utf8(const Json& json);  // every string and key in it

}  // namespace ringwall::text
