#pragma once
// The world as inner rooms see it: time and chance come in through constructors.

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

namespace ringwall {

using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;  // wall time, UTC; thread-safe
};

// Cryptographically strong bytes; thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> bytes) = 0;
};

// `length` characters drawn evenly from `alphabet` (2 to 64 characters).
std::string random_text(Random& random, std::string_view alphabet, std::size_t length);

// AWS-style ids. `resource_id(random, "vpc")` is "vpc-" and 17 hexadecimal digits.
std::string resource_id(Random& random, std::string_view prefix);
// `unique_id(random, "AROA")` is the prefix and 17 of A-Z2-7; an access key (AKIA, ASIA) has 16.
std::string unique_id(Random& random, std::string_view prefix);
// A random (version 4) UUID in lower case: request ids, KMS key ids.
std::string uuid(Random& random);

}  // namespace ringwall
