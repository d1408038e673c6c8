#pragma once
// What `terraform show -json` prints of a plan or a state, as a list of resource instances.
//
// A plan knows less than it will apply: an attribute that AWS makes (an ARN, an id) is marked in
// `after_unknown` instead. Where such an attribute only says which other resource is meant, the
// configuration in the plan has the reference, and that is enough to connect the two.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "loaders/detail/declared_documents.h"

namespace ringwall::loaders::declared {

// A plan repeats every resource up to three times, and has no limit of its own.
inline constexpr text::JsonLimits terraform_limits = {.bytes_max = 256UL * 1024 * 1024, .depth_max = 128};
// A reference that goes through variables and outputs of modules.
inline constexpr std::size_t terraform_references_max = 64;

// One instance of a resource. Points into its TerraformFile.
struct Block {
  std::string address;             // `module.net["a"].aws_vpc.main[0]`
  std::string module;              // `module.net["a"]`; empty: the root
  std::string type;
  std::string provider;            // `aws`, `aws.audit`: a key of the configuration's providers
  bool data = false;
  std::uint32_t offset = 0;        // of the instance
  const Json* values = nullptr;
  const Json* unknown = nullptr;   // an object; of a state: nothing is unknown
  const Json* expressions = nullptr;  // null: the configuration is not there
  const Json* for_each = nullptr;     // its `for_each`, as an expression; null: it has none

  const Json& operator[](std::string_view attribute) const { return (*values)[attribute]; }
  // Is the attribute, or a part of it, known only after apply?
  bool is_unknown(std::string_view attribute) const;
  // Does the configuration leave it out, so that AWS chooses?
  bool is_left_out(std::string_view attribute) const;
};

// What an attribute that is not known refers to.
struct Reference {
  const Block* block = nullptr;
  std::string attribute = {};  // `arn`, `roots[0].id`
};

class TerraformFile {
 public:
  // Refuses what is neither a plan nor a state, with the remedy. Borrows `text`.
  static Result<TerraformFile> read(const Text& text);

  const std::vector<Block>& blocks() const { return blocks_; }
  bool is_plan() const { return is_plan_; }
  bool is_complete() const { return json_["complete"].as_bool(true) && !json_["errored"].as_bool(); }
  // The resources that the plan deletes, as they are before.
  const std::vector<Block>& deleted() const { return deleted_; }
  // A constant argument of a provider's configuration; null if there is none.
  const Json& provider(std::string_view key, std::string_view argument) const;
  // Is the argument there, constant or not?
  bool provider_has(std::string_view key, std::string_view argument) const;

  // The one block that the attribute's expression names; nothing if it names none or several, or
  // makes something else of what it names.
  Reference reference(const Block& block, std::string_view attribute) const;

 private:
  TerraformFile() = default;
  Result<> refuse_other_files(const Text& text) const;
  void add_module(const Json& module, bool data_only);
  void add_changes();
  void connect();
  const Json* configured_module(std::string_view module) const;
  // Where an expression stands: its module, and the instance that it is evaluated for.
  struct Site {
    std::string module;
    std::string index;               // `["a"]`, `[0]`; empty: none
    const Json* for_each = nullptr;
  };
  Reference follow(Site site, const Json& references, std::string_view attribute) const;
  Reference of_instance(const Site& site, const std::vector<std::string>& references, std::string_view attribute) const;
  Reference found(const std::string& module, const std::string& address, std::string attribute) const;

  Json json_;
  bool is_plan_ = false;
  std::vector<Block> blocks_, deleted_;
  std::map<std::string, std::size_t, std::less<>> by_address_;
};

// `module.net["a.b"].aws_vpc.main` at its dots, but not at those in an index.
std::vector<std::string> split_address(std::string_view address);

}  // namespace ringwall::loaders::declared
