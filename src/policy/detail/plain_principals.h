#pragma once
// The plain twin's reading of the Principal and NotPrincipal elements.

#include "policy/syntax.h"

namespace ringwall::policy::plain {

// Of several forms that name the caller, the strongest. Under NotPrincipal: everyone who is not
// exempt is named as one of everyone. Names are compared exactly.
Naming naming(const Principals& principals, const Principal& caller);

}  // namespace ringwall::policy::plain
