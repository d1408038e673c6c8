#pragma once
// The circle as SVG: what is mine inside, the boundaries as arcs coloured by their verdict, leaks as
// arrows that cross where the request crosses, exceptions as dashed gates.

#include <string>

#include "report/report.h"

namespace ringwall::report::detail {

// Every text in it is escaped; it has classes and no styles, for the page's to fill in.
std::string circle(const Subject& subject);

// The fragment under which the page shows the leaks of an objective: "leaks-resource-principals".
std::string anchor_of(perimeter::Objective objective);

}  // namespace ringwall::report::detail
