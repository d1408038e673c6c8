#include "perimeter/detail/members.h"

#include <algorithm>

#include "perimeter/perimeter.h"
#include "text/cidr.h"
#include "text/encode.h"
#include "text/time.h"

namespace ringwall::perimeter::detail {
namespace {

constexpr Member perimeter_members[] = {
    {"organization", Shape::text, Form::organization},
    {"management_account", Shape::text, Form::account},
    {"accounts", Shape::texts, Form::account, false, Section::perimeter, false},
    {"regions", Shape::texts, Form::region},
    {"networks", Shape::object, Form::any, false, Section::networks},
    {"services", Shape::objects, Form::any, false, Section::service},
    {"identity_providers", Shape::objects, Form::any, false, Section::identity_provider},
    {"governance", Shape::object, Form::any, false, Section::governance},
    {"rollout", Shape::object, Form::any, false, Section::rollout},
    {"agents", Shape::object, Form::any, false, Section::agents},
    {"aws_owned", Shape::objects, Form::any, false, Section::aws_owned},
    {"exceptions", Shape::objects, Form::any, false, Section::exception},
    {"aws_owned_defaults", Shape::flag},
    {"anonymous_get_object", Shape::flag},
};
// Networks are added up, so that an empty list says what it means.
constexpr Member networks_members[] = {
    {"cidrs", Shape::texts, Form::cidr, false, Section::perimeter, false},
    {"on_premises", Shape::texts, Form::cidr, false, Section::perimeter, false},
    {"vpcs", Shape::texts, Form::vpc, false, Section::perimeter, false},
    {"endpoints", Shape::texts, Form::endpoint, false, Section::perimeter, false},
    {"estate_vpcs", Shape::flag},
};
constexpr Member service_members[] = {
    {"principal", Shape::text, Form::service, true},
    {"actions", Shape::texts, Form::action},
    {"resources", Shape::texts, Form::resource},
    {"without_source", Shape::flag},
};
constexpr Member identity_provider_members[] = {
    {"issuer", Shape::text, Form::issuer, true},
    {"subjects", Shape::texts},
    {"audiences", Shape::texts},
};
constexpr Member governance_members[] = {
    {"administrators", Shape::texts, Form::administrator, true},
};
constexpr Member rollout_members[] = {
    {"tags", Shape::flag},
    {"networks_for", Shape::texts, Form::sessions},
};
constexpr Member agents_members[] = {
    {"services", Shape::texts, Form::prefix, true, Section::perimeter, false},
};
constexpr Member aws_owned_members[] = {
    {"resources", Shape::texts, Form::resource, true},
    {"actions", Shape::texts, Form::action},
};
constexpr Member exception_members[] = {
    {"name", Shape::text, Form::name, true},
    {"owner", Shape::text, Form::any, true},
    {"reason", Shape::text, Form::any, true},
    {"expires", Shape::text, Form::date},
    {"objectives", Shape::texts, Form::objective},
    {"principals", Shape::texts, Form::principal},
    {"actions", Shape::texts, Form::action},
    {"resources", Shape::texts, Form::resource},
    {"cidrs", Shape::texts, Form::cidr},
    {"vpcs", Shape::texts, Form::vpc},
    {"external_id", Shape::text},
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}
bool is_letter(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}

bool all(std::string_view text, const auto& holds) {
  return !text.empty() && std::ranges::all_of(text, holds);
}

bool is_organization(std::string_view text) {
  if (text == no_organization) return true;
  if (!text.starts_with("o-")) return false;
  const std::string_view id = text.substr(2);
  return id.size() >= 10 && id.size() <= 32 &&
         all(id, [](char c) { return is_digit(c) || is_lower(c); });
}

bool is_account(std::string_view text) {
  return text.size() == 12 && all(text, is_digit);
}

// Ids of today have 17 hexadecimal digits behind the prefix; those from before 2018 have eight.
bool is_id(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  const std::string_view id = text.substr(prefix.size());
  return (id.size() == 8 || id.size() == 17) && all(id, is_hex);
}

// `us-east-1`, `us-gov-west-1`: two to three words, and a digit or two.
bool is_region(std::string_view text) {
  const std::size_t last = text.rfind('-');
  if (last == std::string_view::npos || last < 4 || text.size() > 25) return false;
  const std::string_view words = text.substr(0, last), number = text.substr(last + 1);
  if (number.size() > 2 || !all(number, is_digit) || words.ends_with('-')) return false;
  if (!is_lower(words[0]) || !is_lower(words[1]) || words[2] != '-') return false;
  return words.find("--") == std::string_view::npos &&
         all(words, [](char c) { return is_lower(c) || c == '-'; });
}

// `us-east-1/vpc-0a1b2c3d4e5f60718`, or the id alone.
bool is_place(std::string_view text, std::string_view prefix) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return is_id(text, prefix);
  return is_region(text.substr(0, slash)) && is_id(text.substr(slash + 1), prefix);
}

bool is_service(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const std::string_view domain = text.substr(dot);
  return (domain.ends_with(".amazonaws.com") || domain.ends_with(".amazonaws.com.cn")) &&
         all(text, [](char c) { return is_lower(c) || is_digit(c) || c == '.' || c == '-'; });
}

// A host of two labels or more, and a path.
bool is_issuer(std::string_view text) {
  const std::string_view host = text.substr(0, text.find('/'));
  const auto word = [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_'; };
  if (host.starts_with('.') || host.ends_with('.') || host.find('.') == std::string_view::npos || !all(host, word)) return false;
  return all(text, [&](char c) { return word(c) || c == '/' || c == '~'; }) && !text.ends_with('/');
}

bool is_action(std::string_view text) {
  if (text == "*") return true;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const auto word = [](char c) { return is_letter(c) || is_digit(c) || c == '-'; };
  return all(text.substr(0, colon), word) &&
         all(text.substr(colon + 1), [&](char c) { return word(c) || c == '*' || c == '?'; });
}

// Six parts, of which the first three say what is meant; policy variables would need a caller.
bool is_arn_pattern(std::string_view text) {
  if (!text.starts_with("arn:") || text.find('$') != std::string_view::npos) return false;
  std::size_t at = 0;
  for (int part = 0; part < 5; ++part) {
    at = text.find(':', at);
    if (at == std::string_view::npos) return false;
    ++at;
  }
  return at < text.size() && all(text, [](char c) { return c > ' ' && c != '"'; });
}

// A role or a user by its name, of any account: a pattern of names would make everybody an administrator who may create one.
bool is_administrator(std::string_view text) {
  if (!is_arn_pattern(text)) return false;
  const std::size_t iam = text.find(":iam::");
  if (iam == std::string_view::npos) return false;
  const std::string_view rest = text.substr(iam + 6);
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos || !(rest.substr(0, colon) == "*" || is_account(rest.substr(0, colon)))) return false;
  const std::string_view name = rest.substr(colon + 1);
  if (!name.starts_with("role/") && !name.starts_with("user/")) return false;
  return all(name.substr(5), [](char c) {
    return is_letter(c) || is_digit(c) || std::string_view("+=,.@_/-").find(c) != std::string_view::npos;
  });
}

bool is_date(std::string_view text) {
  return text.size() == 10 && text[4] == '-' && text[7] == '-' &&
         text::parse_iso8601(text).has_value();
}

std::optional<std::string> objection_to_cidr(std::string_view text) {
  const auto cidr = text::parse_cidr(text, text::HostBits::refuse);
  if (!cidr) return cidr.error().message;
  // A network that is everywhere would expect every network.
  if (cidr->prefix == 0)
    return "`" + std::string(text) + "` is every address there is: name networks";
  return std::nullopt;
}

// Values that stand in templates for the ones still to be written.
bool is_placeholder(std::string_view text) {
  static constexpr std::string_view words[] = {
      "todo", "tbd", "fixme", "changeme", "change-me", "replace-me", "replaceme", "xxx", "..."};
  const std::string lower = text::lower(text);
  if (std::ranges::find(words, lower) != std::end(words)) return true;
  const std::size_t open = text.find('<');
  if (open != std::string_view::npos && text.find('>', open) != std::string_view::npos) return true;
  const std::size_t dash = lower.find('-');
  const std::string_view id =
      std::string_view(lower).substr(dash == std::string::npos ? 0 : dash + 1);
  return id.size() >= 3 && all(id, [](char c) { return c == 'x'; });
}

bool fits(Form form, std::string_view text) {
  switch (form) {
    case Form::any:
      return !text.empty();
    case Form::name:
      return text.size() <= 128 && all(text, [](char c) {
               return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
             });
    case Form::organization:
      return is_organization(text);
    case Form::account:
      return is_account(text);
    case Form::region:
      return is_region(text);
    case Form::cidr:
      return !objection_to_cidr(text);
    case Form::vpc:
      return is_place(text, "vpc-");
    case Form::endpoint:
      return is_place(text, "vpce-");
    case Form::service:
      return is_service(text);
    case Form::action:
      return is_action(text);
    case Form::resource:
      return text == "*" || is_arn_pattern(text);
    case Form::date:
      return is_date(text);
    case Form::objective:
      return objective_of(text).has_value();
    case Form::principal:
      return text == "anonymous" || is_account(text) || is_service(text) || is_arn_pattern(text);
    case Form::administrator:
      return is_administrator(text);
    case Form::sessions:
      return text == "ec2" || text == "glue" || text == "lambda" || text == "users";
    case Form::prefix:
      return all(text, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
    case Form::issuer:
      return is_issuer(text);
  }
  return false;
}

}  // namespace

std::span<const Member> members_of(Section section) {
  switch (section) {
    case Section::perimeter:
      return perimeter_members;
    case Section::networks:
      return networks_members;
    case Section::service:
      return service_members;
    case Section::identity_provider:
      return identity_provider_members;
    case Section::governance:
      return governance_members;
    case Section::rollout:
      return rollout_members;
    case Section::agents:
      return agents_members;
    case Section::aws_owned:
      return aws_owned_members;
    case Section::exception:
      return exception_members;
  }
  return {};
}

std::string_view name_of(Section section) {
  static constexpr std::string_view names[] = {"perimeter", "networks", "acting_service",
                                               "identity_provider", "governance", "rollout", "agents", "aws_owned", "exception"};
  static_assert(std::size(names) == section_count);
  return names[static_cast<std::size_t>(section)];
}

std::string_view expectation(Form form) {
  switch (form) {
    case Form::any:
      return "a text that is not empty";
    case Form::name:
      return "up to 128 letters, digits, `.`, `_` and `-`";
    case Form::organization:
      return "an organisation's id, as `o-a1b2c3d4e5`: `aws organizations describe-organization` "
             "prints it; or `none`, where your accounts are in no organisation";
    case Form::account:
      return "an account's 12 digits, in quotes";
    case Form::region:
      return "a Region, as `us-east-1`";
    case Form::cidr:
      return "an address or a CIDR block, as `203.0.113.0/24`";
    case Form::vpc:
      return "a VPC's Region and id, as `us-east-1/vpc-0a1b2c3d4e5f60718`";
    case Form::endpoint:
      return "a VPC endpoint's Region and id, as `us-east-1/vpce-0a1b2c3d4e5f60718`";
    case Form::service:
      return "a service principal, as `cloudtrail.amazonaws.com`";
    case Form::action:
      return "an action or a pattern of actions, as `s3:Get*`";
    case Form::resource:
      return "an ARN, as `arn:aws:s3:::bucket/*`, or `*`";
    case Form::date:
      return "a date, as `2026-12-31`";
    case Form::objective:
      return "one of identity/resources, identity/networks, resource/principals, "
             "resource/networks, network/principals, network/resources, trust, perimeter and agents";
    case Form::principal:
      return "an ARN, an account's 12 digits in quotes, a service principal or `anonymous`";
    case Form::administrator:
      return "the ARN of a role or user, as `arn:aws:iam::*:role/perimeter-administrator`";
    case Form::sessions:
      return "one of ec2, glue, lambda and users";
    case Form::prefix:
      return "a service's prefix, as `s3`";
    case Form::issuer:
      return "an identity provider's URL without `https://`, as `token.actions.githubusercontent.com`";
  }
  return "";
}

std::optional<std::string> objection(Form form, std::string_view text) {
  if (is_placeholder(text))
    return "`" + std::string(text) + "` is a placeholder: write " + std::string(expectation(form));
  if (fits(form, text)) return std::nullopt;
  if (form == Form::cidr) return objection_to_cidr(text);
  return "`" + std::string(text) + "` is not " + std::string(expectation(form));
}

}  // namespace ringwall::perimeter::detail
