#pragma once
// Network namespaces, pinned by a bind mount on a file so that they outlive every process.

#include <string>

#include "base/result.h"
#include "os/fd.h"

namespace ringwall::host::detail {

// The namespace pinned at `path`; not_found when there is none.
Result<os::UniqueFd> open_namespace(const std::string& path);
// The same, made first where there is none.
Result<os::UniqueFd> make_namespace(const std::string& path);
// Unpins; the namespace ends with its last process. Succeeds when there is none.
Result<> remove_namespace(const std::string& path);

Result<> enter_namespace(int network_namespace);

// The process's own namespace before, the given one until destroyed. For processes that have
// one thread only.
class Visit {
 public:
  static Result<Visit> to(int network_namespace);
  Visit(Visit&&) = default;
  Visit& operator=(Visit&&) = delete;
  ~Visit();

 private:
  explicit Visit(os::UniqueFd home) : home_(std::move(home)) {}
  os::UniqueFd home_;
};

}  // namespace ringwall::host::detail
