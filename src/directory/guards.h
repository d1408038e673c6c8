#pragma once
// What guards roles: their trust policies.

#include "service/guards.h"

namespace ringwall::directory {

service::Guards role_guards();

}  // namespace ringwall::directory
