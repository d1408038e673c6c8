#include "server/services.h"

#include "service/traits.h"
#include "services/ec2/ec2.h"
#include "services/iam/iam.h"
#include "services/kms/kms.h"
#include "services/rds/rds.h"
#include "services/sts/sts.h"

namespace ringwall::server {

organizations::Remaining remaining_in(std::span<const service::Service> services) {
  std::vector<decltype(service::Traits::remaining)> all;
  for (const service::Service& one : services) {
    if (one.traits().remaining) all.push_back(one.traits().remaining);
  }
  return [all = std::move(all)](store::Transaction& transaction, const std::string& account) -> std::optional<std::string> {
    for (const auto& remaining : all) {
      if (auto what = remaining(transaction, account)) return what;
    }
    return std::nullopt;
  };
}

std::vector<service::Service> services(const Surroundings& surroundings) {
  std::vector<service::Service> all;
  all.push_back(rds::service(surroundings.engines, surroundings.authority));
  all.push_back(ec2::service());
  all.push_back(kms::service());
  all.push_back(iam::service());
  all.push_back(sts::service());

  // These look at what the others have.
  accessanalyzer::Sources sources{.bugs = surroundings.bugs, .guards = {}};
  for (const service::Service& one : all) {
    if (one.traits().guards.all) sources.guards.push_back(one.traits().guards);
  }
  organizations::Remaining remaining = remaining_in(all);
  all.push_back(organizations::service(remaining));
  all.push_back(accessanalyzer::service(sources));
  return all;
}

}  // namespace ringwall::server
