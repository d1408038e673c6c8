#pragma once
// Text from outside that people will read: in a log, on a terminal. Control characters, marks that
// turn the direction of what follows (U+202E), line separators that are no line ends (U+2028) and
// characters without a shape of their own can make a line say something else than it holds. They
// are written as escapes, and so are bytes that are not UTF-8.

#include <cstddef>
#include <string>
#include <string_view>

namespace ringwall::text {

// Is this a character that must not be shown as it is? Unicode's Cc, Cf, Zl and Zp, and what
// else has no shape (fillers, variation selectors, tags, surrogates, noncharacters).
bool is_hidden(char32_t character) noexcept;

// Appends `value` as a JSON string, quotes included, in which nothing is hidden.
void append_visible_json_string(std::string& out, std::string_view value);

// For terminals and logs of lines: what is hidden becomes `\u{202e}`, a byte that is not UTF-8 `\xff`.
// A backslash stays as it is: this is for reading, not for reading back.
std::string visible(std::string_view value);
// The same, but line ends stay: for text of our own that holds some from outside.
std::string visible_lines(std::string_view value);

// The longest prefix of at most `bytes_max` bytes that does not end inside a character.
std::string_view prefix_of(std::string_view value, std::size_t bytes_max) noexcept;

}  // namespace ringwall::text
