#pragma once
// Conditions in compiled form.

#include <cstdint>
#include <vector>

#include "policy/detail/pattern.h"
#include "policy/detail/values.h"
#include "text/cidr.h"

namespace ringwall::policy::detail {

// One key under one operator. The family says in which of the tables its listed values lie.
struct CompiledCondition {
  std::uint64_t key_hash;
  Ref key;
  std::uint32_t first;  // of the listed values
  std::uint32_t count;
  Family family;
  Comparison comparison;
  Quantifier quantifier;
  bool negated;
  bool holds_if_absent;
  bool holds_if_present;  // of Null: `false` is listed, so that the key has to be there
  // Of booleans without variables: which are listed.
  bool only_words, lists_true, lists_false;
};

// The conditions of a document, and what they list.
class Conditions {
 public:
  void add(const Condition& condition, Texts& texts);
  std::uint32_t size() const { return static_cast<std::uint32_t>(conditions_.size()); }

  // Do all in [first, first + count) hold? Allocates only to refuse a value that is not of its
  // operator's type.
  Truth hold(std::uint32_t first, std::uint32_t count, const Texts& texts,
             const Probe& probe) const;

  void shrink();
  std::size_t bytes() const;

 private:
  // A listed ARN: any; or one variable that holds it; or six parts, each matched by itself.
  struct Arn {
    enum class Form : std::uint8_t { any, variable, parts } form;
    std::uint32_t first;  // in patterns_
  };
  // Addresses that agree with `base` where `mask` has bits.
  struct Block {
    std::array<std::uint64_t, 2> base, mask;
    bool v6;
    explicit Block(const text::Cidr& cidr);
    bool contains(const text::Address& address) const;
  };
  struct Asked;

  void add_value(const Condition& condition, const Listed& listed, Texts& texts);
  Truth holds(const CompiledCondition& condition, const Asked& asked) const;
  Truth some_listed(const CompiledCondition& condition, const std::string& actual,
                    const Asked& asked) const;
  Truth some_text(const CompiledCondition& condition, std::string_view actual,
                  const Asked& asked) const;
  Truth some_arn(const CompiledCondition& condition, const std::string& actual,
                 const Asked& asked) const;
  Truth arn_matches(const Arn& listed, std::string_view actual,
                    const std::array<std::string_view, 6>& parts, const Asked& asked) const;

  std::vector<CompiledCondition> conditions_;
  std::vector<Pattern> patterns_;  // texts, booleans, bytes, and the parts of ARNs
  std::vector<Arn> arns_;
  std::vector<Number> numbers_;
  std::vector<std::int64_t> dates_;  // milliseconds since 1970
  std::vector<Block> blocks_;
};

}  // namespace ringwall::policy::detail
