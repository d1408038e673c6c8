// A request made of the input: what sign() signs, verify() accepts; and a signature made of the
// input is read or refused, but never accepted and never a crash.

#include <cstdlib>

#include "awsapi/sigv4.h"
#include "text/encode.h"
#include "text/time.h"

namespace {

using namespace ringwall;

const TimePoint now = text::from_millis(1'767'323'045'000);

std::string_view take(std::string_view& input) {
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string_view part = input.substr(0, end);
  input.remove_prefix(std::min(end + 1, input.size()));
  return part;
}

void must(bool condition) {
  if (!condition) std::abort();
}

// Our own signature over any request whose query can be read is accepted.
void round_trip(std::string_view path, std::string_view query, std::string_view value, std::string_view body) {
  const Secret secret{std::string_view("secret")};
  std::vector<std::pair<std::string, std::string>> headers{{"host", "h"}, {"x-amz-target", std::string(value)}};
  awsapi::WireRequest request{"POST", path, query, {}, body};
  request.header = [&](std::string_view name) -> std::optional<std::string_view> {
    for (const auto& [key, held] : headers) {
      if (key == name) return held;
    }
    return {};
  };
  for (auto& header : awsapi::sign(request, "AKID", secret, "", "r", "sts", now)) headers.push_back(std::move(header));
  const auto claim = awsapi::read_claim(request);
  if (!claim) return;  // the query speaks of a second signature
  must(claim->has_value());
  const Secret key = awsapi::signing_key(secret, (*claim)->date, "r", "sts");
  must(!awsapi::verify(**claim, request, key, now) == text::percent_decode(query, true).has_value());
  headers[1].second += "x";
  must(awsapi::verify(**claim, request, key, now).has_value());
}

// A signature from outside: nobody guesses one.
void outside(std::string_view authorization, std::string_view query, std::string_view date) {
  awsapi::WireRequest request{"GET", "/", query, {}, ""};
  request.header = [&](std::string_view name) -> std::optional<std::string_view> {
    if (name == "authorization" && !authorization.empty()) return authorization;
    if (name == "x-amz-date" || name == "date") return date;
    return name == "host" ? std::optional<std::string_view>("h") : std::nullopt;
  };
  const Secret key{std::string_view("a key nobody knows")};
  const auto claim = awsapi::read_claim(request);
  if (claim && *claim) must(awsapi::verify(**claim, request, key, now).has_value());
  const auto token = awsapi::read_signin_token(query);
  if (token) must(awsapi::verify_signin_token(*token, query, key, now).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = text_of({data, size});
  const std::string_view first = take(input);
  const std::string_view second = take(input);
  const std::string_view third = take(input);
  round_trip(first, second, third, input);
  outside(first, second, third);
  return 0;
}
