#pragma once
// The subcommands that prove and compare: `prove`, `diff`, `who-can`, `what-can`, `compare`.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "commands.h"
#include "loaders/loaders.h"
#include "os/file_state.h"
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
// What was looked at to read files, each as it was just before it was read; of a folder, what it held. Also what was not there.
struct Seen {
  std::map<std::string, os::FileState> files;
  std::map<std::string, std::vector<std::string>> folders;
  TimePoint since = {};  // before the first look

  void look(const std::string& path) { files.insert_or_assign(path, os::state_of(path)); }
};
// Whether reading them again may read something else. `again`: they look the same, and one was so young that this says little.
enum class Sight : std::uint8_t { same, again, other };
Sight sight_of(const Seen& seen, TimePoint now);

// `seen`: told what is looked at, also where reading fails.
Result<loaders::Loaded> read_estate(const EstateFlags& flags, const std::string& organization = {}, Expected expected = Expected::any, Seen* seen = nullptr);

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
  bool watch = false;
  double interval_s = 2;  // of looks at the files
};

// One proof, of the files that flags name.
struct Proof {
  std::string perimeter_text;
  perimeter::Perimeter perimeter;
  loaders::Loaded world;
  prove::Report report;
  int status = exit_bad_input;  // of the command, were this the end
};
// What stays from one proof to the next.
struct Kept {
  std::shared_ptr<prove::Memory> memory = prove::make_memory();
  std::optional<loaders::Loaded> world;  // the last one
};
Result<std::unique_ptr<Proof>> prove_files(const ProveFlags& flags, Kept* kept = nullptr, Seen* seen = nullptr);
// Writes the files that flags name beside the report on standard output.
Result<> write_files(const Proof& proof, const ProveFlags& flags);
std::string rendered(const Proof& proof, const ProveFlags& flags);  // for standard output
// Proves again whenever files changed, until a signal ends it.
Result<int> watch(const ProveFlags& flags);

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
