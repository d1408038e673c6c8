#pragma once
// Files in, an estate out: what AWS's CLI prints, Terraform plans and states, CloudFormation
// templates. Pure; reading folders is the caller's.
//
// What is missing or cannot be read never vanishes: it is a Gap, and every answer that could
// depend on it is inconclusive. The layout of an export folder is in README.md beside this file;
// `ringwall collect` writes it and a running server is asked for it.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "estate/estate.h"

namespace ringwall::loaders {

// Of an export. A large account's authorization details are more than any API's document may be.
inline constexpr std::size_t export_file_bytes_max = 256UL * 1024 * 1024;

struct File {
  std::string path;  // as the user names it; in an export relative to its folder
  std::string text;
};

// Something that could not be read, and what depends on it.
struct Gap {
  enum class Kind : std::uint8_t {
    missing,      // the file or member is not there
    truncated,    // the file ends early, or says that there are more pages
    unreadable,   // JSON, YAML or policy that does not parse
    placeholder,  // a value that is not known yet: `${…}`, `<…>`, known after apply
    unsupported,  // something that this loader does not evaluate
  };
  Kind kind = Kind::unreadable;
  // Whose answers depend on it: the ARN of a principal or resource, the id of an account, an
  // organisational unit, a root or an endpoint; `*`: everything.
  std::string subject;
  std::string path;
  text::Position position = {};
  std::string message;
  friend bool operator==(const Gap&, const Gap&) = default;
};

// Where a document's text stands in the user's files.
struct Source {
  std::string path;
  text::Position position;    // of the document's first character
  std::uint32_t offset = 0;   // the same, in bytes
  bool verbatim = false;      // the file has the text as the document has it: positions add up
  friend bool operator==(const Source&, const Source&) = default;
};

// A policy for something that these files do not declare: alone they cannot say what it changes,
// so `gap` is among their gaps; laid over an estate that has the target, it is attached there.
struct Elsewhere {
  policy::Kind kind = policy::Kind::scp;  // scp, rcp, or endpoint
  std::string target;                     // a root, a unit, an account, or an endpoint
  authz::Named policy;
  Gap gap;
};

struct Loaded {
  estate::EstatePtr estate;
  std::vector<Gap> gaps;                                     // in the order of files and positions
  std::map<const policy::Document*, Source> sources;
  std::vector<Elsewhere> elsewhere = {};
  std::map<std::string, std::string> regions = {};  // in which VPCs and endpoints lie, by id
  std::set<std::string> parameters = {};                     // of Options, those that a template has
};

enum class Format : std::uint8_t { export_folder, authorization_details, terraform, cloudformation };

// The files of an export that a running server answered: {path: content} (server/live_export.h).
std::vector<File> files_of(const text::Json& live_export);

// What the files look like; nothing if like none of them.
std::optional<Format> format_of(std::span<const File> files);

// Refuses only what is no estate at all: wrong format, no account, an organisation whose tree has
// a cycle or that is not the one expected. Everything less is a gap.
struct Options {
  std::string organization = {};     // o-…: another one is refused; empty: any
  bool no_organization = false;      // the accounts are in none: any is refused
  std::string default_account = {};  // of Terraform and CloudFormation resources that name none
  std::string default_region = "us-east-1";
  // Values of templates' parameters, by name; `AWS::StackName` and its like too.
  std::map<std::string, std::string> parameters = {};
  // Texts of AWS's own policies, each in a file that is called as the policy is: the document, or
  // what `iam get-policy-version` prints. And an estate whose managed policies count as well.
  std::vector<File> managed_policies = {};
  estate::EstatePtr beside = {};
  // The template that a nested stack's `TemplateURL` names, from the template at the path `from`;
  // nothing: it is not there. Null: none is.
  std::function<std::optional<File>(const std::string& from, const std::string& url)> nested = {};
  // Templates of stacks beside, for what they export; what they make is not read.
  std::vector<File> exporting = {};
};
Result<Loaded> load_export(std::span<const File> files, const Options& options);
// What `iam get-account-authorization-details` prints, each file of one account: its identities are
// whole, and a gap says that its resources and networks are not there.
Result<Loaded> load_authorization_details(std::span<const File> files, const Options& options);
Result<Loaded> load_terraform(std::span<const File> files, const Options& options);
Result<Loaded> load_cloudformation(std::span<const File> files, const Options& options);
Result<Loaded> load(std::span<const File> files, const Options& options);  // by format_of

// `after` laid over `before`: what a plan or template changes in an estate that was exported.
Loaded overlay(const Loaded& before, const Loaded& after);

}  // namespace ringwall::loaders
