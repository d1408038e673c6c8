#include <algorithm>
#include <array>

#include "loaders/loaders.h"

namespace ringwall::loaders {
namespace {

constexpr std::size_t head_bytes = 64UL * 1024;  // Terraform's versions stand first

bool is_of_export(std::string_view path) {
  while (path.starts_with("./")) path.remove_prefix(2);
  static constexpr std::array<std::string_view, 4> names = {"organization.json", "roots.json", "accounts.json", "export.json"};
  if (std::ranges::find(names, path) != names.end()) return true;
  return path.starts_with("accounts/") && path.ends_with("/authorization-details.json");
}

bool is_of_terraform(std::string_view text) {
  const std::string_view head = text.substr(0, head_bytes);
  return head.contains("\"terraform_version\"") || head.contains("\"planned_values\"");
}

bool is_authorization_details(std::string_view text) {
  return text.contains("\"RoleDetailList\"") || text.contains("\"UserDetailList\"");
}

bool is_of_cloudformation(std::string_view text) {
  return text.contains("AWSTemplateFormatVersion") || (text.contains("Resources") && text.contains("AWS::"));
}

}  // namespace

std::vector<File> files_of(const text::Json& live_export) {
  std::vector<File> files;
  for (const auto& [path, content, offset] : live_export.members()) files.push_back({.path = path, .text = content.dump_pretty() + "\n"});
  return files;
}

std::optional<Format> format_of(std::span<const File> files) {
  if (std::ranges::any_of(files, is_of_export, &File::path)) return Format::export_folder;
  if (std::ranges::any_of(files, is_authorization_details, &File::text)) return Format::authorization_details;
  if (std::ranges::any_of(files, is_of_terraform, &File::text)) return Format::terraform;
  if (std::ranges::any_of(files, is_of_cloudformation, &File::text)) return Format::cloudformation;
  return std::nullopt;
}

}  // namespace ringwall::loaders
