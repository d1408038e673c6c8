#pragma once
// AWS Identity and Access Management: users, groups, roles, policies, access keys.
// https://docs.aws.amazon.com/IAM/latest/APIReference/

#include <vector>

#include "service/service.h"

namespace ringwall::iam {

// The operations, for service::Service with the model "iam".
std::vector<service::Operation> operations();

}  // namespace ringwall::iam
