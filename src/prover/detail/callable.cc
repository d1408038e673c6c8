#include "prover/detail/callable.h"

#include <algorithm>
#include <functional>
#include <map>

#include "text/encode.h"
#include "text/glob.h"

namespace ringwall::prover::detail {
namespace {

using policy::Piece;

// `arn:${Partition}:s3:::${BucketName}/${ObjectName}` with each placeholder put in words or pieces.
template <typename Literal, typename Placeholder>
void take_apart(std::string_view arn, Literal&& literal, Placeholder&& placeholder) {
  while (!arn.empty()) {
    const std::size_t begin = arn.find("${");
    if (begin != 0) literal(arn.substr(0, begin));
    if (begin == std::string_view::npos) return;
    const std::size_t end = arn.find('}', begin);
    if (end == std::string_view::npos) return literal(arn.substr(begin));
    placeholder(arn.substr(begin + 2, end - begin - 2));
    arn.remove_prefix(end + 1);
  }
}

// ARN patterns of the resource types that the action takes, one a line, sorted.
std::string types_of(const catalogue::Action& action) {
  const auto resources = action.resources();
  std::vector<std::string_view> arns;
  for (const catalogue::Action::Resource& resource : resources) arns.push_back(resource.type.arn);
  std::ranges::sort(arns);
  arns.erase(std::ranges::unique(arns).begin(), arns.end());
  std::string types;
  for (const std::string_view arn : arns) types += std::string(arn) + "\n";
  return types;
}

constexpr std::string_view example_account = "999999999999";

std::string example_of(std::string_view arn, const std::string& owner) {
  std::string word;
  take_apart(
      arn, [&](std::string_view literal) { word += literal; },
      [&](std::string_view name) {
        if (name == "Partition") {
          word += "aws";
        } else if (name == "Region") {
          word += "us-east-1";
        } else if (name == "Account") {
          word += owner.empty() ? example_account : std::string_view(owner);
        } else {
          word += "example-" + text::lower(name);
        }
      });
  return word;
}

policy::Listed pattern_of(std::string_view arn, const std::string& owner) {
  policy::Listed listed;
  const auto literal = [&](std::string_view text) {
    if (text.empty()) return;
    if (listed.pieces.empty() || listed.pieces.back().kind != Piece::Kind::literal) listed.pieces.push_back({});
    listed.pieces.back().text += text;
    listed.text += text;
  };
  take_apart(arn, literal, [&](std::string_view name) {
    if (name == "Partition") {  // `aws`, `aws-cn`, …
      literal("aws");
      listed.pieces.push_back({.kind = Piece::Kind::any_run});
      listed.text += "*";
      return;
    }
    if (name == "Account" && !owner.empty()) return literal(owner);
    listed.pieces.push_back({.kind = Piece::Kind::any_one});
    listed.pieces.push_back({.kind = Piece::Kind::any_run});
    listed.text += "?*";
  });
  return listed;
}

RelationId arns(Vocabulary& vocabulary, std::vector<policy::Listed> values) {
  return vocabulary.relation({Relation::Kind::condition, policy::Family::arn, policy::Comparison::equal, std::move(values)});
}

}  // namespace

KnownActions::KnownActions() {
  std::vector<catalogue::Action> actions;
  for (const catalogue::Service& service : catalogue::Catalogue::builtin().services()) {
    for (std::size_t i = 0; i < service.action_count(); ++i) actions.push_back(service.action_at(i));
  }
  // Numbered by name, so that a sorted list of numbers is one of names.
  std::vector<std::pair<std::string, const catalogue::Action*>> named;
  named.reserve(actions.size());
  for (const catalogue::Action& action : actions) named.emplace_back(action.full_name(), &action);
  std::ranges::sort(named, {}, [](const auto& one) -> const std::string& { return one.first; });
  std::unordered_map<std::string, std::size_t> numbers;  // of types
  for (auto& [name, action] : named) {
    by_lower_name_.emplace_back(text::lower(name), names_.size());
    names_.push_back(std::move(name));
    const auto [found, added] = numbers.try_emplace(types_of(*action), types_.size());
    if (added) {
      types_.push_back(found->first);
      examples_.push_back(examples_of(found->first, {}));
    }
    types_numbers_.push_back(found->second);
  }
  std::ranges::sort(by_lower_name_);
}

const KnownActions& KnownActions::builtin() {
  static const KnownActions known;
  return known;
}

void KnownActions::for_each(std::string_view pattern, const std::function<void(std::size_t)>& each) const {
  const std::string lower = pattern == "*:*" ? "*" : text::lower(pattern);
  const std::string start = lower.substr(0, lower.find_first_of("*?"));
  const std::string_view rest = std::string_view(lower).substr(start.size());
  const text::Glob glob(lower);
  auto at = std::ranges::lower_bound(by_lower_name_, start, {}, [](const auto& one) -> const std::string& { return one.first; });
  for (; at != by_lower_name_.end() && at->first.starts_with(start); ++at) {
    const bool matches = rest.empty() ? at->first.size() == start.size() : rest == "*" || glob.matches(at->first);
    if (matches) each(at->second);
  }
}

std::vector<std::vector<std::size_t>> members(const ActionSpace& space, const Vocabulary& vocabulary,
                                              const KnownActions& known) {
  // Which relations list each action, as one number: a class is known by the same number.
  const auto mark = [](std::size_t relation) {
    std::uint64_t x = (relation + 1) * 0x9e3779b97f4a7c15;
    x = (x ^ x >> 31) * 0xbf58476d1ce4e5b9;
    return x ^ x >> 29;
  };
  std::vector<std::uint64_t> lists(known.size(), 0);
  std::vector<std::size_t> listed_last(known.size(), 0);
  for (std::size_t r = 0; r < space.relations.size(); ++r) {
    for (const policy::Listed& pattern : vocabulary[space.relations[r]].values) {
      known.for_each(pattern.text, [&](std::size_t action) {
        if (listed_last[action] == r + 1) return;  // by another pattern of the list
        listed_last[action] = r + 1;
        lists[action] ^= mark(r);
      });
    }
  }
  std::unordered_map<std::uint64_t, std::size_t> classes;
  for (std::size_t atom = 0; atom < space.domain.atoms.size(); ++atom) {
    std::uint64_t number = 0;
    for (std::size_t r = 0; r < space.relations.size(); ++r) {
      if (space.domain.atoms[atom].truths[r] == Truth::yes) number ^= mark(r);
    }
    classes.emplace(number, atom);
  }
  std::vector<std::vector<std::size_t>> all(space.domain.atoms.size());
  for (std::size_t action = 0; action < known.size(); ++action) {
    const auto found = classes.find(lists[action]);
    if (found != classes.end()) all[found->second].push_back(action);
  }
  return all;
}

std::vector<std::string> examples_of(const std::string& types, const std::string& owner) {
  if (types.empty()) return {"*"};
  std::vector<std::string> examples;
  for (std::string_view rest = types; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1))
    examples.push_back(example_of(rest.substr(0, rest.find('\n')), owner));
  return examples;
}

namespace {

// A type's ARNs as they look, by the colons behind the fifth.
struct Look {
  policy::Listed arn;
  std::size_t colons = 0;
};

constexpr std::size_t colons_of_an_arn = 5, account_digits = 12;

Look look_of(std::string_view type, const std::string& owner) {
  Look look;
  const auto literal = [&](std::string_view text) {
    if (text.empty()) return;
    if (look.arn.pieces.empty() || look.arn.pieces.back().kind != Piece::Kind::literal) look.arn.pieces.push_back({});
    look.arn.pieces.back().text += text;
    look.arn.text += text;
    look.colons += static_cast<std::size_t>(std::ranges::count(text, ':'));
  };
  const auto wild = [&](Piece::Kind kind) {
    look.arn.pieces.push_back({.kind = kind});
    look.arn.text += kind == Piece::Kind::any_one ? '?' : '*';
  };
  take_apart(type, literal, [&](std::string_view name) {
    if (name == "Partition") {
      literal("aws");
      return wild(Piece::Kind::any_run);
    }
    if (name == "Account" && !owner.empty()) return literal(owner);
    for (std::size_t digit = 0; name == "Account" && digit < account_digits; ++digit) wild(Piece::Kind::any_one);
    if (name == "Account") return;
    wild(Piece::Kind::any_one);
    wild(Piece::Kind::any_run);
    if (name != "Region") return;
    literal("-");  // us-east-1
    wild(Piece::Kind::any_one);
    wild(Piece::Kind::any_run);
    literal("-");
    wild(Piece::Kind::any_one);
  });
  look.colons -= std::min(look.colons, colons_of_an_arn);
  return look;
}

std::vector<Look> looks_of(const std::string& types, const std::string& owner) {
  std::vector<Look> looks;
  for (std::string_view rest = types; !rest.empty(); rest.remove_prefix(std::min(rest.size(), rest.find('\n') + 1)))
    looks.push_back(look_of(rest.substr(0, rest.find('\n')), owner));
  return looks;
}

}  // namespace

bool is_believable(const std::string& resource, const std::string& types, const std::string& owner, Vocabulary& vocabulary) {
  const auto colons = static_cast<std::size_t>(std::ranges::count(resource, ':'));
  return std::ranges::any_of(looks_of(types, owner), [&](Look& look) {
    return colons == look.colons + colons_of_an_arn && relate(vocabulary[arns(vocabulary, {std::move(look.arn)})], resource) == Truth::yes;
  });
}

Ref believable_resources(const std::string& types, const std::string& owner, Encoder& encoder, Vocabulary& vocabulary, Formulas& formulas) {
  std::map<std::size_t, std::vector<policy::Listed>> by_colons;
  for (Look& look : looks_of(types, owner)) by_colons[look.colons].push_back(std::move(look.arn));
  std::vector<Ref> parts;
  for (auto& [colons, alike] : by_colons) {
    policy::Listed more{"arn", {{.kind = Piece::Kind::literal, .text = "arn"}}, 0};
    for (std::size_t colon = 0; colon < colons_of_an_arn + colons + 1; ++colon) {
      more.pieces.push_back({.kind = Piece::Kind::literal, .text = ":"});
      more.pieces.push_back({.kind = Piece::Kind::any_run});
      more.text += ":*";
    }
    parts.push_back(formulas.all({encoder.some(resource_key, arns(vocabulary, std::move(alike)), is_yes),
                                  negation(encoder.some(resource_key, arns(vocabulary, {std::move(more)}), is_yes))}));
  }
  return formulas.any(std::move(parts));
}

TypedResources typed_resources(const std::string& types, const std::string& owner, Encoder& encoder,
                               Vocabulary& vocabulary, Formulas& formulas) {
  TypedResources typed{no, examples_of(types, owner)};
  std::vector<policy::Listed> plain;
  std::vector<Ref> parts;
  for (std::string_view rest = types; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string_view arn = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    policy::Listed pattern = pattern_of(arn, owner);
    if (arn != "arn:${Partition}:s3:::${BucketName}") {
      plain.push_back(std::move(pattern));
      continue;
    }
    // A bucket's name has no slash: what has one is an object.
    const Ref bucket = encoder.some(resource_key, arns(vocabulary, {std::move(pattern)}), is_yes);
    const Ref object = encoder.some(resource_key, arns(vocabulary, {pattern_of("arn:${Partition}:s3:::${BucketName}/${ObjectName}", owner),
                                                                              pattern_of("arn:${Partition}:s3:::${BucketName}/", owner)}), is_yes);
    parts.push_back(formulas.all({bucket, negation(object)}));
  }
  if (!plain.empty()) parts.push_back(encoder.some(resource_key, arns(vocabulary, std::move(plain)), is_yes));
  typed.formula = formulas.any(std::move(parts));
  return typed;
}

}  // namespace ringwall::prover::detail
