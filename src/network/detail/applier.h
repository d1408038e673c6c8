#pragma once
// Makes one VPC as its documents say, when told to. Remembers what it has made, so that what has
// not changed costs nothing. Private to room network; used by the reconciler's thread alone.

#include <map>
#include <set>
#include <string>

#include "network/detail/resolver.h"
#include "network/network.h"
#include "network/records.h"

namespace ringwall::network {

class Applier {
 public:
  Applier(store::Store& store, host::Host& host, Reconciler::OnListener on_listener, std::string dns_suffix);

  // Brings VPC, resolver and endpoint listeners to the stored state; removes what has no document.
  Result<> apply(const std::string& account, const std::string& vpc_id);

 private:
  // An endpoint that is served.
  struct Open {
    std::string vpc_id;
    std::string identity;             // what its context was made from
    std::set<std::string> addresses;  // that are listened on
  };

  Result<> apply_network(const host::Network& network);
  Result<> apply_resolver(const std::string& vpc_id, const Vpc& vpc);
  Result<> apply_endpoints(store::Transaction& transaction, const std::vector<Endpoint>& endpoints, const Vpc& vpc);
  Result<> apply_endpoint(store::Transaction& transaction, const Vpc& vpc, const Endpoint& endpoint);
  Result<> remove(const std::string& vpc_id);
  void close_endpoint(const std::string& endpoint_id);
  dns::Found look_up(const std::string& vpc_id, const std::string& name) const;

  store::Store& store_;
  host::Host& host_;
  const Reconciler::OnListener on_listener_;
  const std::string dns_suffix_;
  std::map<std::string, std::string> applied_;   // VPC id -> fingerprint of what the host was told last
  std::map<std::string, std::string> resolved_;  // VPC id -> the address its resolver listens on
  std::map<std::string, Open> endpoints_;    // by endpoint id
  Resolver resolver_;                            // last: its thread uses what is above
};

}  // namespace ringwall::network
