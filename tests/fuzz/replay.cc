// Runs fuzz targets on files, and on so many changed forms of each, the same ones every time. What breaks a target, or takes
// it too long, ends the process: the target, the file and the form are named, and the input is kept beside.
//
// usage: fuzz_replay TARGET FORMS SECONDS_MAX FILE...   prints how many inputs there were
//        fuzz_replay --list

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "targets.h"

namespace {

// What runs, for the handler of signals, which can do little.
char running[4096];
const std::string* running_input = nullptr;

void tell(int signal) {
  const auto write_all = [](int file, const char* text, std::size_t size) {
    while (size > 0) {
      const ssize_t written = ::write(file, text, size);
      if (written <= 0) return;
      text += written;
      size -= static_cast<std::size_t>(written);
    }
  };
  write_all(STDERR_FILENO, running, std::strlen(running));
  const int file = ::open("fuzz-crash", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file >= 0 && running_input != nullptr) write_all(file, running_input->data(), running_input->size());
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

// SplitMix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::size_t below(std::size_t count) {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return static_cast<std::size_t>((z ^ z >> 31) % count);
  }

 private:
  std::uint64_t state_;
};

// Bytes changed, taken out, doubled, or taken from another input.
std::string changed(std::string text, const std::string& other, Random& random) {
  static constexpr std::string_view telling[] = {"${aws:username}", "*", "?", "\\u0000", "\xff", "\"", "{", "]", ":", "\0"};
  for (std::size_t n = 1 + random.below(3); n > 0 && !text.empty(); --n) {
    const std::size_t at = random.below(text.size()), size = 1 + random.below(std::min<std::size_t>(text.size() - at, 16));
    switch (random.below(6)) {
      case 0: text[at] = static_cast<char>(random.below(256)); break;
      case 1: text.erase(at, size); break;
      case 2: text.insert(at, std::string(text, at, size)); break;
      case 3: text.replace(at, size, std::string(other, random.below(other.size() + 1), size)); break;
      case 4: text.insert(at, telling[random.below(std::size(telling))]); break;
      default: text[at] = static_cast<char>(text[at] ^ (1 << random.below(8))); break;
    }
  }
  return text;
}

void run(const Target& target, const std::string& input, const std::string& name, unsigned seconds) {
  std::snprintf(running, sizeof running, "fuzz_replay: %s: %s\n", std::string(target.name).c_str(), name.c_str());
  running_input = &input;
  ::alarm(seconds);
  // A copy of its own, so that a sanitizer sees what is read past its end.
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  target.run(bytes.data(), bytes.size());
  ::alarm(0);
}

bool read_number(const char* text, unsigned& number) {
  const char* end = text + std::strlen(text);
  const auto [at, error] = std::from_chars(text, end, number);
  return error == std::errc() && at == end;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 2 && std::string_view(arguments[1]) == "--list") {
    for (const Target& target : targets()) std::printf("%s\n", std::string(target.name).c_str());
    return 0;
  }
  unsigned forms = 0, seconds = 0;
  if (count < 5 || !read_number(arguments[2], forms) || !read_number(arguments[3], seconds)) {
    std::fprintf(stderr, "usage: fuzz_replay TARGET FORMS SECONDS_MAX FILE...\n");
    return 2;
  }
  const Target* target = nullptr;
  for (const Target& one : targets()) {
    if (one.name == arguments[1]) target = &one;
  }
  if (target == nullptr) {
    std::fprintf(stderr, "fuzz_replay: no target `%s`\n", arguments[1]);
    return 2;
  }
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM}) std::signal(signal, tell);
  std::vector<std::pair<std::string, std::string>> inputs;  // name, content
  for (int i = 4; i < count; ++i) {
    std::ifstream file(arguments[i], std::ios::binary);
    if (!file) {
      std::fprintf(stderr, "fuzz_replay: cannot read `%s`\n", arguments[i]);
      return 2;
    }
    inputs.emplace_back(arguments[i], std::string(std::istreambuf_iterator<char>(file), {}));
  }
  Random random(0x72696e67);
  std::size_t done = 0;
  for (const auto& [name, content] : inputs) {
    run(*target, content, name, seconds);
    ++done;
    for (unsigned form = 0; form < forms; ++form, ++done)
      run(*target, changed(content, inputs[random.below(inputs.size())].second, random), name + ", form " + std::to_string(form), seconds);
  }
  std::printf("%zu\n", done);
  return 0;
}
