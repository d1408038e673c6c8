#include "host/detail/libraries.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <set>

#include "os/fd.h"

namespace ringwall::host::detail {
namespace {

// A file as the memory it is mapped to. The files are root's; they are still read with care.
class Elf {
 public:
  explicit Elf(const std::string& path) {
    const os::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status = {};
    if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0)
      return;
    const auto size = static_cast<std::size_t>(status.st_size);
    void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (mapped == MAP_FAILED) return;
    bytes_ = static_cast<const char*>(mapped);
    size_ = size;
  }
  ~Elf() {
    if (bytes_ != nullptr) ::munmap(const_cast<char*>(bytes_), size_);
  }
  Elf(const Elf&) = delete;
  Elf& operator=(const Elf&) = delete;

  // Names as DT_NEEDED has them, and the interpreter's path.
  std::vector<std::string> needs() const {
    Elf64_Ehdr header = {};
    if (!read(0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64) {
      return {};
    }
    std::vector<std::string> found;
    std::vector<std::size_t> names;
    std::size_t texts = 0;
    for (std::size_t i = 0; i < header.e_phnum; ++i) {
      Elf64_Phdr segment = {};
      if (!read(header.e_phoff + i * sizeof segment, segment)) return {};
      if (segment.p_type == PT_INTERP) found.push_back(text_at(segment.p_offset));
      if (segment.p_type != PT_DYNAMIC) continue;
      Elf64_Dyn entry = {};
      for (std::size_t at = segment.p_offset; read(at, entry) && entry.d_tag != DT_NULL; at += sizeof entry) {
        if (entry.d_tag == DT_NEEDED) names.push_back(entry.d_un.d_val);
        if (entry.d_tag == DT_STRTAB) texts = offset_of(header, entry.d_un.d_ptr);
      }
    }
    for (const std::size_t name : names) found.push_back(text_at(texts + name));
    return found;
  }

 private:
  template <typename T>
  bool read(std::size_t offset, T& value) const {
    if (offset > size_ || size_ - offset < sizeof value) return false;
    std::memcpy(&value, bytes_ + offset, sizeof value);
    return true;
  }
  std::string text_at(std::size_t offset) const {
    if (offset >= size_) return {};
    return {bytes_ + offset, ::strnlen(bytes_ + offset, size_ - offset)};
  }
  // Where in the file an address of the loaded program is.
  std::size_t offset_of(const Elf64_Ehdr& header, std::size_t address) const {
    for (std::size_t i = 0; i < header.e_phnum; ++i) {
      Elf64_Phdr segment = {};
      if (!read(header.e_phoff + i * sizeof segment, segment)) break;
      if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
          address - segment.p_vaddr < segment.p_filesz) {
        return address - segment.p_vaddr + segment.p_offset;
      }
    }
    return size_;
  }

  const char* bytes_ = nullptr;
  std::size_t size_ = 0;
};

std::string found_at(const std::string& name) {
  if (name.starts_with("/")) return name;
  for (const std::string& folder : library_folders()) {
    if (::access((folder + "/" + name).c_str(), R_OK) == 0) return folder + "/" + name;
  }
  return {};
}

}  // namespace

const std::vector<std::string>& library_folders() {
#if defined(__x86_64__)
  static const std::vector<std::string> folders = {"/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"};
#else
  static const std::vector<std::string> folders = {"/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"};
#endif
  return folders;
}

std::vector<std::string> libraries_of(const std::vector<std::string>& files) {
  std::set<std::string> seen;
  std::vector<std::string> found, open = files;
  while (!open.empty()) {
    const std::string file = std::move(open.back());
    open.pop_back();
    for (const std::string& name : Elf(file).needs()) {
      const std::string path = found_at(name);
      if (path.empty() || !seen.insert(path).second) continue;
      found.push_back(path);
      open.push_back(path);
    }
  }
  return found;
}

}  // namespace ringwall::host::detail
