#include "awsapi/members.h"

#include "awsapi/detail/shape.h"

namespace ringwall::awsapi {

std::vector<std::string> input_members(const OperationShape& operation) {
  std::vector<std::string> names;
  if (operation.input == nullptr) return names;
  for (const MemberShape& member : operation.input->members) names.push_back(member.name);
  return names;
}

}  // namespace ringwall::awsapi
