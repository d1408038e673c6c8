#include "host/detail/perform.h"

#include <variant>

#include "host/detail/folders.h"
#include "host/detail/network.h"
#include "host/detail/validate.h"

namespace ringwall::host::detail {
namespace {

Outcome succeeded() {
  Outcome outcome;
  outcome.reply.succeeded = true;
  return outcome;
}

Outcome outcome_of(Result<> result) { return result ? succeeded() : failed(std::move(result).error()); }

Outcome outcome_of(Result<os::UniqueFd> result) {
  if (!result) return failed(std::move(result).error());
  Outcome outcome = succeeded();
  outcome.attached = std::move(*result);
  return outcome;
}

struct Performer {
  const HelperOptions& options;
  const Folders folders = folders_of(options);

  Outcome operator()(const ApplyNetwork& r) const { return outcome_of(apply_network(folders, r.network)); }
  Outcome operator()(const RemoveNetwork& r) const { return outcome_of(remove_network(folders, r.vpc_id)); }
  Outcome operator()(const Listen& r) const {
    return outcome_of(listen(folders, r.vpc_id, r.address, r.port, r.transport));
  }
  Outcome operator()(const InterfaceNamespace& r) const {
    return outcome_of(interface_namespace(folders, r.vpc_id, r.interface_id));
  }
  Outcome operator()(const auto&) const { return failed({Failure::unavailable, "later"}); }
};

}  // namespace

Outcome failed(Error error) {
  Outcome outcome;
  outcome.reply.error = std::move(error);
  return outcome;
}

Outcome perform(const Request& request, const HelperOptions& options) {
  if (auto valid = validate(request, options); !valid) return failed(std::move(valid).error());
  return std::visit(Performer{options}, request);
}

}  // namespace ringwall::host::detail
