#pragma once
// `ringwall generate`: from a perimeter file, the policies that hold it, as files or attached.

#include <string>
#include <vector>

#include "commands.h"
#include "generate/generate.h"

namespace CLI {
class App;
}

namespace ringwall::app {

enum class GenerateAs : std::uint8_t { json, terraform, cloudformation };

struct GenerateFlags {
  std::string perimeter;           // a path, or `-`
  std::string out;                 // a folder; empty beside `apply`
  GenerateAs as = GenerateAs::json;
  std::vector<std::string> layers;  // empty: all
  bool check = false;               // write nothing, and say what would change
  bool apply = false;               // to the running server: show what would change
  bool yes = false;                 // and perform it
  std::string data = data_folder_default;
};

CLI::App* add_generate(CLI::App& app, GenerateFlags& flags);

// Answers the exit status: 0 done, 1 something would change, does not fit or failed, 2 wrong input.
int generate_command(const GenerateFlags& flags);

}  // namespace ringwall::app
