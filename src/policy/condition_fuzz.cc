// Conditions over arbitrary values: the compiled document and its plain twin agree, and both keep
// the laws of the operators. The first bytes choose operator, qualifier and effect; lines are
// values, first those that are listed, then those of the request.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "policy/detail/plain_conditions.h"
#include "policy/plain.h"

namespace {

using namespace ringwall::policy;
using plain::Truth;
using ringwall::text::Json;

struct Case {
  const Operator* op;
  Quantifier quantifier;
  bool if_exists;
  bool v2012;
  Effect effect;
  std::vector<std::string> listed, actual;
  bool present;
};

std::optional<Case> case_of(std::string_view bytes) {
  if (bytes.size() < 4) return std::nullopt;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  Case made{&operators()[at(0) % operators().size()],
            static_cast<Quantifier>(at(1) % 3),
            (at(1) & 4) != 0,
            (at(1) & 8) == 0,
            (at(1) & 16) != 0 ? Effect::deny : Effect::allow,
            {},
            {},
            (at(1) & 32) == 0};
  const std::size_t listed_count = 1 + at(2) % 3;
  std::string_view rest = bytes.substr(3);
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = rest.find('\n');
    auto& values = made.listed.size() < listed_count ? made.listed : made.actual;
    values.emplace_back(rest.substr(0, end));
    if (end != std::string_view::npos) rest.remove_prefix(end + 1);
  }
  return made;
}

std::string name_of_operator(const Case& made, std::string_view name) {
  static constexpr std::string_view qualifiers[] = {"", "ForAllValues:", "ForAnyValue:"};
  return std::string(qualifiers[static_cast<std::size_t>(made.quantifier)]) + std::string(name) +
         (made.if_exists ? "IfExists" : "");
}

Json document_of(const Case& made, std::string_view operator_name) {
  Json list = Json::array();
  for (const std::string& value : made.listed) list.push(value);
  Json statement =
      Json::object({{"Effect", name_of(made.effect)}, {"Action", "*"}, {"Resource", "*"}});
  statement.edit("Condition")
      .edit(name_of_operator(made, operator_name))
      .set("aws:UserAgent", std::move(list));
  return Json::object(
      {{"Version", made.v2012 ? "2012-10-17" : "2008-10-17"}, {"Statement", std::move(statement)}});
}

// Null: refused.
DocumentPtr compiled(const Case& made, std::string_view operator_name) {
  return compile(document_of(made, operator_name).dump(), Kind::identity).value_or(nullptr);
}

Truth answer(const DocumentPtr& document, const Context& context) {
  const plain::Policy twin(*document);
  return plain::holds(twin.syntax().statements[0].conditions[0], context);
}

void check_agreement(const DocumentPtr& document, const Request& request) {
  const plain::Policy twin(*document);
  const Mismatch expected = twin.match(0, request);
  RW_CHECK(document->match(0, request) == expected);
  const std::size_t found = document->next(document->effect(0), 0, Probe(request));
  RW_CHECK((found == 0) == (expected == Mismatch::none));
}

// An operator and its negation never hold both for a key that is there with one value; what is
// absent holds under IfExists.
void check_laws(const Case& made, const DocumentPtr& document, const Request& request) {
  const Truth truth = answer(document, request.context);
  const bool absent = !made.present || made.actual.empty();
  if (made.op->family == Family::null) {
    RW_CHECK(truth != Truth::unknown);
    return;
  }
  if (absent) {
    RW_CHECK(truth != Truth::unknown);
    RW_CHECK(!made.if_exists || truth == Truth::yes);
    RW_CHECK(made.quantifier != Quantifier::all_values || truth == Truth::yes);
    return;
  }
  if (made.quantifier != Quantifier::single || made.op->negated) return;
  for (const Operator& other : operators()) {
    if (!other.negated || other.family != made.op->family ||
        made.op->comparison != Comparison::equal)
      continue;
    const DocumentPtr negation = compiled(made, other.name);
    RW_CHECK(negation != nullptr);
    const Truth negated = answer(negation, request.context);
    RW_CHECK(truth != Truth::yes || negated == Truth::no);
    RW_CHECK(negated != Truth::yes || truth == Truth::no);
    check_agreement(negation, request);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto made = case_of({reinterpret_cast<const char*>(data), size});
  if (!made) return -1;
  const DocumentPtr document = compiled(*made, made->op->name);
  if (document == nullptr) return 0;
  Request request;
  request.action = "s3:GetObject";
  request.resource = "*";
  if (made->present) request.context.set("aws:useragent", made->actual);
  if ((data[2] & 64) != 0) request.context.set("aws:username", "al*ice");
  check_agreement(document, request);
  check_laws(*made, document, request);
  return 0;
}
