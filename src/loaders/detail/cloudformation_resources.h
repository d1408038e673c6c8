#pragma once
// What each of CloudFormation's resource types says, told to the world that is being made.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "loaders/detail/cloudformation_template.h"
#include "loaders/detail/declared.h"

namespace ringwall::loaders::declared {

// Reads one template: first what there is, then what is said about it.
class CloudFormationReader {
 public:
  CloudFormationReader(const Text& text, Template& source, World& world)
      : text_(text), template_(source), world_(world), account_(world.options().default_account) {}
  void read();

 private:
  struct Thing {
    std::string arn, id, name;  // stand-ins where the template gives none
  };
  // How a property names what it means.
  enum class By : std::uint8_t { name, arn, id };
  // A resource with what is to be said of it.
  struct Item {
    const std::string& logical;
    const Json& resource;
    std::string_view type;
    std::string doubt;  // not empty: whether it is made at all is not known
  };

  Place place(const Json& at) const { return {&text_, at.offset()}; }
  Place place(const Item& item, std::string_view property) const;
  Value property(const Item& item, std::string_view name) { return template_.property(item.resource, name); }
  // A text, or a reference to a resource of the template; nothing, and a gap of `subject`, else.
  std::optional<std::string> link(const Value& value, By by, Place place, std::string_view subject);
  std::vector<std::string> links(const Item& item, std::string_view property, By by, std::string_view subject);
  Written document(const Item& item, const Json& value);
  std::string text_or(const Item& item, std::string_view property, std::string_view otherwise);
  estate::Tags tags(const Item& item, std::string_view subject);

  void tell_macros();
  void declare(const Item& item);
  void declare_principal(const Item& item, const Thing& thing);
  bool declare_organization(const Item& item);
  void connect(const Item& item);
  bool connect_identity(const Item& item);
  void connect_holder(const Item& item, Holder::Kind kind);
  void connect_inline(const Item& item);
  bool connect_resource(const Item& item);
  void connect_own_policy(const Item& item);
  void connect_permission(const Item& item);
  bool connect_network(const Item& item);
  bool connect_organization(const Item& item);
  bool connect_nested(const Item& item);
  void tell_unsupported(const Item& item);

  const Text& text_;
  Template& template_;
  World& world_;
  std::string account_;
  std::map<std::string, Thing, std::less<>> things_;  // by logical id
};

}  // namespace ringwall::loaders::declared
