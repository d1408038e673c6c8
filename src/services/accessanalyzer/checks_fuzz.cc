// Documents as Access Analyzer's three checks take them from whoever may call: each ends in a refusal or an outcome, what
// passes has no reasons and what fails has some, no policy grants new access compared with itself, and the prover never
// contradicts itself.

#include <cstdint>
#include <string>

#include "base/check.h"
#include "services/accessanalyzer/checks.h"

namespace {

using namespace ringwall;
using namespace ringwall::accessanalyzer;

void check(const Result<Outcome>& outcome) {
  if (!outcome) {
    RW_CHECK(!outcome.error().message.empty());
    return;
  }
  RW_CHECK(!outcome->bug);
  RW_CHECK(!outcome->message.empty());
  RW_CHECK(!outcome->passed || outcome->reasons.empty());
}

}  // namespace

// The first byte chooses the type; zero bytes stand between two documents, an action and a resource.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return -1;
  const PolicyType type = data[0] % 2 == 0 ? PolicyType::identity : PolicyType::resource;
  std::string parts[4];
  std::size_t part = 0;
  for (std::size_t i = 1; i < size; ++i) {
    if (data[i] == 0 && part + 1 < std::size(parts)) ++part;
    else parts[part] += static_cast<char>(data[i]);
  }
  const auto& [one, other, action, resource] = parts;
  const auto itself = check_no_new_access(one, one, type);
  check(itself);
  if (itself) {
    for (const Reason& reason : itself->reasons) RW_CHECK(!reason.statement);
  }
  if (!other.empty()) check(check_no_new_access(one, other, type));
  Access access;
  if (!action.empty()) access.actions.push_back(action);
  if (!resource.empty()) access.resources.push_back(resource);
  check(check_access_not_granted(one, access, type));
  check(check_no_public_access(one));
  return 0;
}
