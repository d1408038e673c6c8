#include "records/record.h"

#include "text/visible.h"

namespace ringwall::records {
namespace detail {
namespace {

bool is_not(Problem& problem, std::string_view what) {
  problem.set(what);
  return false;
}

}  // namespace

bool read(const Json& json, std::string& value, Problem& problem) {
  if (!json.is_string()) return is_not(problem, "is not a text");
  value = json.as_string();
  return true;
}

bool read(const Json& json, bool& value, Problem& problem) {
  if (!json.is_bool()) return is_not(problem, "is not true or false");
  value = json.as_bool();
  return true;
}

bool read(const Json& json, Json& value, Problem&) {
  value = json;
  return true;
}

bool read_integer(const Json& json, std::int64_t min, std::uint64_t max, std::int64_t& value, Problem& problem) {
  if (!json.is_integer()) return is_not(problem, "is not an integer");
  value = json.as_integer();
  if (value < min || (value > 0 && static_cast<std::uint64_t>(value) > max)) return is_not(problem, "is too large or too small");
  return true;
}

bool read_word(const Json& json, std::span<const std::string_view> words, std::size_t& index, Problem& problem) {
  for (index = 0; index < words.size(); ++index) {
    if (json.is_string() && json.as_string() == words[index]) return true;
  }
  return is_not(problem, json.is_string() ? "is `" + text::visible(json.as_string()) + "`, which is none of its values" : "is not a text");
}

bool is_array(const Json& json, Problem& problem) { return json.is_array() || is_not(problem, "is not a list"); }

bool is_object(const Json& json, Problem& problem) { return json.is_object() || is_not(problem, "is not an object"); }

bool read_pairs(const Json& json, const char* key, const char* value, std::map<std::string, std::string>& map, Problem& problem) {
  if (!is_array(json, problem)) return false;
  map.clear();
  for (const Json& pair : json.items()) {
    const bool is_pair = pair.members().size() == 2 && pair[key].is_string() && pair[value].is_string();
    if (!is_pair || !map.emplace(pair.str(key), pair.str(value)).second) return is_not(problem, "is not a list of pairs, each key once");
  }
  return true;
}

Json json_of_pairs(const std::map<std::string, std::string>& map, const char* key, const char* value) {
  Json list = Json::array();
  for (const auto& [name, content] : map) {
    Json pair = Json::object();
    pair.adopt({key, Json(name)});
    pair.adopt({value, Json(content)});
    list.push(std::move(pair));
  }
  return list;
}

std::unexpected<Error> not_understood(const Problem& problem) {
  return fail(Failure::corrupt, problem.text() +
                                    ": a newer version of Ringwall wrote it, or it is damaged. Start the version that wrote it, "
                                    "or put a backup of this version's time back; nothing was changed");
}

}  // namespace detail

void Encoder::add(const char* name, Json value) { json_.adopt({name, std::move(value)}); }

Decoder::Decoder(const Json& object, Problem& problem) : members_(object.members()), problem_(problem), taken_(members_.size()) {}

const Json* Decoder::member(std::string_view name) {
  if (problem_.is_there()) return nullptr;
  for (std::size_t looked = 0; looked < members_.size(); ++looked) {
    const std::size_t at = (next_ + looked) % members_.size();
    if (members_[at].key != name) continue;
    taken_[at] = true;
    next_ = at + 1;
    return &members_[at].value;
  }
  return nullptr;
}

void Decoder::missing(std::string_view name) {
  if (problem_.is_there()) return;
  problem_.set("is missing");
  problem_.within(name);
}

bool Decoder::finish() {
  for (std::size_t i = 0; i < taken_.size() && !problem_.is_there(); ++i) {
    if (taken_[i]) continue;
    problem_.set("is not known");
    problem_.within(text::visible(members_[i].key));
  }
  return !problem_.is_there();
}

}  // namespace ringwall::records
