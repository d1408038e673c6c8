// CloudFormation's functions that make a value of values, and its conditions.

#include <fmt/format.h>

#include <algorithm>

#include "loaders/detail/cloudformation_template.h"

namespace ringwall::loaders::declared {
namespace {

std::string text_of(const Json& json) { return json.is_string() ? std::string(json.as_string()) : json.dump(); }

const Json no_names = Json::object();

constexpr const char* made_of_drawn = "what this makes of a name that AWS draws is known only when the stack is made";

}  // namespace

// `${Name}`, `${Resource.Attribute}`, and `${!Name}`, which stays as `${Name}`.
Value Template::substitute(const Json& argument, const Json& at) {
  const bool has_names = argument.is_array();
  const Json& whole = has_names && !argument.items().empty() ? argument.items()[0] : argument;
  const Json& names = has_names && argument.items().size() == 2 ? argument.items()[1] : no_names;
  if (!whole.is_string()) return refuse(at, "`Fn::Sub` takes a text");
  const std::string_view text = whole.as_string();
  std::string made;
  bool drawn = false;
  std::size_t from = 0;
  for (std::size_t open = text.find("${"); open != std::string_view::npos; open = text.find("${", from)) {
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) break;
    made += text.substr(from, open - from);
    from = close + 1;
    const std::string_view name = text.substr(open + 2, close - open - 2);
    if (name.starts_with('!')) {
      made += fmt::format("${{{}}}", name.substr(1));
      continue;
    }
    Value value = substituted(name, names, at);
    // A text that is one reference is what the reference is.
    const bool is_whole = open == 0 && from == text.size();
    if (!value.is_known()) return is_whole ? value : value.absent ? refuse(at, "`AWS::NoValue` in `Fn::Sub`") : refuse(at, value);
    made += text_of(value.json);
    drawn = drawn || value.drawn;
    if (made.size() > cloudformation_text_max) break;
  }
  made += text.substr(from);
  return known(std::move(made), at, drawn);
}

Value Template::substituted(std::string_view name, const Json& names, const Json& at) {
  if (const Json* given = names.find(name)) return evaluate(*given);
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return reference(std::string(name), at);
  return attribute(std::string(name.substr(0, dot)), name.substr(dot + 1), at);
}

Value Template::join(const Json& argument, const Json& at) {
  if (argument.items().size() != 2 || !argument.items()[0].is_string()) return refuse(at, "`Fn::Join` takes a delimiter and a list");
  const Value values = evaluate(argument.items()[1]);
  if (!values.is_known()) return values.absent ? refuse(at, "`AWS::NoValue` in `Fn::Join`") : refuse(at, values);
  if (!values.json.is_array()) return refuse(at, "`Fn::Join` takes a delimiter and a list");
  std::string made;
  bool first = true;
  for (const Json& item : values.json.items()) {
    if (!first) made += argument.items()[0].as_string();
    first = false;
    made += text_of(item);
    if (made.size() > cloudformation_text_max) break;
  }
  return known(std::move(made), at, values.drawn);
}

// The items of a list that stands here are evaluated only where they are chosen.
Value Template::select(const Json& argument, const Json& at) {
  if (argument.items().size() != 2) return refuse(at, "`Fn::Select` takes an index and a list");
  const Value index = evaluate(argument.items()[0]);
  if (!index.is_known()) return refuse(at, index);
  if (index.drawn) return refuse(at, made_of_drawn);
  const std::string text = text_of(index.json);
  const bool is_number = !text.empty() && text.size() < 8 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) return refuse(at, fmt::format("`{}` is no index", text));
  const auto number = static_cast<std::size_t>(std::stoul(text));
  const Json& list = argument.items()[1];
  if (list.is_array() && number < list.items().size()) return evaluate(list.items()[number]);
  Value values = evaluate(list);
  if (!values.is_known()) return refuse(at, values);
  if (number >= values.json.items().size()) return refuse(at, fmt::format("the list has no item {}", number));
  return known(values.json.items()[number], at, values.drawn);
}

Value Template::split(const Json& argument, const Json& at) {
  if (argument.items().size() != 2 || argument.items()[0].as_string().empty()) return refuse(at, "`Fn::Split` takes a delimiter and a text");
  const std::string delimiter(argument.items()[0].as_string());
  const Value value = evaluate(argument.items()[1]);
  if (!value.is_known()) return refuse(at, value);
  if (value.drawn) return refuse(at, made_of_drawn);
  const std::string_view text = value.json.as_string();
  Json made = Json::array();
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(delimiter, begin), text.size());
    made.push(text.substr(begin, end - begin));
    begin = end + (end == text.size() ? 1 : delimiter.size());
  }
  work_ += text.size() + made.items().size() * sizeof(Json);
  return known(std::move(made), at);
}

Value Template::find_in_map(const Json& argument, const Json& at) {
  if (argument.items().size() < 3) return refuse(at, "`Fn::FindInMap` takes a map and two keys");
  const Json* found = &json_["Mappings"];
  std::string way;
  for (std::size_t i = 0; i < 3 && found != nullptr; ++i) {
    const Value key = evaluate(argument.items()[i]);
    if (!key.is_known()) return refuse(at, key);
    if (key.drawn) return refuse(at, made_of_drawn);
    way += "/" + text_of(key.json);
    found = found->find(text_of(key.json));
  }
  if (found != nullptr) {
    work_ += found->items().size() * sizeof(Json);
    for (const Json& item : found->items()) work_ += item.as_string().size();
    return known(*found, at);
  }
  const Json& otherwise = argument.items().back()["DefaultValue"];
  return otherwise.is_null() ? refuse(at, fmt::format("the mapping `{}` is not there", way.substr(1))) : evaluate(otherwise);
}

Value Template::choose(const Json& argument, const Json& at) {
  if (argument.items().size() != 3) return refuse(at, "`Fn::If` takes a condition and two values");
  const std::string name(argument.items()[0].as_string());
  const auto holds = named_condition(name);
  if (!holds) {
    const std::string why = cycle_.empty() ? fmt::format("whether the condition `{}` holds is not known", name)
                                           : fmt::format("the condition `{}` depends on itself in a circle", cycle_);
    return refuse(at, why);
  }
  Value value = evaluate(argument.items()[*holds ? 1 : 2]);
  value.computed = true;
  return value;
}

std::optional<bool> Template::named_condition(const std::string& name) {
  if (const auto found = conditions_.find(name); found != conditions_.end()) return found->second;
  const std::string mark = "Conditions/" + name;
  if (open_.contains(mark)) {
    cycle_ = name;
    return std::nullopt;
  }
  if (open_.size() >= cloudformation_references_max) return std::nullopt;
  const Json* found = json_["Conditions"].find(name);
  if (found == nullptr) return std::nullopt;
  open_.insert(mark);
  const std::optional<bool> holds = condition(*found);
  open_.erase(mark);
  conditions_[name] = holds;
  return holds;
}

std::optional<bool> Template::condition(const Json& json) {
  if (json.members().size() != 1) return std::nullopt;
  const auto& [name, argument, offset] = json.members().front();
  if (name == "Condition") return named_condition(std::string(argument.as_string()));
  if (name == "Fn::Not") {
    if (argument.items().size() != 1) return std::nullopt;
    const auto inner = condition(argument.items()[0]);
    return inner ? std::optional(!*inner) : std::nullopt;
  }
  if (name == "Fn::And" || name == "Fn::Or") {
    const bool decides = name == "Fn::Or";  // one that is so decides, whatever is not known
    bool all_known = true;
    for (const Json& item : argument.items()) {
      const auto inner = condition(item);
      if (inner && *inner == decides) return decides;
      all_known = all_known && inner.has_value();
    }
    return all_known ? std::optional(!decides) : std::nullopt;
  }
  if (name == "Fn::Equals" && argument.items().size() == 2) {
    const Value a = evaluate(argument.items()[0]), b = evaluate(argument.items()[1]);
    if (!a.is_known() || !b.is_known() || a.drawn || b.drawn) return std::nullopt;
    return text_of(a.json) == text_of(b.json);
  }
  return std::nullopt;
}

}  // namespace ringwall::loaders::declared
