#pragma once
// Agents that act through one of AWS's managed MCP servers: by which keys their requests are told, and which actions only read.

#include <string>
#include <string_view>
#include <vector>

#include "catalogue/catalogue.h"

namespace ringwall::catalogue {

// "AWS MCP Server automatically adds the following global condition context keys to all requests it forwards": the one is `true`,
// the other names the server. It forwards what principals have signed, with their own credentials; nothing else says them.
inline constexpr std::string_view via_mcp_key = "aws:ViaAWSMCPService";
inline constexpr std::string_view called_via_mcp_key = "aws:CalledViaAWSMCP";
inline constexpr std::string_view mcp_date = "2026-12-01";  // on which AWS's page was read
inline constexpr std::string_view mcp_source =
    "https://docs.aws.amazon.com/agent-toolkit/latest/userguide/security_iam_service-with-iam.html";

// Patterns for the service's actions that read, and for no other action of today: what the catalogue calls List or Read and
// begins with Describe, Get, List or BatchGet. Whatever else there is changes something, or tells more than a name promises.
std::vector<std::string> read_by_agents(const Service& service);
// Those of all services with these prefixes, sorted; prefixes of no service add nothing.
std::vector<std::string> read_by_agents(const std::vector<std::string>& services);

}  // namespace ringwall::catalogue
