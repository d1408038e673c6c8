#pragma once
// AWS Identity and Access Management: users, groups, roles, policies, access keys.
// https://docs.aws.amazon.com/IAM/latest/APIReference/

#include <vector>

#include "service/service.h"

namespace ringwall::iam {

std::vector<service::Operation> operations();
// The service, as the server has it.
service::Service service();

}  // namespace ringwall::iam
