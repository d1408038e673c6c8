#pragma once
// What each cell of the matrix asserts, as questions: is there a request of these callers that these
// layers let through, within these limits? Restated from what docs/howto/read-a-report.md says a row
// means and docs/decisions/0014 says of the whole.

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "recheck/detail/world.h"

namespace ringwall::recheck::detail {

using perimeter::Objective;

// Which requests are asked about.
struct Limit {
  enum class Kind : std::uint8_t { all, any, none, condition, actions, resources };
  Kind kind = Kind::all;
  std::vector<Limit> parts = {};
  std::string op = {}, key = {};
  std::vector<std::string> values = {};  // of a condition; patterns of actions and resources
};

struct Asked {
  Caller caller;
  Limit limit = {};  // what holds of this caller only
};

struct Question {
  Objective row = Objective::whole;
  std::string part = {};  // of a cell that takes several questions
  Sides sides = {};
  std::vector<Asked> callers = {};
  policy::Context keys = {};             // known, whoever calls
  std::vector<std::string> absent = {};
  std::string owner = {};                // the account whose the resource is; empty: not known
  bool foreign = false;                  // it is none of mine
  bool on_resources = true;              // only actions that take a resource
  bool through_endpoint = false;         // so no service asks
  Limit limit = {};
  std::map<std::string, std::vector<std::string>> only = {};  // values that keys can have
  std::string undecided = {};            // why this question cannot be asked; empty: it can
};

// The ARN and what lies below it, as patterns.
std::vector<std::string> with_below(const std::string& arn);
// What may be said about a principal's session names in these documents.
std::set<std::string> sessions_of(const estate::Principal& role, const Names& names);

enum class Typed : std::uint8_t { any_type, as_taken };  // are resources held to the types that the actions take?
// What a certificate of the question says but for its first line, its subjects and its proof.
struct Statement {
  std::string text;
  std::vector<std::vector<std::int32_t>> clauses;
};
// Failure::conflict: plainly there is such a request.
Result<Statement> statement_of(const World& world, Library& library, const Question& question, Typed typed);

struct Cell {
  Objective row = Objective::whole;
  std::string subject = {};
  friend auto operator<=>(const Cell&, const Cell&) = default;
};

class Rows {
 public:
  Rows(const World& world, Library& library) : world_(world), library_(library) {}

  // All that there are, by the estate.
  std::vector<Cell> cells() const;
  // The question of a cell of any row but the whole. Lives until the next is asked for, or longer.
  const Question& question(const Cell& cell);
  // Of the whole: a principal of mine, on a resource of mine, from an unexpected network. `resource` may be a role's, for its
  // trust; empty: on those of the principal's account that the estate does not list. `endpoint`: through it only; empty: any way.
  Question pair(const std::string& principal, const std::string& resource, const std::string& endpoint = {});
  // Of agents: what a principal's own side lets through an MCP server: what changes something, or what is outside.
  enum class Beyond : std::uint8_t { reading, mine };
  Question by_agents(const std::string& principal, Beyond beyond);
  // What changes something and a resource or a role of its account grants it, with all layers of both.
  Question granted_to_agents(const std::string& principal, const std::string& resource);
  // Of the whole, where a row excepts somebody or something: outsiders on the resource, and the principal on foreign resources,
  // from an unexpected network.
  Question outsiders_from_anywhere(const std::string& resource);
  Question foreign_from_anywhere(const std::string& principal);
  // Of the whole: somebody of an account that is mine by the perimeter file alone, of whose own policies nothing is known: on the
  // resource from an unexpected network, and on foreign resources through the endpoint; there whoever signs in with a token, too.
  Question unlisted_from_anywhere(const std::string& resource);
  Question unlisted_through(const std::string& endpoint);
  // Of the whole: what a cell of identity/resources, resource/principals or trust asks, of requests through the endpoint, which
  // binds them too. Those count that the cell's row or the endpoint's counts.
  Question through(const std::string& endpoint, const Cell& cell);
  // Resources and roles of its account whose policies may grant the principal what its own do not.
  const std::set<std::string>& granting(const std::string& principal);
  // Do the perimeter file's exceptions from the one row hold in the other, too?
  bool excepts_no_more(Objective row, Objective than) const;
  bool excepts(Objective row) const;
  // Has resource/networks a cell for it?
  bool resource_networks_asks(const std::string& arn) const;

 private:
  // `endpoint`: through it only; null: from anywhere, and around every endpoint.
  Question of_principal(const Cell& cell, const estate::Endpoint* endpoint = nullptr);
  Question of_resource(const Cell& cell, const estate::Endpoint* endpoint = nullptr);
  Question of_endpoint(const Cell& cell);
  bool set_resource(const std::string& arn, Question& question, std::vector<Limit>& parts) const;
  void set_sessions(const estate::Principal& principal, Question& question);
  Question of_trust(const Cell& cell, const estate::Endpoint* endpoint = nullptr);
  Limit unexpected_network() const;
  Limit said_of(const estate::Endpoint& endpoint) const;
  void come_through(const estate::Endpoint& endpoint, Question& question) const;
  Limit excepted_of(Objective row, const estate::Endpoint* endpoint) const;
  void add_outsiders(Question& question, Of of);
  Limit for_mine(const Sides& sides);
  void add_services_for_mine(const Question& question, std::vector<Limit>& excluded);
  void add_owner(Question& question, const std::string& account) const;
  void add_mine(Question& question);
  bool is_unlisted(const Caller& caller) const;
  void add_bearers(Question& question, const std::string& provider);
  void add_bearers_of_everyone(Question& question, const std::string& account, const std::set<std::string>& named);
  Limit excepted(Objective row) const;
  bool counts(const perimeter::Exception& exception, Objective row) const;
  std::span<const authz::Level> rcps(const std::string& account) const;
  std::set<std::string, std::less<>> services_with_a_side() const;

  const World& world_;
  Library& library_;
  // What is asked for again where several files of certificates are compared with the same estate; of a large one, only some.
  static constexpr std::size_t kept_max = 10'000;
  std::map<Cell, Question> questions_;
  std::map<std::string, std::set<std::string>> granting_;
};

}  // namespace ringwall::recheck::detail
