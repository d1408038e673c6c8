#pragma once
// What a shapes file says, as the codecs walk it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "awsapi/detail/pattern.h"

namespace ringwall::awsapi {

struct Shape;

enum class ShapeType : std::uint8_t {
  structure,
  list,
  map,
  string,
  integer,  // 32 bits
  long_integer,
  number,
  boolean,
  timestamp,
  blob,
};

// Where a member of a REST operation's input or output travels. Other protocols know only the body.
enum class Location : std::uint8_t { body, querystring, uri, header, status_code };

enum class TimestampFormat : std::uint8_t {
  of_the_place,  // what the protocol says for the body, the query string, a header
  epoch_seconds,
  iso8601,
  http_date,
};

// A use of a shape, with the names it travels under.
struct MemberShape {
  std::string name;       // the model's, and the key in the Json
  std::string form_name;  // in query and ec2 requests
  std::string wire_name;  // in XML replies and in JSON
  const Shape* shape = nullptr;
  bool required = false;
  bool flattened = false;
  Location location = Location::body;
  TimestampFormat timestamps = TimestampFormat::of_the_place;
};

// INVARIANT: a structure has members only, a list `element`, a map `key` and `element`.
struct Shape {
  std::string name;
  ShapeType type = ShapeType::string;
  std::vector<MemberShape> members = {};
  std::string payload = {};  // REST: the member that is the whole body; empty: the body holds all
  MemberShape element = {};
  MemberShape key = {};
  bool flattened = false;
  bool sensitive = false;  // never repeated in a message
  std::vector<std::string> enumeration = {};
  std::optional<std::int64_t> min = {};  // of a number its value, of the others their length
  std::optional<std::int64_t> max = {};
  std::optional<detail::Pattern> pattern = {};
};

}  // namespace ringwall::awsapi
