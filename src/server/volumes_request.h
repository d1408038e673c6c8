#pragma once
// What `ringwall volumes` asks of a running server, over the control socket: decided by who may use
// that socket, root, and recorded as calls are.

#include "audit/log.h"
#include "base/result.h"
#include "service/service.h"
#include "services/rds/volumes.h"
#include "text/json.h"

namespace ringwall::server {

// {"do": "list"} -> {"volumes": […]}; "adopt", "export" and "remove" with {"volume", …} are recorded,
// and refused while they cannot be. Failure::invalid for anything else.
Result<text::Json> volumes_request(const service::Environment& environment, rds::Volumes& volumes, audit::Log& audit, const text::Json& request);

}  // namespace ringwall::server
