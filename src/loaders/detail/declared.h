#pragma once
// What plans and templates declare, in the words of neither: both loaders tell it here, piece by
// piece and in any order, and `finish` makes the estate of it.
//
// A thing that will be made has no id yet; `stand_in` gives it one that equals no other. That is
// exact, since AWS will give it one that no policy can name today: a document that names it is not
// known either, and says so.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "loaders/detail/declared_documents.h"
#include "loaders/detail/declared_organization.h"
#include "loaders/detail/given_policies.h"

namespace ringwall::loaders::declared {

// Whose policy it is, by name: a user, a role, or a group.
struct Holder {
  enum class Kind : std::uint8_t { user, role, group };
  Kind kind = Kind::role;
  std::string account, name;
  friend auto operator<=>(const Holder&, const Holder&) = default;
};
std::string to_string(Holder::Kind kind);  // "user", …

class World {
 public:
  explicit World(const Options& options);

  const Options& options() const { return options_; }
  const std::string& partition() const { return partition_; }
  Documents& documents() { return documents_; }
  Organization& organization() { return organization_; }
  void gap(Gap::Kind kind, std::string_view subject, Place place, std::string message) {
    documents_.gap(kind, subject, place, std::move(message));
  }

  void add_account(const std::string& id) { accounts_.insert(id); }
  // What stands twice is a gap, and the first of them counts.
  void add_principal(estate::Principal principal, Place place);
  void add_group(const std::string& account, const std::string& name) { groups_.emplace(account, name); }
  void set_trust(const std::string& role_arn, const Written& written);
  void set_boundary(const std::string& arn, const std::string& policy_arn, Place place);
  // A boundary, trust or membership that is not known: the principal may do nothing.
  void set_unknown_boundary(const std::string& arn, Place place, std::string message);

  void put_inline(const Holder& holder, const std::string& name, Written written);
  void attach(const Holder& holder, const std::string& policy_arn, Place place);
  void join(const std::string& account, const std::string& user, const std::string& group, Place place);
  void add_managed_policy(const std::string& arn, Written written, Place place);

  void add_resource(estate::Resource resource, Place place);
  // Replaces what the resource came with. A resource that is not declared is added.
  void set_policy(const std::string& arn, const std::string& account, authz::ResourceKind kind, Written written);
  // The policy of a resource unless it has or gets another.
  void set_default_policy(const std::string& arn, Written written);
  // A statement of the policy that permissions make together.
  void add_statement(const std::string& arn, const std::string& account, Json statement, Place place);
  // One that is not known: a gap, and the others stay, for a permission takes nothing away.
  void add_unknown_statement(const std::string& arn, const std::string& account, const Written& written);

  // Block Public Access: does the bucket, or the account for all its buckets, restrict what is public? One that does not, of a
  // bucket that is not in these files, is a gap: it may have restricted before.
  void restrict_bucket(const std::string& arn, bool restricts, Place place);
  void restrict_account(const std::string& account) { restricted_accounts_.insert(account); }

  void add_vpc(estate::Vpc vpc) { vpcs_.insert_or_assign(vpc.id, std::move(vpc)); }
  void add_cidr(const std::string& vpc, std::string_view cidr, Place place);
  // `service`: the name of the endpoint service, or the ARN of what it leads to.
  void add_endpoint(const std::string& id, const std::string& account, const std::string& vpc, std::string_view service);
  void set_endpoint_policy(const std::string& id, Written written);

  Result<Loaded> finish();

 private:
  struct Declared {
    estate::Resource resource;
    bool is_there = false;  // else something is said about it, and it may stand elsewhere
    std::optional<Written> policy, fallback;
    std::vector<Json> statements;
    Place statements_at;
  };
  struct Managed {
    Written written;
    std::map<policy::Kind, policy::DocumentPtr> compiled;  // null: it cannot be
  };
  struct Held {
    std::map<std::string, Written> own;        // inline, by name
    std::map<std::string, Place> attached;     // by ARN
  };

  Declared& declared(const std::string& arn, const std::string& account, authz::ResourceKind kind);
  std::string arn_of(const Holder& holder) const;
  authz::Named managed(const std::string& arn, policy::Kind kind, std::string_view subject, Place place);
  void give(const Holder& holder, estate::Principal& principal);
  void give_groups(const std::string& account, estate::Principal& user);
  void tell_undeclared();
  void finish_resource(Declared& declared);
  void restrict_public(estate::Resource& bucket);
  void finish_endpoints();

  Options options_;
  GivenPolicies given_;
  std::string partition_;
  Documents documents_;
  Organization organization_;
  std::set<std::string> accounts_;
  std::map<std::string, estate::Principal> principals_;       // by ARN
  std::map<Holder, std::string> principal_arns_;
  std::set<std::pair<std::string, std::string>> groups_;      // account, name
  std::map<std::string, Written> trusts_;                     // by ARN
  std::map<std::string, std::pair<std::string, Place>> boundaries_;
  std::map<Holder, Held> held_;
  std::map<Holder, std::map<std::string, Place>> memberships_;  // groups by user
  std::map<std::string, Managed> managed_;                    // by ARN
  std::map<std::string, Declared> resources_;
  std::map<std::string, std::pair<bool, Place>> restricted_buckets_;  // by ARN
  std::set<std::string> restricted_accounts_;
  std::map<std::string, estate::Vpc> vpcs_;
  std::map<std::string, estate::Endpoint> endpoints_;
  std::map<std::string, Written> endpoint_policies_;
};

// `(aws_vpc.main)`: the name of a thing that has none yet.
std::string stand_in(std::string_view address);
std::string partition_of(std::string_view region);
std::string_view account_in_arn(std::string_view arn);
// A JSON document as a value of its own text.
Written written(const Json& document, Place place, bool has_functions);
// The same of a policy whose statements need name no resource: they are about the one that has it.
Written written_about(const Json& document, Place place);
Written written_about(Written written);

// The policies that AWS gives what is made without one.
std::string default_key_policy(std::string_view account, std::string_view partition);
std::string default_topic_policy(std::string_view arn, std::string_view account);

// The statement that a permission of Lambda's makes; members as CloudFormation spells them.
Json permission_statement(const Json& permission, std::string_view function_arn, std::string_view partition);

}  // namespace ringwall::loaders::declared
