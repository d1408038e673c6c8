// A question as the text of its certificate: policies, cases, axioms, variables and clauses, each
// derived from the files alone, and the same each time.

#include <algorithm>

#include "catalogue/catalogue.h"
#include "catalogue/network_keys.h"
#include "crypto/crypto.h"
#include "recheck/detail/axioms.h"
#include "recheck/detail/rows.h"
#include "recheck/detail/writing.h"
#include "text/encode.h"

namespace ringwall::recheck::detail {
namespace {

void gather_lists(const Limit& limit, Actions& actions, std::set<List>& lists) {
  if (limit.kind == Limit::Kind::actions) lists.insert(actions.list(limit.values));
  for (const Limit& part : limit.parts) gather_lists(part, actions, lists);
}

// Of a limit that only some actions meet: those lists, so that others need not be looked at.
void gather_needed(const Limit& limit, Actions& actions, std::vector<List>& lists) {
  if (limit.kind == Limit::Kind::actions) lists.push_back(actions.list(limit.values));
  if (limit.kind != Limit::Kind::all) return;
  for (const Limit& part : limit.parts) gather_needed(part, actions, lists);
}

Term term_of(const Limit& limit, Asking& asking, Actions& actions, std::size_t action) {
  std::vector<Term> parts;
  for (const Limit& part : limit.parts) parts.push_back(term_of(part, asking, actions, action));
  switch (limit.kind) {
    case Limit::Kind::all:
      return asking.terms().all(std::move(parts));
    case Limit::Kind::any:
      return asking.terms().any(std::move(parts));
    case Limit::Kind::none:
      return -asking.terms().any(std::move(parts));
    case Limit::Kind::condition:
      return asking.holds(limit.op, limit.key, limit.values);
    case Limit::Kind::actions:
      return actions.lists(actions.list(limit.values), action) ? yes : no;
    case Limit::Kind::resources:
      return asking.on_resources(limit.values);
  }
  return no;
}

// Limits that cannot be said as conditions would be met by nothing, or by everything.
Result<> check_limit(const Limit& limit) {
  if (limit.kind == Limit::Kind::condition) RW_DO(condition_of(limit.op, limit.key, limit.values));
  for (const Limit& part : limit.parts) RW_DO(check_limit(part));
  return {};
}

// A key that some services' requests alone have.
struct Limited {
  std::string key;  // lower case
  std::size_t axiom = 0;
  std::set<std::string, std::less<>> services = {};  // prefixes
  bool says_caller = false;  // it is the caller's account
  bool had_by(std::string_view action) const { return services.contains(action.substr(0, action.find(':'))); }
};

std::optional<Limited> limited(const std::string& key) {
  constexpr std::string_view caller_account = "kms:calleraccount", source_owner = "aws:sourceowner";
  if (key == source_owner) return Limited{key, number_of("owner-of-the-source"), {"sns"}, true};
  const std::vector<std::string_view> services = catalogue::Catalogue::builtin().services_with_key(key);
  if (services.empty()) return std::nullopt;
  const bool says_caller = key == caller_account;
  return Limited{key, number_of(says_caller ? "account-of-the-caller" : "keys-of-services"), {services.begin(), services.end()}, says_caller};
}

void gather_keys(const Limit& limit, std::set<std::string>& keys) {
  if (limit.kind == Limit::Kind::condition) keys.insert(text::lower(limit.key));
  for (const Limit& part : limit.parts) gather_keys(part, keys);
}

void gather_keys(const policy::Statement& statement, std::set<std::string>& keys) {
  const auto gather = [&](const std::vector<policy::Listed>& values) {
    for (const policy::Listed& value : values) {
      for (const policy::Piece& piece : value.pieces) {
        if (piece.kind == policy::Piece::Kind::variable) keys.insert(text::lower(piece.text));
      }
    }
  };
  gather(statement.resources);
  for (const policy::Condition& condition : statement.conditions) {
    keys.insert(condition.key);
    gather(condition.values);
  }
}

void gather_compared(const policy::Condition& condition, Comparisons& compared) {
  const policy::Family family = condition.op->family;
  const bool wild = family == policy::Family::text_like;
  const bool counts = condition.key.ends_with("orgpaths") || condition.key == "aws:resourceaccount" || condition.key == "s3:resourceaccount";
  if (!counts || (!wild && family != policy::Family::text)) return;
  std::vector<std::string> texts;
  for (const policy::Listed& value : condition.values) {
    if (value.text.contains('$')) return;  // what it says depends on the request, or it means something else by it
    texts.push_back(value.text);
  }
  if (!texts.empty()) compared.emplace(condition.key, wild, std::move(texts));
}

void gather_compared(const Limit& limit, Comparisons& compared) {
  if (limit.kind == Limit::Kind::condition) {
    const auto condition = condition_of(limit.op, limit.key, limit.values);
    if (condition) gather_compared(*condition, compared);
  }
  for (const Limit& part : limit.parts) gather_compared(part, compared);
}

// Actions that the question cannot tell apart, by the first of them.
struct Alike {
  std::size_t first = 0, count = 0;
};

class Stating {
 public:
  Stating(const World& world, Library& library, const Question& question, Typed typed)
      : world_(world), library_(library), question_(question), typed_(typed) {}
  Result<Statement> state();

 private:
  std::vector<Alike> alike();
  void add_case(const Asked& asked, const std::vector<Alike>& kinds);
  Term owned(Asking& asking, const policy::Principal& caller);
  Term with_axioms(Term term, const std::vector<Term>& said);
  void gather_limited();
  bool asks(Term term, std::string_view key) const;
  Term with_keys_of(std::size_t action, Term term, Asking& asking, const Caller& caller);

  const World& world_;
  Library& library_;
  const Question& question_;
  const Typed typed_;
  Terms terms_;
  Names names_;
  std::vector<Limited> limited_;  // of the keys that anything asks about
  Comparisons compared_;
  std::map<Term, std::size_t> roots_;  // and where their case stands
  std::vector<std::string> cases_;
  std::set<std::size_t> axioms_;
};

std::vector<Alike> Stating::alike() {
  Actions& actions = library_.actions();
  std::set<List> lists;
  std::vector<List> needed;
  for (const auto& [layer, named] : documents_of(question_.sides)) {
    const Document& read = library_.read(*named->document);
    lists.insert(read.actions.begin(), read.actions.end());
  }
  gather_lists(question_.limit, actions, lists);
  gather_needed(question_.limit, actions, needed);
  std::map<std::string, std::size_t> places;
  std::vector<Alike> found;
  for (std::size_t action = 0; action < actions.size(); ++action) {
    if (question_.on_resources && actions.types(action).empty()) continue;
    if (!std::ranges::all_of(needed, [&](List list) { return actions.lists(list, action); })) continue;
    std::string kind(1, actions.reached_by_rcps(action) ? 'r' : '-');
    for (const List list : lists) kind += actions.lists(list, action) ? '1' : '0';
    for (const catalogue::NetworkKey key : catalogue::network_keys) kind += catalogue::carries(actions.name(action), key) ? '1' : '0';
    for (const Limited& one : limited_) kind += one.had_by(actions.name(action)) ? '1' : '0';
    if (typed_ == Typed::as_taken) {
      for (const std::string& type : actions.types(action)) kind += type + '\n';
    }
    const auto [place, added] = places.try_emplace(std::move(kind), found.size());
    if (added) found.push_back({action, 0});
    ++found[place->second].count;
  }
  return found;
}

// Whose the resource is agrees with what its ARN and its keys say.
Term Stating::owned(Asking& asking, const policy::Principal& caller) {
  const auto in_account = [](const std::string& account) { return "arn:*:*:*:" + account + ":*"; };
  if (!question_.owner.empty()) {
    const Term arn = asking.like_arns({in_account(question_.owner), in_account("")});
    return question_.on_resources ? arn : terms_.any({arn, asking.no_resource()});
  }
  if (!question_.foreign) return yes;
  // Accounts that nothing names need not be told apart.
  std::vector<Term> parts;
  for (const std::string& account : world_.accounts) {
    if (!names_.text.contains(account) && account != caller.account) continue;
    parts.push_back(-asking.like_arns({in_account(account)}));
    for (const char* key : {"aws:ResourceAccount", "s3:ResourceAccount"}) parts.push_back(-asking.holds("StringEquals", key, {account}));
  }
  // A bucket's ARN does not say whose it is, and those of mine are nobody else's.
  for (const std::string& bucket : names_.buckets) {
    const estate::Resource* mine = world_.estate.resources.find(bucket);
    if (mine != nullptr && world_.accounts.contains(mine->account)) parts.push_back(-asking.on_resources(with_below(bucket)));
  }
  for (const std::string& account : names_.accounts) {
    if (world_.accounts.contains(account)) continue;
    const Term is = asking.holds("StringEquals", "aws:ResourceAccount", {account});
    parts.push_back(terms_.if_then(is, asking.like_arns({in_account(account), in_account("")})));
    parts.push_back(terms_.if_then(asking.like_arns({in_account(account)}), terms_.any({is, -asking.present("aws:resourceaccount")})));
  }
  return terms_.all(std::move(parts));
}

// Those that speak about a key that is asked about, or about one that such an axiom names.
Term Stating::with_axioms(Term term, const std::vector<Term>& said) {
  std::set<Key> keys;
  const auto note = [&](Term one) {
    for (const Term leaf : terms_.leaves(one)) {
      if (terms_.node(leaf).leaf.kind != Leaf::Kind::open) keys.insert(terms_.node(leaf).leaf.key);
    }
  };
  note(term);
  std::vector<Term> parts = {term};
  std::vector<bool> taken(said.size(), false);
  for (bool grown = true; grown;) {
    grown = false;
    for (std::size_t i = 0; i < said.size(); ++i) {
      if (taken[i] || said[i] == yes || said[i] == no) continue;  // what is known of a caller is stronger
      const std::set<Term> leaves = terms_.leaves(said[i]);
      const auto asks = [&](Term leaf) { return keys.contains(terms_.node(leaf).leaf.key) && terms_.name(terms_.node(leaf).leaf.key) != resource_name; };
      if (std::ranges::none_of(leaves, asks)) continue;
      taken[i] = grown = true;
      axioms_.insert(i);
      note(said[i]);
      parts.push_back(said[i]);
    }
  }
  return terms_.all(std::move(parts));
}

void Stating::gather_limited() {
  std::set<std::string> keys;
  gather_keys(question_.limit, keys);
  gather_compared(question_.limit, compared_);
  for (const Asked& asked : question_.callers) {
    gather_keys(asked.limit, keys);
    gather_compared(asked.limit, compared_);
  }
  for (const auto& [layer, named] : documents_of(question_.sides)) {
    for (const policy::Statement& statement : library_.read(*named->document).policy.syntax().statements) {
      gather_keys(statement, keys);
      for (const policy::Condition& condition : statement.conditions) gather_compared(condition, compared_);
    }
  }
  for (const std::string& key : keys) {
    if (auto one = limited(key)) limited_.push_back(*std::move(one));
  }
}

bool Stating::asks(Term term, std::string_view key) const {
  return std::ranges::any_of(terms_.leaves(term), [&](Term leaf) {
    const Leaf& said = terms_.node(leaf).leaf;
    return said.kind != Leaf::Kind::open && terms_.name(said.key) == key;
  });
}

// The account that a key says which, where it is there, is the caller's.
Term is_account_of(const Caller& caller, const std::string& key, Asking& asking) {
  const auto* account = caller.keys.find("aws:PrincipalAccount");
  if (account != nullptr && account->size() == 1)
    return account->front() == "anonymous" ? no : asking.holds("StringEquals", key, {account->front()});
  // For whom a service acts it says itself; its own account is one of AWS's, which nobody's policy names.
  if (caller.principal.type == policy::Principal::Type::service && key.starts_with("kms:")) return asking.holds("StringEquals", key, {"000000000000"});
  return yes;
}

// Of keys that only some services' requests have and that are asked about: whether the action has them, and what they say.
Term Stating::with_keys_of(std::size_t action, Term term, Asking& asking, const Caller& caller) {
  if (term == no) return term;
  std::vector<Term> parts = {term};
  const std::string& name = library_.actions().name(action);
  for (const catalogue::NetworkKey network : catalogue::network_keys) {
    const std::string key = text::lower(catalogue::name_of(network));
    if (world_.network_keys_everywhere || catalogue::carries(name, network) || !asks(term, key)) continue;
    parts.push_back(-asking.present(key));
    axioms_.insert(number_of("network-keys-of-services"));
  }
  for (const Limited& one : limited_) {
    if (!asks(term, one.key)) continue;
    if (one.had_by(name) && !one.says_caller) continue;
    const Term there = asking.present(one.key);
    parts.push_back(one.had_by(name) ? terms_.if_then(there, is_account_of(caller, one.key, asking)) : -there);
    axioms_.insert(one.axiom);
  }
  return terms_.all(std::move(parts));
}

void Stating::add_case(const Asked& asked, const std::vector<Alike>& kinds) {
  Actions& actions = library_.actions();
  Asking asking(terms_, library_, asked.caller, question_.keys, question_.absent, question_.owner);
  std::vector<Term> said;
  for (std::size_t i = 0; i < axioms().size(); ++i) said.push_back(says(i, compared_, asking));
  // Where it is known whose the resource is, or that it is nobody's of mine, owned() says what that means for the ARN.
  if (!question_.owner.empty() || question_.foreign)
    for (const char* name : {"account-in-the-arn", "account-in-the-arn-of-s3"}) said[number_of(name)] = yes;
  std::map<Term, Alike> left;
  std::vector<Term> order;
  for (const Alike& kind : kinds) {
    if (typed_ == Typed::as_taken) asking.take_types(&actions.types(kind.first));
    Term term = terms_.all({term_of(asked.limit, asking, actions, kind.first), owned(asking, asked.caller.principal), term_of(question_.limit, asking, actions, kind.first),
                            asking.allowed(question_.sides, kind.first)});
    term = asking.with_type(term);
    term = with_keys_of(kind.first, term, asking, asked.caller);
    if (term == no) continue;
    const auto [at, added] = left.try_emplace(term, kind);
    if (added) order.push_back(term);
    if (!added) at->second.count += kind.count;
  }
  for (const Term term : order) {
    const Term root = with_axioms(term, said);
    if (root == no) continue;
    const Alike& kind = left.at(term);
    cases_.push_back(asked.caller.said + ": " + std::to_string(kind.count) + (kind.count == 1 ? " action, " : " actions, such as ") +
                     actions.name(kind.first));
    roots_.try_emplace(root, roots_.size());
  }
}

Result<Statement> Stating::state() {
  if (!question_.undecided.empty()) return fail(Failure::invalid, question_.undecided);
  const auto documents = documents_of(question_.sides);
  names_ = names_in(library_, documents);
  RW_DO(check_limit(question_.limit));
  gather_limited();
  const std::vector<Alike> kinds = alike();
  for (const Asked& asked : question_.callers) {
    RW_DO(check_limit(asked.limit));
    add_case(asked, kinds);
  }
  std::vector<Term> roots;
  for (const auto& [root, place] : roots_) roots.push_back(root);
  RW_TRY(Clauses made, clauses_of(terms_, roots, question_.only));

  const std::string owner = !question_.owner.empty() ? question_.owner : question_.foreign ? "nobody of mine" : "anybody";
  std::string text = "resources of " + written(owner) + (typed_ == Typed::as_taken ? ", of the types that the actions take\n" : ", of any type\n");
  for (const auto& [layer, named] : documents)
    text += "policy " + layer + " " + crypto::sha256_hex(named->document->source()) + " " + written(named->name) + "\n";
  for (const std::string& one : cases_) text += "case " + written(one) + "\n";
  for (const std::size_t axiom : axioms_) text += "axiom " + std::string(axioms()[axiom].name) + ": " + std::string(axioms()[axiom].text) + "\n";
  for (std::size_t i = 0; i < made.variables.size(); ++i) text += "variable " + std::to_string(i + 1) + " " + written(made.variables[i]) + "\n";
  text += "cnf " + std::to_string(made.variables.size()) + " " + std::to_string(made.clauses.size()) + "\n";
  for (const auto& clause : made.clauses) {
    for (const std::int32_t literal : clause) text += std::to_string(literal) + " ";
    text += "0\n";
  }
  std::string head = "row " + std::string(perimeter::name_of(question_.row)) + "\n";
  if (!question_.part.empty()) head += "part " + written(question_.part) + "\n";
  return Statement{head + text, std::move(made.clauses)};
}

}  // namespace

Result<Statement> statement_of(const World& world, Library& library, const Question& question, Typed typed) {
  return Stating(world, library, question, typed).state();
}

}  // namespace ringwall::recheck::detail
