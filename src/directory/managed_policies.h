#pragma once
// The AWS managed policies that Ringwall carries: only those whose text is AWS's own, word for
// word. Any other name under arn:aws:iam::aws:policy/ does not exist here.

#include <cstdint>
#include <span>
#include <string_view>

namespace ringwall::directory {

struct ManagedPolicy {
  std::string_view name;
  std::string_view path;     // "/" or "/service-role/", …
  std::string_view id;       // ANPA…
  std::string_view arn;
  std::string_view version;  // of the text below
  std::int64_t created_ms = 0, updated_ms = 0;
  std::string_view text;
};

std::span<const ManagedPolicy> managed_policies();             // sorted by name
const ManagedPolicy* managed_policy(std::string_view arn);     // null: not carried

// The content of p-FullAWSAccess and p-RCPFullAWSAccess.
std::string_view full_access_text(std::string_view policy_type);

}  // namespace ringwall::directory
