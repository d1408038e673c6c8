#pragma once
// `ringwall perimeter`: is a perimeter file well formed, and what may one have?

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace ringwall::app {

struct PerimeterFlags {
  std::vector<std::string> files;  // each a path, or `-`
  CLI::App* schema = nullptr;      // the subcommand, if it was given
};

CLI::App* add_perimeter(CLI::App& app, PerimeterFlags& flags);

// Answers the exit status: 0 every file is well formed, 1 one is not, 2 one cannot be read.
int perimeter_command(const PerimeterFlags& flags);

// Today's date, by which exceptions are over: 2026-12-31.
std::string today();

}  // namespace ringwall::app
