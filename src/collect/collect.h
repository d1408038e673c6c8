#pragma once
// An organisation's policies, read by the user's own AWS CLI with the user's own credentials, into
// an export folder as room loaders reads it. Calls only operations that read.

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace ringwall::collect {

struct Options {
  std::string folder;                  // made if missing; what is there already is not asked again
  std::string aws = "aws";             // the program, found on PATH
  std::vector<std::string> accounts;   // empty: every active account of the organisation
  std::string role = "OrganizationAccountAccessRole";  // assumed in the other accounts; empty: none
  std::vector<std::string> regions;    // empty: the CLI's own
  unsigned parallel = 4;               // calls at a time
  bool refresh = false;                // ask again what is there
  std::function<void(std::size_t done, std::size_t all, const std::string& what)> progress = {};
};

struct Summary {
  std::size_t files = 0, kept = 0;     // written, and there already
  std::vector<std::string> refused;    // what AWS did not let be read: recorded in the folder as gaps
};

// A file is written whole or not at all, so a run that was killed goes on where it stopped.
Result<Summary> collect(const Options& options);

}  // namespace ringwall::collect
