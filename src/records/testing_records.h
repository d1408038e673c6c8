#pragma once
// A record with a member of every kind there is, for this room's tests.

#include <array>

#include "records/record.h"

namespace ringwall::records::testing {

enum class Colour : std::uint8_t { red, green };
inline constexpr std::array<std::string_view, 2> colour_words = {"Red", "Green"};
inline std::span<const std::string_view> words(Colour) { return colour_words; }

struct Wheel {
  std::string rim;
  std::uint16_t spokes = 0;
  std::string secret;
  friend bool operator==(const Wheel&, const Wheel&) = default;
};
template <typename A, Is<Wheel> T>
void fields(A& archive, T& v) {
  archive.wire("Rim", v.rim);
  archive.wire("Spokes", v.spokes);
  archive.kept("secret", if_set(v.secret));
}

struct Cart {
  std::string name;
  bool covered = false;
  std::int64_t made = 0;
  Colour colour = Colour::red;
  std::optional<std::string> owner;
  std::optional<Wheel> spare;
  std::vector<Wheel> wheels;
  std::map<std::string, std::int64_t> loads;
  std::map<std::string, std::string> tags;
  std::optional<std::map<std::string, std::string>> labels;
  Json policy;
  std::int64_t trips = 0;
  friend bool operator==(const Cart&, const Cart&) = default;
};
template <typename A, Is<Cart> T>
void fields(A& archive, T& v) {
  archive.wire("Name", v.name);
  archive.wire("Covered", v.covered);
  archive.wire("Made", v.made);
  archive.wire("Colour", v.colour);
  archive.wire("Owner", v.owner);
  archive.wire("Spare", v.spare);
  archive.wire("Wheels", v.wheels);
  archive.wire("Loads", v.loads);
  archive.wire("Tags", listed(v.tags));
  archive.wire("Labels", listed(v.labels, "K", "V"));
  archive.kept("policy", v.policy);
  archive.kept("trips", if_set(v.trips));
}

inline Cart whole_cart() {
  return {.name = "one",
          .covered = true,
          .made = 12,
          .colour = Colour::green,
          .owner = "ann",
          .spare = Wheel{"oak", 8, "s"},
          .wheels = {{"elm", 6, ""}, {"ash", 7, "t"}},
          .loads = {{"hay", 3}},
          .tags = {{"a", "1"}, {"b", "2"}},
          .labels = {{{"x", "y"}}},
          .policy = Json::object({{"bound", "{}"}}),
          .trips = 4};
}

}  // namespace ringwall::records::testing
