#pragma once
// For tests and fuzz targets: makes a case in which decide() and its twin differ as small as they
// still do, and writes it as a question for `ringwall authorize`.

#include "authz/question.h"
#include "authz/testing_cases.h"

namespace ringwall::authz::testing {

// Takes away one thing at a time, and keeps that away without which they still differ.
class Shrinker {
 public:
  Shrinker(policy::Request request, Owned owned)
      : request_(std::move(request)), owned_(std::move(owned)) {}

  void run() {
    drop_layers();
    for_each_policy(owned_, [&](Named& named) { shrink_document(named); });
    shrink_context();
  }

  // The question, and what `ringwall authorize` cannot be told of it.
  std::string text() {
    Json policies = Json::object();
    put(policies, "identity", owned_.identity);
    if (owned_.session) put(policies, "session", *owned_.session);
    put(policies, "grants", owned_.grants);
    put(policies, "boundary", owned_.boundary);
    put(policies, "resource", owned_.resource);
    put(policies, "endpoint", owned_.endpoint);
    put(policies, "scp", owned_.scps);
    put(policies, "rcp", owned_.rcps);
    const policy::Principal& caller = request_.principal;
    Json context = Json::object();
    for (const auto& entry : request_.context.entries()) {
      Json& values = context.edit(entry.key) = Json::array();
      for (const std::string& value : entry.values) values.push(value);
    }
    const Json question =
        Json::object({{"request", Json::object({{"principal", name_of(caller)},
                                                {"principalAccount", caller.account},
                                                {"action", request_.action},
                                                {"resource", request_.resource},
                                                {"resourceAccount", request_.resource_account},
                                                {"context", std::move(context)}})},
                      {"policies", std::move(policies)}});
    const std::string all = question.dump_pretty();
    plain::Evaluator twin;
    const std::string found = any_difference(request_, owned_, twin);
    return found + "\n" + all + "\nthe caller: type " +
           std::to_string(static_cast<int>(caller.type)) + ", unique id `" + caller.unique_id +
           "`, role `" + caller.role_arn + "`, provider `" + caller.provider + "`" +
           (differs_as_question(question) ? "" : "; not to be told in this form");
  }

 private:
  bool differs() {
    plain::Evaluator twin;
    return !any_difference(request_, owned_, twin).empty();
  }
  static bool differs_as_question(const Json& question) {
    const auto read = read_question(question, [](const std::string&) -> Result<std::string> {
      return fail(Failure::invalid, "there are no files");
    });
    if (!read) return false;
    plain::Evaluator twin;
    return authorize(read->request, read->layers) != twin.authorize(read->request, read->layers);
  }

  template <typename T>
  void attempt(T& part, T smaller) {
    std::swap(part, smaller);
    if (!differs()) std::swap(part, smaller);
  }
  template <typename T>
  void drop_items(std::vector<T>& list) {
    for (std::size_t i = list.size(); i-- > 0;) {
      std::vector<T> fewer = list;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      attempt(list, std::move(fewer));
    }
  }
  void drop_layers() {
    drop_items(owned_.identity);
    drop_items(owned_.grants);
    if (owned_.session) drop_items(*owned_.session);
    attempt(owned_.session, {});
    for (auto* policy : {&owned_.boundary, &owned_.resource, &owned_.endpoint})
      attempt(*policy, {});
    for (auto* levels : {&owned_.scps, &owned_.rcps}) {
      drop_items(*levels);
      for (Level& level : *levels) drop_items(level.policies);
    }
  }

  void shrink_document(Named& named) {
    auto json = text::parse_json(named.document->source());
    if (json) shrink(*json, *json, named);
  }
  // Takes members and items away from `at`, a part of `root`, then from what is left of it.
  void shrink(Json& root, Json& at, Named& named) {
    const auto without = [&](auto take) {
      Json before = at;
      take();
      auto document = policy::compile(root.dump(), named.document->kind());
      if (document) {
        const policy::DocumentPtr was = std::exchange(named.document, *std::move(document));
        if (differs()) return;
        named.document = was;
      }
      at = std::move(before);
    };
    for (std::size_t i = at.items().size(); i-- > 0;)
      without(
          [&] { at.edit_items().erase(at.edit_items().begin() + static_cast<std::ptrdiff_t>(i)); });
    std::vector<std::string> names;
    for (const auto& member : at.members()) names.push_back(member.key);
    for (const std::string& name : names) without([&] { at.erase(name); });
    if (at.is_array()) {
      for (Json& item : at.edit_items()) shrink(root, item, named);
    }
    for (const std::string& name : names) {
      if (at.contains(name)) shrink(root, at.edit(name), named);
    }
  }

  void shrink_context() {
    const policy::Context all = request_.context;
    for (const auto& entry : all.entries()) {
      policy::Context fewer = request_.context;
      fewer.erase(entry.key);
      attempt(request_.context, std::move(fewer));
    }
  }

  static std::string name_of(const policy::Principal& caller) {
    if (!caller.arn.empty()) return caller.arn;
    if (!caller.service.empty()) return caller.service;
    return caller.provider.empty() ? "anonymous" : caller.provider;
  }
  static Json json_of(const Named& named) {
    return text::parse_json(named.document->source()).value_or(Json());
  }
  static void put(Json& all, std::string_view layer, const std::optional<Named>& named) {
    if (named) all.set(layer, json_of(*named));
  }
  static void put(Json& all, std::string_view layer, const std::vector<Named>& named) {
    if (named.empty()) return;
    Json& list = all.edit(layer) = Json::array();
    for (const Named& one : named) list.push(json_of(one));
  }
  static void put(Json& all, std::string_view layer, const std::vector<Level>& levels) {
    if (levels.empty()) return;
    Json& list = all.edit(layer) = Json::array();
    for (const Level& level : levels) {
      Json policies = Json::array();
      for (const Named& one : level.policies) policies.push(json_of(one));
      list.push(Json::object({{"target", level.target}, {"policies", std::move(policies)}}));
    }
  }

  policy::Request request_;
  Owned owned_;
};

inline std::string shrunk(const policy::Request& request, const Owned& owned) {
  Shrinker shrinker(request, owned);
  shrinker.run();
  return shrinker.text();
}

}  // namespace ringwall::authz::testing
