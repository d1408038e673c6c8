#pragma once
// The parts of testing_cases::all().

#include <span>

#include "lint/testing_cases.h"

namespace ringwall::lint::testing_cases {

std::span<const Case> cases_a_to_i();
std::span<const Case> cases_i_to_p();
std::span<const Case> cases_p_to_z();

}  // namespace ringwall::lint::testing_cases
