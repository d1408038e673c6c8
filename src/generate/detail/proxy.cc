#include "generate/detail/proxy.h"

#include <algorithm>
#include <vector>

namespace ringwall::generate::detail {
namespace {

// Names without a Region are those of services that answer in one place.
struct Global {
  const char* domain;
  const char* region;
};
constexpr Global globals[] = {
    {".cloudfront.amazonaws.com", "us-east-1"},
    {".iam.amazonaws.com", "us-east-1"},
    {".queue.amazonaws.com", "us-east-1"},
    {".route53.amazonaws.com", "us-east-1"},
    {".s3.amazonaws.com", "us-east-1"},
    {".sdb.amazonaws.com", "us-east-1"},
    {".sts.amazonaws.com", "us-east-1"},
    {".waf.amazonaws.com", "us-east-1"},
    {".globalaccelerator.amazonaws.com", "us-west-2"},
};

std::string acl_name(std::string region) {
  std::ranges::replace(region, '-', '_');
  return region;
}

void add_region(std::string& text, const std::string& region) {
  const std::string acl = "acl " + acl_name(region);
  for (const char* suffix : {".amazonaws.com", ".api.aws", ".on.aws"})
    text += acl + " dstdomain ." + region + suffix + "\n";
  for (const Global& global : globals)
    if (region == global.region &&
        std::string_view(global.domain).find(region) == std::string_view::npos)
      text += acl + " dstdomain " + global.domain + "\n";
  text += acl + "_inside dstdom_regex \\." + region + "\\.[a-z0-9.-]+\\.amazonaws\\.com$\n";
}

void add_peer(std::string& text, const std::string& region) {
  const std::string acl = acl_name(region);
  text += "cache_peer " + region + ".proxy.local parent 3128 0 no-query proxy-only name=" + acl +
          "_peer\n";
  for (const char* suffix : {"", "_inside"}) {
    text += "never_direct allow " + acl + suffix + "\n";
    text += "cache_peer_access " + acl + "_peer allow " + acl + suffix + "\n";
  }
  text += "cache_peer_access " + acl + "_peer deny all\n";
}

}  // namespace

std::string proxy_configuration(const perimeter::Perimeter& perimeter) {
  const auto& regions = perimeter.regions;
  std::string text =
      "# Squid in " + regions.front() +
      ": AWS in the Regions of the perimeter, each through the endpoints there, and no other "
      "Region.\n"
      "# Each <region>.proxy.local is the proxy in that Region.\n"
      "cache_effective_user squid\nprefer_direct off\nnonhierarchical_direct off\n\n"
      "# Whose requests are taken: add the blocks of the VPCs that use this proxy.\n";
  std::vector<std::string> sources;
  for (const text::Cidr& cidr : perimeter.networks.on_premises)
    sources.push_back(text::to_string(cidr));
  if (sources.empty()) sources = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"};
  for (const std::string& source : sources) text += "acl my_networks src " + source + "\n";
  text += "\nacl safe_ports port 80 443\nacl ssl_ports port 443\n\n";
  for (const std::string& region : regions) add_region(text, region);
  text +=
      "acl aws dstdomain .amazonaws.com .amazonaws.com.cn .api.aws .on.aws\n\n"
      "http_access deny !safe_ports\nhttp_access deny CONNECT !ssl_ports\n"
      "http_access allow localhost manager\nhttp_access deny manager\n\n"
      "# Requests to the other Regions go on to the proxies there, and never by themselves.\n";
  for (std::size_t index = 1; index < regions.size(); ++index) add_peer(text, regions[index]);
  text += "\n";
  for (const std::string& region : regions)
    for (const char* suffix : {"", "_inside"})
      text += "http_access allow my_networks " + acl_name(region) + suffix + "\n";
  text +=
      "http_access deny aws\nhttp_access allow my_networks\nhttp_access deny all\n\n"
      "http_port 3128\naccess_log stdio:/var/log/squid/access.log\nstrip_query_terms "
      "off\nlogfile_rotate 1\n"
      "cache deny all\nforwarded_for on\nhttpd_suppress_version_string on\n"
      "shutdown_lifetime 30 seconds\nvisible_hostname aws_proxy\n";
  return text;
}

}  // namespace ringwall::generate::detail
