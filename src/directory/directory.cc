#include "directory/directory.h"

#include <algorithm>

#include "directory/detail/builder.h"

namespace ringwall::directory {
namespace {

std::uint64_t next_identity() {
  static std::atomic<std::uint64_t> last = 0;  // counts objects, holds no state of any of them
  return ++last;
}

}  // namespace

Directory::Directory(const service::Environment& environment, Report report)
    : identity_(next_identity()), builder_(std::make_unique<Builder>(environment, std::move(report))) {
  refresh(0);
  for (const char* prefix : {"iam/", "iam-key/", "org/"}) {
    watches_.push_back(environment.store.watch(prefix, [this](const std::vector<store::Change>&) {
      // The change itself is not looked at: the store is the truth, and several commits that
      // arrived together need one build.
      refresh(store::Revision{0});
    }));
  }
  refresh(0);  // a commit may have come between the first build and the watches
}

Directory::~Directory() { watches_.clear(); }

void Directory::wait_for(store::Revision revision) { refresh(revision); }

void Directory::refresh(store::Revision at_least) {
  const std::scoped_lock lock(building_);
  // `revision` has been committed when the caller has it, so whatever is read from here on
  // includes it. A snapshot read for a later revision includes it as well.
  if (at_least > 0 && at_least <= included_) return;
  estate::EstatePtr built = builder_->build();
  included_ = std::max(included_, at_least);
  if (built == nullptr) return;  // nothing changed
  {
    const std::scoped_lock swap(swapping_);
    snapshot_ = std::move(built);
  }
  generation_.fetch_add(1, std::memory_order_release);
}

estate::EstatePtr Directory::current() const {
  struct Kept {
    std::uint64_t identity = 0, generation = 0;
    estate::EstatePtr snapshot;
  };
  thread_local Kept kept;
  const std::uint64_t generation = generation_.load(std::memory_order_acquire);
  if (kept.identity == identity_ && kept.generation == generation) return kept.snapshot;
  const std::scoped_lock swap(swapping_);
  // The pointer may be newer than `generation` by now; then the next call only takes it again.
  kept = {.identity = identity_, .generation = generation, .snapshot = snapshot_};
  return kept.snapshot;
}

}  // namespace ringwall::directory
