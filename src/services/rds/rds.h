#pragma once
// The RDS API: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/

#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "service/service.h"

namespace ringwall::rds {

// Every operation Ringwall implements, with its authorisation. `engines` are those installed here;
// it and `authority` must outlive the operations.
std::vector<service::Operation> operations(const std::vector<std::unique_ptr<engine::Engine>>& engines,
                                           const crypto::Authority& authority);
// The service, as the server has it.
service::Service service(const std::vector<std::unique_ptr<engine::Engine>>& engines, const crypto::Authority& authority);

}  // namespace ringwall::rds
