#pragma once
// Bytes are std::uint8_t; text is std::string. A Secret is neither: it wipes itself.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringwall {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view text_of(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Overwrites `bytes` in a way the optimiser keeps.
void wipe(std::span<std::uint8_t> bytes) noexcept;

// Key material or a password. Move-only, wiped on destruction, without a formatter or a
// comparison, so that it cannot be logged, copied or compared in variable time by mistake.
class Secret {
 public:
  Secret() = default;
  explicit Secret(ByteView bytes) : bytes_(bytes.begin(), bytes.end()) {}
  explicit Secret(std::string_view text) : Secret(bytes_of(text)) {}
  explicit Secret(Bytes&& bytes) : bytes_(std::move(bytes)) {}
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { other.bytes_.clear(); }
  Secret& operator=(Secret&& other) noexcept {
    wipe(bytes_);
    bytes_ = std::move(other.bytes_);
    other.bytes_.clear();
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(bytes_); }

  ByteView reveal() const { return bytes_; }                           // valid while *this lives
  std::string_view reveal_text() const { return text_of(bytes_); }     // valid while *this lives
  bool empty() const { return bytes_.empty(); }
  Secret duplicate() const { return Secret(ByteView(bytes_)); }  // said aloud, never implicit

 private:
  Bytes bytes_;
};

// Equality in time that depends on the lengths only.
bool equal_in_constant_time(ByteView a, ByteView b) noexcept;

}  // namespace ringwall
