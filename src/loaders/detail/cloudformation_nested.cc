// Stacks within stacks, and beside stacks: their templates, what they are given, and what they say.

#include <fmt/format.h>

#include "loaders/detail/cloudformation_template.h"

namespace ringwall::loaders::declared {

NestedTemplate& Template::nested(const std::string& logical) {
  std::shared_ptr<NestedTemplate>& known = nested_[logical];
  if (known != nullptr) return *known;
  known = std::make_shared<NestedTemplate>();
  // Its own outputs are not there yet, for whoever asks for them among its parameters.
  known->why = fmt::format("the stack `{}` depends on itself in a circle", logical);
  NestedTemplate& made = *known;
  open_nested(made, logical);
  return made;
}

void Template::open_nested(NestedTemplate& made, const std::string& logical) {
  const Json& resource = resources()[logical];
  const Value url = property(resource, "TemplateURL");
  if (!url.is_known() || url.drawn) {
    made.why = url.unknown.empty() ? fmt::format("the stack `{}` has no `TemplateURL` that can be read", logical) : url.unknown;
    return;
  }
  if (level_ + 1 > cloudformation_nested_levels_max || *nested_count_ >= cloudformation_nested_max) {
    made.why = fmt::format("the stack `{}` is behind more than {} levels of stacks, or {} stacks", logical, cloudformation_nested_levels_max, cloudformation_nested_max);
    return;
  }
  ++*nested_count_;
  const std::string from(text_->path());
  auto file = options_->nested ? options_->nested(from, std::string(url.json.as_string())) : std::nullopt;
  if (!file) {
    made.why = fmt::format("the template `{}` of the stack `{}` is not beside this one", url.json.as_string(), logical);
    return;
  }
  made.file = *std::move(file);
  made.text.emplace(made.file);
  auto source = Template::read(*made.text, *options_);
  if (!source) {
    made.why = source.error().message;
    return;
  }
  source->prefix_ = prefix_ + logical + ".";
  source->level_ = level_ + 1;
  source->nested_count_ = nested_count_;
  source->exports_ = exports_;
  for (const auto& [name, value, offset] : resource["Properties"]["Parameters"].members()) {
    Value given = evaluate(value);
    if (given.json.is_array()) {
      std::string joined;
      for (const Json& item : given.json.items()) joined += (joined.empty() ? "" : ",") + std::string(item.as_string());
      given.json = std::move(joined);
    }
    source->given_.emplace(name, std::move(given));
  }
  made.source.emplace(*std::move(source));
  made.why.clear();
}

Value Template::output(const std::string& name, const Json& at) {
  const Json* found = json_["Outputs"].find(name);
  if (found == nullptr) return refuse(at, fmt::format("`{}` has no output `{}`", text_->path(), name));
  const auto is_there = exists(*found);
  if (!is_there || !*is_there) return refuse(at, fmt::format("whether `{}` has the output `{}` is not known", text_->path(), name));
  const std::string mark = "Outputs/" + name;
  if (open_.contains(mark) || open_.size() >= cloudformation_references_max) return refuse(at, fmt::format("the output `{}` refers to itself in a circle", name));
  open_.insert(mark);
  Value value = evaluate((*found)["Value"]);
  open_.erase(mark);
  if (!value.is_known()) return refuse(at, value.absent ? Value{.unknown = fmt::format("the output `{}` is left out", name)} : value);
  return known(std::move(value.json), at, value.drawn);
}

void Template::list_exports() {
  exports_->is_open = true;
  auto& outputs = exports_->outputs.emplace();
  for (Template* each : exports_->templates)
    for (const auto& [key, found, offset] : each->json_["Outputs"].members()) {
      if (!found["Export"].contains("Name")) continue;
      const Value name = each->evaluate(found["Export"]["Name"]);
      if (name.is_known() && !name.drawn && name.json.is_string()) outputs[std::string(name.json.as_string())].emplace_back(each, key);
    }
  exports_->is_open = false;
}

Value Template::import_value(const Json& argument, const Json& at) {
  const Value name = evaluate(argument);
  if (!name.is_known()) return name.absent ? refuse(at, "`AWS::NoValue` in `Fn::ImportValue`") : refuse(at, name);
  const std::string text(name.json.as_string());
  if (exports_ != nullptr && !exports_->outputs) list_exports();
  if (exports_ == nullptr || exports_->is_open || !exports_->outputs->contains(text))
    return refuse(at, fmt::format("`{}` is what another stack exports: give its template too", text));
  const auto& found = exports_->outputs->at(text);
  if (found.size() > 1) return refuse(at, fmt::format("`{}` is exported by several of these templates", text));
  Value value = found.front().first->output(found.front().second, at);
  value.resource.clear();  // of the other template
  return value;
}

}  // namespace ringwall::loaders::declared
