#include "server/bugs.h"

#include <filesystem>

#include "crypto/crypto.h"
#include "os/files.h"

namespace ringwall::server {

Result<std::string> record_bug(const Layout& layout, std::string_view question) {
  if (question.size() > bug_bytes_max) {
    return fail(Failure::exhausted, "the question has " + std::to_string(question.size()) + " bytes, and at most " + std::to_string(bug_bytes_max) + " are kept");
  }
  constexpr unsigned folder_mode = 0700, file_mode = 0600;
  RW_DO(os::make_folder(layout.bugs(), folder_mode));
  constexpr std::size_t name_characters = 16;
  const std::string path = layout.bugs() + "/prover-" + crypto::sha256_hex(question).substr(0, name_characters) + ".json";
  std::error_code error;
  if (std::filesystem::exists(path, error)) return path;
  std::size_t kept = 0;
  for (auto at = std::filesystem::directory_iterator(layout.bugs(), error); !error && at != std::filesystem::directory_iterator(); at.increment(error)) ++kept;
  if (error || kept >= bugs_max) return fail(Failure::exhausted, "`" + layout.bugs() + "` has " + std::to_string(kept) + " files, which is all that are kept: remove those that were reported");
  RW_DO(os::write_file(path, std::string(question) + "\n", file_mode));
  return path;
}

}  // namespace ringwall::server
