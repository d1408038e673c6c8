#include "text/json.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "text/detail/utf8.h"
#include "text/encode.h"
#include "text/utf8.h"

namespace ringwall::text {
namespace {

const Json null_json;

std::unexpected<Error> refuse(std::string_view text, std::uint32_t offset, std::string_view why) {
  const Position at = position_of(text, offset);
  return fail(Failure::invalid, fmt::format("line {}, column {}: {}", at.line, at.column, why));
}

// Walks simdjson's on-demand document once, copying it into a Json with offsets.
class Reader {
 public:
  Reader(std::string_view text, const simdjson::padded_string& padded, std::size_t depth_max)
      : text_(text), begin_(padded.data()), depth_max_(depth_max) {}

  Result<Json> read(simdjson::ondemand::value value, std::size_t depth) {
    const std::uint32_t offset = offset_of(value.raw_json_token().data());
    if (depth > depth_max_) {
      return refuse(text_, offset, fmt::format("more than {} levels deep", depth_max_));
    }
    simdjson::ondemand::json_type type;
    if (value.type().get(type)) return refuse(text_, offset, "not a JSON value");
    Result<Json> json = [&]() -> Result<Json> {
      switch (type) {
        case simdjson::ondemand::json_type::object: return read_object(value, depth);
        case simdjson::ondemand::json_type::array: return read_array(value, depth);
        default: return scalar(value, type, offset);
      }
    }();
    if (json) json->set_offset(offset);
    return json;
  }

  template <typename Value>
  Result<Json> scalar(Value& value, simdjson::ondemand::json_type type, std::uint32_t offset) {
    switch (type) {
      case simdjson::ondemand::json_type::string: {
        std::string_view s;
        if (value.get_string().get(s)) return refuse(text_, offset, "not a valid string");
        return Json(s);
      }
      case simdjson::ondemand::json_type::number: {
        simdjson::ondemand::number number;
        if (value.get_number().get(number)) return refuse(text_, offset, "not a number Ringwall can hold");
        if (number.is_int64()) return Json(number.get_int64());
        return Json(number.is_uint64() ? static_cast<double>(number.get_uint64()) : number.get_double());
      }
      case simdjson::ondemand::json_type::boolean: {
        bool b;
        if (value.get_bool().get(b)) return refuse(text_, offset, "not `true` or `false`");
        return Json(b);
      }
      default: {
        bool null = false;
        if (value.is_null().get(null) || !null) return refuse(text_, offset, "not a JSON value");
        return Json();
      }
    }
  }

 private:
  std::uint32_t offset_of(const char* at) const { return static_cast<std::uint32_t>(at - begin_); }

  Result<Json> read_array(simdjson::ondemand::value value, std::size_t depth) {
    const std::uint32_t start = offset_of(value.raw_json_token().data());
    simdjson::ondemand::array array;
    if (value.get_array().get(array)) return refuse(text_, start, "not a complete array");
    Json json = Json::array();
    for (auto item : array) {
      simdjson::ondemand::value element;
      if (item.get(element)) return refuse(text_, start, "in this array: a comma or `]` is missing");
      RW_TRY(Json read_element, read(element, depth + 1));
      json.push(std::move(read_element));
    }
    return json;
  }

  Result<Json> read_object(simdjson::ondemand::value value, std::size_t depth) {
    const std::uint32_t start = offset_of(value.raw_json_token().data());
    simdjson::ondemand::object object;
    if (value.get_object().get(object)) return refuse(text_, start, "not a complete object");
    Json::Object members;
    for (auto field : object) {
      simdjson::ondemand::field pair;
      if (std::move(field).get(pair)) {
        return refuse(text_, start, "in this object: a comma, a key or `}` is missing");
      }
      const std::uint32_t key_offset = offset_of(pair.key().raw()) - 1;
      std::string_view key;
      if (pair.unescaped_key().get(key)) return refuse(text_, key_offset, "not a valid key");
      std::string name(key);
      RW_TRY(Json read_value, read(pair.value(), depth + 1));
      members.push_back({std::move(name), std::move(read_value), key_offset});
    }
    RW_DO(refuse_duplicates(members));
    Json json = Json::object();
    for (auto& member : members) json.adopt(std::move(member));
    return json;
  }

  Result<> refuse_duplicates(const Json::Object& members) const {
    std::vector<const Json::Member*> sorted;
    for (const auto& member : members) sorted.push_back(&member);
    std::ranges::stable_sort(sorted, {}, [](const auto* m) -> std::string_view { return m->key; });
    const auto twice = std::ranges::adjacent_find(sorted, {}, [](const auto* m) -> std::string_view { return m->key; });
    if (twice == sorted.end()) return {};
    const Json::Member& second = **std::next(twice);
    return refuse(text_, second.key_offset, fmt::format("the key `{}` stands here a second time", second.key));
  }

  std::string_view text_;
  const char* begin_;
  std::size_t depth_max_;
};

// simdjson 3.0 looks at the wrong byte behind a word that is the whole document.
Result<Json> read_word(std::string_view text) {
  constexpr std::string_view white_space = " \t\r\n";
  const std::size_t begin = std::min(text.find_first_not_of(white_space), text.size());
  const std::string_view word = text.substr(begin, text.find_last_not_of(white_space) + 1 - begin);
  if (word != "null" && word != "true" && word != "false") return refuse(text, 0, "not a JSON value");
  return word == "null" ? Json() : Json(word == "true");
}

void dump_to(const Json& json, std::string& out, int indent) {
  const auto line = [&](int level) {
    if (indent < 0) return;
    out += '\n';
    out.append(static_cast<std::size_t>(level) * 2, ' ');
  };
  const int inner = indent < 0 ? -1 : indent + 1;
  if (json.is_null()) {
    out += "null";
  } else if (json.is_bool()) {
    out += json.as_bool() ? "true" : "false";
  } else if (json.is_integer()) {
    fmt::format_to(std::back_inserter(out), "{}", json.as_integer());
  } else if (json.is_number()) {
    const double number = json.as_number();
    // JSON has no infinities; a document of ours never holds one. What is read again is written the same: zero has no sign.
    out += !std::isfinite(number) ? "null" : number == 0 ? "0" : fmt::format("{}", number);
  } else if (json.is_string()) {
    append_json_string(out, json.as_string());
  } else if (json.is_array()) {
    out += '[';
    bool first = true;
    for (const auto& item : json.items()) {
      if (!std::exchange(first, false)) out += ',';
      line(inner);
      dump_to(item, out, inner);
    }
    if (!first) line(indent);
    out += ']';
  } else {
    out += '{';
    bool first = true;
    for (const auto& [key, value, at] : json.members()) {
      if (!std::exchange(first, false)) out += ',';
      line(inner);
      append_json_string(out, key);
      out += indent < 0 ? ":" : ": ";
      dump_to(value, out, inner);
    }
    if (!first) line(indent);
    out += '}';
  }
}

}  // namespace

Json::Json(Array value) : value_(std::move(value)) {}

Json Json::array() { return array(Array()); }

Json Json::array(Array items) {
  Json json;
  json.value_ = std::move(items);
  return json;
}

Json Json::object(std::initializer_list<Member> members) {
  Json json;
  json.value_ = Object{};
  for (const auto& member : members) json.set(member.key, member.value);
  return json;
}

bool Json::as_bool(bool otherwise) const {
  const bool* b = std::get_if<bool>(&value_);
  return b != nullptr ? *b : otherwise;
}

std::int64_t Json::as_integer(std::int64_t otherwise) const {
  if (const auto* i = std::get_if<std::int64_t>(&value_)) return *i;
  if (const auto* d = std::get_if<double>(&value_)) {
    if (*d > -9.2e18 && *d < 9.2e18) return static_cast<std::int64_t>(*d);
  }
  return otherwise;
}

double Json::as_number(double otherwise) const {
  if (const auto* i = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*i);
  const auto* d = std::get_if<double>(&value_);
  return d != nullptr ? *d : otherwise;
}

std::string_view Json::as_string(std::string_view otherwise) const {
  const auto* s = std::get_if<std::string>(&value_);
  return s != nullptr ? std::string_view(*s) : otherwise;
}

const Json::Array& Json::items() const {
  static const Array none;
  const auto* array = std::get_if<Array>(&value_);
  return array != nullptr ? *array : none;
}

const Json::Object& Json::members() const {
  static const Object none;
  const auto* object = std::get_if<Object>(&value_);
  return object != nullptr ? *object : none;
}

const Json* Json::find(std::string_view key) const {
  for (const auto& member : members()) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

const Json& Json::operator[](std::string_view key) const {
  const Json* value = find(key);
  return value != nullptr ? *value : null_json;
}

Json& Json::edit(std::string_view key) {
  if (is_null()) value_ = Object{};
  auto* object = std::get_if<Object>(&value_);
  RW_CHECK(object != nullptr);
  for (auto& member : *object) {
    if (member.key == key) return member.value;
  }
  object->push_back({std::string(key), Json(), 0});
  return object->back().value;
}

Json& Json::set(std::string_view key, Json value) {
  edit(key) = std::move(value);
  return *this;
}

void Json::adopt(Member&& member) {
  std::get<Object>(value_).push_back(std::move(member));
}

bool Json::erase(std::string_view key) {
  auto* object = std::get_if<Object>(&value_);
  return object != nullptr && std::erase_if(*object, [&](const Member& m) { return m.key == key; }) > 0;
}

Json& Json::push(Json value) {
  edit_items().push_back(std::move(value));
  return *this;
}

Json::Array& Json::edit_items() {
  if (is_null()) value_ = Array{};
  auto* array = std::get_if<Array>(&value_);
  RW_CHECK(array != nullptr);
  return *array;
}

bool operator==(const Json& a, const Json& b) {
  if (a.is_object() && b.is_object()) {
    if (a.members().size() != b.members().size()) return false;
    return std::ranges::all_of(a.members(), [&](const Json::Member& m) {
      const Json* other = b.find(m.key);
      return other != nullptr && m.value == *other;
    });
  }
  return a.value_ == b.value_;
}

std::string Json::dump() const {
  std::string out;
  dump_to(*this, out, -1);
  return out;
}

std::string Json::dump_pretty() const {
  std::string out;
  dump_to(*this, out, 0);
  return out;
}

bool operator==(const Json::Member& a, const Json::Member& b) { return a.key == b.key && a.value == b.value; }

bool all_utf8(const Json& json) {
  if (json.is_string()) return is_utf8(json.as_string());
  return std::ranges::all_of(json.items(), [](const Json& item) { return all_utf8(item); }) &&
         std::ranges::all_of(json.members(), [](const Json::Member& member) { return is_utf8(member.key) && all_utf8(member.value); });
}

void append_json_string(std::string& out, std::string_view value) {
  out += '"';
  std::size_t plain = 0;  // where the characters begin that stand for themselves
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto c = static_cast<unsigned char>(value[i]);
    if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') continue;
    const std::size_t length = detail::sequence_length(value, i);
    if (length > 1) {
      i += length - 1;
      continue;
    }
    out += value.substr(plain, i - plain);
    plain = i + 1;
    if (length == 0) {
      out += detail::replacement_character;
      continue;
    }
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    }
  }
  out += value.substr(plain);
  out += '"';
}

Position position_of(std::string_view text, std::uint32_t offset) {
  const std::string_view before = text.substr(0, std::min<std::size_t>(offset, text.size()));
  const auto lines = static_cast<std::uint32_t>(std::ranges::count(before, '\n'));
  const std::size_t last = before.rfind('\n');
  const std::size_t column = last == std::string_view::npos ? before.size() : before.size() - last - 1;
  return {lines + 1, static_cast<std::uint32_t>(column) + 1};
}

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  const std::size_t bytes_max = std::min<std::size_t>(limits.bytes_max, std::numeric_limits<std::uint32_t>::max());
  if (text.size() > bytes_max) {
    return fail(Failure::exhausted, fmt::format("a JSON document of {} bytes: the limit is {}", text.size(), bytes_max));
  }
  const simdjson::padded_string padded(text);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  if (const auto error = parser.iterate(padded).get(document)) {
    return refuse(text, 0, error == simdjson::EMPTY ? "an empty document" : simdjson::error_message(error));
  }
  Reader reader(text, padded, limits.depth_max);
  simdjson::ondemand::json_type type;
  if (document.type().get(type)) return refuse(text, 0, "not a JSON value");
  if (type == simdjson::ondemand::json_type::null || type == simdjson::ondemand::json_type::boolean) {
    return read_word(text);
  }
  Result<Json> json;
  if (type == simdjson::ondemand::json_type::object || type == simdjson::ondemand::json_type::array) {
    simdjson::ondemand::value root;
    if (document.get_value().get(root)) return refuse(text, 0, "not a complete JSON document");
    json = reader.read(root, 1);
  } else {
    json = reader.scalar(document, type, 0);
  }
  // The location past the last token is out of bounds exactly when nothing follows.
  if (json && document.current_location().error() != simdjson::OUT_OF_BOUNDS) return refuse(text, 0, "something follows the JSON document");
  return json;
}

}  // namespace ringwall::text
