#pragma once
// JSON documents: a strict reader that keeps positions, a value, and a writer.
//
// The value doubles as Ringwall's dynamic document: API inputs and outputs, stored documents
// and policies are all Json, and shapes (room awsapi) say what they mean.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace ringwall::text {

class Json {
 public:
  struct Member;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;  // in document order; keys are unique

  Json();  // null
  Json(bool value);
  template <typename T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
  Json(T value);
  Json(double value);
  Json(std::string value);
  Json(std::string_view value);
  Json(const char* value);
  Json(Array value);
  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  ~Json();

  static Json array();
  static Json array(Array items);
  static Json object(std::initializer_list<Member> members = {});

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  // The value if it is of that type, else `otherwise`.
  bool as_bool(bool otherwise = false) const;
  std::int64_t as_integer(std::int64_t otherwise = 0) const;  // a double is truncated
  double as_number(double otherwise = 0) const;
  std::string_view as_string(std::string_view otherwise = {}) const;  // lives as long as *this
  const Array& items() const;     // empty unless an array
  const Object& members() const;  // empty unless an object

  // Object access. `find` is null when absent; `operator[]` answers a null Json then, so
  // chains of reads need no checks. Linear in the number of members.
  const Json* find(std::string_view key) const;
  const Json& operator[](std::string_view key) const;
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  std::string_view text(std::string_view key, std::string_view otherwise = {}) const {
    return (*this)[key].as_string(otherwise);
  }
  std::string str(std::string_view key) const { return std::string(text(key)); }

  // Object writing; a null *this becomes an object first. Replaces an existing member.
  Json& set(std::string_view key, Json value);
  Json& edit(std::string_view key);  // the member, made null if absent
  bool erase(std::string_view key);  // was it there?

  // Array writing; a null *this becomes an array first.
  Json& push(Json value);
  Array& edit_items();

  // Appends a member whose key the caller knows to be new. Constant time.
  void adopt(Member&& member);

  // Where the value began in the text it was read from, in bytes; 0 if it was made here.
  std::uint32_t offset() const { return offset_; }
  void set_offset(std::uint32_t offset) { offset_ = offset; }

  // Structural; members in any order; offsets do not count.
  friend bool operator==(const Json& a, const Json& b);

  std::string dump() const;         // one line, no spaces, UTF-8 kept
  std::string dump_pretty() const;  // two spaces, a line a member

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
  std::uint32_t offset_ = 0;
};

struct Json::Member {
  std::string key;
  Json value;
  std::uint32_t key_offset = 0;
  friend bool operator==(const Member& a, const Member& b);
};

// Defined here because a Member, which holds a Json, had to be complete first.
inline Json::Json() = default;
inline Json::Json(bool value) : value_(value) {}
template <typename T>
  requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
inline Json::Json(T value) : value_(static_cast<std::int64_t>(value)) {}
inline Json::Json(double value) : value_(value) {}
inline Json::Json(std::string value) : value_(std::move(value)) {}
inline Json::Json(std::string_view value) : value_(std::string(value)) {}
inline Json::Json(const char* value) : value_(std::string(value)) {}
inline Json::Json(const Json& other) = default;
inline Json::Json(Json&& other) noexcept = default;
inline Json& Json::operator=(const Json& other) = default;
inline Json& Json::operator=(Json&& other) noexcept = default;
inline Json::~Json() = default;

struct Position {
  std::uint32_t line = 1;    // from 1
  std::uint32_t column = 1;  // from 1, in bytes
  friend bool operator==(const Position&, const Position&) = default;
};
Position position_of(std::string_view text, std::uint32_t offset);

inline constexpr std::size_t json_depth_max = 32;
inline constexpr std::size_t json_bytes_max = 64UL * 1024 * 1024;

// Appends `value` as a JSON string, quotes included: for writers of many small documents.
void append_json_string(std::string& out, std::string_view value);

// For readers of files that are larger or deeper than any API's documents. Offsets are 32 bits
// wide, so `bytes_max` is at most 4 GiB.
struct JsonLimits {
  std::size_t bytes_max = json_bytes_max;
  std::size_t depth_max = json_depth_max;
};

// Reads one JSON document and nothing after it (RFC 8259). Refuses, with line and column:
// duplicate keys, more levels or bytes than the limits, invalid UTF-8, numbers past a double.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

}  // namespace ringwall::text
