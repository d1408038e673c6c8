#pragma once
// A stored document as a type. Each has one function that lists its members, found by its argument, for both directions:
//
//   template <typename A, records::Is<Alias> T>
//   void fields(A& archive, T& v) {
//     archive.wire("AliasName", v.name);             // the API answers it
//     archive.kept("grantee_id", if_set(v.grantee)); // stored only, and absent while it is empty
//   }
//
// What is a member: text, bool, integers, enums (with `words`), lists, maps of text to any of these, records, std::optional
// (absent when it holds nothing), and Json for what this version only passes on.

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.h"
#include "text/json.h"

namespace ringwall::records {

using text::Json;

template <typename T, typename Named>
concept Is = std::same_as<std::remove_const_t<T>, Named>;

class Decoder;

template <typename T>
concept Record = std::is_class_v<T> && requires(Decoder& decoder, T& value) { fields(decoder, value); };

// An enum whose values count from 0, and whose `words(E)`, found by its argument, are how they are stored, in that order.
template <typename E>
concept Worded = std::is_enum_v<E> && requires(E value) {
  { words(value) } -> std::convertible_to<std::span<const std::string_view>>;
};
template <Worded E>
std::string_view word_of(E value) {
  return std::span<const std::string_view>(words(value))[static_cast<std::size_t>(value)];
}
template <Worded E>
std::optional<E> value_of(std::string_view word) {
  const std::span<const std::string_view> all = words(E{});
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] == word) return static_cast<E>(i);
  }
  return std::nullopt;
}

// A member that is absent while it is empty, zero or false.
template <typename T>
struct IfSet {
  T& value;
};
template <typename T>
IfSet<T> if_set(T& value) {
  return {value};
}

// What a record says for those who read documents without knowing it, and does not believe when it reads it.
template <typename T>
struct Derived {
  T value;
};
template <typename T>
Derived<T> derived(T value) {
  return {std::move(value)};
}

// A map of text to text that is stored as a list of pairs: [{"Key": …, "Value": …}, …], in the order of the keys. An optional
// map is absent when it holds nothing.
template <typename Map>
struct Listed {
  Map& map;
  const char* key;
  const char* value;
};
template <typename Map>
Listed<Map> listed(Map& map, const char* key = "Key", const char* value = "Value") {
  return {map, key, value};
}

// ---- how: nothing below is for those who only declare and use records -------------------------------------------------

// What is wrong with a document: which member, and what about it. The first thing counts.
class Problem {
 public:
  bool is_there() const { return !what_.empty(); }
  void set(std::string_view what) {
    if (what_.empty()) what_ = what;
  }
  // Of a member within the one that `name` is.
  void within(std::string_view name) { path_ = path_.empty() ? std::string(name) : std::string(name) + "." + path_; }
  std::string text() const { return path_.empty() ? what_ : "its member `" + path_ + "` " + what_; }

 private:
  std::string path_, what_;
};

namespace detail {

bool read(const Json& json, std::string& value, Problem& problem);
bool read(const Json& json, bool& value, Problem& problem);
bool read(const Json& json, Json& value, Problem& problem);
bool read_integer(const Json& json, std::int64_t min, std::uint64_t max, std::int64_t& value, Problem& problem);
bool read_word(const Json& json, std::span<const std::string_view> words, std::size_t& index, Problem& problem);
bool read_pairs(const Json& json, const char* key, const char* value, std::map<std::string, std::string>& map, Problem& problem);
bool is_array(const Json& json, Problem& problem);
bool is_object(const Json& json, Problem& problem);
Json json_of_pairs(const std::map<std::string, std::string>& map, const char* key, const char* value);

template <typename T>
  requires(std::integral<T> && !std::same_as<T, bool>)
bool read(const Json& json, T& value, Problem& problem);
template <Worded E>
bool read(const Json& json, E& value, Problem& problem);
template <typename T>
bool read(const Json& json, std::vector<T>& list, Problem& problem);
template <typename T>
bool read(const Json& json, std::map<std::string, T>& map, Problem& problem);
template <Record T>
bool read(const Json& json, T& value, Problem& problem);

inline Json json_of(const std::string& value) { return Json(value); }
inline Json json_of(bool value) { return Json(value); }
inline const Json& json_of(const Json& value) { return value; }
template <typename T>
  requires(std::integral<T> && !std::same_as<T, bool>)
Json json_of(T value) {
  return Json(value);
}
template <Worded E>
Json json_of(E value) {
  return Json(word_of(value));
}

template <typename T>
constexpr bool is_optional = false;
template <typename T>
constexpr bool is_optional<std::optional<T>> = true;

}  // namespace detail

// Makes a Json of a record: of the whole, or of what is wire.
class Encoder {
 public:
  enum class Of : std::uint8_t { all, wire };
  explicit Encoder(Of of) : of_(of) {}

  template <typename T>
  void wire(const char* name, const T& value) {
    put(name, value);
  }
  template <typename T>
  void kept(const char* name, const T& value) {
    if (of_ == Of::all) put(name, value);
  }
  Json take() { return std::move(json_); }

  template <Record T>
  static Json encode(const T& value, Of of) {
    Encoder encoder(of);
    fields(encoder, value);
    return encoder.take();
  }

 private:
  template <typename T>
  void put(const char* name, const T& value) {
    if constexpr (detail::is_optional<T>) {
      if (value) add(name, json_of(*value));
    } else {
      add(name, json_of(value));
    }
  }
  template <typename T>
  void put(const char* name, const IfSet<T>& set) {
    if (!(set.value == std::remove_const_t<T>{})) put(name, set.value);
  }
  template <typename T>
  void put(const char* name, const Derived<T>& said) {
    put(name, said.value);
  }
  template <typename Map>
  void put(const char* name, const Listed<Map>& listed) {
    if constexpr (detail::is_optional<std::remove_const_t<Map>>) {
      if (listed.map) add(name, detail::json_of_pairs(*listed.map, listed.key, listed.value));
    } else {
      add(name, detail::json_of_pairs(listed.map, listed.key, listed.value));
    }
  }

  template <typename T>
  Json json_of(const T& value) {
    if constexpr (Record<T>) {
      return encode(value, of_);
    } else {
      return detail::json_of(value);
    }
  }
  template <typename T>
  Json json_of(const std::vector<T>& list) {
    Json json = Json::array();
    for (const T& item : list) json.push(json_of(item));
    return json;
  }
  template <typename T>
  Json json_of(const std::map<std::string, T>& map) {
    Json json = Json::object();
    for (const auto& [key, value] : map) json.adopt({key, json_of(value)});
    return json;
  }
  void add(const char* name, Json value);

  const Of of_;
  Json json_ = Json::object();
};

// Reads a record from an object. Wants every member that is neither optional nor IfSet, and no other.
class Decoder {
 public:
  Decoder(const Json& object, Problem& problem);

  template <typename T>
  void wire(const char* name, T&& value) {
    get(name, std::forward<T>(value));
  }
  template <typename T>
  void kept(const char* name, T&& value) {
    get(name, std::forward<T>(value));
  }
  // Is there nothing that the record did not ask for?
  bool finish();

 private:
  template <typename T>
  void get(const char* name, T& value) {
    const Json* json = member(name);
    if (json == nullptr) return missing(name);
    if (!detail::read(*json, value, problem_)) problem_.within(name);
  }
  template <typename T>
  void get(const char* name, std::optional<T>& value) {
    const Json* json = member(name);
    if (json != nullptr && !detail::read(*json, value.emplace(), problem_)) problem_.within(name);
  }
  template <typename T>
  void get(const char* name, IfSet<T> set) {
    const Json* json = member(name);
    if (json == nullptr) return;
    if (!detail::read(*json, set.value, problem_)) problem_.within(name);
  }
  template <typename T>
  void get(const char* name, Derived<T> said) {
    get(name, said.value);
  }
  template <typename Map>
  void get(const char* name, Listed<Map> listed) {
    const Json* json = member(name);
    bool good = false;
    if constexpr (detail::is_optional<Map>) {
      if (json == nullptr) return;
      good = detail::read_pairs(*json, listed.key, listed.value, listed.map.emplace(), problem_);
    } else {
      if (json == nullptr) return missing(name);
      good = detail::read_pairs(*json, listed.key, listed.value, listed.map, problem_);
    }
    if (!good) problem_.within(name);
  }

  const Json* member(std::string_view name);  // null: there is none, or a problem is there already
  void missing(std::string_view name);

  const Json::Object& members_;
  Problem& problem_;
  std::size_t next_ = 0;      // members mostly stand in the order in which they are asked for
  std::vector<bool> taken_;
};

namespace detail {

template <typename T>
  requires(std::integral<T> && !std::same_as<T, bool>)
bool read(const Json& json, T& value, Problem& problem) {
  std::int64_t read = 0;
  if (!read_integer(json, static_cast<std::int64_t>(std::numeric_limits<T>::min()), static_cast<std::uint64_t>(std::numeric_limits<T>::max()), read, problem))
    return false;
  value = static_cast<T>(read);
  return true;
}
template <Worded E>
bool read(const Json& json, E& value, Problem& problem) {
  std::size_t index = 0;
  if (!read_word(json, words(E{}), index, problem)) return false;
  value = static_cast<E>(index);
  return true;
}
template <typename T>
bool read(const Json& json, std::vector<T>& list, Problem& problem) {
  if (!is_array(json, problem)) return false;
  list.clear();
  list.reserve(json.items().size());
  for (const Json& item : json.items()) {
    if (!read(item, list.emplace_back(), problem)) return false;
  }
  return true;
}
template <typename T>
bool read(const Json& json, std::map<std::string, T>& map, Problem& problem) {
  if (!is_object(json, problem)) return false;
  map.clear();
  for (const Json::Member& member : json.members()) {
    if (!read(member.value, map[member.key], problem)) {
      problem.within(member.key);
      return false;
    }
  }
  return true;
}
template <Record T>
bool read(const Json& json, T& value, Problem& problem) {
  if (!is_object(json, problem)) return false;
  Decoder decoder(json, problem);
  fields(decoder, value);
  return decoder.finish();
}

// The document is not this version's: what to do about it.
std::unexpected<Error> not_understood(const Problem& problem);

}  // namespace detail

// ---- to and from ------------------------------------------------------------------------------------------------------

// The whole, as it is stored.
template <Record T>
Json to_json(const T& record) {
  return Encoder::encode(record, Encoder::Of::all);
}

// What the API may show of it.
template <Record T>
Json wire_of(const T& record) {
  return Encoder::encode(record, Encoder::Of::wire);
}

// Failure::corrupt, naming the member and what to do: a member that is unknown, missing or of another type, or a word that
// is none. Nothing is passed over.
template <Record T>
Result<T> from_json(const Json& json) {
  T record{};
  Problem problem;
  if (!detail::read(json, record, problem)) return detail::not_understood(problem);
  return record;
}

}  // namespace ringwall::records
