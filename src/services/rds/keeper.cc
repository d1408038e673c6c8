// Which step comes next, and what a failed one leads to. The steps of a start: start.cc.

#include "services/rds/detail/keeper.h"

#include <algorithm>
#include <array>

namespace ringwall::rds::detail {
namespace {

constexpr std::chrono::seconds steady_after{60};  // an engine that ran so long had no bad start

bool contains(const std::vector<std::string>& ids, const std::string& id) {
  return std::ranges::find(ids, id) != ids.end();
}

// How a full disk shows: as such, or in the words of a tool that met it.
bool is_disk_full(const Error& error) {
  return error.kind == Failure::exhausted || error.message.find("No space left on device") != std::string::npos;
}

Next again() { return {.when = Next::When::at_once}; }

// Is the volume's label of the same uid and place?
bool same_place(const Label& label, const Wanted& wanted) {
  const auto labelled = instance_of(label);
  if (!labelled) return false;
  const auto place = [](const Wanted& of) { return std::tie(of.uid, of.vpc, of.interface, of.address); };
  return place(labelled->wanted) == place(wanted);
}

}  // namespace

milliseconds retry_after(int failures) {
  constexpr int doublings_most = 8;
  return std::min(retry_first * (1 << std::clamp(failures - 1, 0, doublings_most)), retry_last);
}

Next Keeper::pass(const std::string& document_key) {
  const auto record = find_record(parts_.environment.store, document_key, id_);
  if (record) name_ = record->wanted().identifier;
  if (waits(record)) {
    return {Next::When::later, std::chrono::ceil<milliseconds>(resume_at_ - SteadyClock::now())};
  }
  const auto next = step(record);
  if (!next) return failed(record, next.error());
  failures_ = 0;
  return *next;
}

// While a failure is waited out, its own status write must not end the wait; a new wish does,
// and a key that went away, which leaves less to be done, not more.
bool Keeper::waits(const std::optional<Record>& record) const {
  if (SteadyClock::now() >= resume_at_) return false;
  if (!record) return resume_generation_ == -1;
  if (record->generation() != resume_generation_) return false;
  const auto key = record->wanted().desired == Desired::running ? key_state(parts_.environment, *record) : KeyState::usable;
  return !key || *key == KeyState::usable;
}

Result<Next> Keeper::step(const std::optional<Record>& record) {
  if (!record) return set_aside();
  switch (record->wanted().desired) {
    case Desired::deleted: return remove(*record);
    case Desired::stopped: return rest(*record);
    case Desired::running: break;
  }
  return serve(*record);
}

Result<Next> Keeper::serve(const Record& record) {
  RW_TRY(const KeyState key, key_state(parts_.environment, record));
  if (key != KeyState::usable) return lock_away(record, key);
  if (running_ && has_ended(running_->pidfd)) return mourn(record, "ended unexpectedly");
  if (!running_) {
    RW_TRY(const host::Inventory inventory, parts_.host.inventory());
    return contains(inventory.processes, id_) ? adopt(record) : start(record);
  }
  if (record.requests().reboot) return restart(record);
  if (!listener_) RW_DO(listen(record));
  return ready_ || served_ ? attend(record) : await_ready(record);
}

// Its data is of no use to anybody any more, so the engine need not end in order.
Result<Next> Keeper::remove(const Record& record) {
  RW_DO(end(host::Stop::immediate));
  RW_DO(parts_.host.remove_volume(id_));
  RW_TRY(const bool erased, erase(parts_.environment, record));
  if (!erased) return again();
  log("deleted");
  return Next{.when = Next::When::never};
}

// Nobody who may be asked wants it to run, and nobody said that its data may go.
Result<Next> Keeper::set_aside() {
  RW_TRY(const host::VolumeFacts facts, parts_.host.volume(id_));
  if (facts.open && !label_of(facts)) {
    // One that an earlier version made: only the store that is not here, and the kernel, have its key.
    RW_DO(end(host::Stop::graceful));
    log("its store is not this one and it has no label, so its files are left open at host/mounts/" + id_ +
        "/data: copy them before the server ends");
    return Next{.when = Next::When::never};
  }
  RW_DO(put_to_rest());
  return Next{.when = Next::When::never};
}

Result<Next> Keeper::rest(const Record& record) {
  RW_DO(put_to_rest());
  return label_later(record, say(record, Status::stopped));
}

Result<Next> Keeper::lock_away(const Record& record, KeyState state) {
  RW_DO(put_to_rest());
  return label_later(record, state == KeyState::gone
                                 ? say(record, Status::inaccessible,
                                       "the KMS key of its storage is gone: without it nobody can read the data")
                                 : say(record, Status::inaccessible_recoverable,
                                       "the KMS key of its storage is not enabled: enable it again"));
}

Result<> Keeper::put_to_rest() {
  if (rests_) return {};
  RW_TRY(const host::Inventory inventory, parts_.host.inventory());
  Result<> ended;
  if (running_ || contains(inventory.processes, id_)) ended = end(host::Stop::graceful);
  listener_.reset();
  if (contains(inventory.open_volumes, id_)) {
    // Also what an initialisation cut short left. A closed volume proves that nothing uses it, so
    // closing is tried whatever failed before, and decides.
    (void)parts_.host.stop(id_, host::Stop::immediate);
    auto closed = parts_.host.close_volume(id_);
    if (ended || closed) ended = std::move(closed);
  }
  rests_ = ended.has_value();
  return ended;
}

Result<Next> Keeper::adopt(const Record& record) {
  read_only_ = record.observed().status == Status::storage_full;
  RW_TRY(host::Running running, parts_.host.adopt(id_));
  // Whoever started it may have known other limits, or none.
  if (const auto limited = parts_.host.limit(id_, record.served().limits); !limited) {
    if (limited.error().kind != Failure::conflict) return std::unexpected(limited.error());
    log(limited.error().message);
    return restart(record);
  }
  RW_DO(hold(std::move(running)));
  served_ = record.observed().status == Status::available || read_only_;
  RW_TRY(const host::VolumeFacts facts, parts_.host.volume(id_));
  const auto there = label_of(facts);
  // The store is an older one, put back: the engine was started as another user or elsewhere since.
  if (there && !same_place(*there, record.wanted())) return restart(record);
  RW_DO(listen(record));
  log("adopted the running engine, process " + std::to_string(running_->pid));
  return again();
}

// The engine ended although it is wanted. Whatever it left goes at once: its children would
// hold the data.
Result<Next> Keeper::mourn(const Record& record, std::string_view what) {
  if (SteadyClock::now() - held_since_ > steady_after) crashes_ = 0;
  RW_DO(end(host::Stop::immediate));
  const bool full = is_full();
  const milliseconds delay = retry_after(++crashes_);
  resume_at_ = SteadyClock::now() + delay;
  resume_generation_ = record.generation();
  RW_TRY(const bool current, amend(parts_.environment.store, record, [&](Observed& observed, Requests&) {
           if (full) {
             become(observed, Status::storage_full);
           } else if (crashes_ >= failures_told) {
             become(observed, Status::failed);
           } else if (observed.status == Status::available) {
             become(observed, Status::rebooting);
           }
           observed.message = full ? storage_full : "the engine " + std::string(what) + " and is started again";
         }));
  log("the engine " + std::string(what) + "; starting it again in " + std::to_string(delay.count()) + " ms");
  if (!current) return again();
  return Next{Next::When::later, delay};
}

// What asks for it stays in the document until the start that follows begins.
Result<Next> Keeper::restart(const Record& record) {
  // Who reads `available` connects.
  RW_TRY(const bool current, amend(parts_.environment.store, record, [](Observed& observed, Requests&) {
           if (observed.status == Status::available) become(observed, Status::rebooting);
         }));
  if (!current) return again();
  log("stopping the engine to start it again");
  RW_DO(end(host::Stop::graceful));
  return again();
}

Result<> Keeper::end(host::Stop how) {
  // The descriptor first, or the watch would report what is about to be done.
  running_.reset();
  ready_ = served_ = false;
  listener_.reset();
  return parts_.host.stop(id_, how);
}

Result<> Keeper::hold(host::Running running) {
  RW_DO(ends_.add(running.pidfd, tag_));
  running_ = std::move(running);
  held_since_ = SteadyClock::now();
  storage_due_ = {};
  ready_ = served_ = false;
  probes_ = silences_ = 0;
  return {};
}

Next Keeper::say(const Record& record, Status status, std::optional<std::string> message) {
  const auto current = amend(parts_.environment.store, record, [&](Observed& observed, Requests&) {
    become(observed, status);
    observed.message = message;
  });
  if (!current) return failed(record, current.error());
  if (*current && record.observed().status != status) log(std::string(records::word_of(status)) + (message ? ": " + *message : std::string()));
  return *current ? Next{} : again();
}

Next Keeper::failed(const std::optional<Record>& record, const Error& error) {
  const milliseconds delay = retry_after(++failures_);
  resume_at_ = SteadyClock::now() + delay;
  resume_generation_ = record ? record->generation() : -1;
  const Next next{Next::When::later, delay};
  if (told_ != error.message) log(error.message);
  told_ = error.message;
  // Without its privileged half nothing can be said about the instance: the server is ending.
  if (!record || (error.kind == Failure::unavailable && !parts_.host.inventory())) return next;
  const bool should_serve = record->wanted().desired == Desired::running && !ready_;
  const bool full = should_serve && is_full();
  (void)amend(parts_.environment.store, *record, [&](Observed& observed, Requests&) {
    observed.message = error.message;
    if (!should_serve) return;
    if (full || is_disk_full(error)) {
      // Before it has storage of its own, it is the server that has none to give.
      become(observed, full || observed.was_made ? Status::storage_full : Status::insufficient_capacity);
    } else if (failures_ >= failures_told) {
      become(observed, Status::failed);
    }
  });
  return next;
}

// As far as the host can tell: by the figures of the volume's own file system.
bool Keeper::is_full() {
  const auto inventory = parts_.host.inventory();
  return inventory && contains(inventory->full_volumes, id_);
}

bool Keeper::is_current(const Record& record) const {
  const auto now = find_record(parts_.environment.store, tables::instances.key(record.at[0], record.at[1]), id_);
  return now && now->generation() == record.generation();
}

void Keeper::log(const std::string& line) const {
  if (parts_.log) parts_.log("database `" + (name_.empty() ? id_ : name_ + " " + id_) + "`: " + line);
}

}  // namespace ringwall::rds::detail
