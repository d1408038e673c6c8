#pragma once
// The names by which AWS's services act: `rds.amazonaws.com`, `monitoring.rds.amazonaws.com`.

#include <string_view>

namespace ringwall::catalogue {

// Does the name have the form of a service principal, and does one of its words stand for a service
// that AWS has, as its prefix in the catalogue or one of the names that AWS's managed policies pass
// roles to? AWS publishes no list, so a new part of a known service counts; a word that nobody knows
// does not.
bool is_service_principal(std::string_view name);

}  // namespace ringwall::catalogue
