#pragma once
// A document made fit to be asked: for an action, which of its statements list it, all at once;
// then for those alone, whom they name, which resources they cover and what they demand.

#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

#include "policy/detail/actions.h"
#include "policy/detail/conditions.h"
#include "policy/policy.h"

namespace ringwall::policy::detail {

class Program {
 public:
  explicit Program(const Syntax& syntax);

  std::size_t statements() const { return statements_.size(); }
  Effect effect(std::size_t statement) const { return statements_[statement].effect; }
  std::string_view sid(std::size_t statement) const { return texts_.at(statements_[statement].sid); }
  std::uint32_t offset(std::size_t statement) const { return statements_[statement].offset; }
  // A bit for each service (Probe::service_bit) that statements of this effect may apply to.
  std::uint64_t services(Effect effect) const {
    return effect == Effect::deny ? denied_services_ : allowed_services_;
  }

  // As Document's.
  Mismatch match(std::size_t statement, const Probe& probe) const;
  std::size_t next(Effect effect, std::size_t from, const Probe& probe) const;
  Naming naming(std::size_t statement, const Principal& caller) const;

  // Calls `visit` with the number of every statement that the action is of, in order.
  template <typename Visit>
  void for_each_listing(const Probe& probe, Visit&& visit) const;
  // Does the statement apply? To a request for an action that it is known to be of.
  bool applies(std::size_t statement, const Probe& probe) const;
  // To every request for such an action.
  bool surely_applies(std::size_t statement) const {
    return statements_[statement].open && statements_[statement].conditions == 0;
  }

  std::size_t bytes() const;  // held, beside the object itself

 private:
  struct CompiledStatement {
    std::uint32_t first_principal = 0, principals = 0;
    std::uint32_t first_resource = 0, resources = 0;
    std::uint32_t first_condition = 0, conditions = 0;
    Ref sid;
    std::uint32_t offset = 0;
    Effect effect = Effect::deny;
    Sense action_sense = Sense::listed;
    Sense resource_sense = Sense::listed;
    Sense principal_sense = Sense::listed;
    bool names_principals = false;
    bool names_everyone = false;
    bool covers_everything = false;  // `*` is among its resources, or it has none
    bool open = false;               // covers everything, for everyone
  };
  struct Name {
    PrincipalName::Type type;
    Ref value;
  };
  // 64 statements and which of them list what.
  struct Block {
    Actions actions;
    Statements all_but = 0;  // those with NotAction
    Statements denies = 0;
    Statements allows = 0;
  };

  void add(const Statement& statement);
  bool lists_action(std::size_t statement, const Probe& probe) const;
  Truth covers_resource(const CompiledStatement& statement, const Request& request) const;
  // What the elements behind the action say, before the effect is asked what follows from not
  // knowing.
  Mismatch mismatch(const CompiledStatement& statement, const Probe& probe) const;
  bool lists(const CompiledStatement& statement, PrincipalName::Type type,
             std::string_view value) const;
  bool lists_itself(const CompiledStatement& statement, const Principal& caller) const;
  bool lists_session(const CompiledStatement& statement, const Principal& caller) const;
  Naming listed(const CompiledStatement& statement, const Principal& caller) const;
  bool exempt(const CompiledStatement& statement, const Principal& caller) const;
  Naming naming(const CompiledStatement& statement, const Principal& caller) const;
  bool names_caller(const CompiledStatement& statement, const Probe& probe) const;

  std::uint64_t denied_services_ = 0, allowed_services_ = 0;
  Texts texts_;
  Conditions conditions_;
  std::vector<Name> names_;
  std::vector<Pattern> resources_;
  std::vector<CompiledStatement> statements_;
  std::vector<Block> blocks_;
};

template <typename Visit>
void Program::for_each_listing(const Probe& probe, Visit&& visit) const {
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    const Block& block = blocks_[b];
    Statements listing = (block.actions.listing(probe, texts_) ^ block.all_but) & (block.denies | block.allows);
    for (; listing != 0; listing &= listing - 1)
      visit(b * block_statements + static_cast<std::size_t>(std::countr_zero(listing)));
  }
}

}  // namespace ringwall::policy::detail
