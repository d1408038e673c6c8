#include "host/detail/message.h"

#include <concepts>
#include <type_traits>
#include <utility>
#include <vector>

namespace ringwall::host::detail {
namespace {

template <typename T, typename Named>
concept Is = std::same_as<std::remove_const_t<T>, Named>;

// The one list of every struct's fields: `archive` is a Writer or a Reader.
template <typename A, Is<Rule> T>
void fields(A& archive, T& v) {
  archive(v.direction, v.protocol, v.from_port, v.to_port, v.cidr, v.group);
}
template <typename A, Is<Group> T>
void fields(A& archive, T& v) {
  archive(v.id, v.rules);
}
template <typename A, Is<Subnet> T>
void fields(A& archive, T& v) {
  archive(v.id, v.cidr);
}
template <typename A, Is<Interface> T>
void fields(A& archive, T& v) {
  archive(v.id, v.subnet_id, v.address, v.mac, v.groups, v.local);
}
template <typename A, Is<Network> T>
void fields(A& archive, T& v) {
  archive(v.id, v.cidr, v.subnets, v.groups, v.interfaces);
}
template <typename A, Is<Volume> T>
void fields(A& archive, T& v) {
  archive(v.id, v.bytes, v.owner);
}
template <typename A, Is<File> T>
void fields(A& archive, T& v) {
  archive(v.kind, v.content);
}
template <typename A, Is<Limits> T>
void fields(A& archive, T& v) {
  archive(v.memory_bytes, v.process_bytes, v.processes, v.cpu_percent, v.weight);
}
template <typename A, Is<Process> T>
void fields(A& archive, T& v) {
  archive(v.id, v.volume_id, v.interface_id, v.uid, v.program, v.release, v.address,
          v.master_user, v.files, v.limits);
}
template <typename A, Is<Error> T>
void fields(A& archive, T& v) {
  archive(v.kind, v.message);
}
template <typename A, Is<Finished> T>
void fields(A& archive, T& v) {
  archive(v.exit_status, v.output);
}
template <typename A, Is<Inventory> T>
void fields(A& archive, T& v) {
  archive(v.networks, v.volumes, v.open_volumes, v.processes, v.missing_controllers, v.sparse_volumes, v.full_volumes,
          v.failed_volumes);
}
template <typename A, Is<VolumeFacts> T>
void fields(A& archive, T& v) {
  archive(v.id, v.has_image, v.bytes, v.allocated_bytes, v.modified_ms, v.open, v.label);
}
template <typename A, Is<ApplyNetwork> T>
void fields(A& archive, T& v) {
  archive(v.network);
}
template <typename A, Is<RemoveNetwork> T>
void fields(A& archive, T& v) {
  archive(v.vpc_id);
}
template <typename A, Is<Sever> T>
void fields(A& archive, T& v) {
  archive(v.vpc_id, v.addresses);
}
template <typename A, Is<Listen> T>
void fields(A& archive, T& v) {
  archive(v.vpc_id, v.address, v.port, v.transport);
}
template <typename A, Is<InterfaceNamespace> T>
void fields(A& archive, T& v) {
  archive(v.vpc_id, v.interface_id);
}
template <typename A, Is<OpenVolume> T>
void fields(A& archive, T& v) {
  archive(v.volume, v.key);
}
template <typename A, Is<CloseVolume> T>
void fields(A& archive, T& v) {
  archive(v.volume_id);
}
template <typename A, Is<RemoveVolume> T>
void fields(A& archive, T& v) {
  archive(v.volume_id);
}
template <typename A, Is<CopyVolume> T>
void fields(A& archive, T& v) {
  archive(v.volume_id);
}
template <typename A, Is<LabelVolume> T>
void fields(A& archive, T& v) {
  archive(v.volume_id, v.label);
}
template <typename A, Is<LookAtVolumes> T>
void fields(A& archive, T& v) {
  archive(v.after, v.only);
}
template <typename A, Is<KeepInstallation> T>
void fields(A& archive, T& v) {
  archive(v.content);
}
template <typename A, Is<RecallInstallation> T>
void fields(A&, T&) {}
template <typename A, Is<RunProcess> T>
void fields(A& archive, T& v) {
  archive(v.process);
}
template <typename A, Is<StartProcess> T>
void fields(A& archive, T& v) {
  archive(v.process);
}
template <typename A, Is<AdoptProcess> T>
void fields(A& archive, T& v) {
  archive(v.process_id);
}
template <typename A, Is<SignalProcess> T>
void fields(A& archive, T& v) {
  archive(v.process_id, v.signal);
}
template <typename A, Is<StopProcess> T>
void fields(A& archive, T& v) {
  archive(v.process_id, v.how);
}
template <typename A, Is<LimitProcess> T>
void fields(A& archive, T& v) {
  archive(v.process_id, v.limits);
}
template <typename A, Is<TakeInventory> T>
void fields(A&, T&) {}
template <typename A, Is<Reply> T>
void fields(A& archive, T& v) {
  archive(v.succeeded, v.error, v.pid, v.finished, v.inventory, v.severed, v.volumes, v.installation);
}

// The greatest value of each enumeration on the wire.
constexpr std::uint8_t last_of(Rule::Direction) {
  return 1;
}
constexpr std::uint8_t last_of(Transport) {
  return 1;
}
constexpr std::uint8_t last_of(Stop) {
  return 1;
}
constexpr std::uint8_t last_of(Program) {
  return static_cast<std::uint8_t>(Program::postgres_serve);
}
constexpr std::uint8_t last_of(FileKind) {
  return static_cast<std::uint8_t>(FileKind::postgres_identity);
}
constexpr std::uint8_t last_of(Failure) {
  return static_cast<std::uint8_t>(Failure::io);
}

class Writer {
 public:
  template <typename... T>
  void operator()(const T&... values) {
    (put(values), ...);
  }
  template <std::unsigned_integral T>
  void number(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
  }
  Bytes take() { return std::move(bytes_); }

 private:
  void put(bool value) { number(static_cast<std::uint8_t>(value)); }
  template <std::integral T>
  void put(T value) {
    number(static_cast<std::make_unsigned_t<T>>(value));
  }
  template <typename T>
    requires std::is_enum_v<T>
  void put(T value) {
    number(static_cast<std::uint8_t>(value));
  }
  void put(const std::string& text) { append(bytes_of(text)); }
  void put(const Secret& secret) { append(secret.reveal()); }
  template <typename T>
  void put(const std::vector<T>& list) {
    number(static_cast<std::uint32_t>(list.size()));
    for (const T& item : list) put(item);
  }
  template <typename T>
    requires(std::is_class_v<T>)
  void put(const T& value) {
    fields(*this, value);
  }
  void append(ByteView bytes) {
    number(static_cast<std::uint32_t>(bytes.size()));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }

  Bytes bytes_;
};

// Once anything is wrong, `ok()` stays false and nothing more is read.
class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}
  template <typename... T>
  void operator()(T&... values) {
    (get(values), ...);
  }
  template <std::unsigned_integral T>
  T number() {
    const ByteView raw = take(sizeof(T));
    T value = 0;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      value = static_cast<T>(value | (static_cast<T>(raw[i]) << (8 * i)));
    }
    return value;
  }
  bool ok() const { return ok_; }
  std::size_t offset() const { return offset_; }
  bool at_end() const { return offset_ == bytes_.size(); }

 private:
  void get(bool& value) {
    const auto raw = number<std::uint8_t>();
    if (raw > 1) ok_ = false;
    value = raw == 1;
  }
  template <std::integral T>
  void get(T& value) {
    value = static_cast<T>(number<std::make_unsigned_t<T>>());
  }
  template <typename T>
    requires std::is_enum_v<T>
  void get(T& value) {
    const auto raw = number<std::uint8_t>();
    if (raw > last_of(T{})) ok_ = false;
    if (ok_) value = static_cast<T>(raw);
  }
  void get(std::string& text) { text = text_of(take(number<std::uint32_t>())); }
  void get(Secret& secret) { secret = Secret(take(number<std::uint32_t>())); }
  template <typename T>
  void get(std::vector<T>& list) {
    // Every item takes at least one byte, so the count is never more than what is left, and
    // the list grows only as its items arrive: a forged count reserves nothing.
    const auto count = number<std::uint32_t>();
    if (count > bytes_.size() - offset_) ok_ = false;
    for (std::uint32_t i = 0; ok_ && i < count; ++i) get(list.emplace_back());
  }
  template <typename T>
    requires(std::is_class_v<T>)
  void get(T& value) {
    fields(*this, value);
  }
  ByteView take(std::size_t count) {
    if (!ok_ || count > bytes_.size() - offset_) {
      ok_ = false;
      return {};
    }
    offset_ += count;
    return bytes_.subspan(offset_ - count, count);
  }

  ByteView bytes_;
  std::size_t offset_ = 0;
  bool ok_ = true;
};

std::unexpected<Error> malformed(const Reader& reader) {
  return fail(Failure::corrupt, "malformed message at byte " + std::to_string(reader.offset()));
}

template <std::size_t... Index>
bool read_alternative(Reader& reader, std::size_t wanted, Request& request,
                      std::index_sequence<Index...>) {
  const auto attempt = [&]<std::size_t I>() {
    if (I != wanted) return false;
    fields(reader, request.emplace<I>());
    return true;
  };
  return (attempt.template operator()<Index>() || ...);
}

}  // namespace

Bytes encode(const Request& request) {
  Writer writer;
  writer.number(static_cast<std::uint8_t>(request.index()));
  std::visit([&](const auto& alternative) { fields(writer, alternative); }, request);
  return writer.take();
}

Bytes encode(const Reply& reply) {
  Writer writer;
  fields(writer, reply);
  return writer.take();
}

Result<Request> decode_request(ByteView bytes) {
  Reader reader(bytes);
  Request request;
  const auto index = reader.number<std::uint8_t>();
  const bool known = read_alternative(reader, index, request,
                                      std::make_index_sequence<std::variant_size_v<Request>>());
  if (!known || !reader.ok() || !reader.at_end()) return malformed(reader);
  return request;
}

Result<Reply> decode_reply(ByteView bytes) {
  Reader reader(bytes);
  Reply reply;
  fields(reader, reply);
  if (!reader.ok() || !reader.at_end()) return malformed(reader);
  return reply;
}

}  // namespace ringwall::host::detail
