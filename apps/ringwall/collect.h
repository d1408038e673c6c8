#pragma once
// `ringwall collect`: its flags, its place on the command line, and what it does.

#include <string>
#include <vector>

#include "collect/collect.h"

namespace CLI {
class App;
}

namespace ringwall::app {

struct CollectFlags {
  collect::Options options;
  bool dry_run = false;
};

CLI::App* add_collect(CLI::App& app, CollectFlags& flags);

// Answers the exit status: 0 everything was read, 2 something was refused, 3 wrong input.
int collect(const CollectFlags& flags);

}  // namespace ringwall::app
