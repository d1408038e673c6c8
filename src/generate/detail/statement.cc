#include "generate/detail/statement.h"

#include <algorithm>
#include <optional>
#include <set>

#include "catalogue/aws_owned.h"
#include "catalogue/patterns.h"
#include "text/encode.h"

namespace ringwall::generate::detail {
namespace {

using catalogue::all_but;
using catalogue::covers;
using catalogue::overlap;
using catalogue::overlap_of_arns;

using text::Case;
using text::Json;
using List = std::vector<std::string>;

// An exception's action that is expanded stands for at most so many.
constexpr std::size_t expanded_actions_max = 200;

bool is_private(const text::Cidr& cidr) {
  static const auto ranges = [] {
    std::vector<text::Cidr> all;
    for (const char* range : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"})
      if (const auto read = text::parse_cidr(range, text::HostBits::refuse)) all.push_back(*read);
    return all;
  }();
  return std::ranges::any_of(ranges, [&](const text::Cidr& range) { return range.contains(cidr); });
}

bool is_negated(std::string_view op) {
  return op.find("Not") != std::string_view::npos;
}

// The parts of a list that are within `wanted`, and those that are not.
struct Split {
  Patterns inside, outside;
  bool exact = true;
};

bool is_nothing(const Patterns& patterns) {
  return patterns.sense == Sense::listed && patterns.listed.empty();
}

void append_new(List& list, const std::string& one) {
  if (std::ranges::find(list, one) == list.end()) list.push_back(one);
}

// Is there an action, or a resource, that both match?
bool meet(const std::string& a, const std::string& b, Case letters) {
  return letters == Case::exact ? overlap_of_arns(a, b) : overlap(a, b, letters);
}

Split split_complement(const Patterns& all, const List& wanted, Case letters) {
  Split split{.inside = {Sense::listed, {}}, .outside = all};
  for (const std::string& one : wanted) {
    const auto takes = [&](const std::string& gone) { return covers(gone, one, letters); };
    if (std::ranges::any_of(all.listed, takes)) continue;
    const auto touches = [&](const std::string& gone) { return meet(gone, one, letters); };
    if (std::ranges::any_of(all.listed, touches)) split.exact = false;
    split.inside.listed.push_back(one);
    append_new(split.outside.listed, one);
  }
  return split;
}

// A pattern without some of its actions, which a list can say and a pattern cannot.
std::optional<List> without(const std::string& pattern, const List& gone,
                            const catalogue::Catalogue& catalogue) {
  const catalogue::Service* service = catalogue.service(pattern.substr(0, pattern.find(':')));
  if (service == nullptr) return std::nullopt;
  return all_but(*service, pattern, gone);
}

Split split_list(const Patterns& all, const List& wanted, Case letters,
                 const catalogue::Catalogue* catalogue) {
  Split split{.inside = {Sense::listed, {}}, .outside = {Sense::listed, {}}};
  for (const std::string& one : all.listed) {
    const auto takes = [&](const std::string& other) { return covers(other, one, letters); };
    const auto touches = [&](const std::string& other) { return meet(other, one, letters); };
    if (std::ranges::any_of(wanted, takes)) {
      split.inside.listed.push_back(one);
    } else if (std::ranges::none_of(wanted, touches)) {
      split.outside.listed.push_back(one);
    } else {
      List part;
      for (const std::string& other : wanted)
        if (covers(one, other, letters)) part.push_back(other);
      const auto rest = catalogue != nullptr ? without(one, part, *catalogue) : std::nullopt;
      if (rest) {
        for (const std::string& pattern : part) append_new(split.inside.listed, pattern);
        split.outside.listed.insert(split.outside.listed.end(), rest->begin(), rest->end());
      } else {
        split.outside.listed.push_back(one);
        split.exact = false;
      }
    }
  }
  return split;
}

Split split_by(const Patterns& all, const List& wanted, Case letters,
               const catalogue::Catalogue* catalogue) {
  if (wanted.empty() || std::ranges::find(wanted, "*") != wanted.end())
    return {.inside = all, .outside = {Sense::listed, {}}};
  if (all.sense == Sense::all_but_listed) return split_complement(all, wanted, letters);
  return split_list(all, wanted, letters, catalogue);
}

std::vector<Test> not_from(const Spared& part) {
  Test open{"NotIpAddressIfExists", "aws:SourceIp", {}},
      closed{"NotIpAddressIfExists", "aws:VpcSourceIp", {}};
  for (const text::Cidr& cidr : part.cidrs)
    (is_private(cidr) ? closed : open).values.push_back(text::to_string(cidr));
  std::vector<Test> tests;
  for (Test* test : {&open, &closed})
    if (!test->values.empty()) tests.push_back(*test);
  if (!part.vpcs.empty()) tests.push_back({"StringNotEqualsIfExists", "aws:SourceVpc", ids_of(part.vpcs)});
  return tests;
}

// Carves one part out of one denial.
class Carver {
 public:
  Carver(const Spared& part, const catalogue::Catalogue& catalogue, std::vector<std::string>& notes)
      : part_(part), catalogue_(catalogue), notes_(notes) {}

  void carve(const Statement& from, std::vector<Statement>& pieces) {
    const Split actions = split_by(from.actions, part_.actions, Case::ignore, &catalogue_);
    const Split resources = split_by(from.resources, part_.resources, Case::exact, nullptr);
    if (is_nothing(actions.inside) || is_nothing(resources.inside)) {
      if (!actions.exact || !resources.exact) note(from);
      return pieces.push_back(from);
    }
    if (!actions.exact || !resources.exact || !tells_apart(from.principals)) {
      note(from);
      return pieces.push_back(from);
    }
    if (!is_nothing(actions.outside)) pieces.push_back(with(from, actions.outside, from.resources));
    if (!is_nothing(resources.outside))
      pieces.push_back(with(from, actions.inside, resources.outside));
    within(with(from, actions.inside, resources.inside), pieces);
  }

 private:
  static Statement with(Statement from, const Patterns& actions, const Patterns& resources) {
    from.actions = actions;
    from.resources = resources;
    return from;
  }

  // A piece about some principals is carved only by a part about none or all of them.
  bool tells_apart(const List& principals) const {
    if (principals.empty() || part_.principals.empty() || principals == part_.principals)
      return true;
    return std::ranges::none_of(principals, [&](const std::string& one) {
      return std::ranges::any_of(part_.principals,
                                 [&](const std::string& other) { return related(one, other); });
    });
  }

  // An account has the ARNs that hold its number; other kinds of principal have nothing in common.
  static bool related(const std::string& one, const std::string& other) {
    if (overlap(one, other, Case::exact)) return true;
    const auto holds = [](const std::string& arn, const std::string& account) {
      return arn.starts_with("arn:") && overlap(arn, "arn:*:*::" + account + ":*", Case::exact);
    };
    return holds(one, other) || holds(other, one);
  }

  void within(const Statement& inside, std::vector<Statement>& pieces) {
    const bool same = inside.principals == part_.principals;
    if (!part_.principals.empty() && !inside.principals.empty() && !same)
      return pieces.push_back(inside);
    if (!part_.principals.empty() && !same) {
      Statement others = inside;
      for (Test& test : none_of(part_.principals)) add(others.tests, std::move(test));
      pieces.push_back(std::move(others));
    }
    const auto tests = not_from(part_);
    if (!tests.empty()) about(inside, tests, pieces);
    for (const auto& elsewhere : of_same_name(part_.vpcs, "aws:SourceVpc")) about(inside, elsewhere, pieces);
    if (part_.only) about(inside, {*part_.only}, pieces);
    if (!part_.external_id.empty())
      about(inside, {{"StringNotEqualsIfExists", "sts:ExternalId", {part_.external_id}}}, pieces);
  }

  // The denial of those whom the part spares, where the tests hold.
  void about(const Statement& inside, const std::vector<Test>& tests,
             std::vector<Statement>& pieces) {
    Statement piece = inside;
    for (const Test& test : tests) add(piece.tests, test);
    if (part_.principals.empty() || !inside.principals.empty())
      return pieces.push_back(std::move(piece));
    piece.principals = part_.principals;
    for (const Test& who : one_of(part_.principals)) {
      pieces.push_back(piece);
      pieces.back().tests.push_back(who);
    }
  }

  void note(const Statement& from) {
    notes_.push_back("`" + part_.name +
                     "` overlaps another exception: what both are about stays denied by `" +
                     from.sid +
                     "`; give them the same actions, resources and principals, or ones that have "
                     "nothing in common");
  }

  const Spared& part_;
  const catalogue::Catalogue& catalogue_;
  std::vector<std::string>& notes_;
};

// Actions of several parts that overlap without being the same are replaced by those that the
// catalogue has, which are the same or have nothing in common.
void take_apart(std::vector<Spared>& parts, const catalogue::Catalogue& catalogue) {
  List all;
  for (const Spared& part : parts) all.insert(all.end(), part.actions.begin(), part.actions.end());
  const auto collides = [&](const std::string& one) {
    return std::ranges::any_of(all, [&](const std::string& other) {
      return text::lower(one) != text::lower(other) && overlap(one, other, Case::ignore);
    });
  };
  for (Spared& part : parts) {
    List actions;
    for (const std::string& one : part.actions) {
      List expanded;
      if (one != "*" && collides(one))
        catalogue.for_each_action(one, [&](const catalogue::Action& action) {
          expanded.push_back(action.full_name());
          return expanded.size() <= expanded_actions_max;
        });
      if (expanded.empty() || expanded.size() > expanded_actions_max) expanded = {one};
      for (const std::string& action : expanded) append_new(actions, action);
    }
    part.actions = std::move(actions);
  }
}

Json list_of(const List& values) {
  if (values.size() == 1) return {values.front()};
  Json::Array items;
  for (const std::string& value : values) items.emplace_back(value);
  return Json::array(std::move(items));
}

void set_patterns(Json& json, const std::string& name, const Patterns& patterns) {
  if (patterns.sense == Sense::listed)
    json.set(name, list_of(patterns.listed));
  else if (patterns.listed.empty())
    json.set(name, "*");
  else
    json.set("Not" + name, list_of(patterns.listed));
}

}  // namespace

void add(std::vector<Test>& tests, Test test) {
  const auto same = [&](const Test& one) { return one.op == test.op && one.key == test.key; };
  const auto found = std::ranges::find_if(tests, same);
  if (found == tests.end() || !is_negated(test.op)) return tests.push_back(std::move(test));
  for (const std::string& value : test.values) append_new(found->values, value);
}

namespace {

// The principals by kind: each kind has a key of its own.
std::vector<Test> by_kind(const List& principals, bool negated) {
  const auto op = [&](const char* positive, const char* negative) {
    return negated ? negative : positive;
  };
  Test arns{op("ArnLike", "ArnNotLikeIfExists"), "aws:PrincipalArn", {}};
  Test accounts{op("StringEquals", "StringNotEqualsIfExists"), "aws:PrincipalAccount", {}};
  Test services{op("StringEquals", "StringNotEqualsIfExists"), "aws:PrincipalServiceName", {}};
  Test anonymous{op("StringEquals", "StringNotEqualsIfExists"), "aws:PrincipalType", {}};
  for (const std::string& one : principals) {
    if (one == "anonymous")
      anonymous.values = {"Anonymous"};
    else if (one.starts_with("arn:"))
      arns.values.push_back(one);
    else
      (one.find('.') != std::string::npos ? services : accounts).values.push_back(one);
  }
  std::vector<Test> tests;
  for (Test* test : {&arns, &accounts, &services, &anonymous})
    if (!test->values.empty()) tests.push_back(std::move(*test));
  return tests;
}

}  // namespace

std::vector<std::vector<Test>> of_same_name(const std::vector<perimeter::Place>& places, const std::string& key) {
  std::vector<std::vector<Test>> all;
  for (const auto& [region, ids] : perimeter::by_region(places))
    all.push_back({{"StringEquals", key, ids},
                   {"StringNotEqualsIfExists", "aws:RequestedRegion", {region}},
                   {"ArnNotLikeIfExists", "aws:SourceVpcArn", {"arn:" + std::string(catalogue::partition_of_region(region)) + ":ec2:" + region + ":*:vpc/*"}}});
  return all;
}

std::vector<std::string> ids_of(const std::vector<perimeter::Place>& places) {
  std::vector<std::string> ids;
  for (const perimeter::Place& place : places) append_new(ids, place.id);
  return ids;
}

std::vector<Test> none_of(const std::vector<std::string>& principals) {
  return by_kind(principals, true);
}
std::vector<Test> one_of(const std::vector<std::string>& principals) {
  return by_kind(principals, false);
}

std::vector<Statement> spare(Statement statement, std::vector<Spared> parts,
                             const catalogue::Catalogue& catalogue,
                             std::vector<std::string>& notes) {
  take_apart(parts, catalogue);
  const std::string sid = statement.sid;
  std::vector<Statement> all = {std::move(statement)};
  for (const Spared& part : parts) {
    std::vector<Statement> pieces;
    Carver carver(part, catalogue, notes);
    for (const Statement& one : all) carver.carve(one, pieces);
    all = std::move(pieces);
  }
  for (std::size_t index = 1; index < all.size(); ++index)
    all[index].sid = sid + std::to_string(index + 1);
  return all;
}

Json to_json(const Statement& statement) {
  Json json = Json::object();
  json.set("Sid", statement.sid);
  json.set("Effect", policy::name_of(statement.effect));
  if (statement.principal == Names::everyone) json.set("Principal", "*");
  set_patterns(json, "Action", statement.actions);
  if (statement.names_resources) set_patterns(json, "Resource", statement.resources);
  if (statement.tests.empty()) return json;
  Json condition = Json::object();
  for (const Test& test : statement.tests)
    condition.edit(test.op).set(test.key, list_of(test.values));
  json.set("Condition", std::move(condition));
  return json;
}

}  // namespace ringwall::generate::detail
