// Whatever is read, what is told of a certificate adds up; the same text twice holds twice; and no
// certificate holds whose clauses have a model, which for few variables trying all tells.

#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "checker/checker.h"

namespace {

using namespace ringwall;

constexpr std::size_t tried_variables_max = 8;

// A second reader of the clauses of the text's only certificate, which is known to be one.
bool has_model(const std::string& text, std::size_t variables, std::size_t clauses) {
  std::istringstream in(text.substr(text.find("\ncnf ") + 1));
  std::string line;
  std::getline(in, line);
  std::vector<std::uint32_t> models(1UL << variables, 1);
  for (std::size_t clause = 0; clause < clauses; ++clause) {
    std::vector<std::uint32_t> kept(models.size(), 0);
    for (int literal = 0; in >> literal && literal != 0;)
      for (std::size_t each = 0; each < models.size(); ++each)
        if (((each >> (std::abs(literal) - 1) & 1) != 0) == (literal > 0)) kept[each] = models[each];
    models = kept;
  }
  for (const std::uint32_t each : models)
    if (each != 0) return true;
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The body is what matters, so the input is one: clauses and a proof, of few variables.
  const std::string body(reinterpret_cast<const char*>(data), size);
  const std::string whole = body.starts_with("ringwall ") ? body : "ringwall certificate 1\nquestion q\n" + body;
  std::size_t told = 0;
  checker::Verified last;
  const auto each = [&](const checker::Verified& verified) {
    ++told;
    last = verified;
    RW_CHECK(!verified.question.empty() && verified.steps > 0);
    RW_CHECK(verified.variables <= checker::variables_max);
  };
  const auto checked = checker::check(whole, each);
  if (!checked) {
    RW_CHECK(checked.error().message.starts_with("line "));
    return 0;
  }
  RW_CHECK(*checked == told);
  if (whole.starts_with("ringwall proof")) return 0;  // what it claims stands once, in front
  RW_CHECK(told > 0);
  RW_CHECK(checker::check(whole + whole, [](const checker::Verified&) {}) == 2 * told);
  if (told == 1 && last.variables <= tried_variables_max)
    RW_CHECK(!has_model(whole, last.variables, last.clauses));
  return 0;
}
