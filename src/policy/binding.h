#pragma once
// Principals by unique id. A resource policy that is stored names users and roles by the ids that
// only they ever have, so that nobody who gets a name later is meant by it. In a bound text stand
//
//   AIDA…, AROA…   a user, a role
//   AROA…:name     a role's session of that name
//
// where people write ARNs. Only these functions read the last form: people cannot write it.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "policy/policy.h"
#include "policy/syntax.h"

namespace ringwall::policy {

// As compile(), of a bound text.
Result<DocumentPtr> compile_bound(std::string_view text, Kind kind, Quota quota = Quota::kept);
// As read(), of a bound text.
Result<Syntax> read_bound(std::string_view text, Kind kind, Quota quota = Quota::kept);

// The text with the principals for which `rename` answers something named so instead, in Principal
// and NotPrincipal; nothing else of it changes, white space included. Fails as read_bound() does.
using Rename = std::function<std::optional<std::string>(const PrincipalName&)>;
Result<std::string> rename_principals(std::string_view text, Kind kind, const Rename& rename);

}  // namespace ringwall::policy
