// Prints what every service registers, as JSON: the source of docs/reference/operations.md.

#include <fmt/format.h>

#include "crypto/certificate.h"
#include "os/files.h"
#include "server/services.h"

namespace ringwall {
namespace {

using text::Json;

Json describe(const service::Service& one) {
  const awsapi::Model& model = one.model();
  Json implemented = Json::object();
  for (const std::string& operation : one.operations()) {
    implemented.set(operation, one.operation(operation)->access == service::Access::read ? "read" : "write");
  }
  Json known = Json::array();
  for (const std::string& operation : model.operations()) known.push(operation);
  return Json::object({{"service", model.service()},
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
  for (const service::Service& one : server::services({.engines = engines, .authority = authority, .bugs = {}})) all.push(describe(one));
  fmt::print("{}\n", all.dump_pretty());
}
