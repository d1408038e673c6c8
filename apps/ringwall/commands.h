#pragma once
// The subcommands. Each answers the process's exit status; messages go to standard error.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/host.h"
#include "lint/rules.h"
#include "policy/policy.h"

namespace CLI {
class App;
}

namespace ringwall::app {

// Exit statuses that scripts may rely on.
inline constexpr int exit_success = 0;
inline constexpr int exit_failure = 1;   // it was tried and failed
inline constexpr int exit_usage = 2;     // the command line is wrong
inline constexpr int exit_no_server = 3; // no server runs on that data folder

enum class Format : std::uint8_t { text, json };
enum class OnStop : std::uint8_t { stop, keep };

inline constexpr const char* data_folder_default = "/var/lib/ringwall";
inline constexpr const char* listen_default = "127.0.0.1:4566";

struct ServeFlags {
  std::string data = data_folder_default;
  std::string listen = listen_default;
  std::string region = "us-east-1";
  std::string dns_suffix = "ringwall.internal";
  std::vector<std::string> host_names;
  std::string user;           // empty: `ringwall` if there is such a user, else an unassigned uid
  OnStop on_stop = OnStop::stop;
  host::Storage storage = host::Storage::reserved;
  unsigned threads = 0;
  bool without_limits = false;
  bool network_keys_everywhere = false;
};

struct ExecFlags {
  std::string data = data_folder_default;
  std::string vpc, subnet;
  std::vector<std::string> groups;
  std::string as;          // a user of the host's; empty: an uid that is nobody's
  bool host_view = false;  // the host's files instead of a view of its own
  std::vector<std::string> command;
};

struct SeverFlags {
  std::string data = data_folder_default;
  std::string database, interface, group, address, vpc;  // one of the first four; `vpc` goes with `address`
  Format format = Format::text;
};

struct AuthorizeFlags {
  std::string question;   // a file, or `-`; empty beside `cases`
  std::vector<std::string> cases;  // rule files, and folders of them
  bool batch = false;
  bool why = false;
  Format format = Format::text;
  bool live = false;      // under the running server's policies
  bool show = false;      // the question itself, filled in
  std::string data = data_folder_default;
  std::string principal, action, resource = "*";  // in place of a file
  std::vector<std::string> context;               // KEY=VALUE
};

enum class LintFormat : std::uint8_t { text, json, sarif };

struct LintFlags {
  std::vector<std::string> files;  // each a path, or `-`
  std::optional<policy::Kind> kind = {};  // empty: by each document's shape
  LintFormat format = LintFormat::text;
  lint::Severity fail_on = lint::Severity::error;  // a finding as grave as this fails
};

int serve(const ServeFlags& flags);
int exec(const ExecFlags& flags);
int sever(const SeverFlags& flags);
int env(const std::string& data, Format format);
int status(const std::string& data, Format format);
int authorize(const AuthorizeFlags& flags);
int lint_files(const LintFlags& flags);
int completion(const std::string& shell);

// What the command line asks for, once it was read. A subcommand that is added puts itself there.
using Chosen = std::function<int()>;
void add_check(CLI::App& app, Chosen& chosen);

// What --type takes: kinds of policy in lint's words.
inline constexpr const char* policy_kind_words = "identity|boundary|session|resource|trust|kms|scp|rcp|endpoint";
const std::map<std::string, policy::Kind>& policy_kinds();

// --format of a subcommand that prints data.
void add_format(CLI::App& command, Format& format);

// Says `message` on standard error, as "ringwall: …", and answers `status`.
int complain(const std::string& message, int status = exit_failure);

}  // namespace ringwall::app
