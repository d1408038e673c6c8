#pragma once
// A host that has volumes and keeps what it is told, and is asked for nothing else.

#include <string>
#include <vector>

#include "host/host.h"

namespace ringwall::server {

class QuietHost final : public host::Host {
 public:
  Result<host::Inventory> inventory() override {
    host::Inventory inventory;
    for (const host::VolumeFacts& facts : all) inventory.volumes.push_back(facts.id);
    return inventory;
  }
  Result<std::vector<host::VolumeFacts>> volumes() override { return all; }
  Result<host::VolumeFacts> volume(const std::string& id) override {
    for (const host::VolumeFacts& facts : all) {
      if (facts.id == id) return facts;
    }
    return host::VolumeFacts{};
  }
  Result<> remove_volume(const std::string& id) override {
    std::erase_if(all, [&](const host::VolumeFacts& facts) { return facts.id == id; });
    return {};
  }
  Result<std::string> kept_installation() override {
    if (broken) return never();
    return kept;
  }
  Result<> keep_installation(const std::string& content) override {
    if (full) return fail(Failure::exhausted, "no space left on device");
    kept = content;
    return {};
  }

  Result<> apply_network(const host::Network&) override { return never(); }
  Result<> remove_network(const std::string&) override { return never(); }
  Result<std::size_t> sever(const std::string&, const std::vector<std::string>&) override { return never(); }
  Result<os::UniqueFd> listen(const std::string&, const std::string&, std::uint16_t, host::Transport) override { return never(); }
  Result<os::UniqueFd> interface_namespace(const std::string&, const std::string&) override { return never(); }
  Result<> open_volume(const host::Volume&, const Secret&) override { return never(); }
  Result<> close_volume(const std::string&) override { return never(); }
  Result<os::UniqueFd> copy_volume(const std::string&) override { return never(); }
  Result<> label_volume(const std::string&, const std::string&) override { return never(); }
  Result<host::Finished> run(const host::Process&) override { return never(); }
  Result<host::Running> start(const host::Process&) override { return never(); }
  Result<host::Running> adopt(const std::string&) override { return never(); }
  Result<> limit(const std::string&, const host::Limits&) override { return never(); }
  Result<> signal(const std::string&, int) override { return never(); }
  Result<> stop(const std::string&, host::Stop) override { return never(); }
  std::string socket_folder(const std::string&) const override { return {}; }

  std::vector<host::VolumeFacts> all;
  std::string kept;
  bool broken = false, full = false;

 private:
  static std::unexpected<Error> never() { return fail(Failure::unavailable, "not asked for here"); }
};

}  // namespace ringwall::server
