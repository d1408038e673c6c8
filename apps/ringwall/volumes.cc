#include "volumes.h"

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <iostream>  // tidy: what a person types on a terminal is read by the line
#include <memory>

#include "control/control.h"
#include "os/files.h"
#include "server/beginning.h"
#include "server/keys.h"
#include "text/visible.h"

extern char** environ;

namespace ringwall::app {

using text::Json;

namespace {

namespace fs = std::filesystem;

struct Flags {
  std::string data = data_folder_default;
  bool yes = false;
};

struct VolumesFlags : Flags {
  Format format = Format::text;
  std::string volume, file;
  std::string account, identifier, subnet_group, kms_key;
  std::vector<std::string> groups;
};

// As the server knows it, whatever way the user named it.
std::string folder_of(const std::string& data) {
  std::error_code error;
  return fs::weakly_canonical(data, error);
}

// Whether whoever sits there repeats `word`. Without a terminal nobody does.
bool repeats(const std::string& question, const std::string& word) {
  if (::isatty(STDIN_FILENO) == 0) return false;
  fmt::print(stderr, "{}\nType `{}` to go on: ", question, word);
  std::string typed;
  return std::getline(std::cin, typed) && typed == word;
}

int complain_of(const Error& error) {
  return complain(error.message, error.kind == Failure::unavailable ? exit_no_server : exit_failure);
}

int unconfirmed() { return complain("nothing was done: it needs a confirmation, or --yes"); }

std::string size_text(std::int64_t bytes) {
  constexpr double mebi = 1024.0 * 1024, gibi = mebi * 1024;
  const auto amount = static_cast<double>(bytes);
  return amount >= gibi ? fmt::format("{:.1f} GiB", amount / gibi) : fmt::format("{:.1f} MiB", amount / mebi);
}

int list(const VolumesFlags& flags) {
  const auto answered = control::volumes(folder_of(flags.data), Json::object({{"do", "list"}}));
  if (!answered) return complain_of(answered.error());
  if (flags.format == Format::json) {
    fmt::print("{}\n", answered->dump_pretty());
    return exit_success;
  }
  for (const Json& row : (*answered)["volumes"].items()) print_volume(row);
  if ((*answered)["volumes"].items().empty()) fmt::print("no volumes\n");
  return exit_success;
}

Json request_of(const VolumesFlags& flags, const char* what) {
  Json groups = Json::array();
  for (const std::string& group : flags.groups) groups.push(group);
  return Json::object({{"do", what},
                       {"volume", flags.volume},
                       {"account", flags.account},
                       {"identifier", flags.identifier},
                       {"subnet_group", flags.subnet_group},
                       {"kms_key", flags.kms_key},
                       {"groups", std::move(groups)}});
}

int adopt(const VolumesFlags& flags) {
  if (!flags.yes &&
      !repeats("A database is made over the volume, with the rows, roles and passwords that are in it.", flags.volume))
    return unconfirmed();
  const auto adopted = control::volumes(folder_of(flags.data), request_of(flags, "adopt"));
  if (!adopted) return complain_of(adopted.error());
  fmt::print("{} is `{}` of account {}, at {}, under the KMS key {}\n", flags.volume, adopted->text("identifier"),
             adopted->text("account"), adopted->text("endpoint"), adopted->text("kms_key"));
  return exit_success;
}

int remove(const VolumesFlags& flags) {
  if (!flags.yes && !repeats("The volume and everything in it is erased, for ever.", flags.volume))
    return unconfirmed();
  const auto removed = control::volumes(folder_of(flags.data), request_of(flags, "remove"));
  return removed ? exit_success : complain_of(removed.error());
}

// When the image was last changed, and nothing while it is open; to see that a copy is of one moment.
Result<std::string> state_of(const VolumesFlags& flags) {
  RW_TRY(const Json answered, control::volumes(folder_of(flags.data), Json::object({{"do", "list"}})));
  for (const Json& row : answered["volumes"].items()) {
    if (row.text("id") == flags.volume && !row["open"].as_bool()) return row.str("modified");
  }
  return fail(Failure::conflict,
              "the volume `" + flags.volume + "` was opened or removed meanwhile: the copy is not whole");
}

// An archive that keeps holes: what is allocated of a volume is little of what it may hold.
Result<> archive(const std::string& folder, const std::string& volume, int output) {
  std::vector<std::string> words = {"tar",          "--create", "--sparse", "--file=-", "--directory=" + folder,
                                    volume + ".img"};
  std::error_code error;
  if (fs::exists(folder + "/" + volume + ".label", error)) words.push_back(volume + ".label");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  pid_t child = -1;
  const int code = ::posix_spawn(&child, "/usr/bin/tar", &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (code != 0) return std::unexpected(os::system_error("cannot run /usr/bin/tar", code));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(Failure::io, "tar could not copy the volume");
}

Result<> copy_out(const VolumesFlags& flags, int output) {
  RW_TRY(const std::string before, state_of(flags));
  RW_DO(archive(folder_of(flags.data) + "/host/volumes", flags.volume, output));
  if (flags.file != "-" && ::fsync(output) != 0)
    return std::unexpected(os::system_error("cannot flush `" + flags.file + "`", errno));
  RW_TRY(const std::string after, state_of(flags));
  if (before == after) return {};
  return fail(Failure::conflict, "the volume `" + flags.volume + "` changed meanwhile: the copy is not whole");
}

int export_volume(const VolumesFlags& flags) {
  if (flags.file == "-" && ::isatty(STDOUT_FILENO) != 0)
    return complain("an archive is not written to a terminal: name a file, or redirect the output");
  if (const auto asked = control::volumes(folder_of(flags.data), request_of(flags, "export")); !asked)
    return complain_of(asked.error());
  if (flags.file == "-") {
    const auto copied = copy_out(flags, STDOUT_FILENO);
    return copied ? exit_success : complain_of(copied.error());
  }
  const os::UniqueFd file(::open(flags.file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return complain(os::system_error("cannot make `" + flags.file + "`", errno).message);
  if (const auto copied = copy_out(flags, file.get()); !copied) {
    ::unlink(flags.file.c_str());
    return complain_of(copied.error());
  }
  const std::string parent = fs::path(flags.file).parent_path();
  const os::UniqueFd folder(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0)
    return complain(os::system_error("cannot flush the folder of `" + flags.file + "`", errno).message);
  return exit_success;
}

int new_store(const Flags& flags) {
  if (::geteuid() != 0) return complain("new-store needs root: run it with sudo");
  const server::Layout layout{folder_of(flags.data)};
  std::error_code error;
  if (control::status(layout.folder)) return complain("a server runs on `" + flags.data + "`: its store is there");
  if (!fs::is_directory(layout.server(), error)) {
    return complain("`" + flags.data + "` is not a data folder: `ringwall serve --data " + flags.data + "` makes one");
  }
  if (server::has_store(layout))
    return complain("there is a store in `" + layout.state() + "`: nothing is lost, so nothing is given up");
  const std::string question =
      "The next start on `" + layout.folder +
      "` makes a new organisation and administrator. Users, roles, policies, keys and\n"
      "networks of the lost store are not in it; volumes stay as they are, and are listed by `ringwall volumes`.";
  if (!flags.yes && !repeats(question, "new-store")) return unconfirmed();
  if (auto given_up = server::give_up_store(layout); !given_up) return complain(given_up.error().message);
  return exit_success;
}

void add_yes(CLI::App* command, Flags& flags) {
  command->add_flag("--yes", flags.yes, "confirm, where nobody can be asked");
}

void add_data(CLI::App* command, Flags& flags) {
  command->add_option("--data", flags.data, "the data folder")
      ->capture_default_str()
      ->type_name("DIR")
      ->envname("RINGWALL_DATA");
}

}  // namespace

void print_volume(const Json& row) {
  const auto shown = [&](const char* member) { return text::visible(row.text(member)); };  // a label may be anybody's
  std::string size;
  if (row.contains("bytes"))
    size = fmt::format("{}, {} taken", size_text(row["bytes"].as_integer()),
                       size_text(row["allocated_bytes"].as_integer()));
  std::string owner = shown("identifier");
  if (!owner.empty()) owner += fmt::format(" ({}) of {}", shown("engine"), shown("account"));
  const std::string_view changed = row.text("modified").substr(0, std::string_view("2026-01-02T03:04:05").size());
  fmt::print("{:<30} {:<8} {:<28} {:<20} {}\n", row.text("id"), row.text("state"), size, changed, owner);
  if (row.contains("refers")) fmt::print("    {}: {}\n", shown("refers"), shown("status"));
  if (row.contains("problem")) fmt::print("    {}\n", shown("problem"));
}

void add_volumes(CLI::App& app, Chosen& chosen) {
  const auto flags = std::make_shared<VolumesFlags>();  // the callbacks outlive this function
  const auto does = [&chosen, flags](CLI::App* command, int (*run)(const VolumesFlags&)) {
    command->callback([&chosen, flags, run] { chosen = [flags, run] { return run(*flags); }; });
  };
  CLI::App* command =
      app.add_subcommand("volumes", "List the databases' volumes; adopt, export or remove what no database uses.");
  command->footer(
      "A volume that the store does not know is kept, never opened and never erased: the store may be an older copy.\n"
      "States: in-use, missing (a database without its image), orphan (a volume without a database),\n"
      "foreign (another installation's), damaged (its label or its image).\n"
      "Example: ringwall volumes; ringwall volumes adopt db-… --db-subnet-group-name two --identifier shop\n"
      "Each asks the running server; adopt, export and remove are recorded in its audit log.\n"
      "Exit status: 0 done, 1 refused, failed or not confirmed, 2 wrong usage, 3 no server runs on the data folder.");
  command->require_subcommand(0, 1);
  command->fallthrough();
  add_data(command, *flags);
  add_format(*command, flags->format);
  const auto part = [&](const char* name, const char* what) {
    CLI::App* one = command->add_subcommand(name, what);
    one->fallthrough();
    return one;
  };
  const auto of_volume = [&](CLI::App* one) {
    one->add_option("volume", flags->volume, "the volume")->required()->type_name("ID");
  };
  CLI::App* list_command = part("list", "List them all, as without a word.");
  CLI::App* adopt_command = part("adopt", "Make a database over an orphan, with its rows, roles and passwords.");
  adopt_command->footer(
      "What is not given is as the volume's label says, where the store has that. Without --kms-key-id, a key that the\n"
      "store does not have is replaced by the account's aws/rds.");
  of_volume(adopt_command);
  adopt_command->add_option("--identifier", flags->identifier, "the database's name")->type_name("NAME");
  adopt_command->add_option("--account", flags->account, "whose it is to be")->type_name("ID");
  adopt_command->add_option("--db-subnet-group-name", flags->subnet_group, "where it is to be")->type_name("NAME");
  adopt_command->add_option("--vpc-security-group-ids", flags->groups, "its security groups")->type_name("ID");
  adopt_command->add_option("--kms-key-id", flags->kms_key, "the KMS key that wraps its data key from now on")
      ->type_name("KEY");
  CLI::App* export_command = part("export", "Copy a closed volume with its label, as a tar archive, still encrypted.");
  export_command->footer(
      "The archive keeps holes. To put it back: stop Ringwall, `tar -xSf FILE -C DATA/host/volumes`, start it, adopt the volume.");
  of_volume(export_command);
  export_command->add_option("file", flags->file, "a file that is not there yet, or - for standard output")
      ->required()
      ->type_name("FILE");
  CLI::App* remove_command = part("remove", "Erase a volume that no database uses.");
  of_volume(remove_command);
  for (CLI::App* one : {adopt_command, remove_command}) add_yes(one, *flags);
  command->callback([&chosen, flags, command] {  // runs after that of the word behind it, if there is one
    if (command->get_subcommands().empty()) chosen = [flags] { return list(*flags); };
  });
  does(list_command, list);
  does(adopt_command, adopt);
  does(export_command, export_volume);
  does(remove_command, remove);
}

void add_new_store(CLI::App& app, Chosen& chosen) {
  const auto flags = std::make_shared<Flags>();  // the callback outlives this function
  CLI::App* command = app.add_subcommand("new-store", "Give a lost store up, so that the next start may make another.");
  command->footer(
      "A data folder whose store is missing or empty does not start: put `server/state.db` back from a backup first.\n"
      "This is for when there is none. Root key, audit log and volumes stay.\n"
      "Exit status: 0 done, 1 refused or not confirmed, 2 wrong usage.");
  add_data(command, *flags);
  add_yes(command, *flags);
  command->callback([flags, &chosen] { chosen = [flags] { return new_store(*flags); }; });
}

}  // namespace ringwall::app
