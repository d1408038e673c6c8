#pragma once
// The organisation, its tree and its policies, for an export.

#include "service/exports.h"

namespace ringwall::organizations::detail {

Result<> export_organization(service::Export& to);

}  // namespace ringwall::organizations::detail
