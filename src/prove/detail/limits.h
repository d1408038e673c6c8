#pragma once
// Which requests each objective is about, as constraints.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "prove/detail/asker.h"
#include "prove/detail/mine.h"
#include "prove/prove.h"

namespace ringwall::prove::detail {

using perimeter::Objective;

inline constexpr std::size_t no_exception = static_cast<std::size_t>(-1);

inline constexpr std::size_t networks_told_max = 32;  // so many are always asked in full

// Which requests count: those outside of every one of `excepted`, or those within `within`.
struct Scope {
  std::vector<std::size_t> excepted = {};   // sorted
  std::size_t within = no_exception;
};

// A constraint, what it asks about callers, and its name: equal names in equal worlds are equal
// constraints.
struct Where {
  std::string name;
  std::shared_ptr<const prover::Constraint> constraint;
  const Facts* facts = nullptr;
  Objective objective = {};
  Scope scope = {};
};

// Thread-safe. Borrows.
class Limits {
 public:
  Limits(const Mine& mine, Words& words, const std::string& today, bool one_region = false);

  // Everything but the resource itself, the endpoint and the action.
  const Where& where(Objective objective, const Scope& scope);

  // The same for a question with these documents; `where` is this objective's and scope's.
  prover::Constraint constraint(const Where& where, Lists lists, const std::vector<const Facts*>& facts) const;
  // What the documents ask of services that is mine and that the estate or the perimeter file says so: part of a question's
  // key, for which of it counts depends on more than the documents.
  std::string sources(Objective objective, const std::vector<const Facts*>& facts) const;
  // Networks of mine, if it matters which lists; else null.
  const std::set<std::string>* networks(Objective objective) const;

  // Requests from no network of mine that no service passes on. Of my networks those listed count: a VPC or an endpoint by
  // its id where the request asks its Region, and a VPC by its ARN. AWS's own roles in every account (whose names nobody can
  // give) come from AWS's networks, as services do. Where nothing asks for such ARNs, they make no difference.
  struct Asked {
    bool vpc_arns = false, principal_arns = false;
    bool regions = true;  // false: Options::one_region
    friend bool operator==(const Asked&, const Asked&) = default;
  };
  static prover::Constraint unexpected_network(const Mine& mine, const Networks& networks, Asked asked);
  // Resources of nobody that is mine.
  static prover::Constraint foreign_resource(const Mine& mine);
  // Actions that agents may not do through an MCP server, whosever the resource is.
  const prover::Constraint& beyond_reading() const { return beyond_reading_; }
  // Callers of nobody that is mine.
  static prover::Constraint foreign_principal(const Mine& mine);

  // Exceptions that have not expired and could concern this principal, or this resource, in this
  // objective. Never misses one that does.
  std::vector<std::size_t> of_principal(Objective objective, const Own& own) const;
  std::vector<std::size_t> of_resource(Objective objective, const std::string& arn) const;
  std::vector<std::size_t> of_endpoint(Objective objective) const;
  // What constraints and exceptions rest on beside the perimeter file.
  std::string ground() const;
  bool expired(std::size_t exception) const { return expired_[exception]; }
  // Exceptions that could not be said as a constraint, and so except nothing; and why.
  const std::vector<std::string>& refused() const { return refused_; }

 private:
  bool counts(Objective objective, std::size_t exception) const;
  // For whom services act, as far as it is mine: values of keys, by the operator that compares them.
  using Sources = std::map<std::pair<std::string, std::string>, std::set<std::string>>;
  Sources sources_of(const std::vector<const Facts*>& facts) const;
  void except_services(const std::vector<const Facts*>& facts, std::vector<prover::Constraint>& excluded) const;
  prover::Constraint base(Objective objective, const Networks& networks, Asked asked, const std::vector<const Facts*>& facts) const;
  prover::Constraint build(Objective objective, const Scope& scope, const Networks& networks, Asked asked,
                           const std::vector<const Facts*>& facts) const;
  void note(const Facts& facts, Asked& asked) const;

  const Mine& mine_;
  Words& words_;
  Asked by_rcps_;  // which stand beside principals' layers in the whole
  std::vector<bool> expired_;
  std::vector<prover::Constraint> exceptions_;  // what each covers
  std::vector<bool> said_;
  std::vector<prover::Constraint> owned_, services_;
  prover::Constraint beyond_reading_ = {};
  std::vector<std::string> refused_;
  std::set<std::string> networks_;
  std::mutex mutex_;
  std::map<std::pair<Objective, std::string>, std::unique_ptr<Where>> made_;
};

}  // namespace ringwall::prove::detail
