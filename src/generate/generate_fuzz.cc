// Whatever perimeter can be read, its policies are such: each passes the compiler for its kind, names are unique, what is
// complete says nothing of what does not fit, the same perimeter gives the same bytes, and every format is made of it.

#include <cstdint>
#include <set>
#include <string_view>

#include "base/check.h"
#include "generate/generate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall;
  const auto perimeter = perimeter::read(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!perimeter) return -1;
  const auto& catalogue = catalogue::Catalogue::builtin();
  const auto generated = generate::generate(*perimeter, catalogue, "2026-01-02");
  if (!generated) {
    RW_CHECK(!generated.error().message.empty());
    return 0;
  }
  std::set<std::string_view> names;
  for (const generate::Policy& policy : generated->policies) {
    RW_CHECK(names.insert(policy.name).second);
    const bool statements = policy.layer == generate::Layer::resource_statement || policy.layer == generate::Layer::trust_statement;
    if (!statements) RW_CHECK(policy::compile(policy.document.dump(), policy.kind).has_value() || !generated->complete);
  }
  RW_CHECK(generated->complete || !generated->notes.empty());
  const auto files = generate::as_json(*generated);
  RW_CHECK(files == generate::as_json(*generate::generate(*perimeter, catalogue, "2026-01-02")));
  RW_CHECK(!generate::as_terraform(*generated).empty());
  for (const auto& [path, content] : generate::as_cloudformation(*generated)) {
    if (path.ends_with(".json")) RW_CHECK(text::parse_json(content).has_value());
  }
  return 0;
}
