#pragma once
// A VPC's packet filter, in the VPC's namespace.
//
// Every interface is alone on its link, so the link a packet came in on says who sent it; a
// packet whose source address or hardware address is not that interface's is dropped before
// connection tracking sees it. From there the work does not grow with the VPC: a verdict map
// on the incoming link leads to the sender's outbound rules, a match there leads through
// `admitted` and a verdict map on the outgoing link (or, for the VPC's own listeners, on the
// address) to the receiver's inbound rules, and only a match there accepts. "The peer is in
// another group" is a lookup in that group's set of addresses.
//
// The base chains and sets stay for ever. Chains of rules carry a generation in their name: a
// change adds the next generation, repoints the maps and deletes the last one in a single
// transaction, so that no packet ever sees half a change, and connection tracking, which is
// what keeps established connections open, is never touched.

#include <string>
#include <vector>

#include "base/result.h"
#include "host/host.h"

namespace ringwall::host::detail {

// The VPC's end of an interface's link: "e" and the last 14 characters of the id.
std::string link_name(const std::string& interface_id);

// What is loaded now, as far as the next change needs to know.
struct Loaded {
  unsigned generation = 0;
  std::vector<std::string> chains;  // all that carry a generation
  std::vector<std::string> groups;  // security groups that have a set
};

// The transaction from `loaded` to `network`, in nft's language. Pure; `network` was validated.
std::string render(const Network& network, const Loaded& loaded);
// Reads what render() needs from nft's listing of chains and sets.
Loaded parse_listing(const std::string& listing);

// Makes the current namespace's filter that of `network`.
Result<> load_firewall(const Network& network);

}  // namespace ringwall::host::detail
