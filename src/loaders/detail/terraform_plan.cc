#include "loaders/detail/terraform_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace ringwall::loaders::declared {
namespace {

const Json none;
const Json no_members = Json::object();

std::string without_index(std::string_view part) { return std::string(part.substr(0, part.find('['))); }
std::string index_of(std::string_view part) { return std::string(part.substr(std::min(part.find('['), part.size()))); }

// What an attribute takes of the resource that it names, where the plan does not say: of
// `aws_iam_policy.read[each.key].arn` it has `aws_iam_policy.read` and `each.key`.
std::string_view usual_attribute(std::string_view attribute) {
  if (attribute == "arn" || attribute.ends_with("_arn") || attribute == "permissions_boundary") return "arn";
  for (const std::string_view name : {"role", "user", "group", "function_name", "repository"}) {
    if (attribute == name) return "name";
  }
  for (const std::string_view id : {"bucket", "key_id", "queue_url", "policy_id", "target_id", "parent_id", "vpc_id", "vpc_endpoint_id"}) {
    if (attribute == id) return "id";
  }
  return {};
}

bool holds_true(const Json& marks) {
  if (marks.as_bool()) return true;
  return std::ranges::any_of(marks.items(), holds_true) ||
         std::ranges::any_of(marks.members(), [](const auto& member) { return holds_true(member.value); });
}

std::string join(const std::vector<std::string>& parts, std::size_t from, std::size_t to) {
  std::string joined;
  for (std::size_t i = from; i < to; ++i) joined += (i == from ? "" : ".") + parts[i];
  return joined;
}

}  // namespace

std::vector<std::string> split_address(std::string_view address) {
  std::vector<std::string> parts(1);
  bool in_index = false, in_quotes = false;
  for (std::size_t i = 0; i < address.size(); ++i) {
    const char c = address[i];
    if (in_quotes && c == '\\' && i + 1 < address.size()) parts.back() += address[i++];
    else if (c == '"') in_quotes = !in_quotes;
    else if (!in_quotes && (c == '[' || c == ']')) in_index = c == '[';
    if (c == '.' && !in_index && !in_quotes) {
      parts.emplace_back();
    } else {
      parts.back() += address[i];
    }
  }
  return parts;
}

bool Block::is_unknown(std::string_view attribute) const { return holds_true((*unknown)[attribute]); }

bool Block::is_left_out(std::string_view attribute) const {
  return expressions != nullptr && !expressions->contains(attribute);
}

Result<TerraformFile> TerraformFile::read(const Text& text) {
  if (text.text().starts_with("PK")) {
    return fail(Failure::invalid, fmt::format("`{}` is a plan in Terraform's own form: give what `terraform show -json {}` prints", text.path(), text.path()));
  }
  auto json = text::parse_json(text.text(), terraform_limits);
  if (!json) return fail(json.error(), fmt::format("cannot read `{}`", text.path()));
  TerraformFile file;
  file.json_ = *std::move(json);
  RW_DO(file.refuse_other_files(text));
  const Json& root = file.json_;
  file.is_plan_ = root.contains("planned_values") || root.contains("resource_changes");
  if (file.is_plan_) {
    file.add_module(root["planned_values"]["root_module"], false);
    file.add_module(root["prior_state"]["values"]["root_module"], true);
    file.add_changes();
  } else {
    file.add_module(root["values"]["root_module"], false);
  }
  file.connect();
  return file;
}

Result<> TerraformFile::refuse_other_files(const Text& text) const {
  if (!json_.is_object()) return fail(Failure::invalid, fmt::format("`{}` is no JSON object", text.path()));
  if (json_["version"].is_integer() && json_.contains("lineage")) {
    return fail(Failure::invalid, fmt::format("`{}` is a state in Terraform's own form: give what `terraform show -json` prints", text.path()));
  }
  const std::string_view version = json_.text("format_version");
  if (version.empty()) {
    return fail(Failure::invalid, fmt::format("`{}` has no `format_version`: give what `terraform show -json` prints of a plan or a state", text.path()));
  }
  if (const std::string_view major = version.substr(0, version.find('.')); major != "1" && major != "0") {
    return fail(Failure::invalid, fmt::format("`{}` has the format version `{}`, and what is read is 1", text.path(), version));
  }
  const bool has_values = json_["planned_values"].is_object() || json_["resource_changes"].is_array() || json_["values"].is_object();
  // A state of nothing is `{"format_version":"1.0"}`.
  if (!has_values && json_.members().size() > 2) {
    return fail(Failure::invalid, fmt::format("`{}` has neither `planned_values` nor `values`: give what `terraform show -json` prints of a plan or a state", text.path()));
  }
  return {};
}

void TerraformFile::add_module(const Json& module, bool data_only) {
  for (const Json& resource : module["resources"].items()) {
    const bool data = resource.text("mode") == "data";
    if (data_only && !data) continue;
    Block block{.address = resource.str("address"), .module = module.str("address"), .type = resource.str("type"),
                .provider = {}, .data = data, .offset = resource.offset(), .values = &resource["values"], .unknown = &no_members};
    if (!by_address_.try_emplace(block.address, blocks_.size()).second) continue;
    blocks_.push_back(std::move(block));
  }
  for (const Json& child : module["child_modules"].items()) add_module(child, data_only);
}

// What is unknown stands with the changes; what is deleted stands nowhere else.
void TerraformFile::add_changes() {
  for (const Json& change : json_["resource_changes"].items()) {
    if (change.contains("deposed")) continue;
    const Json& made = change["change"];
    const bool is_gone = !made["after"].is_object();
    Block block{.address = change.str("address"), .module = change.str("module_address"), .type = change.str("type"),
                .provider = {}, .data = change.text("mode") == "data", .offset = change.offset(),
                .values = is_gone ? &made["before"] : &made["after"], .unknown = &no_members};
    if (is_gone) {
      if (!block.data) deleted_.push_back(std::move(block));
      continue;
    }
    const auto [known, is_new] = by_address_.try_emplace(block.address, blocks_.size());
    if (is_new) blocks_.push_back(std::move(block));
    Block& existing = blocks_[known->second];
    if (made["after_unknown"].is_object()) existing.unknown = &made["after_unknown"];
  }
}

void TerraformFile::connect() {
  std::map<std::string, std::map<std::string, const Json*>, std::less<>> modules;  // by name, of each
  for (Block& block : blocks_) {
    const auto [known, is_new] = modules.try_emplace(block.module);
    if (is_new) {
      const Json* module = configured_module(block.module);
      if (module == nullptr) module = &none;
      for (const Json& resource : (*module)["resources"].items()) known->second.emplace(resource.str("address"), &resource);
    }
    const auto parts = split_address(block.address);
    const auto found = known->second.find((block.data ? "data." : "") + block.type + "." + without_index(parts.back()));
    if (found == known->second.end()) continue;
    block.expressions = &(*found->second)["expressions"];
    block.for_each = found->second->find("for_each_expression");
    block.provider = found->second->str("provider_config_key");
  }
}

const Json* TerraformFile::configured_module(std::string_view address) const {
  const Json* module = json_["configuration"].find("root_module");
  if (address.empty()) return module;
  const auto parts = split_address(address);
  for (std::size_t i = 1; module != nullptr && i < parts.size(); i += 2) {
    module = (*module)["module_calls"][without_index(parts[i])].find("module");
  }
  return module;
}

const Json& TerraformFile::provider(std::string_view key, std::string_view argument) const {
  return json_["configuration"]["provider_config"][key]["expressions"][argument]["constant_value"];
}

bool TerraformFile::provider_has(std::string_view key, std::string_view argument) const {
  return json_["configuration"]["provider_config"][key]["expressions"].contains(argument);
}

Reference TerraformFile::reference(const Block& block, std::string_view attribute) const {
  if (block.expressions == nullptr) return {};
  const std::string index = index_of(split_address(block.address).back());
  return follow({block.module, index, block.for_each}, (*block.expressions)[attribute]["references"], attribute);
}

Reference TerraformFile::found(const std::string& module, const std::string& address, std::string attribute) const {
  const auto known = by_address_.find((module.empty() ? "" : module + ".") + address);
  if (known == by_address_.end()) return {};
  return {&blocks_[known->second], std::move(attribute)};
}

// An expression of one instance among several: `aws_x.y[each.key].arn`, `each.value.arn` of
// `for_each = aws_x.y`. The instance of the same key is meant, where there is one.
Reference TerraformFile::of_instance(const Site& site, const std::vector<std::string>& references, std::string_view attribute) const {
  if (site.index.empty()) return {};
  const std::string& last = references.back();
  if (last == "each.value") {
    const auto& each = site.for_each == nullptr ? none.items() : (*site.for_each)["references"].items();
    if (each.size() != 1) return {};
    const std::string of = std::string(references.front()).substr(std::min(references.front().size(), last.size() + 1));
    const bool is_chain = std::ranges::all_of(references, [&](const std::string& one) { return references.front().starts_with(one); });
    const std::string address(each.front().as_string());
    if (!is_chain || of.empty() || split_address(address).size() != 2) return {};
    return found(site.module, address + site.index, of);
  }
  std::vector<std::string> others;
  std::ranges::copy_if(references, std::back_inserter(others), [](const std::string& one) { return one != "each.key" && one != "count.index"; });
  if (others.size() != 1 || split_address(others.front()).size() != 2) return {};
  return found(site.module, others.front() + site.index, std::string(usual_attribute(attribute)));
}

// Terraform lists what an expression mentions, each with the shorter forms of it that follow:
// `aws_iam_policy.read.arn`, `aws_iam_policy.read`. Anything else beside it, a variable or another
// resource, and the expression may make something else of it.
Reference TerraformFile::follow(Site site, const Json& first, std::string_view attribute) const {
  const Json* references = &first;
  for (std::size_t step = 0; step < terraform_references_max; ++step) {
    const auto& items = references->items();
    if (items.empty()) return {};
    std::vector<std::string> mentioned;
    for (const Json& item : items) mentioned.emplace_back(item.as_string());
    // `for_each = {read = aws_iam_policy.read.arn}`: what is not known of the values is the one thing mentioned.
    if (mentioned.size() == 1 && mentioned.front() == "each.value" && site.for_each != nullptr) {
      references = &(*site.for_each)["references"];
      site.for_each = nullptr;
      continue;
    }
    const auto is_of_instance = [](const std::string& one) { return one == "each.key" || one == "each.value" || one == "count.index"; };
    if (std::ranges::any_of(mentioned, is_of_instance)) return of_instance(site, mentioned, attribute);
    const std::string& full = mentioned.front();
    if (!std::ranges::all_of(mentioned, [&](const std::string& one) { return full.starts_with(one); })) return {};
    const auto parts = split_address(full);
    const Json* inner = configured_module(site.module);
    if (inner == nullptr || parts.size() < 2) return {};
    if (parts[0] == "var") {
      if (parts.size() != 2 || site.module.empty()) return {};
      const auto path = split_address(site.module);
      site.module = join(path, 0, path.size() - 2);
      const Json* outer = configured_module(site.module);
      if (outer == nullptr) return {};
      const Json& call = (*outer)["module_calls"][without_index(path.back())];
      site.index = index_of(path.back());
      site.for_each = call.find("for_each_expression");
      references = &call["expressions"][parts[1]]["references"];
    } else if (parts[0] == "module") {
      if (parts.size() != 3) return {};
      references = &(*inner)["module_calls"][without_index(parts[1])]["module"]["outputs"][parts[2]]["expression"]["references"];
      site = {(site.module.empty() ? "module." : site.module + ".module.") + parts[1], {}, nullptr};
    } else {
      if (parts.size() < 3) return {};
      return found(site.module, parts[0] + "." + parts[1], join(parts, 2, parts.size()));
    }
  }
  return {};
}

}  // namespace ringwall::loaders::declared
