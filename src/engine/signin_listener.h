#pragma once
// Answers the sign-in questions of one database instance.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <sys/types.h>

#include "engine/signin.h"
#include "os/fd.h"

namespace ringwall::engine {

// Decides, and says why in `reason` (for the engine's log). Called on the listener's thread,
// one call at a time; while it runs, other sign-ins of the same instance wait.
using SigninJudge = std::function<bool(const SigninRequest& request, std::string& reason)>;
// Is told of sign-ins that the engine judged, on the same thread.
using SigninWitness = std::function<void(const SigninNotice& notice)>;

struct SigninLimits {
  std::size_t connections_max = 64;          // those past it are closed unanswered: denied
  std::chrono::milliseconds patience{2000};  // from connecting to the whole request
};

// Listens on `auth.sock` in a folder that it shares with the engine. The folder is the
// engine's to write to, so nothing in it is trusted: only peers with the engine's uid are
// answered, and no path inside is followed. Closing without an answer denies.
class SigninListener {
 public:
  // Replaces a socket left over from an earlier process. The folder must exist.
  static Result<std::unique_ptr<SigninListener>> open(const std::string& folder, uid_t engine_uid,
                                                      SigninJudge judge, SigninLimits limits = {},
                                                      SigninWitness witness = {});
  ~SigninListener();  // waits for a call of the judge in progress; the socket stays, refusing
  SigninListener(const SigninListener&) = delete;
  SigninListener& operator=(const SigninListener&) = delete;

 private:
  SigninListener() = default;
  os::UniqueFd stop_;
  std::thread thread_;
};

}  // namespace ringwall::engine
