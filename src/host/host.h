#pragma once
// The privileged half, as the unprivileged server sees it: a small set of typed, idempotent
// requests. `apply_*` states what should be; the host makes it so, whatever is there already.
// Everything is named by its AWS id, so that a new host process finds what an old one made.

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "os/fd.h"

namespace ringwall::host {

// One security-group rule, already resolved to what the kernel compares.
struct Rule {
  enum class Direction : std::uint8_t { ingress, egress };
  Direction direction = Direction::ingress;
  int protocol = -1;                 // IP protocol number (6, 17, 1, 58), -1: all
  int from_port = -1, to_port = -1;  // inclusive; -1: all (for ICMP: type and code)
  std::string cidr;                  // IPv4 or IPv6 prefix; empty when `group` is set
  std::string group;                 // a security group id: the peer is any member of it
};

struct Group {
  std::string id;  // sg-…
  std::vector<Rule> rules;
};

struct Subnet {
  std::string id;    // subnet-…
  std::string cidr;  // IPv4
};

// A network interface inside a VPC. Its far end is a network namespace of its own, pinned
// under its id, in which a database engine or a command can be started. An interface with
// `local` has no namespace: its address belongs to the VPC's own, for listeners (endpoints).
struct Interface {
  std::string id;         // eni-…
  std::string subnet_id;
  std::string address;    // IPv4, inside the subnet
  std::string mac;        // 02:…
  std::vector<std::string> groups;
  bool local = false;
};

// A whole VPC. No default route: nothing leaves it.
struct Network {
  std::string id;    // vpc-…
  std::string cidr;  // IPv4; its base+2 is the resolver's address
  std::vector<Subnet> subnets;
  std::vector<Group> groups;
  std::vector<Interface> interfaces;
};

// An ext4 image, its data folder encrypted by fscrypt v2 (AES-256-XTS). Mounted while open.
struct Volume {
  std::string id;           // db-… resource id
  std::uint64_t bytes = 0;  // of the image; may grow, never shrink
  uid_t owner = 0;          // of the data folder
};

// Beside a volume lies a label, and in the folder of them all what the server wants kept about its
// store: bytes that mean nothing here. They belong to root, so that they outlive the store.
inline constexpr std::size_t label_bytes_max = 64UL * 1024;

// What there is of a volume: an image, a label, or both.
struct VolumeFacts {
  std::string id;
  bool has_image = false;
  std::uint64_t bytes = 0, allocated_bytes = 0;  // of the image: what it may hold, and what it takes
  std::int64_t modified_ms = 0;                  // of the image, since 1970
  bool open = false;                             // mounted
  std::string label;                             // empty: there is none
};

// What can be started, and what can be written for it: entries of the privileged half's own
// table (programs.h), which has the path, the arguments, the environment and the files' places.
enum class Program : std::uint8_t {
  postgres_initialise,  // makes a data folder, unless there is one that is whole
  postgres_configure,   // writes the files, for a server to read again
  postgres_serve,
};
enum class FileKind : std::uint8_t {
  postgres_first_statements,  // run once, as the superuser, by postgres_initialise
  postgres_settings,
  postgres_access_rules,
  postgres_peer_names,
  postgres_identity,  // certificate and key
};

struct File {
  FileKind kind = FileKind::postgres_settings;
  std::string content;
};

// What a process and all its descendants may use together: the kernel's control groups hold them to it.
// Whoever states nothing gets little.
struct Limits {
  std::uint64_t memory_bytes = 512ULL << 20;  // page cache and in-memory file systems included; nothing is swapped
  // Private memory of each process: past it an allocation fails, which a program can report to its
  // client, while at `memory_bytes` the kernel kills.
  std::uint64_t process_bytes = 256ULL << 20;
  std::uint32_t processes = 64;     // threads included
  std::uint32_t cpu_percent = 100;  // 200: two processors
  std::uint32_t weight = 100;       // of processor and disk where others want them too: 1 to 10,000
};

// A program run inside its own mount namespace whose root holds, read-only, what the program
// reads of the system, a generated /etc, and read-write only /data (the volume's data folder),
// /run/ringwall (a folder shared with the server, for sockets) and a private /tmp, from none of
// which anything can be executed. No capabilities, no new privileges, its own uid and cgroup.
struct Process {
  std::string id;            // names the cgroup and the record of the running process
  std::string volume_id;
  std::string interface_id;  // its network namespace
  uid_t uid = 0;             // also its gid; at least `engine_uid_min`
  Program program = Program::postgres_serve;
  std::uint32_t release = 0;  // which of its installations: 15
  std::string address;        // IPv4, for a program that listens; else empty
  std::string master_user;    // whom its guard protects, for a program that listens; else empty
  std::vector<File> files;    // exactly those the program takes, written as `uid`
  Limits limits = {};
};

inline constexpr std::uint32_t release_min = 1, release_max = 999;
inline constexpr uid_t engine_uid_min = 0x20000000;  // a range no distribution assigns

struct Running {
  pid_t pid = 0;
  os::UniqueFd pidfd;  // readable once the process has ended; survives either half's restart
};

struct Finished {
  int exit_status = 0;  // 128 + signal if killed
  std::string output;   // standard output and error, the last 64 KiB
};

enum class Transport : std::uint8_t { tcp, udp };
enum class Stop : std::uint8_t { graceful /* SIGINT, then kill after 20 s */, immediate };

// Whether the disk sets aside the whole of a volume when it is made or grows, and refuses what it
// cannot; or blocks are found as they are written, and the disk may promise more than it has.
enum class Storage : std::uint8_t { reserved, sparse };

// What exists now, by id: what a new server compares with what it wants.
struct Inventory {
  std::vector<std::string> networks;
  std::vector<std::string> volumes;       // image files
  std::vector<std::string> open_volumes;  // mounted: not closed to the end
  std::vector<std::string> processes;     // running
  std::vector<std::string> missing_controllers;  // "memory": what this machine cannot hold processes to
  std::vector<std::string> sparse_volumes;  // of which the disk has not set aside everything
  std::vector<std::string> full_volumes;    // open, with next to nothing left for the engine
  std::vector<std::string> failed_volumes;  // open, and take no more writes since one failed
};

// Thread-safe: requests run concurrently on the host, except that the caller must not run two
// at once about the same id. Failure::unavailable when the host half is gone.
class Host {
 public:
  virtual ~Host() = default;

  virtual Result<> apply_network(const Network& network) = 0;
  virtual Result<> remove_network(const std::string& vpc_id) = 0;
  // Ends every flow of these addresses of the VPC, whatever the rules say of it, and answers how many
  // there were. A connection that was open passes nothing any more; a new one is let in or not by the
  // rules. `apply_network` does so with addresses that come, go, change hands or change groups, and
  // `start` with the process's: neither inherits a flow.
  virtual Result<std::size_t> sever(const std::string& vpc_id, const std::vector<std::string>& addresses) = 0;
  // A socket bound (and for TCP listening) inside the VPC's namespace.
  virtual Result<os::UniqueFd> listen(const std::string& vpc_id, const std::string& address,
                                      std::uint16_t port, Transport transport) = 0;
  // The network namespace of a non-local interface, for setns(2).
  virtual Result<os::UniqueFd> interface_namespace(const std::string& vpc_id,
                                                   const std::string& interface_id) = 0;

  // Makes, mounts and unlocks; `key` is 64 bytes. A volume made with another key is refused
  // with Failure::denied and left as it is. Succeeds only if the file system has grown to what is
  // asked: Failure::exhausted when the disk cannot hold it, and nothing has changed; denied when it
  // cannot grow while in use. One that took no more writes, and is not in use, is mounted anew.
  virtual Result<> open_volume(const Volume& volume, const Secret& key) = 0;
  virtual Result<> close_volume(const std::string& volume_id) = 0;   // lock, unmount, detach
  virtual Result<> remove_volume(const std::string& volume_id) = 0;  // close, delete image and label
  // The image as of one moment, as a power cut would leave it, in a file that has no name; still
  // encrypted, so that no key is needed. An open volume stays open: its writers pause while what
  // changed since a first pass is copied, or not at all where the disk can clone.
  virtual Result<os::UniqueFd> copy_volume(const std::string& volume_id) = 0;
  // Replaces the label, durably, whether or not there is an image yet.
  virtual Result<> label_volume(const std::string& volume_id, const std::string& label) = 0;
  // Of every volume, in order of their ids; or of one, without an image or a label if there is nothing.
  virtual Result<std::vector<VolumeFacts>> volumes() = 0;
  virtual Result<VolumeFacts> volume(const std::string& volume_id) = 0;

  // What was last kept about the store, durably; empty if nothing ever was.
  virtual Result<std::string> kept_installation() = 0;
  virtual Result<> keep_installation(const std::string& content) = 0;

  // Runs to its end (at most 120 s), for initialisation steps.
  virtual Result<Finished> run(const Process& process) = 0;
  virtual Result<Running> start(const Process& process) = 0;  // conflict when already running
  virtual Result<Running> adopt(const std::string& process_id) = 0;  // not_found when not running
  // Holds a running process to `limits` from now on. Failure::conflict when it uses more already.
  virtual Result<> limit(const std::string& process_id, const Limits& limits) = 0;
  virtual Result<> signal(const std::string& process_id, int signal) = 0;  // to its first process
  virtual Result<> stop(const std::string& process_id, Stop how) = 0;  // all of its cgroup

  virtual Result<Inventory> inventory() = 0;
  // The folder shared with a process's /run/ringwall, on this side. Made by open_volume.
  virtual std::string socket_folder(const std::string& volume_id) const = 0;
};

}  // namespace ringwall::host
