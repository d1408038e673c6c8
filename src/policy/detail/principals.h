#pragma once
// The Principal and NotPrincipal elements.

#include <string>
#include <vector>

#include "policy/detail/source.h"
#include "policy/policy.h"

namespace ringwall::policy::detail {

enum class Sense : std::uint8_t { listed, all_but_listed };

// Who is listed. Names are compared exactly: no wildcard stands for a part of a principal.
class Principals {
 public:
  // Refuses forms AWS refuses in a policy of this kind.
  static Result<Principals> compile(const text::Json& element, Sense sense, Kind kind,
                                    const Source& source);

  // Of several forms that name the caller, the strongest. Under NotPrincipal: everyone who is not
  // exempt is named as one of everyone.
  Document::Naming naming(const Principal& principal) const;

 private:
  Result<> add_aws(std::string_view name);
  Result<> add(std::string_view type, std::string_view name, Kind kind);
  Document::Naming listed(const Principal& principal) const;
  bool exempt(const Principal& principal) const;
  bool lists_arn(std::string_view arn) const;
  bool lists_id(const Principal& principal) const;
  bool lists_account(const Principal& principal) const;

  Sense sense_ = Sense::listed;
  bool everyone_ = false;
  std::vector<std::string> accounts_;    // 12 digits
  std::vector<std::string> arns_;        // users, roles, sessions
  std::vector<std::string> unique_ids_;  // AIDA…, AROA…
  std::vector<std::string> services_;
  std::vector<std::string> providers_;
};

}  // namespace ringwall::policy::detail
