#pragma once
// Where the helper keeps things, under DATA/host.

#include <string>

#include "base/result.h"
#include "host/helper.h"
#include "os/fd.h"

namespace ringwall::host::detail {

struct Folders {
  std::string root;  // DATA/host

  std::string volumes() const { return root + "/volumes"; }
  std::string image(const std::string& id) const { return volumes() + "/" + id + ".img"; }
  std::string label(const std::string& id) const { return volumes() + "/" + id + ".label"; }
  std::string installation() const { return root + "/installation"; }
  std::string mounts() const { return root + "/mounts"; }
  std::string mount(const std::string& id) const { return mounts() + "/" + id; }
  std::string data(const std::string& id) const { return mount(id) + "/data"; }
  std::string networks() const { return root + "/netns"; }
  std::string network(const std::string& vpc) const { return networks() + "/" + vpc; }
  std::string vpc_namespace(const std::string& vpc) const { return network(vpc) + "/network"; }
  std::string resolver(const std::string& vpc) const { return network(vpc) + "/resolver"; }
  std::string interfaces(const std::string& vpc) const { return network(vpc) + "/interfaces"; }
  std::string interface_namespace(const std::string& vpc, const std::string& eni) const {
    return network(vpc) + "/" + eni;
  }
  std::string all_sockets() const { return root + "/sockets"; }
  std::string sockets(const std::string& id) const { return all_sockets() + "/" + id; }
  std::string processes() const { return root + "/processes"; }
  std::string record(const std::string& id) const { return processes() + "/" + id + ".record"; }
  // Where an earlier version kept an engine's log.
  std::string earlier_output(const std::string& id) const { return processes() + "/" + id + ".log"; }
  std::string new_root() const { return root + "/root"; }   // an empty folder to build roots on
  std::string cgroups() const { return root + "/cgroup"; }  // used where the system mounts none
};

// The options with the data folder's true path, by which the kernel's tables name what lies
// below it. Refuses one that is relative or not there.
Result<HelperOptions> settled(HelperOptions options);

// `options` is settled.
inline Folders folders_of(const HelperOptions& options) {
  return {options.data_folder + "/host"};
}

// DATA/host, made unless it is there. Refuses one that is a link or another user's.
Result<os::UniqueFd> open_root(const Folders& folders);

// Makes the folders, root's alone except for the way to the sockets, and DATA/host a private
// mount of itself: mounts made below it are seen by no other mount namespace, and nobody can
// rename it away under the helper.
Result<> prepare_folders(const Folders& folders);

}  // namespace ringwall::host::detail
