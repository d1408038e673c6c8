// Requests, counts and objectives in words.

#include <algorithm>
#include <array>

#include "report/detail/view.h"

namespace ringwall::report::detail {
namespace {

using perimeter::Objective;

struct Sentences {
  std::string_view question, meaning, assumption;
};

// By Objective.
constexpr std::array<Sentences, perimeter::objective_count_with_agents> sentences{{
    {"my principals reach only my resources",
     "a principal of mine may use a resource that is not mine",
     "the outsider's resource policy is assumed to allow everything"},
    {"my principals act only from my networks",
     "a principal of mine may act from a network that is not mine",
     "the resource's side is assumed to allow everything"},
    {"only my principals reach my resources",
     "an outsider may use a resource of mine",
     "the outsider's own policies are assumed to allow everything"},
    {"my resources are reached only from my networks",
     "a resource of mine may be used from a network that is not mine",
     "the caller's own policies are assumed to allow everything"},
    {"only my principals pass my endpoints",
     "an outsider may act through an endpoint of mine",
     "all but the endpoint's policy is assumed to allow everything"},
    {"only my resources are reached through my endpoints",
     "a resource that is not mine may be used through an endpoint of mine",
     "all but the endpoint's policy is assumed to allow everything"},
    {"only my principals assume my roles", "an outsider may assume a role of mine",
     "the outsider's own policies are assumed to allow everything"},
    {"all layers together let nothing cross the perimeter",
     "all layers that apply let a request cross the perimeter", ""},
    {"through an MCP server my principals only read, and only what is mine",
     "an agent may change something, or reach what is not mine, through an MCP server",
     "the resource's side is assumed to allow everything"},
}};

// Keys that only say again who asks and whose the resource is.
constexpr std::string_view repeated_keys[] = {
    "aws:principalarn", "aws:principalaccount", "aws:resourceaccount", "aws:principaltype",
    "aws:userid",       "aws:username",         "aws:currenttime",     "aws:epochtime"};

// Where the request comes from, in the order in which it is told.
constexpr std::pair<std::string_view, std::string_view> network_keys[] = {
    {"aws:sourceip", "address"},
    {"aws:sourcevpce", "endpoint"},
    {"aws:sourcevpc", "VPC"},
    {"aws:vpcsourceip", "private address"},
};

std::string joined(const std::vector<std::string>& values) {
  if (values.empty()) return "(no value)";
  std::string out;
  for (const std::string& value : values) out += (out.empty() ? "" : ", ") + value;
  return out;
}

std::string network_of(const policy::Context& context) {
  std::string out;
  for (const auto& [key, noun] : network_keys) {
    if (const auto* values = context.find(key))
      out += (out.empty() ? "" : ", ") + std::string(noun) + " " + joined(*values);
  }
  const auto* via = context.find("aws:viaawsservice");
  if (via != nullptr && joined(*via) == "true") out += (out.empty() ? "" : ", ") + std::string("through an AWS service");
  return out.empty() ? "any network" : out;
}

bool is_network(std::string_view key) {
  return std::ranges::any_of(network_keys, [&](const auto& one) { return one.first == key; });
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      static constexpr char digits[] = "0123456789abcdef";
      out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    } else {
      out += c;
    }
  }
  return out;
}

std::string grouped(std::size_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string organization_of(const Subject& subject) {
  if (!subject.perimeter.organization.empty()) return subject.perimeter.organization;
  const estate::Estate& estate = *subject.world.estate;
  return estate.organization ? estate.organization->id : estate.no_organization ? "no organisation" : "an organisation that nobody names";
}

std::string counted(std::size_t count, std::string_view noun) {
  return grouped(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string some(const std::vector<std::string>& all, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < std::min(all.size(), most); ++i) out += (i == 0 ? "" : ", ") + all[i];
  if (all.size() > most) out += " and " + grouped(all.size() - most) + " more";
  return out;
}

std::string name_of(const policy::Principal& principal) {
  using Type = policy::Principal::Type;
  switch (principal.type) {
    case Type::anonymous:
      return "anonymous";
    case Type::service:
      return principal.service;
    case Type::federated:
      return principal.arn.empty() ? principal.provider : principal.arn;
    case Type::root:
    case Type::user:
    case Type::role_session:
      break;
  }
  return principal.arn.empty() ? principal.role_arn : principal.arn;
}

Words words_of(const prover::Finding& finding) {
  const policy::Request& request = finding.request;
  Words words;
  words.who = name_of(request.principal);
  if (words.who.empty()) words.who = "any principal";
  if (words.who == "anonymous") words.who += " (nobody signs)";
  words.does = request.action;
  if (finding.actions.size() > 1) {
    std::vector<std::string> others;
    for (const std::string_view action : finding.actions) {
      if (action != request.action) others.emplace_back(action);
    }
    words.does += ", likewise " + some(others, 6);
  }
  if (!finding.callable) words.does += " (no service has it today)";
  words.on = request.resource;
  if (!request.resource_account.empty()) words.on += " of account " + request.resource_account;
  words.from = network_of(request.context);
  for (const auto& entry : request.context.entries()) {
    if (std::ranges::find(repeated_keys, entry.key) != std::end(repeated_keys)) continue;
    if (!is_network(entry.key)) words.with.emplace_back(entry.key, joined(entry.values));
  }
  std::ranges::sort(words.with);
  return words;
}

std::string_view name_of(loaders::Gap::Kind kind) {
  static constexpr std::string_view words[] = {"missing", "truncated", "unreadable", "placeholder", "unsupported"};
  return words[static_cast<std::size_t>(kind)];
}

std::size_t index_of(Objective objective) { return static_cast<std::size_t>(objective); }
std::string_view question_of(Objective objective) { return sentences.at(index_of(objective)).question; }
std::string_view meaning_of(Objective objective) { return sentences.at(index_of(objective)).meaning; }
std::string_view assumption_of(Objective objective) { return sentences.at(index_of(objective)).assumption; }

}  // namespace ringwall::report::detail
