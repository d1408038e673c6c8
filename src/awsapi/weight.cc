#include "awsapi/weight.h"

#include <algorithm>

#include "awsapi/detail/shape.h"

namespace ringwall::awsapi {

bool answers_collections(const OperationShape& operation) {
  if (operation.output == nullptr) return false;
  return std::ranges::any_of(operation.output->members, [](const MemberShape& member) {
    return member.shape->type == ShapeType::list || member.shape->type == ShapeType::map;
  });
}

}  // namespace ringwall::awsapi
