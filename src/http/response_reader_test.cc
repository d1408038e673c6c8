#include "http/detail/response_reader.h"

#include <gtest/gtest.h>

namespace ringwall::http::detail {
namespace {

constexpr std::size_t body_max = 10;

TEST(ReadResponse, TakesBothWaysToSayALengthAndSkipsInterimResponses) {
  const std::string_view fixed =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n\r\nhiHTTP";
  const auto first = read_response(fixed, true, body_max);
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->response.body, "hi");
  EXPECT_EQ((*first)->response.headers.find("x"), "y");
  EXPECT_EQ((*first)->consumed, fixed.size() - 4);
  const auto chunked = read_response(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", true, body_max);
  ASSERT_TRUE(chunked && *chunked);
  EXPECT_EQ((*chunked)->response.body, "hi");
}

TEST(ReadResponse, WaitsForTheWholeResponse) {
  const std::string_view whole = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read = read_response(whole.substr(0, size), true, body_max);
    ASSERT_TRUE(read.has_value()) << size;
    EXPECT_FALSE(read->has_value()) << size;
  }
}

TEST(ReadResponse, RefusesWhatItCannotFrame) {
  for (const char* bytes :
       {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", "HTTP/1.1 200 OK\r\n folded\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"}) {
    const auto read = read_response(bytes, true, body_max);
    ASSERT_FALSE(read.has_value()) << bytes;
    EXPECT_EQ(read.error().kind, Failure::corrupt) << bytes;
  }
}

}  // namespace
}  // namespace ringwall::http::detail
