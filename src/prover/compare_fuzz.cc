// Two policies, compared both ways: each violation is allowed by the one and not by the other, a policy allows nothing
// beyond itself, and the prover never contradicts itself.

#include <array>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "prover/compare.h"

namespace {

using namespace ringwall;
using prover::Comparison;

constexpr std::uint64_t steps_max = 200'000;  // an input is to take milliseconds

Comparison compared(const policy::DocumentPtr& a, const policy::DocumentPtr& b) {
  prover::Prover prover;
  Comparison comparison = prover::compare(prover, a, b, 4, steps_max);
  RW_CHECK(!comparison.bug);
  RW_CHECK((comparison.verdict == Comparison::Verdict::not_subset) != comparison.violations.empty() || comparison.more);
  for (const prover::Finding& finding : comparison.violations) RW_CHECK(!finding.decisions.empty());
  return comparison;
}

bool allows(const policy::Document& document, const policy::Request& request) {
  const policy::Probe probe(request);
  return document.next(policy::Effect::deny, 0, probe) == document.statements() && document.next(policy::Effect::allow, 0, probe) != document.statements();
}

// Each violation is one: what finds it says so.
void check(const Comparison& comparison, const policy::Document& a, const policy::Document& b) {
  for (const prover::Finding& finding : comparison.violations) RW_CHECK(allows(a, finding.request) && !allows(b, finding.request));
}

}  // namespace

// The first byte chooses the kind; a zero byte stands between the two.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return -1;
  using enum policy::Kind;
  constexpr std::array kinds = {identity, resource, trust, key, scp, rcp, endpoint};
  const policy::Kind kind = kinds[data[0] % kinds.size()];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t middle = std::min(text.find('\0'), text.size());
  const auto a = prover::read_to_compare(text.substr(0, middle), kind);
  if (!a) return -1;
  RW_CHECK(compared(*a, *a).verdict != Comparison::Verdict::not_subset);
  if (middle == text.size()) return 0;
  const auto b = prover::read_to_compare(text.substr(middle + 1), kind);
  if (!b) return 0;
  check(compared(*a, *b), **a, **b);
  check(compared(*b, *a), **b, **a);
  return 0;
}
