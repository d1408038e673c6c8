// Resources: are the ARNs such as their service makes, does each say something of its own, and do
// the statement's actions act on them.

#include <algorithm>
#include <array>
#include <optional>

#include "lint/detail/arn_forms.h"
#include "lint/detail/subject.h"

namespace ringwall::lint::detail {
namespace {

using catalogue::Action;
using catalogue::can_meet;
using catalogue::Service;

using Parts = std::array<std::string_view, 6>;

// Cut at the first five colons; nothing if there are fewer.
std::optional<Parts> parts_of(std::string_view arn) {
  Parts parts;
  for (std::size_t i = 0; i < 5; ++i) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    parts[i] = arn.substr(0, colon);
    arn.remove_prefix(colon + 1);
  }
  parts[5] = arn;
  return parts;
}

std::string joined(const Parts& parts) {
  std::string arn;
  for (const std::string_view part : parts)
    arn += std::string(arn.empty() ? "" : ":") + std::string(part);
  return arn;
}

bool has_wildcard(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

bool is_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// `eu-central-1`, `us-gov-west-1`: words of letters, and a digit.
bool is_region(std::string_view text) {
  const std::size_t last = text.rfind('-');
  if (last == std::string_view::npos || last < 4 || !is_digits(text.substr(last + 1)) ||
      last + 1 == text.size())
    return false;
  return std::ranges::all_of(text.substr(0, last),
                             [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

bool is_partition(std::string_view text) {
  static constexpr std::string_view known[] = {"aws",       "aws-cn",    "aws-eusc",  "aws-iso",
                                               "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-us-gov"};
  return std::ranges::find(known, text) != std::end(known);
}

class ResourceCheck {
 public:
  ResourceCheck(const Subject& subject, Findings& findings)
      : subject_(subject), findings_(findings) {}

  void arn(const policy::Listed& resource) {
    const std::string pattern = pattern_of(resource.pieces);
    const auto parts = parts_of(pattern);
    if (!parts) return;  // the grammar took it, so a wildcard stands for the rest
    const auto& [prefix, partition, service, region, account, name] = *parts;
    if (!has_wildcard(partition) && !is_partition(partition))
      return report(rule("INVALID_PARTITION"), resource,
                    "there is no partition " + shown(partition));
    std::vector<std::string_view> known = own_templates(service);
    const auto meets = [&](const Parts& variant) {
      const std::string text = joined(variant);
      return std::ranges::any_of(known, [&](auto one) { return can_meet(text, one); });
    };
    if (!meets(*parts)) known = all_templates(service);
    if (known.empty()) return unknown_service(resource, service);
    if (pattern.size() > catalogue::arn_characters_max) {
      return report(
          rule("INVALID_ARN_RESOURCE"), resource,
          "an ARN has at most " + std::to_string(catalogue::arn_characters_max) + " characters");
    }
    if (!well_formed(resource, region, account, known) || meets(*parts)) return;
    explain(resource, *parts, known, meets);
  }

  void repeated(const std::vector<policy::Listed>& resources) {
    if (resources.size() > repetition_list_max) return;
    for (std::size_t i = 0; i < resources.size(); ++i) {
      for (std::size_t j = 0; j < resources.size(); ++j) {
        if (i == j || !covers_resource(resources[j], resources[i])) continue;
        if (i < j && covers_resource(resources[i], resources[j])) continue;
        report(rule("REDUNDANT_RESOURCE"), resources[i],
               shown(resources[j].text) + " covers " + shown(resources[i].text));
        break;
      }
    }
  }

  // An action is of no use in a statement none of whose resources it acts on.
  void acted_on(const policy::Statement& statement) {
    if (statement.action_sense != policy::Sense::listed ||
        statement.resource_sense != policy::Sense::listed || statement.resources.empty())
      return;
    std::vector<std::string> patterns;
    for (const policy::Listed& resource : statement.resources) {
      patterns.push_back(pattern_of(resource.pieces));
      if (patterns.back() == "*") return;
    }
    for (const policy::Listed& action : statement.actions) {
      if (!action.text.contains(':') || action.text == "*:*") continue;
      bool some = false, typed = false;
      std::size_t looked_at = 0;
      subject_.catalogue.for_each_action(action.text, [&](const Action& one) {
        typed = typed || one.has_resource_types();
        some = acts_on(one, patterns) || ++looked_at * patterns.size() > comparisons_max;
        return !some;
      });
      if (some || !subject_.catalogue.matches_some_action(action.text)) continue;
      report(rule("RESOURCE_NOT_SUPPORTED_BY_ACTION"), action,
             typed ? shown(action.text) + " acts on none of the resources listed"
                   : shown(action.text) + " acts on no resource that can be named: it needs `*`");
    }
  }

 private:
  // Beyond this many comparisons of an action with a resource the answer is not worth its time.
  static constexpr std::size_t comparisons_max = 5'000;

  void report(const Rule& rule, const policy::Listed& listed, std::string message) {
    findings_.add(rule, listed.offset, std::move(message));
  }

  // The ARN patterns with this service part. Nearly always they are those of the service with this
  // prefix, so the others are looked through only where these do not suffice.
  std::vector<std::string_view> own_templates(std::string_view service) const {
    std::vector<std::string_view> own;
    if (const Service* const one = subject_.catalogue.service(service)) collect(*one, service, own);
    for (const ArnForm& form : arn_forms) {
      if (form.service == service) own.push_back(form.arn);
    }
    return own;
  }
  std::vector<std::string_view> all_templates(std::string_view service) const {
    std::vector<std::string_view> all;
    for (const Service& one : subject_.catalogue.services()) collect(one, service, all);
    for (const ArnForm& form : arn_forms) {
      if (form.service == service) all.push_back(form.arn);
    }
    return all;
  }
  static void collect(const Service& from, std::string_view service,
                      std::vector<std::string_view>& into) {
    for (std::size_t i = 0; i < from.resource_type_count(); ++i) {
      const std::string_view arn = from.arn_pattern_at(i);
      if (const auto parts = parts_of(arn); parts && (*parts)[2] == service) into.push_back(arn);
    }
  }

  void unknown_service(const policy::Listed& resource, std::string_view service) {
    std::string lower(service);
    std::ranges::transform(lower, lower.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (lower != service && !all_templates(lower).empty()) {
      return report(rule("INVALID_ARN_SERVICE_CASE"), resource,
                    "the service " + shown(service) + " is written " + shown(lower));
    }
    if (subject_.catalogue.service(service) != nullptr) return;  // it has no resource types
    Nearest nearest(service);
    for (const Service& one : subject_.catalogue.services()) nearest.offer(one.prefix());
    report(rule("INVALID_SERVICE"), resource,
           "there is no service " + shown(service) +
               (nearest.name().empty() ? "" : ": did you mean " + shown(nearest.name()) + "?"));
  }

  bool well_formed(const policy::Listed& resource, std::string_view region,
                   std::string_view account, const std::vector<std::string_view>& known) {
    // Some ARNs hold a word where others hold an account, as in `arn:aws:iam::aws:policy/Name`.
    const auto literal = [&](std::size_t part, std::string_view value) {
      return std::ranges::any_of(known, [&](auto one) { return (*parts_of(one))[part] == value; });
    };
    if (!account.empty() && !has_wildcard(account) && account != "aws" &&
        (account.size() != 12 || !is_digits(account)) && !literal(4, account)) {
      report(rule("INVALID_ARN_ACCOUNT"), resource,
             shown(account) + " is no account: 12 digits are");
      return false;
    }
    if (!region.empty() && !has_wildcard(region) && !is_region(region) && !literal(3, region)) {
      report(rule("INVALID_ARN_REGION"), resource, shown(region) + " is no Region");
      return false;
    }
    return true;
  }

  // No resource type has such ARNs: which part of it is to blame?
  template <typename Meets>
  void explain(const policy::Listed& resource, const Parts& parts,
               const std::vector<std::string_view>& known, Meets meets) {
    struct Change {
      std::size_t part;
      std::string_view value;
      const Rule* rule;
      std::string_view why;
    };
    const Change changes[] = {
        {3, "", &rule("ARN_REGION_NOT_ALLOWED"), " may not name a Region"},
        {4, "", &rule("ARN_ACCOUNT_NOT_ALLOWED"), " may not name an account"},
        {3, "*", &rule("MISSING_ARN_REGION"), " must name a Region"},
        {4, "*", &rule("MISSING_ARN_ACCOUNT"), " must name an account"},
    };
    bool blamed = false;
    const auto blame = [&](const Change& change) {
      report(*change.rule, resource,
             "the resource " + shown(resource.text) + std::string(change.why));
      blamed = true;
    };
    for (const Change& change : changes) {
      Parts variant = parts;
      variant[change.part] = change.value;
      if (variant != parts && meets(variant)) {
        blame(change);
        return;
      }
    }
    for (const Change& first : changes) {  // both Region and account may be to blame
      for (const Change& second : changes) {
        if (first.part != 3 || second.part != 4 || blamed) continue;
        Parts variant = parts;
        variant[3] = first.value;
        variant[4] = second.value;
        if (variant[3] == parts[3] || variant[4] == parts[4] || !meets(variant)) continue;
        blame(first);
        blame(second);
      }
    }
    if (blamed) return;
    const std::string none = "no resource of " + shown(parts[2]) + " has an ARN like " + shown(resource.text);
    const std::string_view meant = misspelt(parts[5], known);
    if (meant.empty() && !parts[5].empty()) return report(rule("UNKNOWN_ARN_RESOURCE"), resource, none);
    report(rule("INVALID_ARN_RESOURCE"), resource, none + (meant.empty() ? "" : ": did you mean " + shown(meant) + "?"));
  }

  // How the resource part begins, as far as the separator: `role/` of `role/name`; empty if a
  // wildcard or placeholder comes before.
  static std::string_view head_of(std::string_view resource) {
    const std::size_t end = resource.find_first_of("/:*?$", 1);
    if (end == std::string_view::npos || (resource[end] != '/' && resource[end] != ':')) return {};
    return resource.substr(0, end + 1);
  }

  // The beginning of a resource type's ARNs that was meant where a word is spelt like it. AWS has
  // ARNs that its reference does not list, so a word that is like none may be right.
  static std::string_view misspelt(std::string_view resource, const std::vector<std::string_view>& known) {
    const std::string_view head = head_of(resource);
    if (head.empty()) return {};
    Nearest nearest(head);
    for (const std::string_view arn : known) {
      const std::string_view other = head_of((*parts_of(arn))[5]);
      if (other == head) return {};
      if (!other.empty()) nearest.offer(other);
    }
    return nearest.name();
  }

  static bool acts_on(const Action& action, const std::vector<std::string>& patterns) {
    return std::ranges::any_of(action.resources(), [&](const Action::Resource& resource) {
      return std::ranges::any_of(patterns,
                                 [&](const auto& one) { return can_meet(one, resource.type.arn); });
    });
  }

  // Variables may be anything, so only equal texts that hold them cover one another.
  static bool covers_resource(const policy::Listed& outer, const policy::Listed& inner) {
    if (outer.text == inner.text || outer.text == "*") return true;
    if (outer.text.contains("${") || inner.text.contains("${")) return false;
    const auto wide = parts_of(outer.text), narrow = parts_of(inner.text);
    if (!wide || !narrow) return false;
    for (std::size_t i = 0; i < wide->size(); ++i) {
      if (!covers((*wide)[i], (*narrow)[i], text::Case::exact)) return false;
    }
    return true;
  }

  const Subject& subject_;
  Findings& findings_;
};

}  // namespace

void check_resources(const Subject& subject, Findings& findings) {
  ResourceCheck check(subject, findings);
  for (const policy::Statement& statement : subject.syntax.statements) {
    for (const policy::Listed& resource : statement.resources) check.arn(resource);
    check.repeated(statement.resources);
    check.acted_on(statement);
  }
}

}  // namespace ringwall::lint::detail
