#pragma once
// Keeps an Estate built from the stored identities and organisation (documents.h says how they
// are stored). Readers take the current snapshot; whoever commits can wait until it is in.
//
// A stored policy that does not compile (written by another version, say) opens nothing: it is
// replaced by one that denies everything, and reported.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "estate/estate.h"
#include "service/service.h"
#include "store/store.h"

namespace ringwall::directory {

// Told once about each policy or access key that cannot be used; from any thread.
using Report = std::function<void(std::string_view)>;

class Builder;

class Directory {
 public:
  // Builds the first snapshot before it returns. `environment` must outlive the Directory.
  explicit Directory(const service::Environment& environment, Report report = {});
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  // The newest snapshot. Thread-safe; costs a load and a reference count: each thread keeps the
  // pointer it took last, and takes the lock only after a change.
  estate::EstatePtr current() const;

  // Returns once the snapshot includes the commit that answered `revision`: what a caller wrote
  // decides about the caller's next request. Thread-safe. When the snapshot is older it makes the
  // next one, which costs what the changes since reach, not what is stored.
  void wait_for(store::Revision revision);

 private:
  void refresh();
  void make_current();  // while building_ is held

  const std::uint64_t identity_;             // never reused: tells threads' kept pointers apart
  std::unique_ptr<Builder> builder_;
  std::mutex building_;                      // held while a snapshot is made; guards the two around
  std::vector<estate::EstatePtr> replaced_;  // snapshots that readers may still have
  mutable std::mutex swapping_;              // held for a pointer's copy only
  estate::EstatePtr snapshot_;               // guarded by swapping_
  std::atomic<std::uint64_t> generation_ = 0;
  std::vector<std::unique_ptr<store::Watch>> watches_;  // last: stopped before the rest goes
};

}  // namespace ringwall::directory
