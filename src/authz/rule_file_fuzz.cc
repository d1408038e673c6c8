// A rule file that is read means the same with a comment behind it and with Windows' line ends; its
// cases stand on lines that exist, in order; and every case is answered, the same way twice.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "authz/rule_file.h"
#include "base/check.h"

namespace {

using namespace ringwall;

Result<std::string> no_files(const std::string& path) {
  return fail(Failure::not_found, path);
}

std::string answer(const authz::RuleCase& one) {
  const auto difference = authz::check(one, authz::authorize, no_files);
  return difference ? difference->expected + "\n" + difference->got : "";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto file = authz::read_rule_file(text);
  if (!file) return 0;
  RW_CHECK(!file->rule.empty() && !file->cases.empty());
  const auto lines = static_cast<std::uint32_t>(std::ranges::count(text, '\n')) + 1;
  std::uint32_t last = 0;
  for (const authz::RuleCase& one : file->cases) {
    RW_CHECK(one.line > last && one.line <= lines && one.question().is_object());
    last = one.line;
  }
  const auto again = authz::read_rule_file(std::string(text) + "\r\n# the end\r\n");
  RW_CHECK(again.has_value() && again->cases.size() == file->cases.size());
  for (std::size_t i = 0; i < file->cases.size(); ++i)
    RW_CHECK(answer(file->cases[i]) == answer(again->cases[i]));
  return 0;
}
