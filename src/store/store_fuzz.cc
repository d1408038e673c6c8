// Two things of the store. Commits and reads that the bytes spell: a plain map says what is there, also after the file is
// opened again. And the bytes as damage to a store's file: it opens with what it had, or is refused; it never ends us.

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "base/check.h"
#include "store/store.h"

namespace {

using namespace ringwall;
using Plain = std::map<std::string, std::string>;

class Folder {
 public:
  Folder() : path_((std::filesystem::temp_directory_path() / "ringwall-fuzz.XXXXXX").string()) { RW_CHECK(::mkdtemp(path_.data()) != nullptr); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file() const { return path_ + "/store"; }

 private:
  std::string path_;
};

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool at_end() const { return size_ == 0; }
  std::uint8_t next() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

Plain contents(const store::Store& opened) {
  Plain all;
  for (const store::Entry& entry : opened.list("")) all[entry.key] = entry.document->dump();
  return all;
}

// Each transaction: puts and erasures, and perhaps a key that another transaction changes meanwhile.
void commit(store::Store& opened, Plain& plain, Bytes& bytes) {
  static constexpr const char* keys[] = {"a", "a/b", "a/c", "b", "b/a/a", "c\x7f"};
  store::Transaction transaction(opened);
  Plain after = plain;
  const bool reads = bytes.next() % 4 == 0;
  if (reads) transaction.get(keys[bytes.next() % std::size(keys)]);
  for (std::size_t n = bytes.next() % 4; n > 0; --n) {
    const std::string key = keys[bytes.next() % std::size(keys)];
    if (bytes.next() % 3 == 0) {
      transaction.erase(key);
      after.erase(key);
    } else {
      text::Json document = text::Json::object({{"n", bytes.next()}, {"t", std::string(bytes.next() % 8, 'x')}});
      after[key] = document.dump();
      transaction.put(key, std::move(document));
    }
  }
  RW_CHECK(opened.commit(transaction).has_value());  // nobody else writes
  plain = std::move(after);
  RW_CHECK(contents(opened) == plain);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return -1;
  Bytes bytes(data, size);
  const bool damages = bytes.next() % 2 == 1;
  const Folder folder;
  Plain plain;
  {
    const auto opened = store::open_sqlite(folder.file());
    RW_CHECK(opened.has_value());
    for (std::size_t n = damages ? 2 : 8; n > 0 && !bytes.at_end(); --n) commit(**opened, plain, bytes);
  }
  if (damages) {
    const int file = ::open(folder.file().c_str(), O_RDWR | O_CLOEXEC);
    RW_CHECK(file >= 0);
    const auto length = static_cast<std::size_t>(::lseek(file, 0, SEEK_END));
    for (std::size_t n = 0; n < 16 && !bytes.at_end(); ++n) {
      const std::size_t at = (std::size_t{bytes.next()} << 8 | bytes.next()) % length;
      const std::uint8_t byte = bytes.next();
      RW_CHECK(::pwrite(file, &byte, 1, static_cast<off_t>(at)) == 1);
    }
    RW_CHECK(bytes.next() % 4 != 0 || ::ftruncate(file, static_cast<off_t>(length - bytes.next() % length)) == 0);
    ::close(file);
  }
  const auto again = store::open_sqlite(folder.file());
  if (!again) {
    RW_CHECK(damages && !again.error().message.empty());
    return 0;
  }
  if (!damages) RW_CHECK(contents(**again) == plain);
  return 0;
}
