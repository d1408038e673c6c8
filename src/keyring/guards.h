#pragma once
// What guards KMS keys: their policies, and the grants beside them.

#include "service/guards.h"

namespace ringwall::keyring {

service::Guards guards();

}  // namespace ringwall::keyring
