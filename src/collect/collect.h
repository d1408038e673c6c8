#pragma once
// An organisation's policies, read by the user's own AWS CLI with the user's own credentials, into
// an export folder as room loaders reads it. Calls only operations that read, and sts:AssumeRole.

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace ringwall::collect {

inline constexpr unsigned parallel_max = 64;
inline constexpr std::size_t parents_max = 20'000;            // roots and units of one organisation
inline constexpr std::size_t file_name_bytes_max = 230;       // of a resource's name, encoded
inline constexpr std::size_t message_bytes_max = 500;         // of what AWS says to a refused call

struct Options {
  std::string folder;                  // made if missing; what is there already is not asked again
  std::string aws = "aws";             // the program, found on PATH
  std::vector<std::string> accounts;   // empty: every active account of the organisation
  std::string role = "OrganizationAccountAccessRole";  // assumed in the other accounts; empty: none
  std::vector<std::string> regions;    // empty: the CLI's own
  std::vector<std::string> services;   // of service_names(); empty: all
  unsigned parallel = 4;               // calls at a time
  bool refresh = false;                // ask again what is there
  // From any thread, one at a time.
  std::function<void(std::size_t done, std::size_t all, const std::string& what)> progress = {};
};

struct Summary {
  std::size_t files = 0, kept = 0;     // written, and there already
  std::vector<std::string> refused;    // what AWS did not let be read: recorded in the folder as gaps
};

// "organizations", "iam", "ec2", "s3", …: what can be asked for or left out.
std::vector<std::string> service_names();

// A file is written whole or not at all, so a run that was killed goes on where it stopped. The
// credentials of assumed roles are passed to the AWS CLI in its environment and written nowhere.
// Fails when the AWS CLI cannot be run or knows no credentials, and when the folder cannot be
// written; a call that AWS refuses is in the Summary and in refused.json instead.
Result<Summary> collect(const Options& options);

// The calls that collect() makes, a line each, with PARENT, POLICY, ACCOUNT and the like where an
// earlier answer is put in.
std::vector<std::string> calls(const Options& options);

}  // namespace ringwall::collect
