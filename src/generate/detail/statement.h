#pragma once
// Statements while they are made: exceptions are carved out of denials, and what remains is again
// a list of denials.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/catalogue.h"
#include "perimeter/perimeter.h"
#include "policy/policy.h"
#include "policy/syntax.h"
#include "text/cidr.h"
#include "text/json.h"

namespace ringwall::generate::detail {

using policy::Sense;

// One key under one operator. Several of a statement hold together.
struct Test {
  std::string op, key;
  std::vector<std::string> values;
};

// A list, or all that is not in it. Nothing listed of `all_but_listed` is everything.
struct Patterns {
  Sense sense = Sense::all_but_listed;
  std::vector<std::string> listed = {};
};

enum class Names : std::uint8_t { none, everyone };  // does it have `Principal: "*"`?

struct Statement {
  std::string sid;
  policy::Effect effect = policy::Effect::deny;
  Names principal = Names::none;
  bool names_resources = true;  // false in a role's trust policy
  Patterns actions = {}, resources = {};
  std::vector<Test> tests = {};
  // Of a piece that was carved: those whom it is about. Empty: all.
  std::vector<std::string> principals = {};
};

// A part of the requests that a denial spares. Empty lists do not narrow it.
struct Spared {
  std::string name;                          // for notes
  std::vector<std::string> principals = {};  // as perimeter::Exception has them
  std::vector<std::string> actions = {}, resources = {};
  std::vector<text::Cidr> cidrs = {};
  std::vector<perimeter::Place> vpcs = {};
  std::string external_id = {};  // empty: any
  std::optional<Test> only = {};  // a negated test that holds unless the request is one of the part's
};

// Adds the test; a negated operator that is there already for the key gets the values too, which
// says the same: none of them.
void add(std::vector<Test>& tests, Test test);

// "None of these principals asks", as tests that hold together.
std::vector<Test> none_of(const std::vector<std::string>& principals);
// "One of these asks": any one of the tests.
std::vector<Test> one_of(const std::vector<std::string>& principals);

// "Out of one of these VPCs (or through one of these endpoints: `key` says which), and asked of another Region than theirs":
// a VPC of somebody's with the same id. Each list holds together. A request that says by its VPC's ARN that it comes from
// there is mine, whatever Region it asks: an endpoint may lead to another.
std::vector<std::vector<Test>> of_same_name(const std::vector<perimeter::Place>& places, const std::string& key);
std::vector<std::string> ids_of(const std::vector<perimeter::Place>& places);

// Spares the parts. What cannot be spared exactly is denied, and a note says so.
std::vector<Statement> spare(Statement statement, std::vector<Spared> parts,
                             const catalogue::Catalogue& catalogue,
                             std::vector<std::string>& notes);

text::Json to_json(const Statement& statement);

}  // namespace ringwall::generate::detail
