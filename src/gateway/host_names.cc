#include "gateway/host_names.h"

#include <algorithm>
#include <array>

#include "text/cidr.h"
#include "text/encode.h"

namespace ringwall::gateway {
namespace {

// The Host header without its port and brackets, in lower case. The reader has checked its form.
std::string name_in(std::string_view host) {
  if (host.starts_with('[')) return text::lower(host.substr(1, host.find(']') - 1));
  return text::lower(host.substr(0, host.find(':')));
}

// `*.example.com` stands for one label before `.example.com`.
bool matches(std::string_view pattern, std::string_view name) {
  if (!pattern.starts_with("*.")) return pattern == name;
  pattern.remove_prefix(1);
  if (!name.ends_with(pattern)) return false;
  name.remove_suffix(pattern.size());
  return !name.empty() && name.find('.') == std::string_view::npos;
}

bool is_name(std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(2);
  const bool plain = std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'; });
  return plain && !text.empty() && text.size() <= 253 && !text.starts_with('.') && !text.ends_with('.');
}

}  // namespace

Result<HostNames> HostNames::make(const std::string& region, const std::string& dns_suffix, const std::vector<std::string>& configured) {
  HostNames names;
  names.domain_ = "." + text::lower(region + "." + dns_suffix);
  names.vpce_domain_ = ".vpce." + text::lower(dns_suffix);
  if (configured.size() > host_names_max) return fail(Failure::invalid, "more than " + std::to_string(host_names_max) + " host names");
  for (const std::string& one : configured) {
    const auto address = text::parse_address(one);
    const std::string name = address ? text::to_string(*address) : text::lower(one);
    if (!address && !is_name(name)) {
      return fail(Failure::invalid, "`" + one + "` is no host name: give a name, `*.` and a name, or an address, without a port");
    }
    names.configured_.push_back(name);
  }
  return names;
}

bool HostNames::fit(std::string_view host, std::string_view local_address, const service::NetworkContext& network) const {
  std::string name = name_in(host);
  if (const auto address = text::parse_address(name)) {
    name = text::to_string(*address);
    constexpr std::array<std::string_view, 2> loopback = {"127.0.0.1", "::1"};
    if (std::ranges::find(loopback, name) != loopback.end() || name == local_address) return true;
  } else if (name == "localhost" || matches("*" + domain_, name)) {
    return true;
  } else if (name.ends_with(vpce_domain_)) {
    return !network.vpce_id.empty() && name.starts_with(network.vpce_id + "-");
  }
  return std::ranges::any_of(configured_, [&](const std::string& pattern) { return matches(pattern, name); });
}

}  // namespace ringwall::gateway
