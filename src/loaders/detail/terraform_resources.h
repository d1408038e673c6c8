#pragma once
// What each of the AWS provider's resource types says, told to the world that is being made.

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "loaders/detail/declared.h"
#include "loaders/detail/terraform_plan.h"

namespace ringwall::loaders::declared {

// Reads the blocks of one file: first what there is, then what is said about it.
class TerraformReader {
 public:
  TerraformReader(const Text& text, const TerraformFile& file, World& world)
      : text_(text), file_(file), world_(world) {}
  void read();

 private:
  // How others refer to what a block makes.
  struct Thing {
    std::string arn, id, name, url;
  };

  std::string account_of(const Block& block) const;
  std::string region_of(const Block& block) const;
  std::string arn(const Block& block, std::string_view service, std::string_view resource, bool global = false) const;
  Place place(const Block& block, std::string_view attribute = {}) const;
  std::string name_of(const Block& block, std::string_view attribute) const;
  void tell_strange(const Block& block);
  Written document(const Block& block, std::string_view attribute) const;
  std::string unknown(const Block& block, std::string_view attribute) const;
  estate::Tags tags(const Block& block, std::string_view subject);

  // The text of an attribute, or what it refers to: its ARN, id or name as the attribute's kind has
  // it. Nothing, and a gap of `subject`, where neither is known.
  std::optional<std::string> link(const Block& block, std::string_view attribute, std::string_view subject, bool may_be_absent = false);
  std::vector<std::string> links(const Block& block, std::string_view attribute, std::string_view subject);
  const std::string* named(const Reference& reference) const;

  void note_accounts();
  void note_separate();
  void declare(const Block& block);
  bool declare_identity(const Block& block);
  bool declare_resource(const Block& block);
  bool declare_network(const Block& block);
  bool declare_organization(const Block& block);
  void declare_principal(const Block& block, policy::Principal::Type type);
  void declare_head(const Block& block, const std::string& id);

  void connect(const Block& block);
  bool connect_identity(const Block& block);
  bool connect_exclusive(const Block& block);
  bool connect_resource(const Block& block);
  bool connect_organization(const Block& block);
  void connect_principal(const Block& block);
  void connect_permission(const Block& block);
  void own_policy(const Block& block, const struct TerraformResource& type);
  void tell_unsupported(const Block& block);
  bool is_deleted(std::string_view kind, const std::string& holder, const std::string& policy) const;

  const Text& text_;
  const TerraformFile& file_;
  World& world_;
  std::map<const Block*, Thing> things_;
  std::map<std::string, std::string> own_accounts_;  // of a provider's key
  // Policies that resources of their own give: `role/policy`, or an endpoint's id.
  std::set<std::string> separate_;
  std::set<std::string> removed_;  // policies that the plan takes from a holder
};

}  // namespace ringwall::loaders::declared
