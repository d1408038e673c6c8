#pragma once
// `ringwall backup` and `ringwall restore`.

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "commands.h"

namespace CLI {
class App;
}

namespace ringwall::app {

// The one thing of a backup that opens the rest, and so is sealed: the root key's file in it.
inline constexpr const char* sealed_under_passphrase = "root.key.scrypt";
inline constexpr const char* sealed_to_recipient = "root.key.cms";
inline constexpr const char* backup_format = "ringwall-backup";
inline constexpr int backup_version = 1;
inline constexpr std::size_t key_file_bytes_max = 256UL * 1024;

struct BackupFlags {
  std::string data = data_folder_default;
  std::string target;           // a folder, or `-`
  std::string passphrase_file;  // empty, beside no recipient: asked for on the terminal
  std::string recipient;        // a PEM certificate or public key
  bool volumes = false;
};

struct RestoreFlags {
  std::string data = data_folder_default;
  std::string source;  // a file, or `-`
  std::string passphrase_file;
  std::string key;  // a PEM private key
  bool check = false;
  bool replace = false;
};

int backup(const BackupFlags& flags);
int restore(const RestoreFlags& flags);
void add_backup(CLI::App& app, Chosen& chosen);
void add_restore(CLI::App& app, Chosen& chosen);

// The first line of the file; without one, what is typed on the terminal, `twice` to be sure.
Result<Secret> read_passphrase(const std::string& file, bool twice);

}  // namespace ringwall::app
