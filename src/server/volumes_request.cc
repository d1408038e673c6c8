#include "server/volumes_request.h"

namespace ringwall::server {

using text::Json;

namespace {

Result<Json> done(Result<> outcome) {
  if (!outcome) return std::unexpected(std::move(outcome).error());
  return Json::object({});
}

Result<Json> act(rds::Volumes& volumes, std::string_view what, const Json& request) {
  const std::string volume = request.str("volume");
  if (what == "export") return done(volumes.check_export(volume));
  if (what == "remove") return done(volumes.remove(volume));
  rds::Adoption wish{.volume = volume,
                     .account = request.str("account"),
                     .identifier = request.str("identifier"),
                     .subnet_group = request.str("subnet_group"),
                     .kms_key = request.str("kms_key"),
                     .groups = {}};
  for (const Json& group : request["groups"].items()) wish.groups.emplace_back(group.as_string());
  return volumes.adopt(wish);
}

}  // namespace

Result<Json> volumes_request(const service::Environment& environment, rds::Volumes& volumes, audit::Log& audit,
                             const Json& request) {
  const std::string_view what = request.text("do");
  if (what == "list") {
    RW_TRY(Json rows, volumes.list());
    return Json::object({{"volumes", std::move(rows)}});
  }
  const std::string event = what == "adopt"    ? "AdoptVolume"
                            : what == "export" ? "ExportVolume"
                            : what == "remove" ? "RemoveVolume"
                                               : "";
  if (event.empty()) return fail(Failure::invalid, "of volumes one may `list`, `adopt`, `export` and `remove`");
  if (!audit.healthy()) return fail(Failure::unavailable, "the audit log cannot be written: nothing was done");
  Result<Json> outcome = act(volumes, what, request);
  audit::Record record{
      .time = environment.clock.now(),
      .request_id = random_text(environment.random, "0123456789abcdef", 32),
      .source = "ringwall.control",
      .event = event,
      .region = environment.region,
      .principal = "root@host",
      .account = outcome ? outcome->str("account") : request.str("account"),
      .answers = {
          {.action = event, .resource = request.str("volume"), .decision = {.verdict = authz::Verdict::allow}}}};
  if (!outcome) {
    record.error_code = "Refused";
    record.error_message = outcome.error().message;
  }
  if (!audit.record(std::move(record)))
    return fail(Failure::unavailable, "it was done, and the audit log could not be written");
  return outcome;
}

}  // namespace ringwall::server
