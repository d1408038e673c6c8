#include "backup/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <map>

#include "crypto/crypto.h"
#include "os/files.h"

namespace ringwall::backup {
namespace {

using text::Json;

constexpr std::size_t piece_bytes = 64UL * 1024;
constexpr std::size_t name_part_bytes_max = 128;
constexpr std::string_view manifest_name = "manifest.json";
constexpr std::array<std::uint8_t, piece_bytes> zeroes{};

struct Extent {
  std::uint64_t begin = 0, end = 0;
};

std::unexpected<Error> cannot(const std::string& what) { return std::unexpected(os::system_error("cannot " + what, errno)); }

// Where the file has data, in whole pieces, below `bytes`.
Result<std::vector<Extent>> extents_of(int file, std::uint64_t bytes) {
  std::vector<Extent> extents;
  for (std::uint64_t at = 0; at < bytes;) {
    const off_t data = ::lseek(file, static_cast<off_t>(at), SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;
    const off_t hole = data < 0 ? -1 : ::lseek(file, data, SEEK_HOLE);
    if (hole < 0) return cannot("find a file's data");
    const std::uint64_t begin = static_cast<std::uint64_t>(data) / piece_bytes * piece_bytes;
    if (begin >= bytes) break;
    const std::uint64_t end = std::min((static_cast<std::uint64_t>(hole) + piece_bytes - 1) / piece_bytes * piece_bytes, bytes);
    if (!extents.empty() && begin <= extents.back().end) {
      extents.back().end = std::max(extents.back().end, end);
    } else {
      extents.push_back({begin, end});
    }
    at = end;
  }
  return extents;
}

Result<> read_piece(int file, std::uint64_t at, std::span<std::uint8_t> piece) {
  for (std::size_t done = 0; done < piece.size();) {
    const ssize_t got = ::pread(file, piece.data() + done, piece.size() - done, static_cast<off_t>(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot("read a file");
    if (got == 0) return fail(Failure::io, "a file became shorter while it was read");
    done += static_cast<std::size_t>(got);
  }
  return {};
}

class PieceDigest {
 public:
  void add(std::uint64_t at, ByteView piece) {
    if (std::ranges::equal(piece, ByteView(zeroes).first(piece.size()))) return;
    std::array<std::uint8_t, 8> number;
    for (std::size_t i = 0; i < number.size(); ++i) number[i] = static_cast<std::uint8_t>(at / piece_bytes >> (56 - 8 * i));
    hash_.update(ByteView(number));
    hash_.update(piece);
  }
  std::string finish() { return crypto::hex(hash_.finish()); }

 private:
  crypto::Sha256 hash_;
};

template <typename Use>  // Result<>(offset, piece), in order
Result<> each_piece(int file, const std::vector<Extent>& extents, Use&& use) {
  std::vector<std::uint8_t> buffer(piece_bytes);
  for (const Extent& extent : extents) {
    for (std::uint64_t at = extent.begin; at < extent.end; at += piece_bytes) {
      const std::span piece(buffer.data(), static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, extent.end - at)));
      RW_DO(read_piece(file, at, piece));
      RW_DO(use(at, ByteView(piece)));
    }
  }
  return {};
}

Result<std::string> digest_of(int file, std::uint64_t bytes) {
  RW_TRY(const auto extents, extents_of(file, bytes));
  PieceDigest digest;
  RW_DO(each_piece(file, extents, [&](std::uint64_t at, ByteView piece) -> Result<> {
    digest.add(at, piece);
    return {};
  }));
  return digest.finish();
}

bool is_letter_or_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_name_part(std::string_view part) {
  return !part.empty() && part.size() <= name_part_bytes_max && is_letter_or_digit(part.front()) &&
         std::ranges::all_of(part, [](char c) { return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_member_name(std::string_view name) {
  const auto slash = name.find('/');
  if (slash == std::string_view::npos) return is_name_part(name);
  return is_name_part(name.substr(0, slash)) && is_name_part(name.substr(slash + 1));
}

}  // namespace

struct Writer::State {
  struct Free {
    void operator()(::archive* writing) const noexcept { ::archive_write_free(writing); }
  };
  std::unique_ptr<::archive, Free> writing{::archive_write_new()};
  Json files = Json::array();

  Error failure(const std::string& name) const {
    const char* reason = ::archive_error_string(writing.get());
    const bool full = ::archive_errno(writing.get()) == ENOSPC;
    return {full ? Failure::exhausted : Failure::io, "cannot write `" + name + "` into the backup: " + (reason == nullptr ? "unknown" : reason)};
  }

  // libarchive wants the bytes of holes as well, and leaves them out.
  Result<> write(const std::string& name, ByteView bytes) {
    while (!bytes.empty()) {
      const auto put = ::archive_write_data(writing.get(), bytes.data(), bytes.size());
      if (put <= 0) return std::unexpected(failure(name));
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return {};
  }
  Result<> write_hole(const std::string& name, std::uint64_t bytes) {
    for (; bytes > 0; bytes -= std::min<std::uint64_t>(bytes, piece_bytes)) {
      RW_DO(write(name, ByteView(zeroes).first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, piece_bytes)))));
    }
    return {};
  }

  Result<> begin_member(const std::string& name, std::uint64_t bytes, const std::vector<Extent>& extents) {
    const std::unique_ptr<archive_entry, decltype([](archive_entry* entry) { ::archive_entry_free(entry); })> entry(::archive_entry_new());
    ::archive_entry_set_pathname(entry.get(), name.c_str());
    ::archive_entry_set_filetype(entry.get(), AE_IFREG);
    ::archive_entry_set_perm(entry.get(), 0600);
    ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes));
    const bool is_sparse = extents.size() != 1 || extents.front().begin != 0 || extents.front().end != bytes;
    if (is_sparse && bytes > 0) {
      for (const Extent& extent : extents) {
        ::archive_entry_sparse_add_entry(entry.get(), static_cast<la_int64_t>(extent.begin), static_cast<la_int64_t>(extent.end - extent.begin));
      }
    }
    if (::archive_write_header(writing.get(), entry.get()) != ARCHIVE_OK) return std::unexpected(failure(name));
    return {};
  }
};

Writer::Writer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;
Writer::~Writer() = default;

Result<Writer> Writer::begin(int out) {
  auto state = std::make_unique<State>();
  ::archive* const writing = state->writing.get();
  if (writing == nullptr || ::archive_write_set_format_pax(writing) != ARCHIVE_OK || ::archive_write_set_bytes_in_last_block(writing, 1) != ARCHIVE_OK ||
      ::archive_write_open_fd(writing, out) != ARCHIVE_OK) {
    return fail(Failure::exhausted, "no memory to write a backup");
  }
  return Writer(std::move(state));
}

Result<> Writer::add(const std::string& name, int file, std::uint64_t bytes) {
  if (!is_member_name(name)) return fail(Failure::invalid, "`" + name + "` is no name for a file of a backup");
  RW_TRY(const auto extents, extents_of(file, bytes));
  RW_DO(state_->begin_member(name, bytes, extents));
  PieceDigest digest;
  std::uint64_t written = 0;
  RW_DO(each_piece(file, extents, [&](std::uint64_t at, ByteView piece) -> Result<> {
    RW_DO(state_->write_hole(name, at - written));
    RW_DO(state_->write(name, piece));
    digest.add(at, piece);
    written = at + piece.size();
    return {};
  }));
  RW_DO(state_->write_hole(name, bytes - written));
  state_->files.push(Json::object({{"name", name}, {"bytes", static_cast<std::int64_t>(bytes)}, {"digest", digest.finish()}}));
  return {};
}

Result<> Writer::add_text(const std::string& name, std::string_view content) {
  const os::UniqueFd file(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file || ::write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size())) return cannot("write a temporary file");
  return add(name, file.get(), content.size());
}

Result<> Writer::finish(Json about) {
  const std::string name(manifest_name);
  about.set("files", state_->files);
  const std::string content = about.dump() + "\n";
  RW_DO(state_->begin_member(name, content.size(), {{0, content.size()}}));
  RW_DO(state_->write(name, bytes_of(content)));
  if (::archive_write_close(state_->writing.get()) != ARCHIVE_OK) return std::unexpected(state_->failure(name));
  return {};
}

namespace {

class Unpacking {
 public:
  Unpacking(int in, std::string folder, const Progress& progress) : in_(in), folder_(std::move(folder)), progress_(progress) {}

  Result<Json> run() {
    ::archive* const reading = reading_.get();
    if (reading == nullptr || ::archive_read_support_format_tar(reading) != ARCHIVE_OK || ::archive_read_open_fd(reading, in_, piece_bytes) != ARCHIVE_OK) {
      return std::unexpected(damaged("it cannot be read"));
    }
    for (archive_entry* entry = nullptr;;) {
      const int outcome = ::archive_read_next_header(reading, &entry);
      if (outcome == ARCHIVE_EOF) return fail(Failure::corrupt, "the backup has no manifest: it was cut short, or is none");
      if (outcome != ARCHIVE_OK) return std::unexpected(damaged("it is no tar file, or was cut short"));
      RW_TRY(const std::string name, checked_name(entry));
      if (name == manifest_name) return compared(entry);
      RW_DO(unpack(name, entry));
    }
  }

 private:
  struct Unpacked {
    std::uint64_t bytes = 0;
    std::string digest;
  };

  Error damaged(const std::string& how) const {
    const char* reason = reading_ == nullptr ? nullptr : ::archive_error_string(reading_.get());
    return {Failure::corrupt, "the backup is damaged: " + how + (reason == nullptr ? "" : std::string(" (") + reason + ")")};
  }

  Result<std::string> checked_name(archive_entry* entry) {
    const char* raw = ::archive_entry_pathname(entry);
    const std::string name = raw == nullptr ? "" : raw;
    if (!is_member_name(name)) return std::unexpected(damaged("it holds a file of a name that no backup has"));
    if (::archive_entry_filetype(entry) != AE_IFREG || ::archive_entry_hardlink(entry) != nullptr || ::archive_entry_symlink(entry) != nullptr) {
      return std::unexpected(damaged("`" + name + "` is no regular file"));
    }
    if (::archive_entry_size_is_set(entry) == 0 || ::archive_entry_size(entry) < 0) return std::unexpected(damaged("`" + name + "` has no size"));
    if (unpacked_.contains(name)) return std::unexpected(damaged("`" + name + "` is there twice"));
    if (unpacked_.size() >= members_max) return std::unexpected(damaged("it holds more files than a backup has"));
    return name;
  }

  Result<> unpack(const std::string& name, archive_entry* entry) {
    if (progress_) progress_(name);
    const std::string path = folder_ + "/" + name;
    if (const auto slash = name.find('/'); slash != std::string::npos) RW_DO(os::make_folder(folder_ + "/" + name.substr(0, slash), 0700));
    const os::UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    const auto bytes = static_cast<std::uint64_t>(::archive_entry_size(entry));
    if (!file || ::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) return cannot("make `" + path + "`");
    for (;;) {
      const void* data = nullptr;
      std::size_t size = 0;
      la_int64_t at = 0;
      const int outcome = ::archive_read_data_block(reading_.get(), &data, &size, &at);
      if (outcome == ARCHIVE_EOF) break;
      if (outcome != ARCHIVE_OK) return std::unexpected(damaged("`" + name + "` was cut short"));
      if (at < 0 || static_cast<std::uint64_t>(at) > bytes || size > bytes - static_cast<std::uint64_t>(at)) {
        return std::unexpected(damaged("`" + name + "` is longer than it says"));
      }
      RW_DO(place(path, file.get(), {static_cast<const std::uint8_t*>(data), size}, static_cast<std::uint64_t>(at)));
    }
    if (::fsync(file.get()) != 0) return cannot("sync `" + path + "`");
    RW_TRY(std::string digest, digest_of(file.get(), bytes));
    unpacked_.emplace(name, Unpacked{bytes, std::move(digest)});
    return {};
  }

  static Result<> place(const std::string& path, int file, ByteView data, std::uint64_t at) {
    while (!data.empty()) {
      const ssize_t put = ::pwrite(file, data.data(), data.size(), static_cast<off_t>(at));
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) return cannot("write `" + path + "`");
      data = data.subspan(static_cast<std::size_t>(put));
      at += static_cast<std::uint64_t>(put);
    }
    return {};
  }

  Result<Json> compared(archive_entry* entry) {
    if (static_cast<std::uint64_t>(::archive_entry_size(entry)) > manifest_bytes_max) return std::unexpected(damaged("its manifest is too large"));
    std::string content(static_cast<std::size_t>(::archive_entry_size(entry)), '\0');
    if (::archive_read_data(reading_.get(), content.data(), content.size()) != static_cast<la_ssize_t>(content.size())) {
      return std::unexpected(damaged("its manifest was cut short"));
    }
    auto manifest = text::parse_json(content);
    if (!manifest) return std::unexpected(damaged("its manifest is no JSON: " + manifest.error().message));
    std::size_t matched = 0;
    for (const Json& file : (*manifest)["files"].items()) {
      const std::string name = file.str("name");
      const auto found = unpacked_.find(name);
      if (found == unpacked_.end()) return std::unexpected(damaged("`" + name + "` is in its manifest and not in it"));
      if (static_cast<std::int64_t>(found->second.bytes) != file["bytes"].as_integer() || found->second.digest != file.text("digest")) {
        return std::unexpected(damaged("`" + name + "` is not what its manifest says"));
      }
      ++matched;
    }
    if (matched != unpacked_.size()) return std::unexpected(damaged("it holds files that are not in its manifest"));
    return *std::move(manifest);
  }

  struct Free {
    void operator()(::archive* reading) const noexcept { ::archive_read_free(reading); }
  };
  const int in_;
  const std::string folder_;
  const Progress& progress_;
  std::unique_ptr<::archive, Free> reading_{::archive_read_new()};
  std::map<std::string, Unpacked> unpacked_;
};

}  // namespace

Result<Json> unpack(int in, const std::string& folder, const Progress& progress) { return Unpacking(in, folder, progress).run(); }

}  // namespace ringwall::backup
