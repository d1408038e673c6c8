#pragma once
// Patterns with `*` and `?` compared with each other: what carving one set of requests out of
// another rests on.

#include <string>
#include <string_view>
#include <vector>

#include "catalogue/catalogue.h"
#include "text/glob.h"

namespace ringwall::catalogue {

// Does every text that `narrow` matches match `wide` too? Answers no where it cannot tell.
bool covers(std::string_view wide, std::string_view narrow, text::Case letters);
// Is there a text that both match?
bool overlap(std::string_view a, std::string_view b, text::Case letters);

// The same for ARNs, part by part: in the first five parts of one that is of a resource a wildcard stands for no colon.
bool overlap_of_arns(std::string_view a, std::string_view b);

// Patterns for the actions of the service that `within` matches and none of `excluded`: as few as
// the catalogue's names need, so that a new action is among them if it begins like one of today's.
std::vector<std::string> all_but(const Service& service, const std::string& within,
                                 const std::vector<std::string>& excluded);

}  // namespace ringwall::catalogue
