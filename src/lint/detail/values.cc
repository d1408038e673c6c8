// What conditions compare with: addresses, numbers, dates, ids, and values that others cover.

#include <algorithm>
#include <charconv>

#include "lint/detail/subject.h"
#include "text/cidr.h"

namespace ringwall::lint::detail {
namespace {

using policy::Comparison;
using policy::Condition;
using policy::Family;
using policy::Listed;

bool is_private(const text::Cidr& block) {
  static const std::vector<text::Cidr> ranges = [] {
    std::vector<text::Cidr> all;
    for (const char* range :
         {"10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
          "192.168.0.0/16", "fc00::/7", "fe80::/10", "::1/128"})
      all.push_back(*text::parse_cidr(range, text::HostBits::refuse));
    return all;
  }();
  return std::ranges::any_of(ranges,
                             [&](const text::Cidr& range) { return range.contains(block); });
}

void check_addresses(const Condition& condition, Findings& findings) {
  std::vector<std::pair<text::Cidr, const Listed*>> blocks;
  for (const Listed& value : condition.values) {
    const auto block = text::parse_cidr(value.text, text::HostBits::clear);
    if (!block) continue;  // the grammar said so
    if (!text::parse_cidr(value.text, text::HostBits::refuse)) {
      findings.add(rule("IMPROVE_IP_RANGE"), value.offset,
                   shown(value.text) + " means " + shown(to_string(*block)));
    }
    blocks.emplace_back(*block, &value);
  }
  if (condition.key == "aws:sourceip") {
    const auto count =
        std::ranges::count_if(blocks, [](const auto& one) { return is_private(one.first); });
    const bool all = count == static_cast<std::ptrdiff_t>(blocks.size());
    const bool negated = condition.op->negated;
    for (const auto& [block, value] : blocks) {
      if (!is_private(block)) continue;
      const Rule& found =
          negated ? (all ? rule("PRIVATE_NOT_IP_ADDRESS") : rule("PRIVATE_NOT_IP_ADDRESS_SUBSET"))
                  : (all ? rule("PRIVATE_IP_ADDRESS") : rule("PRIVATE_IP_ADDRESS_SUBSET"));
      findings.add(found, value->offset, shown(value->text) + " is private");
    }
  }
  if (blocks.size() > repetition_list_max) return;
  for (const auto& [inner, value] : blocks) {
    const auto wider = std::ranges::find_if(blocks, [&](const auto& other) {
      if (other.second == value || !other.first.contains(inner)) return false;
      return other.first != inner || other.second < value;  // of two that are equal the first stays
    });
    if (wider == blocks.end()) continue;
    findings.add(rule("REDUNDANT_CONDITION_VALUE"), value->offset,
                 shown(wider->second->text) + " covers " + shown(value->text));
  }
}

void check_numbers(const Condition& condition, Findings& findings) {
  if (condition.values.size() < 2 || condition.op->comparison == Comparison::equal) return;
  const bool greatest = condition.op->comparison == Comparison::less ||
                        condition.op->comparison == Comparison::less_or_equal;
  findings.add(rule("REDUNDANT_CONDITION_VALUE_NUM"), condition.offset,
               "of the values of " + shown(condition.key_name) + " only the " +
                   (greatest ? "greatest" : "least") + " decides");
}

void check_repeated(const Condition& condition, Findings& findings) {
  if (condition.values.size() > repetition_list_max) return;
  const bool wild = condition.op->family == Family::text_like;
  const auto covered_by = [&](const Listed& outer, const Listed& inner) {
    if (outer.text == inner.text) return true;
    if (!wild || outer.text.contains("${") || inner.text.contains("${")) return false;
    return covers(outer.text, inner.text, text::Case::exact);
  };
  for (std::size_t i = 0; i < condition.values.size(); ++i) {
    for (std::size_t j = 0; j < condition.values.size(); ++j) {
      const Listed &inner = condition.values[i], &outer = condition.values[j];
      if (i == j || !covered_by(outer, inner) || (i < j && covered_by(inner, outer))) continue;
      findings.add(rule("REDUNDANT_CONDITION_VALUE"), inner.offset,
                   shown(outer.text) + " covers " + shown(inner.text));
      break;
    }
  }
}

void check_wildcards(const Condition& condition, Findings& findings) {
  for (const Listed& value : condition.values) {
    // `${*}` is how a star is written that is no wildcard.
    std::string_view rest = value.text;
    bool wild = false;
    for (std::size_t at = 0; (at = rest.find_first_of("*?", at)) != std::string_view::npos; ++at)
      wild = wild || at < 2 || rest.substr(at - 2, 2) != "${";
    if (!wild) continue;
    findings.add(rule("WILDCARD_WITHOUT_LIKE_OPERATOR"), value.offset,
                 "in " + shown(value.text) + " a `*` or `?` stands for itself: " +
                     shown(condition.operator_name) + " knows no wildcards");
  }
}

// Keys whose values have one form. A value with a wildcard or variable is not judged.
struct Form {
  std::string_view key;  // lower case
  std::string_view prefix;
  std::string_view said;
};
constexpr Form forms[] = {
    {"aws:sourcevpc", "vpc-", "the id of a VPC, as `vpc-…`"},
    {"aws:sourcevpce", "vpce-", "the id of a VPC endpoint, as `vpce-…`"},
    {"aws:ec2instancesourcevpc", "vpc-", "the id of a VPC, as `vpc-…`"},
    {"aws:principalorgid", "o-", "the id of an organisation, as `o-…`"},
    {"aws:resourceorgid", "o-", "the id of an organisation, as `o-…`"},
    {"aws:sourceorgid", "o-", "the id of an organisation, as `o-…`"},
    {"aws:vpceorgid", "o-", "the id of an organisation, as `o-…`"},
    {"aws:principalorgpaths", "o-", "a path, as `o-…/r-…/ou-…/`"},
    {"aws:resourceorgpaths", "o-", "a path, as `o-…/r-…/ou-…/`"},
    {"aws:sourceorgpaths", "o-", "a path, as `o-…/r-…/ou-…/`"},
    {"aws:vpceorgpaths", "o-", "a path, as `o-…/r-…/ou-…/`"},
    {"aws:principalaccount", "", "an account: 12 digits"},
    {"aws:resourceaccount", "", "an account: 12 digits"},
    {"aws:sourceaccount", "", "an account: 12 digits"},
    {"aws:vpceaccount", "", "an account: 12 digits"},
    {"s3:resourceaccount", "", "an account: 12 digits"},
};

bool has_form(std::string_view value, const Form& form) {
  if (value.find_first_of("*?$") != std::string_view::npos) return true;
  if (!form.prefix.empty()) return value.starts_with(form.prefix);
  return value.size() == 12 &&
         std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
}

void check_forms(const Condition& condition, Findings& findings) {
  if (condition.op->family == Family::null) return;
  const auto* form = std::ranges::find(forms, condition.key, &Form::key);
  if (form == std::end(forms)) return;
  for (const Listed& value : condition.values) {
    if (has_form(value.text, *form)) continue;
    findings.add(rule("INVALID_CONDITION_VALUE_FORMAT"), value.offset,
                 shown(value.text) + " is no value of " + shown(condition.key_name) +
                     ", which is " + std::string(form->said));
  }
}

void check_booleans(const Condition& condition, Findings& findings) {
  if (condition.values.size() < 2) return;
  findings.add(rule("INVALID_CONDITION_MULTIPLE_BOOLEAN"), condition.values[1].offset,
               shown(condition.operator_name) + " takes one value, not " +
                   std::to_string(condition.values.size()));
}

void check_dates(const Condition& condition, Findings& findings) {
  for (const Listed& value : condition.values) {
    if (value.text.find_first_not_of("0123456789.") != std::string::npos ||
        value.text.size() <= 4)  // four digits are a year
      continue;
    findings.add(rule("INVALID_DATE_VALUE"), value.offset,
                 shown(value.text) + " counts seconds since 1970");
  }
}

}  // namespace

void check_values(const Subject& subject, Findings& findings) {
  for (const policy::Statement& statement : subject.syntax.statements) {
    for (const Condition& condition : statement.conditions) {
      switch (condition.op->family) {
        case Family::text:
        case Family::text_ignoring_case:
          check_wildcards(condition, findings);
          check_repeated(condition, findings);
          break;
        case Family::text_like:
        case Family::arn:
        case Family::binary:
          check_repeated(condition, findings);
          break;
        case Family::number:
          check_numbers(condition, findings);
          break;
        case Family::date:
          check_dates(condition, findings);
          break;
        case Family::address:
          check_addresses(condition, findings);
          break;
        case Family::boolean:
        case Family::null:
          check_booleans(condition, findings);
          break;
      }
      check_forms(condition, findings);
    }
  }
}

}  // namespace ringwall::lint::detail
