#include "prover/detail/smtlib_conditions.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "policy/detail/values.h"
#include "prover/detail/smtlib_terms.h"
#include "text/cidr.h"
#include "text/encode.h"

namespace ringwall::prover::detail {
namespace {

using policy::Comparison;
using policy::Condition;
using policy::Family;
using policy::Listed;
using policy::Quantifier;

std::string compared(Comparison comparison, const std::string& actual, const std::string& listed) {
  const char* op = "=";
  switch (comparison) {
    case Comparison::equal:
      break;
    case Comparison::less:
      op = "<";
      break;
    case Comparison::less_or_equal:
      op = "<=";
      break;
    case Comparison::greater:
      op = ">";
      break;
    case Comparison::greater_or_equal:
      op = ">=";
      break;
  }
  return "(" + std::string(op) + " " + actual + " " + listed + ")";
}

Symbols word(std::string text) { return {{Symbol::Kind::literal, std::move(text)}}; }

// Both ask the same of a value; IfExists asks about its absence.
bool same_of_values(const Condition& a, const Condition& b) {
  const auto text = [](const Listed& listed) { return listed.text; };
  return a.op == b.op && a.quantifier == b.quantifier && std::ranges::equal(a.values, b.values, {}, text, text);
}

}  // namespace

SmtKeys::Sort SmtKeys::sort_of(Family family) {
  switch (family) {
    case Family::text:
    case Family::text_ignoring_case:
    case Family::text_like:
    case Family::binary:
    case Family::arn:
      return Sort::text;
    case Family::boolean:
      return Sort::boolean;
    case Family::number:
      return Sort::number;
    case Family::date:
      return Sort::date;
    case Family::address:
      return Sort::address;
    case Family::null:
      break;
  }
  return Sort::none;
}

// With one condition on the values of a set, a set of one is as good as any; with two it is not.
Result<> SmtKeys::add(const Condition& condition) {
  const auto [found, added] = keys_.try_emplace(condition.key);
  Key& key = found->second;
  if (added && typing_ == Typing::by_catalogue) key.known = known_key(condition.key);
  if (added && typing_ == Typing::none) key.known.facts.type = KeyFacts::Type::untyped;
  const Sort sort = sort_of(condition.op->family);
  if (sort == Sort::none) return {};
  key.has_set = key.has_set || condition.quantifier != Quantifier::single;
  if (key.any != nullptr && (key.has_set || key.known.several) && !same_of_values(*key.any, condition))
    return fail(Failure::invalid, "several conditions on `" + condition.key_name + "`, which may have several values, cannot be said in SMT-LIB");
  key.any = &condition;
  for (const Listed& listed : condition.values) key.lists_empty = key.lists_empty || listed.text.empty();

  // `true` and `false` may be compared as texts too.
  const auto is_text = [](Sort one) { return one == Sort::text || one == Sort::boolean; };
  if (key.sort == Sort::none) {
    key.sort = sort == Sort::boolean && key.known.facts.type != KeyFacts::Type::boolean ? Sort::text : sort;
  } else if (is_text(key.sort) && is_text(sort)) {
    key.sort = key.sort == sort ? sort : Sort::text;
  } else if (key.sort != sort) {
    return fail(Failure::invalid, "operators of several types on `" + condition.key_name + "` cannot be said in SMT-LIB");
  }
  return {};
}

// Is every value of the type that its numeric, date or address operators compare?
bool SmtKeys::is_typed(const Key& key) const {
  const KeyFacts::Type type = key.known.facts.type;
  return (key.sort == Sort::number && type == KeyFacts::Type::number) || (key.sort == Sort::date && type == KeyFacts::Type::date) ||
         (key.sort == Sort::address && type == KeyFacts::Type::address);
}

std::string SmtKeys::declarations() const {
  std::string text;
  const auto declare = [&](const std::string& symbol, const char* sort) { text += "(declare-fun " + symbol + " () " + sort + ")\n"; };
  const auto demand = [&](const std::string& term) { text += "(assert " + term + ")\n"; };
  for (const auto& [name, key] : keys_) {
    declare(smt_symbol(name, "?"), "Bool");
    const std::string value = smt_symbol(name);
    const KeyFacts& facts = key.known.facts;
    switch (key.sort) {
      case Sort::none:
        continue;
      case Sort::boolean:
        declare(value, "Bool");
        continue;
      case Sort::text:
        declare(value, "String");
        if (typing_ == Typing::by_catalogue && !key.lists_empty) demand(smt_not("(= " + value + " \"\")"));
        if (facts.type == KeyFacts::Type::boolean) demand("(str.in_re " + value + " bool-words)");
        if (facts.type == KeyFacts::Type::arn) demand("(str.in_re " + value + " arn-shape)");
        if (!facts.only.empty()) {
          std::vector<std::string> terms;
          for (const std::string& one : facts.only) terms.push_back("(= " + value + " \"" + one + "\")");
          demand(smt_any(terms));
        }
        continue;
      case Sort::number:
        declare(value, "Real");
        break;
      case Sort::date:
        declare(value, "Int");  // milliseconds since 1970
        break;
      case Sort::address:
        declare(value, "Int");
        declare(smt_symbol(name, "/6"), "Bool");
        demand("(<= 0 " + value + ")");
        demand("(< " + value + " (ite " + smt_symbol(name, "/6") + " 340282366920938463463374607431768211456 4294967296))");
        break;
    }
    if (!is_typed(key)) declare(smt_symbol(name, "!"), "Bool");
  }
  return text;
}

// The positive relation of the operator with one listed value, for a value of its type.
Result<std::string> SmtKeys::relates(const Condition& condition, const Listed& listed) const {
  const std::string value = smt_symbol(condition.key);
  const Comparison comparison = condition.op->comparison;
  switch (condition.op->family) {
    case Family::text:
    case Family::text_like: {
      RW_TRY(const Symbols symbols, symbols_of(listed.pieces));
      return smt_matches(value, symbols, text::Case::exact);
    }
    case Family::text_ignoring_case: {
      RW_TRY(const Symbols symbols, symbols_of(listed.pieces));
      return smt_matches(value, symbols, text::Case::ignore);
    }
    case Family::boolean: {
      RW_TRY(const Symbols symbols, symbols_of(listed.pieces));
      const auto wanted = policy::detail::parse_bool(listed.text);
      if (!wanted) return fail(Failure::invalid, "`" + listed.text + "` is no Boolean value");
      if (keys_.at(condition.key).sort == Sort::boolean) return *wanted ? value : smt_not(value);
      return smt_matches(value, word(*wanted ? "true" : "false"), text::Case::ignore);
    }
    case Family::arn: {
      RW_TRY(const Symbols symbols, arn_symbols(listed));
      return smt_matches(value, symbols, text::Case::exact);
    }
    case Family::binary:
      return smt_matches(value, word(std::string(text_of(*text::parse_base64(listed.text)))), text::Case::exact);
    case Family::number: {
      RW_TRY(const std::string wanted, smt_real(listed.text));
      return compared(comparison, value, wanted);
    }
    case Family::date:
      return compared(comparison, value, smt_integer(*policy::detail::parse_date(listed.text)));
    case Family::address: {
      const text::Cidr block = *text::parse_cidr(listed.text, text::HostBits::clear);
      const Bounds bounds = smt_bounds(block);
      const std::string v6 = smt_symbol(condition.key, "/6");
      return smt_all({block.base.v6 ? v6 : smt_not(v6), "(<= " + bounds.first + " " + value + " " + bounds.last + ")"});
    }
    case Family::null:
      break;
  }
  return fail(Failure::invalid, "`Null` asks nothing of a value");
}

// When is the value of the type that the operator compares?
std::string SmtKeys::is_of_type(const Condition& condition) const {
  const Key& key = keys_.at(condition.key);
  const std::string value = smt_symbol(condition.key);
  const KeyFacts::Type type = key.known.facts.type;
  switch (condition.op->family) {
    case Family::boolean:
      return type == KeyFacts::Type::boolean ? "true" : "(str.in_re " + value + " bool-words)";
    case Family::arn:
      return type == KeyFacts::Type::arn ? "true" : "(str.in_re " + value + " arn-shape)";
    case Family::number:
    case Family::date:
    case Family::address:
      return is_typed(key) ? "true" : smt_not(smt_symbol(condition.key, "!"));
    default:
      return "true";  // every value is a text
  }
}

Result<std::string> SmtKeys::holds(const Condition& condition, Holding holding) const {
  const std::string present = smt_symbol(condition.key, "?");
  std::vector<std::string> terms;
  if (condition.op->family == Family::null) {
    for (const Listed& listed : condition.values)
      terms.push_back(*policy::detail::parse_bool(listed.text) ? smt_not(present) : present);
    return smt_any(terms);
  }
  for (const Listed& listed : condition.values) {
    RW_TRY(std::string term, relates(condition, listed));
    terms.push_back(std::move(term));
  }
  const std::string some = smt_any(terms);
  std::string of_value = condition.op->negated ? smt_not(some) : some;
  const std::string of_type = is_of_type(condition);
  of_value = holding == Holding::certainly ? smt_all({of_type, of_value}) : smt_any({smt_not(of_type), of_value});

  bool of_absence = condition.op->negated;
  if (condition.quantifier == Quantifier::all_values) of_absence = true;
  if (condition.quantifier == Quantifier::any_value) of_absence = false;
  if (condition.if_exists) of_absence = true;
  return of_absence ? smt_any({smt_not(present), of_value}) : smt_all({present, of_value});
}

}  // namespace ringwall::prover::detail
