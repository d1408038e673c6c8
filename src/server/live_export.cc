#include "server/live_export.h"

#include <algorithm>
#include <array>

#include "service/traits.h"
#include "store/store.h"
#include "text/encode.h"

namespace ringwall::server {

using text::Json;

namespace {

// Documents carry private members in lower case, which the wire's shapes leave out. Percent-encoded
// policies become objects, as AWS's CLI prints them.
Json as_printed(const Json& value) {
  if (value.is_string() && value.as_string().starts_with("%7B")) {
    const Result<std::string> decoded = text::percent_decode(value.as_string(), false);
    Result<Json> document = decoded ? text::parse_json(*decoded) : fail(Failure::invalid, {});
    return document ? *std::move(document) : value;
  }
  if (value.is_array()) {
    Json items = Json::array();
    for (const Json& item : value.items()) items.push(as_printed(item));
    return items;
  }
  if (!value.is_object()) return value;
  Json members = Json::object();
  for (const auto& [name, member, offset] : value.members()) {
    if (!name.empty() && (name.front() < 'a' || name.front() > 'z')) members.set(name, as_printed(member));
  }
  return members;
}

// An export of one service, into the files of all.
class Exporter final : public service::Export {
 public:
  Exporter(const service::Environment& environment, const estate::Estate& estate, const service::Service& service, Json& files)
      : environment_(environment), estate_(estate), service_(service), files_(files),
        management_(estate.organization ? estate.organization->management_account : std::string()) {}

  // Every page of an operation's answer, the lists one behind the other.
  Result<Json> ask(const std::string& account, std::string_view name, Json input) override {
    const service::Operation* operation = service_.operation(name);
    if (operation == nullptr) return fail(Failure::unavailable, "this server does not answer `" + std::string(name) + "`");
    Json whole = Json::object();
    for (std::size_t page = 0; page < export_pages_max; ++page) {
      RW_TRY(Json answer, ask_page(account, *operation, input));
      if (!next_page(answer, input)) {
        add_page(whole, std::move(answer));
        return whole;
      }
      add_page(whole, std::move(answer));
    }
    return fail(Failure::exhausted, "`" + std::string(name) + "` has more than " + std::to_string(export_pages_max) + " pages");
  }
  void put(const std::string& path, const Json& answer) override { files_.set(path, as_printed(answer)); }
  bool has(std::string_view path) const override { return files_.contains(path); }
  const std::string& management_account() const override { return management_; }
  std::string home_of(const std::string& account) const override { return "accounts/" + account; }
  std::string region_of(const std::string& account) const override { return home_of(account) + "/" + environment_.region; }

 private:
  Result<Json> ask_page(const std::string& account, const service::Operation& operation, const Json& input) const {
    service::Caller caller;
    caller.principal.type = policy::Principal::Type::root;
    caller.principal.arn = "arn:aws:iam::" + account + ":root";
    caller.principal.account = account;
    const service::NetworkContext network;
    store::Transaction transaction(environment_.store);
    const service::Call call{environment_, estate_, caller, network, input, transaction, environment_.clock.now(), "export"};
    service::ApiResult<Json> answer = operation.handler(call);
    if (!answer) return fail(Failure::io, "`" + operation.name + "` of the account `" + account + "`: " + answer.error().message);
    return *std::move(answer);
  }

  // Takes the token of the next page out of the answer and puts it into the input; false: the last.
  static bool next_page(Json& answer, Json& input) {
    static constexpr std::array<std::array<const char*, 2>, 3> tokens = {{{"NextToken", "NextToken"}, {"NextMarker", "Marker"}, {"Marker", "Marker"}}};
    bool more = false;
    for (const auto& [in_answer, in_input] : tokens) {
      if (!answer.text(in_answer).empty()) {
        input.set(in_input, answer.str(in_answer));
        more = true;
      }
      answer.erase(in_answer);
    }
    answer.erase("IsTruncated");
    answer.erase("Truncated");
    return more;
  }

  static void add_page(Json& whole, Json&& page) {
    for (const auto& [name, value, offset] : page.members()) {
      if (!value.is_array() || !whole.contains(name)) {
        whole.set(name, value);
        continue;
      }
      for (const Json& item : value.items()) whole.edit(name).push(item);
    }
  }

  const service::Environment& environment_;
  const estate::Estate& estate_;
  const service::Service& service_;
  Json& files_;
  const std::string management_;
};

// Which Regions and services are in it.
Json scope(const service::Environment& environment, std::span<const service::Service> services) {
  std::vector<std::string> names;
  for (const service::Service& one : services) {
    if (one.traits().exports) names.emplace_back(one.model().service());
  }
  std::ranges::sort(names);
  Json listed = Json::array();
  for (std::string& name : names) listed.push(std::move(name));
  return Json::object({{"Regions", Json::array({environment.region})}, {"Services", std::move(listed)}});
}

Result<Json> files_of(const service::Environment& environment, const estate::Estate& estate, std::span<const service::Service> services) {
  Json files = Json::object({{"export.json", scope(environment, services)}});
  for (const service::Service& one : services) {
    Exporter to(environment, estate, one, files);
    if (one.traits().exports.of_organization) RW_DO(one.traits().exports.of_organization(to));
  }
  if (!files.contains("accounts.json")) return fail(Failure::unavailable, "this server has no service that tells of the organisation's accounts");
  const Json accounts = files["accounts.json"];
  for (const Json& account : accounts["Accounts"].items()) {
    if (account.text("Status") != "ACTIVE") continue;
    for (const service::Service& one : services) {
      Exporter to(environment, estate, one, files);
      if (one.traits().exports.of_account) RW_DO(one.traits().exports.of_account(to, account.str("Id")));
    }
  }
  return files;
}

}  // namespace

Result<Json> live_export(const service::Environment& environment, const estate::Estate& estate, std::span<const service::Service> services) {
  for (int attempt = 0; attempt < export_attempts_max; ++attempt) {
    const store::Revision before = environment.store.snapshot({}).revision;
    Result<Json> files = files_of(environment, estate, services);
    if (environment.store.snapshot({}).revision == before) return files;
  }
  return fail(Failure::conflict, "what is stored changed while it was read: try again");
}

}  // namespace ringwall::server
