#pragma once
// For the reconciler's tests: a host and an engine that do nothing but remember, can fail at any
// call, and can lose their connection at any call, before or after its effect.

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "services/rds/testing.h"

namespace ringwall::rds {

class RecordingHost final : public host::Host {
 public:
  enum class Loss : std::uint8_t { before, after };
  struct Disk {
    Bytes key;
    std::uint64_t bytes = 0;
    bool open = false;
    bool full = false;    // until it grows
    bool failed = false;  // until it is opened while nothing runs
    std::string password;  // of the database on it; empty: there is none
    int initialisations = 0;
  };

  explicit RecordingHost(Signal& signal) : signal_(signal) {
    char folder[] = "/tmp/ringwall-rds-XXXXXX";
    RW_CHECK(::mkdtemp(folder) != nullptr);
    folder_ = folder;
  }
  ~RecordingHost() override { std::filesystem::remove_all(folder_); }

  // The connection is lost at the call numbered `call` from now, counting from 0.
  void lose_at(int call, Loss loss) {
    const std::lock_guard lock(mutex_);
    left_ = call;
    loss_ = loss;
  }
  bool lost() const {
    const std::lock_guard lock(mutex_);
    return lost_;
  }
  void find_again() {
    const std::lock_guard lock(mutex_);
    lost_ = false;
    left_ = -1;
  }
  // Every call of that name fails so, until told otherwise.
  void fail_at(const std::string& call, std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    if (error) {
      failures_[call] = *error;
    } else {
      failures_.erase(call);
    }
  }
  // Before the next call of that name takes effect.
  void once_at(const std::string& call, std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    hooks_[call] = std::move(work);
  }
  std::vector<std::string> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  void forget_calls() {
    const std::lock_guard lock(mutex_);
    calls_.clear();
  }
  std::optional<Disk> disk(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const auto found = disks_.find(id);
    return found == disks_.end() ? std::nullopt : std::optional(found->second);
  }
  pid_t process(const std::string& id) const {  // 0: none runs
    const std::lock_guard lock(mutex_);
    const auto found = processes_.find(id);
    return found == processes_.end() ? 0 : found->second.pid;
  }
  std::optional<host::Limits> limits(const std::string& id) const {  // last stated for it
    const std::lock_guard lock(mutex_);
    const auto found = limits_.find(id);
    return found == limits_.end() ? std::nullopt : std::optional(found->second);
  }
  bool empty() const {
    const std::lock_guard lock(mutex_);
    return processes_.empty() && disks_.empty() && labels_.empty();
  }
  std::string label(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const auto found = labels_.find(id);
    return found == labels_.end() ? "" : found->second;
  }
  void put_label(const std::string& id, const std::string& label) {
    const std::lock_guard lock(mutex_);
    labels_[id] = label;
  }
  void put_disk(const std::string& id) {
    const std::lock_guard lock(mutex_);
    disks_[id] = {};
  }
  void drop_disk(const std::string& id) {
    const std::lock_guard lock(mutex_);
    disks_.erase(id);
  }
  void set_full(const std::string& id, bool full) {
    const std::lock_guard lock(mutex_);
    disks_[id].full = full;
  }
  void set_failed(const std::string& id) {
    const std::lock_guard lock(mutex_);
    disks_[id].failed = true;
  }
  void set_room(std::uint64_t bytes) {  // of the largest volume that the disk holds
    const std::lock_guard lock(mutex_);
    room_ = bytes;
  }
  void crash(const std::string& id) {
    const std::lock_guard lock(mutex_);
    finish(id);
  }
  void serve_after_probes(int probes) {
    const std::lock_guard lock(mutex_);
    unanswered_ = probes;
  }

  // The engine that runs answers nothing any more, or again.
  void silence(const std::string& id, bool silent) {
    const std::lock_guard lock(mutex_);
    silent_ = silent ? processes_.at(id).pid : 0;
  }

  // What the engine does, by way of the host.
  Result<> initialise(const std::string& id, const Secret& password) {
    return step("initialise", [&]() -> Result<> {
      if (!disks_[id].open) return fail(Failure::not_found, "the volume is not open");
      if (!disks_[id].password.empty()) return {};
      disks_[id].password = password.reveal_text();
      ++disks_[id].initialisations;
      return {};
    });
  }
  Result<> set_password(const std::string& id, const Secret& password) {
    return step("set_password", [&]() -> Result<> {
      if (!processes_.contains(id)) return fail(Failure::unavailable, "no engine runs");
      disks_[id].password = password.reveal_text();
      return {};
    });
  }
  Result<> probe(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    if (lost_ || !processes_.contains(id)) return fail(Failure::unavailable, "no engine runs");
    if (processes_.at(id).pid == silent_) return fail(Failure::io, "no answer in time");
    if (unanswered_ > 0 && unanswered_-- > 0) return fail(Failure::unavailable, "starting");
    return {};
  }

  Result<> apply_network(const host::Network&) override { return {}; }
  Result<> remove_network(const std::string&) override { return {}; }
  Result<os::UniqueFd> listen(const std::string&, const std::string&, std::uint16_t, host::Transport) override { return absent(); }
  Result<os::UniqueFd> interface_namespace(const std::string&, const std::string&) override { return absent(); }
  Result<> open_volume(const host::Volume& volume, const Secret& key) override {
    return step("open_volume", [&]() -> Result<> {
      Disk& disk = disks_[volume.id];
      const Bytes given(key.reveal().begin(), key.reveal().end());
      if (!disk.key.empty() && disk.key != given) return fail(Failure::denied, "another key");
      if (volume.bytes > room_) return fail(Failure::exhausted, "the disk cannot hold it");
      if (volume.bytes > disk.bytes && processes_.contains(volume.id)) return fail(Failure::denied, "close it first");
      if (volume.bytes > disk.bytes) disk.full = false;
      if (!processes_.contains(volume.id)) disk.failed = false;
      disk.bytes = std::max(disk.bytes, volume.bytes);
      disk.key = given;
      disk.open = true;
      std::filesystem::create_directories(socket_folder(volume.id));
      return {};
    });
  }
  Result<> close_volume(const std::string& id) override {
    return step("close_volume", [&]() -> Result<> {
      if (processes_.contains(id)) return fail(Failure::conflict, "in use");
      if (disks_.contains(id)) disks_[id].open = false;
      return {};
    });
  }
  Result<os::UniqueFd> copy_volume(const std::string&) override {
    return fail(Failure::unavailable, "a reconciler copies no volume");
  }
  Result<> remove_volume(const std::string& id) override {
    return step("remove_volume", [&]() -> Result<> {
      if (processes_.contains(id)) return fail(Failure::conflict, "in use");
      disks_.erase(id);
      labels_.erase(id);
      return {};
    });
  }
  Result<> label_volume(const std::string& id, const std::string& label) override {
    return step("label_volume", [&]() -> Result<> {
      labels_[id] = label;
      return {};
    });
  }
  Result<std::vector<host::VolumeFacts>> volumes() override {
    const std::lock_guard lock(mutex_);
    if (lost_) return absent();
    std::set<std::string> ids;
    for (const auto& [id, disk] : disks_) ids.insert(id);
    for (const auto& [id, label] : labels_) ids.insert(id);
    std::vector<host::VolumeFacts> all;
    for (const std::string& id : ids) all.push_back(facts_of(id));
    return all;
  }
  Result<host::VolumeFacts> volume(const std::string& id) override {
    const std::lock_guard lock(mutex_);
    if (lost_) return absent();
    return facts_of(id);
  }
  Result<std::string> kept_installation() override {
    const std::lock_guard lock(mutex_);
    return kept_;
  }
  Result<> keep_installation(const std::string& content) override {
    return step("keep_installation", [&]() -> Result<> {
      kept_ = content;
      return {};
    });
  }
  Result<host::Finished> run(const host::Process&) override { return absent(); }
  Result<host::Running> start(const host::Process& process) override {
    return step("start", [&]() -> Result<host::Running> {
      if (processes_.contains(process.id)) return fail(Failure::conflict, "already running");
      if (!disks_[process.id].open || disks_[process.id].password.empty()) return fail(Failure::not_found, "no data");
      Engine& engine = processes_[process.id];
      engine.pid = ++pids_;
      limits_[process.id] = process.limits;
      engine.end.reset(::eventfd(0, EFD_CLOEXEC));
      return running(engine);
    });
  }
  Result<host::Running> adopt(const std::string& id) override {
    return step("adopt", [&]() -> Result<host::Running> {
      const auto found = processes_.find(id);
      if (found == processes_.end()) return fail(Failure::not_found, "not running");
      return running(found->second);
    });
  }
  Result<> limit(const std::string& id, const host::Limits& limits) override {
    return step("limit", [&]() -> Result<> {
      if (!processes_.contains(id)) return fail(Failure::not_found, "not running");
      limits_[id] = limits;
      return {};
    });
  }
  Result<> signal(const std::string&, int) override { return {}; }
  Result<> stop(const std::string& id, host::Stop how) override {
    return step(how == host::Stop::graceful ? "stop" : "kill", [&]() -> Result<> {
      finish(id);
      return {};
    });
  }
  Result<std::size_t> sever(const std::string&, const std::vector<std::string>&) override { return 0; }
  Result<host::Inventory> inventory() override {
    const std::lock_guard lock(mutex_);
    if (lost_) return absent();
    host::Inventory inventory;
    for (const auto& [id, disk] : disks_) {
      inventory.volumes.push_back(id);
      if (disk.open) inventory.open_volumes.push_back(id);
      if (disk.open && disk.full) inventory.full_volumes.push_back(id);
      if (disk.open && disk.failed) inventory.failed_volumes.push_back(id);
    }
    for (const auto& [id, process] : processes_) inventory.processes.push_back(id);
    return inventory;
  }
  std::string socket_folder(const std::string& id) const override { return folder_ + "/" + id; }

 private:
  struct Engine {
    pid_t pid = 0;
    os::UniqueFd end;  // readable once it has ended, as a process's descriptor is
  };

  static std::unexpected<Error> absent() { return fail(Failure::unavailable, "the host is gone"); }

  // Needs the lock.
  host::VolumeFacts facts_of(const std::string& id) const {
    host::VolumeFacts facts;
    facts.id = id;
    if (const auto disk = disks_.find(id); disk != disks_.end()) {
      facts.has_image = true;
      facts.bytes = disk->second.bytes;
      facts.open = disk->second.open;
    }
    if (const auto label = labels_.find(id); label != labels_.end()) facts.label = label->second;
    return facts;
  }

  static host::Running running(const Engine& engine) { return {engine.pid, os::UniqueFd(::dup(engine.end.get()))}; }

  void finish(const std::string& id) {
    const auto found = processes_.find(id);
    if (found == processes_.end()) return;
    const std::uint64_t one = 1;
    RW_CHECK(::write(found->second.end.get(), &one, sizeof one) == sizeof one);
    processes_.erase(found);
  }

  template <typename Work>
  auto step(const std::string& name, Work&& work) -> decltype(work()) {
    std::function<void()> hook;
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = hooks_.find(name); found != hooks_.end()) {
        hook = std::move(found->second);
        hooks_.erase(found);
      }
    }
    if (hook) hook();
    std::unique_lock lock(mutex_);
    if (lost_) return absent();
    const bool now = left_ == 0;
    if (left_ >= 0) --left_;
    if (now && loss_ == Loss::before) {
      lost_ = true;
      lock.unlock();
      signal_.notify();
      return absent();
    }
    calls_.push_back(name);
    const auto failure = failures_.find(name);
    auto outcome = failure == failures_.end() ? work() : decltype(work())(std::unexpected(failure->second));
    lost_ = now;
    lock.unlock();
    signal_.notify();
    if (now) return absent();
    return outcome;
  }

  Signal& signal_;
  std::string folder_;
  mutable std::mutex mutex_;
  int left_ = -1;
  Loss loss_ = Loss::before;
  bool lost_ = false;
  mutable int unanswered_ = 0;
  pid_t pids_ = 1000, silent_ = 0;
  std::uint64_t room_ = UINT64_MAX;
  std::map<std::string, Error> failures_;
  std::map<std::string, std::function<void()>> hooks_;
  std::vector<std::string> calls_;
  std::map<std::string, Disk> disks_;
  std::map<std::string, std::string> labels_;
  std::string kept_;
  std::map<std::string, Engine> processes_;
  std::map<std::string, host::Limits> limits_;
};

class RecordingEngine final : public engine::Engine {
 public:
  explicit RecordingEngine(RecordingHost& host) : host_(host) {}
  const engine::Version& version() const override { return version_; }
  Result<> initialise(host::Host&, const engine::Instance& instance, const Secret& password) override {
    return host_.initialise(instance.id, password);
  }
  Result<host::Running> start(host::Host&, const engine::Instance& instance, const crypto::Identity& identity) override {
    RW_CHECK(crypto::facts_of(identity.certificate_pem).has_value());
    host::Process process;
    process.id = instance.id;
    process.limits = instance.limits;
    read_only_ = instance.read_only;
    return host_.start(process);
  }
  Result<> probe(const host::Host&, const engine::Instance& instance) override { return host_.probe(instance.id); }
  Result<> set_master_password(const host::Host&, const engine::Instance& instance, const Secret& password) override {
    if (read_only_) return fail(Failure::io, "the session is read-only");
    return host_.set_password(instance.id, password);
  }
  Result<> reload(host::Host&, const engine::Instance& instance, const crypto::Identity&) override {
    ++reloads_;
    read_only_ = instance.read_only;
    return {};
  }
  bool read_only() const { return read_only_; }
  int reloads() const { return reloads_; }

 private:
  RecordingHost& host_;
  engine::Version version_{"postgres", "15.20", "15", "postgres15"};
  std::atomic<int> reloads_ = 0;
  std::atomic<bool> read_only_ = false;
};

// A world on such a host, with a reconciler that can be thrown away and made anew.
struct RecordedWorld : World {
  RecordedWorld() : World(false) { engines.push_back(std::make_unique<RecordingEngine>(host)); }
  ~RecordedWorld() { leave(); }

  void begin() {
    networks = std::make_unique<network::Reconciler>(*store, host, [](const auto&, const auto&, auto) {},
                                                     network::Reconciler::Options{.log = [](const std::string&) {}});
    reconciler = std::make_unique<Reconciler>(ReconcilerParts{
        .environment = environment,
        .host = host,
        .installation = {"ringwall-tests", 1},
        .networks = *networks,
        .engines = engines,
        .authority = authority,
        .judge = [](const SigninQuestion&) { return std::nullopt; },
        .log = [this](const std::string& line) {
          {
            const std::lock_guard lock(log_mutex);
            log += line + "\n";
          }
          signal.notify();
        },
        .ready_patience = ready_patience,
        .probe_every = std::chrono::milliseconds(20),
        .silence_patience = silence_patience,
        .storage_look = storage_look});
  }
  void leave() {
    reconciler.reset();
    networks.reset();
  }
  std::string logged() {
    const std::lock_guard lock(log_mutex);
    return log;
  }

  std::chrono::milliseconds ready_patience = std::chrono::minutes(5), storage_look = std::chrono::milliseconds(20);
  std::chrono::milliseconds silence_patience = std::chrono::hours(1);
  RecordingHost host{signal};
  std::vector<std::unique_ptr<engine::Engine>> engines;
  std::mutex log_mutex;
  std::string log;
  std::unique_ptr<network::Reconciler> networks;
  std::unique_ptr<Reconciler> reconciler;
};

}  // namespace ringwall::rds
