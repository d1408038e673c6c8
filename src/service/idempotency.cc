#include "service/idempotency.h"

#include <algorithm>
#include <array>

#include "crypto/crypto.h"
#include "service/records.h"
#include "text/time.h"

namespace ringwall::service {
namespace {

constexpr std::array<std::string_view, 3> token_members = {"ClientToken", "clientToken", "ClientRequestToken"};

// The same text for the same value, in whatever order its members came.
std::string canonical(const Json& value) {
  std::string text;
  if (value.is_array()) {
    for (const Json& item : value.items()) text += canonical(item) + ',';
    return '[' + text + ']';
  }
  if (!value.is_object()) return value.dump();
  std::vector<const Json::Member*> members;
  for (const Json::Member& member : value.members()) members.push_back(&member);
  std::ranges::sort(members, {}, &Json::Member::key);
  for (const Json::Member* member : members) text += Json(member->key).dump() + ':' + canonical(member->value) + ',';
  return '{' + text + '}';
}

// One call's token and what is known of it.
class Once {
 public:
  Once(const Call& call, std::string_view service, const Operation& operation) : call_(call) {
    if (operation.access != Access::write || call.account().empty()) return;
    const auto given = std::ranges::find_if(token_members, [&](std::string_view name) { return !call.input.text(name).empty(); });
    if (given == token_members.end()) return;
    name_ = {call.account(), std::string(service), operation.name, crypto::sha256_hex(call.input.text(*given))};
    Json others = call.input;
    others.erase(*given);
    asked_.made = text::to_millis(call.now);
    asked_.input = crypto::sha256_hex(canonical(others));
    const policy::Principal& caller = call.caller.principal;
    asked_.caller = caller.unique_id.empty() ? caller.arn : caller.unique_id;
    first_ = tables::tokens.get(call.transaction, name_[0], name_[1], name_[2], name_[3]);
    if (first_ && is_old(*first_)) first_.reset();
  }

  bool came_before() const { return first_.has_value(); }
  bool is_same_call() const { return first_->input == asked_.input; }
  bool is_same_caller() const { return first_->caller == asked_.caller; }
  Json answer() const { return first_->output; }

  void remember(const Json& output) {
    if (name_[0].empty()) return;
    make_room();
    asked_.output = output;
    tables::tokens.put(call_.transaction, asked_, name_[0], name_[1], name_[2], name_[3]);
  }

 private:
  bool is_old(const Token& token) const {
    return token.made + std::chrono::milliseconds(tokens_kept).count() <= text::to_millis(call_.now);
  }
  // Read past the transaction: which old tokens are there decides about no call, so that calls which
  // come together need not be in each other's way.
  void make_room() {
    if (tables::tokens.count(call_.environment.store, tokens_per_account_max, call_.account()) < tokens_per_account_max) return;
    auto tokens = tables::tokens.list(call_.environment.store, call_.account());
    std::ranges::sort(tokens, {}, [](const auto& row) { return row.record.made; });
    for (const auto& [parts, token] : std::span(tokens).first(tokens_per_account_max / 10)) {
      tables::tokens.erase(call_.transaction, parts[0], parts[1], parts[2], parts[3]);
    }
  }

  const Call& call_;
  std::array<std::string, 4> name_;  // of the token; empty: there is none
  Token asked_;
  std::optional<Token> first_;
};

// AWS gives EC2's code; where a service declares none of its own for it, it is a conflict, or invalid.
ApiError mismatch(const awsapi::Model& model) {
  const std::string message = "The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with "
                              "different requests, unless the requests are identical.";
  if (model.protocol() == awsapi::Protocol::ec2) return {"IdempotentParameterMismatch", message, 400};
  for (const char* code : {"IdempotentParameterMismatchException", "IdempotentParameterMismatch", "ConflictException"}) {
    if (model.error_status(code) != 0) return {code, message};
  }
  return awsapi::in_words_of(model, awsapi::CommonError::validation, message);
}

}  // namespace

bool is_token_member(std::string_view name) { return std::ranges::find(token_members, name) != token_members.end(); }

ApiResult<Json> perform(const Call& call, const awsapi::Model& model, const Operation& operation, const Refuse& refuse) {
  Once once(call, model.service(), operation);
  auto questions = operation.ask(call);
  if (!questions) {
    if (once.came_before() && once.is_same_caller() && once.is_same_call()) return once.answer();
    return std::unexpected(questions.error());
  }
  if (auto refused = refuse(*questions)) return std::unexpected(*std::move(refused));
  if (once.came_before()) {
    if (once.is_same_call()) return once.answer();
    return std::unexpected(mismatch(model));
  }
  auto output = operation.handler(call);
  if (output) once.remember(*output);
  return output;
}

Result<> forget_old_tokens(const Environment& environment) {
  constexpr std::size_t at_once = 1000;
  const std::int64_t oldest = text::to_millis(environment.clock.now() - tokens_kept);
  std::string from;
  for (;;) {
    const auto tokens = tables::tokens.page_from(environment.store, from, at_once);
    store::Transaction transaction(environment.store);
    for (const auto& [parts, token] : tokens) {
      if (token.made <= oldest) tables::tokens.erase(transaction, parts[0], parts[1], parts[2], parts[3]);
    }
    if (transaction.writes()) {
      const auto committed = environment.store.commit(transaction);
      if (!committed) return std::unexpected(committed.error());
    }
    if (tokens.size() < at_once) return {};
    const auto& last = tokens.back().parts;
    from = tables::tokens.key(last[0], last[1], last[2], last[3]) + '\0';
  }
}

}  // namespace ringwall::service
