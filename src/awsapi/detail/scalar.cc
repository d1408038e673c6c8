#include "awsapi/detail/scalar.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "text/encode.h"
#include "text/time.h"

namespace ringwall::awsapi::detail {
namespace {

using text::Json;

constexpr double epoch_seconds_min = -62'135'596'800.0;   // 0001-01-01
constexpr double epoch_seconds_max = 253'402'300'799.999;  // 9999-12-31

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

std::optional<Json> read_timestamp(std::string_view text) {
  if (const auto time = text::parse_iso8601(text)) return Json(text::to_millis(*time));
  const auto seconds = number_of<double>(text);
  const auto millis = seconds ? millis_of_epoch(*seconds) : std::nullopt;
  return millis ? std::optional(Json(*millis)) : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> millis_of_epoch(double seconds) {
  if (!(seconds >= epoch_seconds_min && seconds <= epoch_seconds_max)) return {};  // NaN fails too
  return static_cast<std::int64_t>(std::round(seconds * 1000.0));
}

bool fits(const Shape& shape, std::int64_t value) {
  using Limits = std::numeric_limits<std::int32_t>;
  return shape.type == ShapeType::long_integer || (value >= Limits::min() && value <= Limits::max());
}

std::optional<Json> read_scalar(const Shape& shape, std::string_view text) {
  switch (shape.type) {
    case ShapeType::string: return Json(text);
    case ShapeType::integer:
    case ShapeType::long_integer: {
      const auto value = number_of<std::int64_t>(text);
      return value && fits(shape, *value) ? std::optional(Json(*value)) : std::nullopt;
    }
    case ShapeType::number: {
      const auto value = number_of<double>(text);
      return value && std::isfinite(*value) ? std::optional(Json(*value)) : std::nullopt;
    }
    case ShapeType::boolean: {
      const std::string word = text::lower(text);
      if (word != "true" && word != "false") return {};
      return Json(word == "true");
    }
    case ShapeType::timestamp: return read_timestamp(text);
    case ShapeType::blob: {
      const auto bytes = text::parse_base64(text);
      return bytes ? std::optional(Json(text_of(*bytes))) : std::nullopt;
    }
    default: return {};
  }
}

std::string_view scalar_noun(ShapeType type) {
  switch (type) {
    case ShapeType::integer:
    case ShapeType::long_integer: return "an integer";
    case ShapeType::number: return "a number";
    case ShapeType::boolean: return "a boolean";
    case ShapeType::timestamp: return "a timestamp";
    case ShapeType::blob: return "base64";
    case ShapeType::list: return "a list";
    case ShapeType::map: return "a map";
    case ShapeType::structure: return "a structure";
    default: return "a string";
  }
}

}  // namespace ringwall::awsapi::detail
