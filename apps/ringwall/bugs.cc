// A proof that contradicts itself is no proof: what the commands say of it, and what they keep of it for a report.

#include <fmt/format.h>

#include "crypto/crypto.h"
#include "os/files.h"
#include "proofs.h"

namespace ringwall::app {

void Bugs::note(const prover::Bug& bug) {
  const std::lock_guard lock(mutex_);
  saved_.emplace(bug.question, bug.what);
}

int Bugs::status(int status) const {
  constexpr unsigned mode = 0600;  // policies are in it
  constexpr std::size_t name_characters = 16;
  for (const auto& [question, what] : saved_) {
    const std::string path = "ringwall-bug-" + crypto::sha256_hex(question).substr(0, name_characters) + ".json";
    const auto written = os::write_file(path, question + "\n", mode);
    complain("a bug: it does not hold that " + what + ": nothing is proved; please report it with " +
             (written ? "the file `" + path + "`" : "its question, which could not be saved: " + written.error().message));
  }
  return saved_.empty() ? status : exit_bug;
}

}  // namespace ringwall::app
