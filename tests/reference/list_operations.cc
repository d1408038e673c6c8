// Prints what every service registers, as JSON: the source of docs/reference/operations.md.

#include <fmt/format.h>

#include "crypto/certificate.h"
#include "os/files.h"
#include "services/accessanalyzer/accessanalyzer.h"
#include "services/ec2/ec2.h"
#include "services/iam/iam.h"
#include "services/kms/kms.h"
#include "services/organizations/organizations.h"
#include "services/rds/rds.h"
#include "services/sts/sts.h"

namespace ringwall {
namespace {

using text::Json;

Json describe(const char* name, std::vector<service::Operation> operations) {
  const awsapi::Model& model = *awsapi::builtin_model(name);
  const service::Service one(model, std::move(operations));
  Json implemented = Json::object();
  for (const std::string& operation : one.operations()) {
    implemented.set(operation, one.operation(operation)->access == service::Access::read ? "read" : "write");
  }
  Json known = Json::array();
  for (const std::string& operation : model.operations()) known.push(operation);
  return Json::object({{"service", name},
                       {"version", model.api_version()},
                       {"implemented", std::move(implemented)},
                       {"known", std::move(known)}});
}

}  // namespace
}  // namespace ringwall

int main() {
  using namespace ringwall;
  const std::vector<std::unique_ptr<engine::Engine>> engines;
  const crypto::Authority authority = crypto::Authority::create("Reference CA", TimePoint{});
  Json all = Json::array();
  all.push(describe("sts", sts::operations()));
  all.push(describe("iam", iam::operations()));
  all.push(describe("organizations", organizations::operations({})));
  all.push(describe("kms", kms::operations()));
  all.push(describe("ec2", ec2::operations()));
  all.push(describe("rds", rds::operations(engines, authority)));
  all.push(describe("accessanalyzer", accessanalyzer::operations({})));
  fmt::print("{}\n", all.dump_pretty());
}
