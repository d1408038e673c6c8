// Whatever is loaded says the same when it is loaded again, every gap has a subject, and every
// document of the estate either has its place in the file or denies everything.

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "loaders/loaders.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall;
  const loaders::File file{"file", std::string(reinterpret_cast<const char*>(data), size)};
  const loaders::Options options{.default_account = "111122223333"};
  const auto loaded = loaders::load_cloudformation({&file, 1}, options);
  if (!loaded) {
    RW_CHECK(!loaded.error().message.empty());
    return 0;
  }
  const auto again = loaders::load_cloudformation({&file, 1}, options);
  RW_CHECK(again.has_value() && again->gaps.size() == loaded->gaps.size() && again->sources.size() == loaded->sources.size());
  for (const loaders::Gap& gap : loaded->gaps) RW_CHECK(!gap.subject.empty() && !gap.message.empty());
  for (const auto& [document, source] : loaded->sources) RW_CHECK(source.offset <= size);
  const auto check = [&](const authz::Named& policy) {
    RW_CHECK(policy.document != nullptr);
    if (!loaded->sources.contains(policy.document.get())) RW_CHECK(policy.document->effect(0) == policy::Effect::deny);
  };
  loaded->estate->principals.for_each([&](const estate::Principal& principal) {
    for (const auto& policy : principal.identity) check(policy);
    if (principal.boundary) check(*principal.boundary);
    if (principal.trust) check(*principal.trust);
  });
  loaded->estate->resources.for_each([&](const estate::Resource& resource) {
    if (resource.policy) check(*resource.policy);
  });
  return 0;
}
