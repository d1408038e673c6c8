#include "host/client.h"

#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "host/detail/channel.h"
#include "host/detail/message.h"

namespace ringwall::host {
namespace {

using namespace detail;

struct Answer {
  Reply reply;
  os::UniqueFd attached;
};

class Client final : public Host {
 public:
  Client(os::UniqueFd socket, std::string data_folder)
      : socket_(std::move(socket)),
        data_folder_(std::move(data_folder)),
        reader_([this] { read_answers(); }) {}
  ~Client() override {
    ::shutdown(socket_.get(), SHUT_RDWR);
    reader_.join();
  }

  Result<> apply_network(const Network& network) override { return done(ApplyNetwork{network}); }
  Result<> remove_network(const std::string& vpc_id) override {
    return done(RemoveNetwork{vpc_id});
  }
  Result<std::size_t> sever(const std::string& vpc_id,
                            const std::vector<std::string>& addresses) override {
    RW_TRY(const Answer answer, ask(Sever{vpc_id, addresses}));
    return static_cast<std::size_t>(answer.reply.severed);
  }
  Result<os::UniqueFd> listen(const std::string& vpc_id, const std::string& address,
                              std::uint16_t port, Transport transport) override {
    return descriptor(Listen{vpc_id, address, port, transport});
  }
  Result<os::UniqueFd> interface_namespace(const std::string& vpc_id,
                                           const std::string& interface_id) override {
    return descriptor(InterfaceNamespace{vpc_id, interface_id});
  }
  Result<> open_volume(const Volume& volume, const Secret& key) override {
    return done(OpenVolume{volume, key.duplicate()});
  }
  Result<> close_volume(const std::string& volume_id) override {
    return done(CloseVolume{volume_id});
  }
  Result<> remove_volume(const std::string& volume_id) override {
    return done(RemoveVolume{volume_id});
  }
  Result<os::UniqueFd> copy_volume(const std::string& volume_id) override {
    return descriptor(CopyVolume{volume_id});
  }
  Result<> label_volume(const std::string& volume_id, const std::string& label) override {
    return done(LabelVolume{volume_id, label});
  }
  Result<std::vector<VolumeFacts>> volumes() override {
    std::vector<VolumeFacts> all;
    for (;;) {
      RW_TRY(Answer answer, ask(LookAtVolumes{all.empty() ? "" : all.back().id, ""}));
      std::vector<VolumeFacts>& page = answer.reply.volumes;
      if (page.empty()) return all;
      std::ranges::move(page, std::back_inserter(all));
      if (all.size() % volumes_page_max != 0) return all;
    }
  }
  Result<VolumeFacts> volume(const std::string& volume_id) override {
    RW_TRY(Answer answer, ask(LookAtVolumes{"", volume_id}));
    if (answer.reply.volumes.size() != 1) return fail(Failure::corrupt, "the host did not answer about the volume");
    return std::move(answer.reply.volumes.front());
  }
  Result<std::string> kept_installation() override {
    RW_TRY(Answer answer, ask(RecallInstallation{}));
    return std::move(answer.reply.installation);
  }
  Result<> keep_installation(const std::string& content) override {
    return done(KeepInstallation{content});
  }
  Result<Finished> run(const Process& process) override {
    RW_TRY(Answer answer, ask(RunProcess{process}));
    return std::move(answer.reply.finished);
  }
  Result<Running> start(const Process& process) override { return running(StartProcess{process}); }
  Result<Running> adopt(const std::string& process_id) override {
    return running(AdoptProcess{process_id});
  }
  Result<> limit(const std::string& process_id, const Limits& limits) override {
    return done(LimitProcess{process_id, limits});
  }
  Result<> signal(const std::string& process_id, int number) override {
    return done(SignalProcess{process_id, number});
  }
  Result<> stop(const std::string& process_id, Stop how) override {
    return done(StopProcess{process_id, how});
  }
  Result<Inventory> inventory() override {
    RW_TRY(Answer answer, ask(TakeInventory{}));
    return std::move(answer.reply.inventory);
  }
  std::string socket_folder(const std::string& volume_id) const override {
    return data_folder_ + "/host/sockets/" + volume_id;
  }

 private:
  // The answer, or the failure the helper reported.
  Result<Answer> ask(Request request) {
    const std::uint64_t number = expect();
    Bytes bytes = encode(request);
    const auto sent = send_packet(socket_.get(), number, bytes, -1);
    wipe(bytes);
    std::unique_lock lock(mutex_);
    if (!sent) {
      waiting_.erase(number);
      return std::unexpected(sent.error());
    }
    changed_.wait(lock, [&] { return gone_ || waiting_.at(number).has_value(); });
    std::optional<Answer> answer = std::move(waiting_.at(number));
    waiting_.erase(number);
    if (!answer)
      return fail(Failure::unavailable, "the host's privileged half is gone: start ringwall again");
    if (!answer->reply.succeeded) return std::unexpected(std::move(answer->reply.error));
    return std::move(*answer);
  }

  Result<> done(Request request) {
    RW_TRY(const Answer answer, ask(std::move(request)));
    return {};
  }

  Result<os::UniqueFd> descriptor(Request request) {
    RW_TRY(Answer answer, ask(std::move(request)));
    if (!answer.attached) return fail(Failure::corrupt, "the host answered without a descriptor");
    return std::move(answer.attached);
  }

  Result<Running> running(Request request) {
    RW_TRY(Answer answer, ask(std::move(request)));
    if (!answer.attached) return fail(Failure::corrupt, "the host answered without a descriptor");
    return Running{answer.reply.pid, std::move(answer.attached)};
  }

  std::uint64_t expect() {
    const std::lock_guard lock(mutex_);
    const std::uint64_t number = next_number_++;
    waiting_.emplace(number, std::nullopt);
    return number;
  }

  // The reader thread: hands every answer to whoever waits for it, until the end.
  void read_answers() {
    for (;;) {
      auto packet = receive_packet(socket_.get());
      if (!packet) break;
      const auto bytes = read_payload(packet->payload.get());
      if (!bytes) break;
      auto reply = decode_reply(*bytes);
      if (!reply) break;
      const std::lock_guard lock(mutex_);
      const auto found = waiting_.find(packet->number);
      if (found == waiting_.end()) continue;
      found->second = Answer{std::move(*reply), std::move(packet->attached)};
      changed_.notify_all();
    }
    // A helper that speaks nonsense is as good as gone; let it see that too.
    ::shutdown(socket_.get(), SHUT_RDWR);
    const std::lock_guard lock(mutex_);
    gone_ = true;
    changed_.notify_all();
  }

  os::UniqueFd socket_;
  const std::string data_folder_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<std::uint64_t, std::optional<Answer>> waiting_;  // until answered
  std::uint64_t next_number_ = 1;
  bool gone_ = false;
  std::thread reader_;  // last: it uses everything above
};

}  // namespace

std::unique_ptr<Host> connect(os::UniqueFd socket, std::string data_folder) {
  return std::make_unique<Client>(std::move(socket), std::move(data_folder));
}

}  // namespace ringwall::host
