#pragma once
// From stored documents to an Estate. Not thread-safe: the Directory serialises builds.

#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "directory/directory.h"
#include "text/json.h"

namespace ringwall::directory {

class Builder {
 public:
  Builder(const service::Environment& environment, Report report) : environment_(environment), report_(std::move(report)) {}

  // A new Estate, or null if no stored document has changed since the last call.
  estate::EstatePtr build();

 private:
  using Entries = std::vector<store::Entry>;
  using Managed = std::unordered_map<std::string, std::string>;  // ARN -> text of the default version

  bool read_store();
  void add_organization(estate::Estate& estate);
  std::vector<authz::Level> levels_of(const estate::Account& account, std::string_view type);
  void add_managed_policies(estate::Estate& estate, Managed& texts);
  void add_principal(estate::Estate& estate, const Managed& texts, std::string_view account, std::string_view kind, const text::Json& document);
  std::optional<authz::Named> boundary_of(const Managed& texts, const text::Json& document);
  std::vector<authz::Named> policies_of(const estate::Estate& estate, const text::Json& document, std::string_view owner);
  void add_access_keys(estate::Estate& estate);
  std::string trust_text(const estate::Estate& estate, const text::Json& role) const;

  // The compiled document, from the cache if its text was seen before; denies all if it does
  // not compile.
  policy::DocumentPtr compiled(const std::string& text, policy::Kind kind, std::string_view name);

  const service::Environment& environment_;
  Report report_;
  Entries iam_, keys_, org_;
  std::unordered_map<std::string, std::shared_ptr<const text::Json>> documents_;  // org_ by key
  std::unordered_map<std::string, std::shared_ptr<const text::Json>> groups_;     // "<account>/<GroupId>"
  bool built_ = false;
  // Compiled text and opened secrets of the last build; what a build does not use is dropped.
  using Compiled = std::map<std::pair<policy::Kind, std::string>, policy::DocumentPtr>;
  using Opened = std::map<std::string, std::shared_ptr<const Secret>>;
  Compiled compiled_, compiled_before_;
  Opened opened_, opened_before_;
};

}  // namespace ringwall::directory
