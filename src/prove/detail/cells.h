#pragma once
// The cells of one row: what is asked of each subject, with which of its guards.

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "prove/detail/asker.h"
#include "prove/detail/limits.h"
#include "prove/detail/mine.h"

namespace ringwall::prove::detail {

constexpr Guards bit(Guard guard) { return 1U << static_cast<unsigned>(guard); }

// What all questions share. Borrows.
struct Room {
  const Mine& mine;
  Words& words;
  Limits& limits;
  const Options& options;
};

enum class Listed : std::uint8_t { principals, resources, endpoints };

class Cells {
 public:
  virtual ~Cells() = default;
  virtual Objective objective() const = 0;
  // Those that many subjects share come first: what one of them proves is not asked further.
  virtual std::vector<Guard> guards() const = 0;
  virtual std::size_t shared() const = 0;  // how many of guards()
  virtual std::size_t size() const = 0;
  virtual const std::string& name(std::size_t cell) const = 0;  // the subject's; lies in the subject's value
  virtual const std::string& account(std::size_t cell) const = 0;
  virtual const estate::Account* owner(std::size_t cell) const = 0;  // that account; null: not in the estate
  // Among which of the estate's subjects, and which of them in the order of names.
  virtual Listed listed() const = 0;
  virtual std::size_t place(std::size_t cell) const { return cell; }
  virtual std::vector<std::size_t> exceptions(std::size_t cell) const = 0;
  // The cell's question with these guards kept, and every other layer allowing everything.
  // Thread-safe.
  virtual Item item(std::size_t cell, Guards kept, const Scope& scope) const = 0;
  // Does the cell's question read whether one of these resources is there, and whose it is? Rather once too often.
  virtual bool reads_any(std::size_t, const std::set<std::string, std::less<>>&) const { return false; }
  // The documents that are asked, of all guards together.
  virtual std::vector<const policy::Document*> documents(std::size_t cell) const = 0;
  // Could this guard deny anything at all?
  virtual bool has(std::size_t cell, Guard guard) const = 0;
  // What no question can say; makes the cell inconclusive.
  virtual std::vector<std::string> undecided(std::size_t) const { return {}; }
};

std::unique_ptr<Cells> principal_cells(const Room& room, Objective objective);
std::unique_ptr<Cells> resource_cells(const Room& room, Objective objective);
std::unique_ptr<Cells> endpoint_cells(const Room& room, Objective objective);
std::unique_ptr<Cells> trust_cells(const Room& room);

// Appends the documents of some layers.
void gather(std::span<const authz::Named> policies, std::vector<const policy::Document*>& into);
void gather(std::span<const authz::Level> levels, std::vector<const policy::Document*>& into);

// Layers that are not asked about allow everything.
const authz::Named& assumed_identity();
const authz::Named& assumed_resource();
const authz::Named& assumed_trust();

// Of the questions' keys: parts that cannot run together.
class Key {
 public:
  explicit Key(char kind) : text_(1, kind) {}
  Key& add(Id id);
  Key& add(std::string_view text);
  std::string finish() && { return std::move(text_); }

 private:
  std::string text_;
};

// Facts of documents in the order in which they bind, and their ids in the key.
class Bound {
 public:
  Bound(Words& words, Key& key) : words_(words), key_(key) {}
  const Facts& add(const authz::Named& named);           // by its whole text
  void add(std::span<const authz::Named> policies);
  void add(std::span<const authz::Level> levels);
  void note(const Facts& facts) { facts_.push_back(&facts); }  // the key says it otherwise
  const std::vector<const Facts*>& facts() const { return facts_; }
  std::string documents() const;  // all of them, each by its whole text
  Mentions mentions() const { return mentions_of(words_, facts_); }

 private:
  Words& words_;
  Key& key_;
  std::vector<const Facts*> facts_;
};

// Principals of mine who stand for all of mine: for every one of them there is one here whom these
// documents cannot tell from it, and who shares its relation to the account `own`.
struct Standing {
  std::vector<const Own*> callers;
  std::vector<prover::Caller> sessions;  // of roles of mine, those that the documents name
  std::string key;  // what they were told apart by
  std::string left_out;  // not empty: there were more kinds than the bound, and this says so
};
class Crowds {
 public:
  Crowds(const Mine& mine, const Words& words, std::size_t standing_max)
      : mine_(mine), words_(words), standing_max_(standing_max) {}
  Standing standing(const std::vector<const Facts*>& facts, const std::string& own,
                    const Surroundings& surroundings);

 private:
  using Kinds = KindsOf;
  std::shared_ptr<const Kinds> kinds(const std::string& name, const Mentions& mentions,
                                     const std::string& account, const Surroundings& surroundings);

  const Mine& mine_;
  const Words& words_;
  const std::size_t standing_max_;
};

// A principal of mine as these documents see it: a role's session that none of them names, and each that
// one names. A session that is named is granted to by itself, so it is another caller than its role.
std::vector<prover::Caller> callers_of(const Own& own, const std::vector<const Facts*>& facts);
// The sessions alone, of any role of mine.
std::vector<prover::Caller> named_sessions(const Mine& mine, const std::vector<const Facts*>& facts);
// Appends all who stand for mine in a question with these documents.
void add_standing(const Standing& standing, const std::vector<const Facts*>& facts, std::vector<prover::Caller>& into);

// How strongly could a resource's policy grant to a principal of mine, under any of its sessions' names? `direct`: it
// names the role, the user, a session or everyone, which within the account needs no permission of the caller's own.
enum class Grant : std::uint8_t { none, to_account, direct };
bool names_sessions(const Facts& policy);
Grant grant_of(const Own& own, const Facts& policy, bool with_sessions);

// How a pattern of a Resource element reads from `arn`: what it says below the ARN, if it begins
// with it. `verbatim`: set if that cannot be said without the ARN.
std::string relative_to(std::string_view pattern, std::string_view arn, bool& verbatim);
// What kinds of resource the catalogue knows the ARN as.
std::string shape_of(std::string_view arn);
// The ARN and what lies below it, as patterns.
std::vector<std::string> with_below(const std::string& arn);
// A bucket's ARN does not say whose it is. Those of mine that the documents spell out are nobody else's.
std::vector<std::string> buckets_of_mine(const Mine& mine, const std::vector<const Facts*>& facts);
// Calls `each` with every bucket that they spell out, whosever it is.
void for_each_bucket(const std::vector<const Facts*>& facts, const std::function<void(const std::string&)>& each);
prover::Constraint on_none_of(const std::vector<std::string>& resources);  // nor on what lies below one
// What a resource's policy is consulted for: the ARN and what lies below it, by the actions of its
// own service. Actions of others that name it (`ssm:SendCommand` and its bucket) consult it not.
std::vector<prover::Constraint> asked_of(const std::string& arn);
// What a role's trust policy is asked for: the call that hands it out. Sessions' tags and the like come along with
// one, never alone; a token of an identity provider is presented, and whoever has credentials signs.
prover::Constraint assuming();
// Where the estate has the organisation it has all of its accounts, so callers of others are of no account of it.
prover::Constraint of_other_organizations(const Mine& mine, const std::vector<prover::Caller>& callers);
// Why outsiders may have been missed, if these policies or those of these levels name accounts in part.
void tell_accounts_in_part(Words& words, const std::optional<authz::Named>& policy,
                           std::span<const authz::Level> levels, std::vector<std::string>& reasons);
// What is known of a request through this endpoint.
Surroundings surroundings_of(const Mine& mine, const estate::Endpoint& endpoint);
// Makes the question, of these documents, one of requests through the endpoint, with its policy.
void come_through(const Room& room, const estate::Endpoint& endpoint, const std::vector<const Facts*>& facts, prover::Query& query);
// Keys that say whose the resource is.
Surroundings owned_by(const Mine& mine, const std::string& account);
// Whose a resource may be, where the question does not say: nobody need know, unless these documents ask for the owner's
// account or organisation. Then somebody of each account of mine that they tell apart, and everyone else.
struct Owners {
  std::vector<prover::Owner> all = {{}};
  prover::Constraint agree = {};  // the organisation is that of the account
  std::string key = {};           // what they were told apart by
};
Owners owners_of(const Mine& mine, const Words& words, const std::vector<const Facts*>& facts, const std::string& caller);
std::string owners_key(const Mine& mine, const Words& words, const std::vector<const Facts*>& facts, const std::string& caller);  // their `key`
// The same of whom a service says that it acts for.
Owners sources_of(const Mine& mine, const Words& words, const std::vector<const Facts*>& facts);
std::string sources_key(const Mine& mine, const Words& words, const std::vector<const Facts*>& facts);
// Adds to what the query's universe fixes.
void surround(prover::Query& query, const Surroundings& surroundings);
// Adds that the request goes through this endpoint: what it reaches.
void reach_through(const estate::Endpoint& endpoint, std::vector<prover::Constraint>& parts);

}  // namespace ringwall::prove::detail
