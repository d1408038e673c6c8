#pragma once
// The organisation that a plan or template declares: its tree, its accounts and the policies
// attached along it, in whatever order the files have them.

#include <map>
#include <string>
#include <vector>

#include "loaders/detail/declared_documents.h"

namespace ringwall::loaders::declared {

class Organization {
 public:
  struct Head {
    std::string id, management_account, root_id;
    // Whether each type of policy is enabled; nothing: the files do not say.
    std::optional<bool> scps, rcps;
    Place place = {};
  };

  void set_head(Head head) { heads_.push_back(std::move(head)); }
  void add_unit(const std::string& id, const std::string& parent, Place place);
  // `parent` may be empty: not known.
  void add_account(const std::string& id, const std::string& name, const std::string& parent,
                   Place place);
  void add_policy(const std::string& id, std::string name, policy::Kind kind, Written written);
  void attach(const std::string& policy, const std::string& target, Place place);

  struct Made {
    std::optional<estate::Organization> organization;
    std::vector<estate::Account> accounts;  // by id
  };
  // `own`: accounts that resources are in. Refuses another organisation than `expected` (unless
  // that is empty), two of them, and a tree with a cycle.
  Result<Made> make(const std::vector<std::string>& own, const Options& options,
                    Documents& documents);

 private:
  struct Node {
    std::string name, parent;
    bool is_account = false;
    Place place = {};
  };
  struct Policy {
    std::string name;
    policy::Kind kind;
    Written written;
    policy::DocumentPtr document = {};
  };
  struct Attachment {
    std::string policy, target;
    Place place;
  };

  Result<> check_heads(const Options& options);
  Result<> refuse_cycles() const;
  bool binds(policy::Kind kind) const;
  void fill_levels(Documents& documents);
  estate::Account account_of(const std::string& id, Documents& documents) const;
  estate::Chain chain_of(const estate::Account& account, policy::Kind kind) const;

  std::vector<Head> heads_;
  std::map<std::string, Node> nodes_;  // units and accounts, by id
  std::map<std::string, Policy> policies_;
  std::vector<Attachment> attachments_;
  struct Level {
    std::vector<authz::Named> policies = {};
    bool unknown = false;  // a policy of it is not known: nothing is allowed
  };
  std::map<policy::Kind, std::map<std::string, Level>> levels_;  // by target
};

bool is_account_id(std::string_view text);  // twelve digits

}  // namespace ringwall::loaders::declared
