// Two properties on any bytes. RequestReader, fed in pieces, answers what the plain reader answers
// on the whole; and where Beast accepts the same bytes, both understood the same message.

#include <algorithm>
#include <boost/beast/http.hpp>
#include <string>
#include <vector>

#include "base/check.h"
#include "http/detail/bytes.h"
#include "http/detail/plain_reader.h"
#include "http/parser.h"

namespace ringwall::http {
namespace {

namespace beast = boost::beast;
constexpr std::size_t body_max = 4096;

void agree_with_plain(std::string_view bytes, const RequestReader& reader, Progress progress) {
  const detail::PlainReading plain = detail::read_plainly(bytes, body_max);
  RW_CHECK((progress == Progress::complete) == plain.complete);
  RW_CHECK((progress == Progress::refused ? reader.refusal().status : 0) == plain.status);
  if (!plain.complete) return;
  const Request& request = reader.request();
  RW_CHECK(reader.consumed() == plain.consumed);
  RW_CHECK(request.method == plain.method && request.target == plain.target);
  RW_CHECK(request.path == plain.path && request.query == plain.query);
  RW_CHECK(request.host == plain.host && request.body == plain.body);
  RW_CHECK(request.keep_alive == plain.keep_alive);
  RW_CHECK(std::ranges::equal(request.headers, plain.headers, [](const Header& a, const auto& b) {
    return a.name == b.first && a.value == b.second;
  }));
}

void agree_with_beast(std::string_view bytes, const Request& request, std::size_t consumed) {
  beast::http::request_parser<beast::http::string_body> parser;
  parser.eager(true);
  parser.header_limit(2 * head_bytes_max);
  parser.body_limit(body_max);
  beast::error_code refused;
  std::size_t used = 0;
  while (!parser.is_done() && used < bytes.size()) {
    const std::size_t step =
        parser.put(boost::asio::buffer(bytes.data() + used, bytes.size() - used), refused);
    if (refused || step == 0) return;  // Beast does not accept it: nothing to compare
    used += step;
  }
  if (!parser.is_done()) return;
  const auto& message = parser.get();
  const auto view = [](auto text) { return std::string_view(text.data(), text.size()); };
  RW_CHECK(used == consumed);
  RW_CHECK(view(message.method_string()) == request.method);
  RW_CHECK(view(message.target()) == request.target);
  RW_CHECK(message.body() == request.body);
  // Beast looks at the first Connection header alone; every one counts.
  RW_CHECK(request.count("connection") > 1 || message.keep_alive() == request.keep_alive);
  // Beast keeps repeated names together, so only the order within a name is comparable.
  std::vector<Header> ours = request.headers;
  std::vector<Header> theirs;
  for (const auto& field : message)
    theirs.push_back({view(field.name_string()), view(field.value())});
  for (auto* headers : {&ours, &theirs}) {
    std::ranges::stable_sort(*headers, {}, [](const Header& header) {
      std::string name(header.name);
      std::ranges::transform(name, name.begin(), detail::lower);
      return name;
    });
  }
  RW_CHECK(ours == theirs);
}

}  // namespace
}  // namespace ringwall::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall::http;
  if (size == 0) return 0;
  // The first byte says how the rest is split.
  const std::size_t step = 1 + data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  RequestReader reader(body_max);
  Progress progress = Progress::more;
  std::string buffer;
  while (progress == Progress::more && buffer.size() < bytes.size()) {
    buffer += bytes.substr(buffer.size(), step);
    buffer.shrink_to_fit();
    progress = reader.read(buffer);
  }
  agree_with_plain(bytes, reader, progress);
  if (progress == Progress::complete) {
    agree_with_beast(bytes, reader.request(), reader.consumed());
  }
  return 0;
}
