#pragma once
// Data folders from before resource policies were bound to ids (service/resource_policy.h).

#include "base/result.h"
#include "directory/directory.h"
#include "service/service.h"

namespace ringwall::directory {

// Binds every stored policy that is not yet: what it names means whom it means today, and whom it
// names in vain means nobody, ever, and is reported. Costs a look at each; nothing is written twice.
Result<> bind_stored_policies(const service::Environment& environment, const Report& report);

}  // namespace ringwall::directory
