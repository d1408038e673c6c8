#include "directory/directory.h"

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
  refresh();
  for (const std::string_view prefix : {identities_prefix, access_keys_prefix, organization_prefix}) {
    watches_.push_back(environment.store.watch(std::string(prefix), [this](const std::vector<store::Change>&) {
      // The change itself is not looked at: the builder asks the store what came after its own
      // revision, and several commits that arrived together need one build.
      refresh();
    }));
  }
  refresh();  // a commit may have come between the first build and the watches
}

Directory::~Directory() { watches_.clear(); }

void Directory::wait_for(store::Revision revision) {
  const std::scoped_lock lock(building_);
  // `revision` has been committed when the caller has it, so what is read from here on has it.
  if (revision > builder_->revision()) make_current();
}

void Directory::refresh() {
  const std::scoped_lock lock(building_);
  make_current();
}

void Directory::make_current() {
  estate::EstatePtr built = builder_->build();
  if (built == nullptr) return;  // nothing changed
  {
    const std::scoped_lock swap(swapping_);
    snapshot_.swap(built);
  }
  generation_.fetch_add(1, std::memory_order_release);
  // A reader that lets go of a snapshot must not be the one who takes it apart: that is done
  // here, once no reader has it any more. Nobody can take a snapshot that is no longer current.
  if (built != nullptr) replaced_.push_back(std::move(built));
  std::erase_if(replaced_, [](const estate::EstatePtr& old) { return old.use_count() == 1; });
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
