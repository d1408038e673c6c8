#pragma once
// What agents are granted by name.

#include "prove/detail/leaks.h"
#include "prove/detail/whole.h"

namespace ringwall::prove::detail {

// A resource that names its caller needs no permission of the caller's own, within the account. So of every principal that the
// row `agents` does not call leaking, and that its SCPs do not hold by themselves, what names it is asked with all layers of both;
// what is found, or left open, is counted in the row.
void grant_to_agents(const Room& room, Asker& asker, Answered& row, Leaks& leaks);

}  // namespace ringwall::prove::detail
