#pragma once
// The subcommands that prove and compare: `prove`, `diff`, `who-can`, `what-can`, `compare`.

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "commands.h"
#include "loaders/loaders.h"
#include "perimeter/perimeter.h"
#include "policy/policy.h"
#include "prove/prove.h"
#include "prover/prover.h"

namespace CLI {
class App;
}

namespace ringwall::app {

// Exit statuses of these subcommands, wrong usage included.
inline constexpr int exit_proved = 0;
inline constexpr int exit_leak = 1;
inline constexpr int exit_inconclusive = 2;
inline constexpr int exit_bad_input = 3;
inline constexpr int exit_bug = 70;  // EX_SOFTWARE of sysexits.h: Ringwall contradicted itself, and says so

// Bugs that the prover met in itself. Each question that met one is saved in the current folder; thread-safe.
class Bugs {
 public:
  void note(const prover::Bug& bug);
  // `status`, unless there was a bug: then all are told on standard error.
  int status(int status) const;

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> saved_;  // what did not hold, by question
};

// An estate: folders as `ringwall collect` writes them and files of Terraform and CloudFormation,
// each laid over those before it; or that of the running server.
struct EstateFlags {
  std::vector<std::string> paths;
  bool live = false;
  std::string data = data_folder_default;
  std::string account, region = "us-east-1";  // of Terraform and CloudFormation resources that name none
  std::vector<std::string> parameters;  // of templates: NAME=VALUE
  std::string parameters_file;          // as `aws cloudformation --parameters file://` takes it
  std::string managed_policies;         // a folder of texts of AWS's own policies
};

inline constexpr std::size_t estate_files_max = 1'000'000;
inline constexpr std::size_t estate_file_bytes_max = 512UL * 1024 * 1024;
inline constexpr std::size_t estate_bytes_max = 4UL * 1024 * 1024 * 1024;

// `organization`: another one is refused; empty: any. `none`: there is to be none.
enum class Expected : std::uint8_t { any, none };
Result<loaders::Loaded> read_estate(const EstateFlags& flags, const std::string& organization = {}, Expected expected = Expected::any);

// As `--today` gives it; empty: the clock's. An ISO 8601 date.
Result<std::string> today_of(const std::string& given);
// By their names; empty: all.
using Objectives = std::set<perimeter::Objective>;
Result<Objectives> objectives_of(const std::vector<std::string>& names);

enum class ProofFormat : std::uint8_t { text, json, sarif, html };

struct ProveFlags {
  std::string perimeter;
  EstateFlags estate;
  std::string today;  // empty: the clock's
  unsigned threads = 0;  // 0: one for each processor
  ProofFormat format = ProofFormat::text;
  std::string out, page, sarif, json, certificate;  // files
  bool no_depth = false;
  std::vector<std::string> objectives;  // empty: all
  bool schema = false;
};

struct DiffFlags {
  EstateFlags before, after;
  unsigned threads = 0;
  Format format = Format::text;
};

struct WhoCanFlags {
  std::string action, resource;
  EstateFlags estate;
  unsigned threads = 0;
  Format format = Format::text;
};

struct WhatCanFlags {
  std::string principal;
  EstateFlags estate;
  unsigned threads = 0;
  Format format = Format::text;
};

struct CompareFlags {
  std::vector<std::string> files;  // two, or none beside `batch`
  std::optional<policy::Kind> kind;  // empty: by each document's shape
  Format format = Format::text;
  std::string batch;
  std::uint64_t steps = 0;  // what a comparison may cost (prover/domain.h); 0: not bounded
};

// Writes a certificate of every cell of the report that is proved. One of which none can be had is not called proved any more.
Result<> write_certificates(const std::string& path, prove::Report& report, const loaders::Loaded& world,
                            const perimeter::Perimeter& perimeter, const prove::Options& options);

// The options that name an estate.
void add_estate(CLI::App& command, EstateFlags& flags);

int prove(const ProveFlags& flags);
int diff(const DiffFlags& flags);
int who_can(const WhoCanFlags& flags);
int what_can(const WhatCanFlags& flags);
int compare(const CompareFlags& flags);

// Adds the five to the command line. Whichever is given sets `chosen` to what runs it.
void add_proofs(CLI::App& app, std::function<int()>& chosen);
// Is it one of the five? Their exit status of wrong usage is exit_bad_input.
bool is_proof(const std::string& subcommand);

}  // namespace ringwall::app
