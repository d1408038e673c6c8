// The steps from nothing to an engine that serves.

#include <algorithm>
#include <future>
#include <system_error>

#include "services/rds/detail/keeper.h"
#include "text/time.h"

namespace ringwall::rds::detail {
namespace {

constexpr milliseconds probe_often{10}, probe_seldom{250};
constexpr int probes_often = 100;  // most engines serve within that second
constexpr std::chrono::days certificate_lifetime{397};
constexpr std::chrono::days certificate_renewal_before{30};
constexpr std::size_t times_max = 16;

Next again() { return {.when = Next::When::at_once}; }

std::string_view major_of(std::string_view version) { return version.substr(0, version.find('.')); }

// Statuses that are not true once a start has begun, and that nobody else would replace.
bool says_other_than_starting(Status status) {
  return status == Status::available || status == Status::stopped || status == Status::inaccessible || status == Status::inaccessible_recoverable;
}

bool contains(const std::vector<std::string>& ids, const std::string& id) { return std::ranges::find(ids, id) != ids.end(); }

milliseconds since(SteadyClock::time_point begun) {
  return std::chrono::duration_cast<milliseconds>(SteadyClock::now() - begun);
}

}  // namespace

void Keeper::note_time(const char* what, SteadyClock::time_point begun) {
  if (times_.size() < times_max) times_.emplace_back(what, since(begun));
}

template <typename Work>
auto Keeper::timed(const char* what, Work&& work) {
  const auto begun = SteadyClock::now();
  auto outcome = work();
  note_time(what, begun);
  return outcome;
}

Result<Next> Keeper::start(const Record& record) {
  RW_TRY(const host::VolumeFacts facts, parts_.host.volume(id_));
  const auto there = label_of(facts);
  const bool was_made = record.observed().was_made || (there && is_made(*there));
  if (was_made && !facts.has_image) {
    // Never made anew: an empty database in place of somebody's data would look like a success.
    return fail(Failure::corrupt, "the volume of `" + id_ + "` is missing: put its image back");
  }
  times_.clear();
  RW_TRY(engine::Engine* const engine, engine_of(record));
  // Stopped is what a restart was asked for, so the wish ends here.
  RW_TRY(const bool current, amend(parts_.environment.store, record, [](Observed& observed, Requests& requests) {
           requests.reboot = false;
           if (says_other_than_starting(observed.status)) become(observed, Status::starting);
         }));
  if (!current) return again();
  if (auto labelled = label(record, Moment::before_its_image); !labelled && !facts.has_image)
    return std::unexpected(labelled.error());
  RW_DO(prepare(record));
  if (!is_current(record)) return again();
  RW_DO(timed("data", [&] { return initialise(record, *engine); }));
  // Before anybody can write to it.
  if (!record.observed().was_made) RW_DO(label(record, Moment::made));
  if (!is_current(record)) return again();
  RW_TRY(const crypto::Identity identity, timed("certificate", [&] { return identity_of(record); }));
  listener_.reset();
  RW_DO(listen(record));
  engine::Instance instance = record.served();
  instance.read_only = read_only_ = is_full();
  RW_TRY(host::Running running, timed("start", [&] { return engine->start(parts_.host, instance, identity); }));
  certificate_until_ = parts_.environment.clock.now() + certificate_lifetime;
  RW_DO(hold(std::move(running)));
  return again();
}

Result<> Keeper::prepare(const Record& record) {
  const auto settle = [&] { return parts_.networks.settle(record.wanted().vpc); };
  std::future<Result<>> network;
  const auto begun = SteadyClock::now();
  try {
    network = std::async(std::launch::async, settle);
  } catch (const std::system_error&) {
    network = std::async(std::launch::deferred, settle);  // no thread to be had: one after the other
  }
  const Result<> opened = timed("volume", [&] { return open_volume(record); });
  const Result<> settled = network.get();
  note_time("network", begun);
  RW_DO(opened);
  return settled;
}

// Opens it as large as is wanted. If the disk cannot hold that, the wish ends and it serves as it is.
Result<> Keeper::open_volume(const Record& record) {
  RW_TRY(const Secret key, open_data_key(parts_.environment, record));
  rests_ = false;
  auto opened = parts_.host.open_volume(record.volume(record.storage_wanted()), key);
  if (record.storage_wanted() == record.storage()) return opened;
  if (opened) return end_growth(record, {});
  if (opened.error().kind != Failure::exhausted) return opened;
  log("its storage does not grow: " + opened.error().message);
  RW_DO(end_growth(record, opened.error().message));
  return parts_.host.open_volume(record.volume(record.storage()), key);
}

Result<> Keeper::end_growth(const Record& record, const std::string& refusal) {
  RW_TRY(const bool current, amend(parts_.environment.store, record, [&](Observed& observed, Requests& requests) {
           requests.pending.storage.reset();
           requests.growth_refused.reset();
           if (refusal.empty()) {
             observed.storage = record.storage_wanted();
           } else {
             requests.growth_refused = refusal;
           }
         }));
  (void)current;  // else another wish follows, and ends likewise
  return {};
}

// Its storage may have become larger. False: that needs a start, which comes next.
Result<bool> Keeper::grow(const Record& record) {
  const auto opened = open_volume(record);
  if (opened) return true;
  if (opened.error().kind != Failure::denied) return std::unexpected(opened.error());
  log("its storage cannot grow while in use; restarting it: " + opened.error().message);
  RW_DO(put_to_rest());
  return false;
}

// The password is there until the instance has been available once, and after that the data is.
Result<> Keeper::initialise(const Record& record, engine::Engine& engine) {
  if (record.observed().was_made) return {};
  RW_TRY(const Secret password, open_password(parts_.environment, id_, record.requests().master_password.value_or("")));
  return engine.initialise(parts_.host, record.served(), password);
}

Result<> Keeper::listen(const Record& record) {
  // Everything but the sign-in itself is of the instance, and copied: the judge is called from
  // the listener's thread.
  SigninQuestion about;
  about.account = record.wanted().account;
  about.resource_id = id_;
  about.host = record.endpoint(parts_.environment);
  about.port = record.port();
  about.vpc_id = record.wanted().vpc;
  const auto judge = [about, key = tables::instances.key(record.at[0], record.at[1]), &store = parts_.environment.store,
                      decide = parts_.judge](const engine::SigninRequest& request, std::string& reason) {
    SigninQuestion question = about;
    // Asked each time: turning it off takes effect at once.
    const auto now = find_record(store, key, about.resource_id);
    question.takes_tokens = now && now->wanted().takes_tokens;
    question.client_address = request.origin;
    question.user = request.user;
    question.token = request.token.reveal_text();
    auto refusal = decide ? decide(question) : std::optional<std::string>("nobody decides here");
    if (refusal) reason = *std::move(refusal);
    return !refusal && question.takes_tokens;
  };
  const auto witness = [about, told = parts_.witness, say = parts_.log](const engine::SigninNotice& notice) {
    PasswordSignin signin{.about = about, .database = notice.database, .tls = notice.tls, .allowed = notice.allowed};
    signin.about.client_address = notice.origin;
    signin.about.user = notice.user;
    if (told && !told(signin) && say) {
      say("database `" + about.resource_id + "`: a sign-in by password could not be recorded");
    }
  };
  RW_TRY(listener_, engine::SigninListener::open(parts_.host.socket_folder(id_), record.served().uid, judge, {},
                                                 witness));
  return {};
}

Result<Next> Keeper::await_ready(const Record& record) {
  RW_TRY(engine::Engine* const engine, engine_of(record));
  if (const auto ready = engine->probe(parts_.host, record.served()); !ready) {
    // Recovery after a crash takes its time, so a slow engine is asked on, never ended.
    if (since(held_since_) > parts_.ready_patience) return fail(ready.error(), "the engine runs and does not serve");
    return Next{Next::When::later, ++probes_ <= probes_often ? probe_often : probe_seldom};
  }
  note_time("ready", held_since_);
  ready_ = true;
  return again();
}

// From outside, an engine that hangs or was stopped looks like an idle one, so it is asked for as long as
// it runs. One that recovers from the death of one of its sessions says so, and takes its time.
Result<Next> Keeper::attend(const Record& record) {
  RW_TRY(engine::Engine* const engine, engine_of(record));
  const auto asked = SteadyClock::now();
  const auto answer = engine->probe(parts_.host, record.served());
  const bool recovers = !answer && answer.error().kind == Failure::unavailable;
  if (answer || (!recovers && answer.error().kind != Failure::io)) {
    silences_ = 0;
    ready_ = true;
    return finish(record);
  }
  if (has_ended(running_->pidfd)) return mourn(record, "ended unexpectedly");
  if (++silences_ == 1 || recovers) silent_since_ = asked;
  if (since(silent_since_) > parts_.silence_patience) return mourn(record, "did not answer any more");
  if (silences_ == silences_told) log(recovers ? "the engine recovers" : "the engine does not answer");
  if (silences_ >= silences_told) {
    RW_TRY(const bool current, amend(parts_.environment.store, record, [&](Observed& observed, Requests&) {
             if (observed.status == Status::available) become(observed, Status::rebooting);
             observed.message = recovers ? "the engine recovers from the end of one of its processes"
                                         : "the engine does not answer: unless it does soon, it is ended and started again";
           }));
    if (!current) return again();
  }
  return Next{Next::When::later, silence_again};
}

Result<Next> Keeper::finish(const Record& record) {
  RW_TRY(engine::Engine* const engine, engine_of(record));
  if (record.observed().status == Status::modifying || record.storage_wanted() != record.storage()) {
    RW_TRY(const bool grown, grow(record));
    if (!grown) return again();
    storage_due_ = {};
  }
  if (SteadyClock::now() >= storage_due_) {
    RW_TRY(const host::Inventory inventory, parts_.host.inventory());
    if (contains(inventory.failed_volumes, id_)) {
      log("its file system takes no more writes: mounting it anew");
      RW_DO(end(host::Stop::immediate));
      return again();
    }
    full_ = contains(inventory.full_volumes, id_);
    storage_due_ = SteadyClock::now() + parts_.storage_look;
  }
  const bool full = full_;
  if (!full) {
    RW_DO(follow_storage(record, *engine, full));  // first: nothing can be set in a read-only session
    if (const auto set = apply_password(record, *engine); !set) return without_password(record, set.error());
    RW_DO(renew_certificate(record, *engine));
  }
  const TimePoint now = parts_.environment.clock.now();
  const Status serves = full ? Status::storage_full : Status::available;
  RW_TRY(const bool current, amend(parts_.environment.store, record, [&](Observed& observed, Requests& requests) {
           become(observed, serves);
           observed.message.reset();
           if (full) observed.message = storage_full;
           if (!full && requests.master_password == record.requests().master_password) requests.master_password.reset();
           if (!observed.created) observed.created = text::to_millis(now);
           observed.was_made = true;
           observed.certificate_until = text::to_millis(certificate_until_);
         }));
  if (!current) return again();
  told_.clear();
  if (record.observed().status != serves) {
    std::string line = full ? storage_full : "available";
    for (const auto& [what, time] : times_) line += std::string(", ") + what + " " + std::to_string(time.count()) + " ms";
    log(line);
  }
  times_.clear();
  if (full) RW_DO(follow_storage(record, *engine, full));
  return label_later(record, Next{Next::When::later, parts_.probe_every});
}

// While its storage is full an engine's sessions begin read-only, so that what is left serves to make
// room. Once there is room again, opening it puts the ballast back.
Result<> Keeper::follow_storage(const Record& record, engine::Engine& engine, bool full) {
  if (full == read_only_) return {};
  if (!full) RW_DO(open_volume(record));
  read_only_ = full;
  auto reloaded = reload(record, engine);
  if (!reloaded) read_only_ = !full;  // tried again at the next look
  return reloaded;
}

Result<> Keeper::apply_password(const Record& record, engine::Engine& engine) {
  const auto& sealed = record.requests().master_password;
  if (!sealed) return {};
  RW_TRY(const Secret password, open_password(parts_.environment, id_, *sealed));
  return timed("password", [&] { return engine.set_master_password(parts_.host, record.served(), password); });
}

// The engine serves, so an instance is not `modifying` for as long as its password cannot be set:
// it is available, says why, and goes on trying.
std::unexpected<Error> Keeper::without_password(const Record& record, const Error& error) {
  if (failures_ + 1 >= failures_told && record.observed().status == Status::modifying) {
    (void)amend(parts_.environment.store, record, [](Observed& observed, Requests&) { become(observed, Status::available); });
  }
  return fail(error, "the master password is not set yet");
}

// An adopted engine's certificate is as old as its document says.
Result<> Keeper::renew_certificate(const Record& record, engine::Engine& engine) {
  const TimePoint now = parts_.environment.clock.now();
  if (certificate_until_ == TimePoint{}) {
    certificate_until_ = text::from_millis(record.observed().certificate_until.value_or(0));
  }
  if (now < certificate_until_ - certificate_renewal_before) return {};
  RW_DO(reload(record, engine));
  log("its certificate was renewed");
  return {};
}

Result<> Keeper::reload(const Record& record, engine::Engine& engine) {
  RW_TRY(const crypto::Identity identity, identity_of(record));
  engine::Instance instance = record.served();
  instance.read_only = read_only_;
  RW_DO(engine.reload(parts_.host, instance, identity));
  certificate_until_ = parts_.environment.clock.now() + certificate_lifetime;
  return {};
}

Result<crypto::Identity> Keeper::identity_of(const Record& record) const {
  const std::string name = record.endpoint(parts_.environment);
  return parts_.authority.issue({.common_name = name,
                                 .dns_names = {name},
                                 .addresses = {record.wanted().address},
                                 .lifetime = certificate_lifetime},
                                parts_.environment.clock.now());
}

// A minor version that is not installed any more is served by its successor: the data is the same.
Result<engine::Engine*> Keeper::engine_of(const Record& record) const {
  const std::string_view version = record.wanted().version;
  for (const auto& engine : parts_.engines) {
    const engine::Version& offered = engine->version();
    if (offered.engine == record.wanted().engine && offered.major == major_of(version)) return engine.get();
  }
  return fail(Failure::unavailable, "`" + record.wanted().engine + " " + std::string(version) +
                                        "` is not installed here: install its packages and start ringwall again");
}

}  // namespace ringwall::rds::detail
