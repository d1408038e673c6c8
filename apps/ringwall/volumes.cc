#include "volumes.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "control/control.h"
#include "server/beginning.h"
#include "server/keys.h"

namespace ringwall::app {
namespace {

// Whether whoever sits there repeats `word`. Without a terminal nobody does.
bool repeats(const std::string& question, const std::string& word) {
  if (::isatty(STDIN_FILENO) == 0) return false;
  fmt::print(stderr, "{}\nType `{}` to go on: ", question, word);
  std::string typed;
  return std::getline(std::cin, typed) && typed == word;
}

struct NewStoreFlags {
  std::string data = data_folder_default;
  bool yes = false;
};

int new_store(const NewStoreFlags& flags) {
  if (::geteuid() != 0) return complain("new-store needs root: run it with sudo");
  std::error_code error;
  const server::Layout layout{std::filesystem::weakly_canonical(flags.data, error)};
  if (control::status(layout.folder)) return complain("a server runs on `" + flags.data + "`: its store is there");
  if (!std::filesystem::is_directory(layout.server(), error)) {
    return complain("`" + flags.data + "` is not a data folder: `ringwall serve --data " + flags.data + "` makes one");
  }
  if (server::has_store(layout)) return complain("there is a store in `" + layout.state() + "`: nothing is lost, so nothing is given up");
  const std::string question = "The next start on `" + layout.folder +
                               "` makes a new organisation and administrator. Users, roles, policies, keys and\n"
                               "networks of the lost store are not in it; volumes stay as they are, and are listed by `ringwall volumes`.";
  if (!flags.yes && !repeats(question, "new-store")) return complain("nothing was done: it needs a confirmation, or --yes");
  if (auto given_up = server::give_up_store(layout); !given_up) return complain(given_up.error().message);
  return exit_success;
}

}  // namespace

void add_new_store(CLI::App& app, Chosen& chosen) {
  const auto flags = std::make_shared<NewStoreFlags>();  // the callback outlives this function
  CLI::App* command = app.add_subcommand("new-store", "Give a lost store up, so that the next start may make another.");
  command->footer("A data folder whose store is missing or empty does not start: put `server/state.db` back from a backup first.\n"
                  "This is for when there is none. Root key, audit log and volumes stay.\n"
                  "Exit status: 0 done, 1 refused or not confirmed, 2 wrong usage.");
  command->add_option("--data", flags->data, "the data folder")->capture_default_str()->type_name("DIR")->envname("RINGWALL_DATA");
  command->add_flag("--yes", flags->yes, "confirm, where nobody can be asked");
  command->callback([flags, &chosen] { chosen = [flags] { return new_store(*flags); }; });
}

}  // namespace ringwall::app
