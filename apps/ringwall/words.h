#pragma once
// Options that take one of several words.

#include <CLI/CLI.hpp>

#include <map>
#include <string>

namespace ringwall::app {

// The option takes one of these words, in any case; another is named, and so are these. `names` outlives the parsing.
template <typename Value>
void takes(CLI::Option* option, const std::map<std::string, Value>& names, const char* words) {
  const auto read = [&names, words](std::string& word) -> std::string {
    const auto found = names.find(CLI::detail::to_lower(word));
    if (found == names.end()) return "`" + word + "` is none of " + words;
    word = std::to_string(static_cast<int>(found->second));
    return {};
  };
  option->transform(CLI::Validator(read, ""))->type_name(words);
}

}  // namespace ringwall::app
