#include "prove/detail/words.h"

#include <algorithm>
#include <mutex>

#include "base/check.h"
#include "policy/binding.h"
#include "text/glob.h"

namespace ringwall::prove::detail {
namespace {

void append(std::string& out, std::string_view part) {
  out += std::to_string(part.size());
  out += ':';
  out += part;
}

template <typename Value>
void sort_unique(std::vector<Value>& values) {
  std::ranges::sort(values);
  values.erase(std::ranges::unique(values).begin(), values.end());
}

void add_variables(const policy::Listed& listed, Facts& facts) {
  for (const policy::Piece& piece : listed.pieces) {
    if (piece.kind == policy::Piece::Kind::variable) facts.raw.push_back(piece.text);
  }
}

// The statement's text but for its resources and its principals' names: what stays when those are called otherwise.
std::string nameless_text(const policy::Statement& statement) {
  std::string out = statement.effect == policy::Effect::allow ? "A" : "D";
  append(out, statement.sid);
  if (statement.principals) {
    out += statement.principals->sense == policy::Sense::listed ? 'P' : 'N';
    out += std::to_string(statement.principals->names.size());
  }
  out += statement.action_sense == policy::Sense::listed ? 'A' : 'N';
  for (const policy::Listed& action : statement.actions) append(out, action.text);
  out += statement.resource_sense == policy::Sense::listed ? 'R' : 'N';
  out += std::to_string(statement.resources.size());
  for (const policy::Condition& condition : statement.conditions) {
    append(out, condition.operator_name);
    append(out, condition.key);
    for (const policy::Listed& value : condition.values) append(out, value.text);
    out += ';';
  }
  return out;
}

}  // namespace

Id Words::intern(const std::string& text) {
  const auto [at, is_new] = ids_.try_emplace(text, last_ + 1);
  if (is_new) ++last_;
  return at->second;
}

Id Words::id_of(const std::string& text) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = ids_.find(text); found != ids_.end()) return found->second;
  }
  const std::unique_lock lock(mutex_);
  return intern(text);
}

void Words::add_tests(const policy::Condition& condition, Facts& facts) {
  Test test{condition.key, {}, true};
  test.relation.family = condition.op->family;
  test.relation.comparison = condition.op->comparison;
  test.relation.values = condition.values;
  std::string name = condition.key + '\n' + std::to_string(static_cast<int>(condition.op->family)) +
                     '\n' + std::to_string(static_cast<int>(condition.op->comparison));
  for (const policy::Listed& value : condition.values) {
    append(name, value.text);
    // The same text says different things in the two versions of the language.
    for (const policy::Piece& piece : value.pieces) {
      name += static_cast<char>('a' + static_cast<int>(piece.kind));
      test.grounded = test.grounded && piece.kind != policy::Piece::Kind::variable;
    }
    add_variables(value, facts);
  }
  const auto [at, is_new] = test_ids_.try_emplace(name, static_cast<Id>(tests_.size()));
  if (is_new) tests_.push_back(test);
  facts.tests.push_back(at->second);
  if (!test.grounded) facts.raw.push_back(condition.key);
}

void Words::add_tests(const prover::Constraint& constraint, Facts& facts) {
  if (constraint.kind == prover::Constraint::Kind::condition)
    add_tests(constraint.condition, facts);
  for (const policy::Listed& listed : constraint.listed) {
    if (constraint.kind == prover::Constraint::Kind::resources)
      facts.resources.push_back(listed.text);
    add_variables(listed, facts);
  }
  for (const prover::Constraint& part : constraint.parts) add_tests(part, facts);
}

Facts Words::read(const policy::DocumentPtr& document) {
  Facts facts;
  facts.document = document;
  auto syntax = policy::read_bound(document->source(), document->kind(), policy::Quota::waived);
  RW_CHECK(syntax.has_value());  // it was compiled from this text
  std::string nameless = std::to_string(static_cast<int>(syntax->kind)) +
                         std::to_string(static_cast<int>(syntax->version));
  for (const policy::Statement& statement : syntax->statements) {
    if (statement.principals) {
      facts.excludes_names |= statement.principals->sense == policy::Sense::all_but_listed;
      facts.names.insert(facts.names.end(), statement.principals->names.begin(),
                         statement.principals->names.end());
    }
    for (const policy::Listed& action : statement.actions) add_variables(action, facts);
    const bool but = statement.resource_sense == policy::Sense::all_but_listed;
    for (const policy::Listed& resource : statement.resources) {
      add_variables(resource, facts);
      facts.resources.push_back(but ? "!" + resource.text : resource.text);
    }
    for (const policy::Condition& condition : statement.conditions) add_tests(condition, facts);
    append(nameless, nameless_text(statement));
  }
  facts.nameless = intern("\nnameless " + nameless);
  facts.names.shrink_to_fit();
  facts.resources.shrink_to_fit();
  sort_unique(facts.tests);
  sort_unique(facts.raw);
  return facts;
}

const Facts& Words::of(const policy::DocumentPtr& document) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = by_pointer_.find(document.get()); found != by_pointer_.end())
      return *found->second;
  }
  const std::unique_lock lock(mutex_);
  if (const auto found = by_pointer_.find(document.get()); found != by_pointer_.end())
    return *found->second;
  const auto kind = static_cast<std::size_t>(document->kind());
  RW_CHECK(kind < kinds_of_documents);
  const Facts*& known = by_text_[kind][document->source()];  // in the document that Facts keeps
  if (known == nullptr) {
    facts_.push_back(read(document));
    facts_.back().id = ++last_;
    known = &facts_.back();
  }
  by_pointer_.emplace(document.get(), known);
  alive_.push_back(document);
  return *known;
}

const Facts& Words::of(const std::string& name, const prover::Constraint& constraint) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = by_name_.find(name); found != by_name_.end()) return *found->second;
  }
  const std::unique_lock lock(mutex_);
  const Facts*& known = by_name_[name];
  if (known == nullptr) {
    Facts facts;
    facts.id = intern("\nconstraint " + name);
    add_tests(constraint, facts);
    sort_unique(facts.tests);
    sort_unique(facts.raw);
    facts_.push_back(std::move(facts));
    known = &facts_.back();
  }
  return *known;
}

std::shared_ptr<const prover::Constraint> Words::constraint(const std::string& name, const std::function<prover::Constraint()>& make) {
  constexpr std::size_t kept_max = 256;  // an organisation's lists of networks are long
  const std::unique_lock lock(mutex_);
  if (constraints_.size() >= kept_max) constraints_.clear();
  std::shared_ptr<const prover::Constraint>& kept = constraints_[name];
  if (kept == nullptr) kept = std::make_shared<const prover::Constraint>(make());
  return kept;
}

const authz::Named& Words::granting(const std::string& account) {
  const std::unique_lock lock(mutex_);
  authz::Named& made = granting_[account];
  if (made.document != nullptr) return made;
  auto document = policy::compile(R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":")" + account +
                                  R"("},"Action":"*","Resource":"*"}})", policy::Kind::resource);
  RW_CHECK(document.has_value());  // an account of the estate is twelve digits
  return made = {"assumed to allow everything", *std::move(document)};
}

const Test& Words::test(Id id) const {
  const std::shared_lock lock(mutex_);
  return tests_[id];
}

const Kept& Words::kept(const Facts& facts) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = kept_.find(facts.id); found != kept_.end()) return *found->second;
  }
  auto made = std::make_unique<Kept>();
  for (const std::string& pattern : facts.resources) made->add(pattern);
  const std::unique_lock lock(mutex_);
  return *kept_.try_emplace(facts.id, std::move(made)).first->second;
}

std::size_t Words::documents() const {
  const std::shared_lock lock(mutex_);
  return alive_.size();
}

Mentions mentions_of(const Words& words, const std::vector<const Facts*>& facts) {
  Mentions mentions;
  std::vector<Id> tests;
  for (const Facts* one : facts) {
    tests.insert(tests.end(), one->tests.begin(), one->tests.end());
    mentions.raw.insert(mentions.raw.end(), one->raw.begin(), one->raw.end());
    if (!one->names.empty()) mentions.naming.push_back(one);
  }
  sort_unique(tests);
  sort_unique(mentions.raw);
  for (const Id id : tests) mentions.tests.push_back(&words.test(id));
  return mentions;
}

bool listed_absent(const std::vector<std::string>& absent, std::string_view key) {
  return std::ranges::any_of(absent, [&](const std::string& pattern) {
    return pattern == key || (pattern.contains('*') && text::Glob(pattern).matches(key));
  });
}

namespace {

const std::vector<std::string>* known(std::string_view key, const prover::Caller& caller,
                                      const Surroundings& surroundings) {
  // Where requests have them, these two are the caller's account (axioms.cc).
  const bool is_account = key == "kms:calleraccount" || key == "aws:sourceowner";
  const auto* values = caller.keys.find(is_account ? "aws:PrincipalAccount" : key);
  return values != nullptr ? values : surroundings.keys.find(key);
}

char unknown_mark(std::string_view key, const prover::Caller& caller,
                  const Surroundings& surroundings) {
  return listed_absent(caller.absent, key) || listed_absent(surroundings.absent, key) ? '-' : '~';
}

char mark_of(prover::Truth truth) {
  switch (truth) {
    case prover::Truth::no:
      return '0';
    case prover::Truth::yes:
      return '1';
    case prover::Truth::unknown:
      return '?';
  }
  return '?';
}

// Which statements name the caller. A NotPrincipal exempts by every form of a name at once.
void append_naming(const Facts& facts, const policy::Principal& principal, std::string& out) {
  out += '/';
  for (std::size_t i = 0; i < facts.document->statements(); ++i)
    out += static_cast<char>('a' + static_cast<int>(facts.document->naming(i, principal)));
  if (facts.excludes_names) {
    append(out, principal.arn);
    append(out, principal.role_arn);
  }
}

}  // namespace

std::string signature(const Mentions& mentions, const prover::Caller& caller,
                      const Surroundings& surroundings) {
  const policy::Principal& principal = caller.principal;
  std::string out(1, static_cast<char>('a' + static_cast<int>(principal.type)));
  if (principal.service_linked) out += 'l';
  for (const Test* test : mentions.tests) {
    if (const auto* values = known(test->key, caller, surroundings)) {
      out += '(';
      if (test->grounded && test->relation.family != policy::Family::null) {
        for (const std::string& value : *values) out += mark_of(relate(test->relation, value));
      }
      out += ')';
    } else {
      out += unknown_mark(test->key, caller, surroundings);
    }
    // A session's user id begins with the role's own.
    if (test->key == "aws:userid") append(out, principal.unique_id);
  }
  for (const std::string& key : mentions.raw) {
    if (const auto* values = known(key, caller, surroundings)) {
      for (const std::string& value : *values) append(out, value);
      out += '=';
    } else {
      out += unknown_mark(key, caller, surroundings);
      append(out, principal.unique_id);  // what a free one may be built from
    }
  }
  for (const Facts* facts : mentions.naming) append_naming(*facts, principal, out);
  return out;
}

std::string naming_of(const Mentions& mentions, const policy::Principal& principal) {
  std::string out;
  for (const Facts* facts : mentions.naming) append_naming(*facts, principal, out);
  return out;
}

}  // namespace ringwall::prove::detail
