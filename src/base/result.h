#pragma once
// Failures are values. A function that can fail returns Result<T>; nothing of ours throws.

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace ringwall {

// What a caller may do about a failure.
enum class Failure : std::uint8_t {
  invalid,      // the input is wrong: correct it and ask again
  not_found,    // the named thing does not exist
  conflict,     // the named thing exists, is in use, or changed meanwhile
  exhausted,    // a limit, a quota, memory or a disk is full
  denied,       // the operating system or a peer refused
  unavailable,  // something that is needed is not running or not installed: try later
  corrupt,      // stored or received bytes are damaged or from a newer version
  io,           // the operating system failed
};

// A failure, said to a person: lower case, no full stop, the offending input in backticks,
// never a secret, and the remedy where it is known.
struct Error {
  Failure kind = Failure::io;
  std::string message = {};
  friend bool operator==(const Error&, const Error&) = default;
};

template <typename T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Failure kind, std::string message) {
  return std::unexpected(Error{kind, std::move(message)});
}

// The same failure, with `where` in front: "cannot read `x`: no such file".
inline std::unexpected<Error> fail(const Error& cause, const std::string& where) {
  return std::unexpected(Error{cause.kind, where + ": " + cause.message});
}

}  // namespace ringwall

#define RW_CONCAT_(a, b) a##b
#define RW_CONCAT(a, b) RW_CONCAT_(a, b)

// RW_TRY(auto x, f()): x is f's value, or the enclosing function returns f's error.
#define RW_TRY(declaration, expression) RW_TRY_(RW_CONCAT(result_, __LINE__), declaration, expression)
#define RW_TRY_(result, declaration, expression)                    \
  auto result = (expression);                                       \
  if (!result) return std::unexpected(std::move(result).error());   \
  declaration = *std::move(result)

// The same for a function that yields nothing but success.
#define RW_DO(expression) RW_DO_(RW_CONCAT(result_, __LINE__), expression)
#define RW_DO_(result, expression) \
  if (auto result = (expression); !result) return std::unexpected(std::move(result).error())
