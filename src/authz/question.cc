#include "authz/question.h"

#include <algorithm>
#include <initializer_list>

#include "authz/guards.h"

namespace ringwall::authz {

using text::Json;

namespace {

std::unexpected<Error> wrong(const std::string& member, const std::string& why) {
  return fail(Failure::invalid, "`" + member + "`: " + why);
}

// A member that is misspelt would leave out what it was to say, and the answer would be another.
Result<> only(const Json& json, const std::string& where, std::initializer_list<std::string_view> known) {
  if (!json.is_object()) return wrong(where, "takes an object");
  for (const auto& [member, value, at] : json.members()) {
    if (std::ranges::find(known, member) == known.end()) return wrong(where + "." + member, "is not known");
  }
  return {};
}

// Part `index` of an ARN, counted from 0; the last takes the rest.
std::string part(std::string_view arn, int index) {
  for (int i = 0; i < index; ++i) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return std::string(index == 5 ? arn : arn.substr(0, arn.find(':')));
}

// Providers of web identity that a trust policy names by their domain.
bool is_provider(std::string_view name) {
  static constexpr std::string_view domains[] = {"accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com",
                                                 "www.amazon.com"};
  if (std::ranges::find(domains, name) != std::end(domains)) return true;
  const std::string resource = part(name, 5);
  return part(name, 2) == "iam" && (resource.starts_with("saml-provider/") || resource.starts_with("oidc-provider/"));
}

Result<policy::Principal> read_session(policy::Principal principal, const std::string& resource) {
  const std::size_t name_at = std::string_view("assumed-role/").size(), end = resource.find('/', name_at);
  if (end == std::string::npos) return wrong("request.principal", "an assumed-role ARN ends in the session's name");
  principal.type = policy::Principal::Type::role_session;
  principal.role_arn = "arn:aws:iam::" + principal.account + ":role/" + resource.substr(name_at, end - name_at);
  return principal;
}

// A role acts through sessions; which one is not said by its ARN.
policy::Principal session_of(policy::Principal principal, const std::string& resource, std::string_view session) {
  principal.type = policy::Principal::Type::role_session;
  principal.role_arn = principal.arn;
  principal.arn = "arn:aws:sts::" + principal.account + ":assumed-role/" + resource.substr(resource.rfind('/') + 1) + "/" +
                  std::string(session.empty() ? "unnamed" : session);
  principal.service_linked = resource.starts_with("role/aws-service-role/");
  return principal;
}

Result<policy::Principal> read_caller(const Json& request) {
  using Type = policy::Principal::Type;
  const std::string name = request.str("principal");
  policy::Principal principal;
  if (name == "anonymous") return principal;
  if (is_provider(name)) {
    principal.type = Type::federated;
    principal.provider = name;
    return principal;
  }
  if (name.ends_with(".amazonaws.com") && !name.starts_with("arn:")) {
    principal.type = Type::service;
    principal.service = name;
    return principal;
  }
  const std::string service = part(name, 2), resource = part(name, 5);
  principal.arn = name;
  principal.account = request.contains("principalAccount") ? request.str("principalAccount") : part(name, 4);
  if (service == "iam" && resource.starts_with("role/")) return session_of(std::move(principal), resource, request.text("sessionName"));
  if (service == "sts" && resource.starts_with("assumed-role/")) return read_session(std::move(principal), resource);
  if (service == "iam" && resource == "root") {
    principal.type = Type::root;
  } else if (service == "iam" && resource.starts_with("user/")) {
    principal.type = Type::user;
  } else if (service == "sts" && resource.starts_with("federated-user/")) {
    principal.type = Type::federated;
  } else {
    return wrong("request.principal", "`" + name + "` is no ARN of a user, role, session, root or provider, no service, and not `anonymous`");
  }
  return principal;
}

Result<policy::Principal> read_principal(const Json& request) {
  using Type = policy::Principal::Type;
  RW_TRY(policy::Principal principal, read_caller(request));
  if (request.contains("sessionName") && !request["principal"].as_string().contains(":role/"))
    return wrong("request.sessionName", "is for a principal that is given as a role");
  // AIDA…, or AROA… and the session's name.
  const std::string_view id = request["context"].text("aws:userid");
  if (principal.type == Type::user || principal.type == Type::role_session) principal.unique_id = id.substr(0, id.find(':'));
  return principal;
}

// What an account's root may do before the layers around it: everything.
Result<Json> with_the_roots_power(const Json& policies) {
  for (const char* member : {"identity", "boundary", "session"}) {
    if (policies.contains(member)) return wrong(std::string("policies.") + member, "does not apply to an account's root");
  }
  Json all = Json::object({{"Version", "2012-10-17"},
                           {"Statement", Json::object({{"Effect", "Allow"}, {"Action", "*"}, {"Resource", "*"}})}});
  Json completed = policies;
  completed.set("identity", Json::array({std::move(all)}));
  return completed;
}

Result<> read_context(const Json& json, policy::Context& context) {
  for (const auto& [key, value, at] : json.members()) {
    const auto text_of = [](const Json& one) { return one.is_string() ? std::string(one.as_string()) : one.dump(); };
    if (value.is_object() || value.is_null()) return wrong("request.context." + key, "takes a value or a list of values");
    if (!value.is_array()) {
      context.set(key, text_of(value));
      continue;
    }
    std::vector<std::string> values;
    for (const Json& item : value.items()) values.push_back(text_of(item));
    context.set(key, std::move(values));
  }
  return {};
}

Result<Named> read_document(const Json& json, const std::string& member, policy::Kind kind, const ReadDocument& read) {
  std::string name = member, source;
  if (json.is_string()) {
    name = json.as_string();
    RW_TRY(source, read(name));
  } else if (json.contains("Document")) {
    RW_DO(only(json, "policies." + member, {"Name", "Document"}));
    name = json.text("Name", member);
    source = json["Document"].is_string() ? json.str("Document") : json["Document"].dump();
  } else if (json.is_object()) {
    source = json.dump();
  } else {
    return wrong("policies." + member, "takes a policy document or the path of one");
  }
  auto document = policy::compile(source, kind);
  if (!document) return fail(document.error(), "`policies." + member + "`");
  return Named{name, *std::move(document)};
}

Result<std::vector<Named>> read_documents(const Json& json, const std::string& member, policy::Kind kind, const ReadDocument& read) {
  std::vector<Named> all;
  if (!json.is_array()) return wrong("policies." + member, "takes a list of policy documents");
  for (const Json& item : json.items()) {
    RW_TRY(Named one, read_document(item, member + "[" + std::to_string(all.size()) + "]", kind, read));
    all.push_back(std::move(one));
  }
  return all;
}

Result<std::vector<Level>> read_levels(const Json& json, const std::string& member, policy::Kind kind, const ReadDocument& read) {
  std::vector<Level> levels;
  if (!json.is_array()) return wrong("policies." + member, "takes a list of levels, the root first");
  for (const Json& item : json.items()) {
    const std::string where = member + "[" + std::to_string(levels.size()) + "]";
    RW_DO(only(item, "policies." + where, {"target", "policies"}));
    RW_TRY(auto policies, read_documents(item["policies"], where + ".policies", kind, read));
    levels.push_back({item.str("target"), std::move(policies)});
  }
  return levels;
}

// The language of a resource's policy follows from what the question asks.
policy::Kind language_of(ResourceKind kind) {
  switch (kind) {
    case ResourceKind::trust:
      return policy::Kind::trust;
    case ResourceKind::key:
      return policy::Kind::key;
    case ResourceKind::plain:
      break;
  }
  return policy::Kind::resource;
}

Result<Question::Policies> read_policies(const Json& json, policy::Kind resource_kind, const ReadDocument& read) {
  Question::Policies all;
  Indexes indexes;
  for (const auto& [member, value, at] : json.members()) {
    if (member == "identity") {
      RW_TRY(auto policies, read_documents(value, member, policy::Kind::identity, read));
      all.identity = {std::move(policies), indexes};
    } else if (member == "boundary") {
      RW_TRY(all.boundary, read_document(value, member, policy::Kind::boundary, read));
    } else if (member == "session") {
      RW_TRY(all.session, read_documents(value, member, policy::Kind::session, read));
    } else if (member == "resource") {
      RW_TRY(all.resource, read_document(value, member, resource_kind, read));
    } else if (member == "grants") {
      if (resource_kind != policy::Kind::key) return wrong("policies.grants", "belongs to a KMS key");
      RW_TRY(all.grants, read_documents(value, member, policy::Kind::key, read));
    } else if (member == "endpoint") {
      RW_TRY(all.endpoint, read_document(value, member, policy::Kind::endpoint, read));
    } else if (member == "scp") {
      RW_TRY(auto levels, read_levels(value, member, policy::Kind::scp, read));
      all.scps = {std::move(levels), indexes};
    } else if (member == "rcp") {
      RW_TRY(auto levels, read_levels(value, member, policy::Kind::rcp, read));
      all.rcps = {std::move(levels), indexes};
    } else {
      return wrong("policies." + member, "is no layer: there are identity, boundary, session, resource, grants, endpoint, scp and rcp");
    }
  }
  return all;
}

const Named* pointer_to(const std::optional<Named>& named) { return named ? &*named : nullptr; }

Result<> read_layers(const Json& json, const ReadDocument& read, Question& question) {
  const bool no_key = asks_no_key(question.request.action, question.request.resource);
  // A key policy beside such a question would seem to have been asked.
  if (no_key && (json.contains("resource") || json.contains("grants"))) {
    return wrong(json.contains("resource") ? "policies.resource" : "policies.grants",
                 "no key's policy or grant is asked about `" + question.request.action + "` on `" +
                     question.request.resource + "`: the identity's policy alone decides");
  }
  const ResourceKind kind = no_key ? ResourceKind::plain : resource_kind_of(question.request.action);
  RW_TRY(Question::Policies read_all, read_policies(json, language_of(kind), read));
  const auto& all = *(question.policies = std::make_unique<const Question::Policies>(std::move(read_all)));
  question.layers = {.identity = all.identity,
                     .boundary = pointer_to(all.boundary),
                     .resource = pointer_to(all.resource),
                     .resource_kind = kind,
                     .grants = all.grants,
                     .scps = all.scps,
                     .rcps = all.rcps,
                     .endpoint = pointer_to(all.endpoint)};
  if (json.contains("session")) question.layers.session = all.session;
  return {};
}

void fill(policy::Context& context, std::string_view key, const std::string& value) {
  if (!value.empty() && context.find(key) == nullptr) context.set(key, value);
}

}  // namespace

Result<Question> read_question(const Json& json, const ReadDocument& read) {
  const Json& request = json["request"];
  if (!request.is_object()) return wrong("request", "is missing");
  RW_DO(only(json, "question", {"request", "policies"}));
  RW_DO(only(request, "request", {"principal", "principalAccount", "sessionName", "action", "resource", "resourceAccount", "context"}));
  for (const auto& [name, member] : {std::pair{"request.context", &request["context"]}, {"policies", &json["policies"]}}) {
    if (!member->is_null() && !member->is_object()) return wrong(name, "takes an object");
  }
  for (const char* member : {"principal", "action", "resource"}) {
    if (!request[member].is_string()) return wrong(std::string("request.") + member, "is missing or not a string");
  }
  Question question;
  RW_TRY(question.request.principal, read_principal(request));
  question.request.action = request.str("action");
  question.request.resource = request.str("resource");
  question.request.resource_account =
      request.contains("resourceAccount") ? request.str("resourceAccount") : part(question.request.resource, 4);
  // An ARN without an account (a bucket's) or `*`: the caller's own, unless it is said.
  if (question.request.resource_account.empty()) question.request.resource_account = question.request.principal.account;
  RW_DO(read_context(request["context"], question.request.context));
  const policy::Principal& principal = question.request.principal;
  fill(question.request.context, "aws:PrincipalArn", principal.role_arn.empty() ? principal.arn : principal.role_arn);
  fill(question.request.context, "aws:PrincipalAccount", principal.account);
  fill(question.request.context, "aws:ResourceAccount", question.request.resource_account);
  if (principal.type == policy::Principal::Type::root) {
    RW_TRY(const Json policies, with_the_roots_power(json["policies"]));
    RW_DO(read_layers(policies, read, question));
  } else {
    RW_DO(read_layers(json["policies"], read, question));
  }
  return question;
}

Decision answer(const Question& question, const Decide& decide) {
  if (needs_no_permission(question.request)) return {.verdict = Verdict::allow};
  return decide(question.request, question.layers);
}

Json answer_of(const Decision& decision) {
  Json answer = Json::object({{"verdict", name_of(decision.verdict)}});
  if (decision.layer != Layer::none) answer.set("layer", name_of(decision.layer));
  if (!decision.policy.empty()) answer.set("policy", decision.policy);
  if (!decision.statement.empty()) answer.set("statement", decision.statement);
  return answer;
}

}  // namespace ringwall::authz
