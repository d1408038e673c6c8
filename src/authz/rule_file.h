#pragma once
// A rule file: one rule of the policy language, said as cases. Each case is a question (question.h)
// and the decision it must get.
//
//   rule: A negated operator holds only if no listed value matches
//   source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements…
//
//   given: {"request": {…}, "policies": {…}}
//
//   case: the key is absent
//     with: {"request": {"action": "s3:PutObject"}}
//     context: {"aws:SourceVpc": null}
//     expect: allow by identity-based policy statement S1
//
// A line is blank, a comment (`#`), or a word, a colon and what it says. `rule` comes first;
// `source` may follow. `given` is the question of the cases below it, up to the next `given`. A
// case may change it: `with` is a merge patch (RFC 7396) of the question, `context` one of its
// request.context. JSON goes on over lines until its braces balance. `expect` ends the case:
//
//   allow | explicit-deny | implicit-deny [by LAYER [statement NAME [of POLICY]]]
//   refused WORDS      the question is refused with a message that contains WORDS
//
// LAYER is spelt as name_of(Layer) spells it, NAME is a Sid or `#` and an index, POLICY is named as
// read_question names it: `identity[1]`, or its path. What is not said is not compared.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authz/question.h"

namespace ringwall::authz {

inline constexpr std::size_t rule_file_bytes_max = 1024UL * 1024;

struct Expectation {
  bool refused = false;
  std::string words = {};  // of the refusal
  Verdict verdict = Verdict::implicit_deny;
  std::string layer = {};  // empty, as the next two: not compared
  std::string statement = {};
  std::string policy = {};
};

struct RuleCase {
  std::string name;
  std::uint32_t line = 1;                   // of `case:`
  std::shared_ptr<const text::Json> given;  // shared by the cases below one `given`
  text::Json with;                          // a patch of it
  text::Json context;                       // a patch of its request.context
  Expectation expectation;

  text::Json question() const;  // `given`, patched
};

struct RuleFile {
  std::string rule;
  std::string source;  // where the rule is written; may be empty
  std::vector<RuleCase> cases;
};

// Failure::invalid says the line. A file without cases is refused.
Result<RuleFile> read_rule_file(std::string_view text);

struct Difference {
  std::string expected;
  std::string got;
};

// Null: the case is answered as it expects. Every evaluator is held to the same cases.
std::optional<Difference> check(const RuleCase& one, const Decide& decide,
                                const ReadDocument& read);

}  // namespace ringwall::authz
