#pragma once
// Which calls read an organisation: the table that both collect() and calls() go by. It names only
// operations that read. Room loaders' README.md says where each answer belongs.

#include <string>
#include <string_view>
#include <vector>

namespace ringwall::collect::detail {

// Words in capitals stand for what is put in: {NAME}, {ARN}, …
struct Service {
  std::string_view name;
  std::string_view listing;                  // the file of the list
  std::string_view list;                     // the call: "kms list-keys"
  std::string_view member;                   // of the answer, an array
  std::string_view item;                     // what of an item the policy's call takes; empty: the item itself
  std::string_view policy;                   // the call; empty: these resources have no policies
  std::string_view none = {};                // the error code that says that there is no policy
  std::string_view block = {};               // the call for a resource's block of public access; empty: there is none
  std::string_view account_block = {};       // the account's: {ACCOUNT}
  bool of_region = true;
};
const std::vector<Service>& services();
// What the calls for blocks say where nothing was ever set.
inline constexpr std::string_view no_block = "NoSuchPublicAccessBlockConfiguration";

struct Call {
  std::string path;                    // of its file, in the folder
  std::vector<std::string> arguments;  // "iam", "get-account-authorization-details", …
  std::string none = {};               // the error code that says that there is nothing
  std::string account = {}, region = {};
};

// The words of `call`, each "{WORD}" replaced by `value`.
std::vector<std::string> words_of(std::string_view call, std::string_view value = {});

// "iam get-account-authorization-details"
std::string operation_of(const Call& call);

}  // namespace ringwall::collect::detail
