#include "http/parser.h"

#include <gtest/gtest.h>

#include <random>

#include "http/detail/plain_reader.h"

namespace ringwall::http {
namespace {

constexpr std::size_t body_max = 1000;

struct Outcome {
  int status = 0;  // 0: no refusal
  bool complete = false;
  std::string message = {};
  std::size_t position = 0;
};

Outcome outcome_of(std::string_view bytes) {
  RequestReader reader(body_max);
  switch (reader.read(bytes)) {
    case Progress::more:
      return {};
    case Progress::complete:
      return {.complete = true};
    case Progress::refused:
      break;
  }
  return {.status = reader.refusal().status,
          .message = reader.refusal().message,
          .position = reader.refusal().position};
}

int status_of(std::string_view bytes) {
  return outcome_of(bytes).status;
}
bool accepts(std::string_view bytes) {
  return outcome_of(bytes).complete;
}

// A POST with those header lines (each with its line end) and that body.
std::string post(std::string_view headers, std::string_view body = "") {
  return "POST /x HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n" + std::string(body);
}
std::string get(std::string_view target, std::string_view host = "a") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
}

TEST(RequestReader, GivesEveryPartOfAnAcceptedRequest) {
  const std::string bytes =
      "POST /a%2Fb?x=1&y=?z HTTP/1.1\r\nHost: example.org:8443\r\nX-One:  two  three \r\n"
      "Content-Length: 5\r\nx-one:\r\n\r\nhelloGET";
  RequestReader reader(body_max);
  ASSERT_EQ(reader.read(bytes), Progress::complete);
  const Request& request = reader.request();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/a%2Fb?x=1&y=?z");
  EXPECT_EQ(request.path, "/a%2Fb");
  EXPECT_EQ(request.query, "x=1&y=?z");
  EXPECT_EQ(request.host, "example.org:8443");
  EXPECT_EQ(request.body, "hello");
  EXPECT_TRUE(request.keep_alive);
  ASSERT_EQ(request.headers.size(), 4U);
  EXPECT_EQ(request.headers[1], (Header{"X-One", "two  three"}));
  EXPECT_EQ(request.find("x-ONE"), "two  three");
  EXPECT_EQ(request.count("X-One"), 2U);
  EXPECT_EQ(request.find("absent"), std::nullopt);
  EXPECT_EQ(reader.consumed(), bytes.size() - 3);
}

TEST(RequestReader, JoinsTheChunksOfABody) {
  const std::string bytes =
      post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n");
  RequestReader reader(body_max);
  ASSERT_EQ(reader.read(bytes), Progress::complete);
  EXPECT_EQ(reader.request().body, "abc0123456789");
  EXPECT_EQ(reader.consumed(), bytes.size());
}

TEST(RequestReader, ARefusalNamesTheByteWhereItStopped) {
  const Outcome outcome = outcome_of("GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(outcome.status, 400);
  EXPECT_EQ(outcome.position, 6U);
  EXPECT_EQ(outcome.message, "the target has a byte that a URI may not hold at byte 6");
}

TEST(RequestReader, RefusesTransferEncodingBesideContentLength) {
  EXPECT_EQ(status_of(post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n")),
            400);
  EXPECT_EQ(status_of(post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
            400);
}

TEST(RequestReader, RefusesEveryTransferEncodingButChunked) {
  for (const char* value :
       {"chunked, identity", "xchunked", "identity", "gzip, chunked", "chunked;q=1", "Chunked", "",
        "\"chunked\"", "chunked,", ",chunked", "chunked chunked"}) {
    EXPECT_EQ(status_of(post("Transfer-Encoding: " + std::string(value) + "\r\n", "0\r\n\r\n")),
              501)
        << value;
  }
  for (const char* line :
       {"Transfer-Encoding:\tchunked\r\n", "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding:\vchunked\r\n", "Transfer-Encoding\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\n x\r\n", "Transfer-Encoding: chun\rked\r\n"}) {
    EXPECT_EQ(status_of(post(line, "0\r\n\r\n")), 400) << line;
  }
}

TEST(RequestReader, RefusesAContentLengthThatIsNotOnePlainNumber) {
  for (const char* value : {"", "+3", "-3", "3,3", "3 3", "0x3", "03", "3a", "3.0", "1e1",
                            "9999999999999999999", "18446744073709551619", "\"3\""}) {
    EXPECT_EQ(status_of(post("Content-Length: " + std::string(value) + "\r\n", "abc")), 400)
        << value;
  }
  EXPECT_EQ(status_of(post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc")), 400);
  EXPECT_EQ(status_of(post("Content-Length: 3\r\ncontent-length: 4\r\n", "abcd")), 400);
  EXPECT_TRUE(accepts(post("Content-Length: 0\r\n")));
  EXPECT_TRUE(accepts(post("Content-Length: 3\r\n", "abc")));
}

TEST(RequestReader, TakesABodyAtItsLimitAndRefusesOnePastIt) {
  EXPECT_TRUE(accepts(post("Content-Length: 1000\r\n", std::string(1000, 'x'))));
  EXPECT_EQ(status_of(post("Content-Length: 1001\r\n")), 413);
  const auto chunked = [](std::size_t last) {
    const char digit = static_cast<char>('0' + last);
    return post("Transfer-Encoding: chunked\r\n", "3e7\r\n" + std::string(999, 'x') + "\r\n" +
                                                      digit + "\r\n" + std::string(last, 'y') +
                                                      "\r\n0\r\n\r\n");
  };
  EXPECT_TRUE(accepts(chunked(1)));
  EXPECT_EQ(status_of(chunked(2)), 413);
}

TEST(RequestReader, RefusesAMissingRepeatedOrMalformedHost) {
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n"), 400);
  for (const char* host :
       {"", "a b", "a,b", "user@a", "a/b", "a:", "a:65536", "a:123456", "a:8x", "a:80:80", "[::1",
        "[]", "[::1]x", "[::1]:", "[g::]", "a%2eb", "a?b", "a#b", ":80"}) {
    EXPECT_EQ(status_of(get("/", host)), 400) << host;
  }
  for (const char* host :
       {"a", "a.b-c_d", "a.", "a:0", "a:65535", "127.0.0.1:443", "[::1]", "[::1]:8443"}) {
    EXPECT_TRUE(accepts(get("/", host))) << host;
  }
}

TEST(RequestReader, RefusesFoldedHeadersAndBareLineFeeds) {
  EXPECT_EQ(status_of(post("X: a\r\n b\r\n")), 400);
  EXPECT_EQ(status_of(post("X: a\r\n\tb\r\n")), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\nHost: a\n\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\n\n"), 400);
  EXPECT_EQ(status_of("\n"), 400);
  EXPECT_EQ(status_of("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n"), 400);
}

TEST(RequestReader, RefusesHeaderNamesThatAreNotTokensAndControlBytesInValues) {
  for (const char* line :
       {"X : a\r\n", ": a\r\n", "X\r\n", "X\x01: a\r\n", "X(: a\r\n", "\xc3\xa9: a\r\n",
        "X: a\tb\r\n", "X: \x7f\r\n", "X: caf\xc3\xa9\r\n", "X: 0123456789\x1f\r\n"}) {
    EXPECT_EQ(status_of(post(line)), 400) << line;
  }
  EXPECT_EQ(status_of(post(std::string("X: a\0b\r\n", 8))), 400);
  EXPECT_TRUE(accepts(post("X:\r\nX:  \r\n!#$%&'*+-.^_`|~09: ~!\"{}\r\n")));
}

// The reader checks eight bytes a step: every byte value in every lane.
TEST(RequestReader, JudgesEachByteOfAValueAloneWhereverItStands) {
  for (std::size_t at = 0; at < 17; ++at) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      if (byte == '\n' || byte == '\r') continue;
      std::string value(17, 'v');
      value[at] = static_cast<char>(byte);
      EXPECT_EQ(accepts(post("X: " + value + "\r\n")), byte >= 0x20 && byte < 0x7f)
          << at << ' ' << byte;
    }
  }
}

TEST(RequestReader, RefusesChunkExtensionsTrailersAndOddSizes) {
  for (const char* body :
       {"3;x=y\r\nabc\r\n0\r\n\r\n", "3 \r\nabc\r\n0\r\n\r\n", " 3\r\nabc\r\n0\r\n\r\n",
        "+3\r\nabc\r\n0\r\n\r\n", "0x3\r\nabc\r\n0\r\n\r\n", "\r\nabc\r\n0\r\n\r\n",
        "g\r\nabc\r\n0\r\n\r\n", "3\nabc\r\n0\r\n\r\n", "2\r\nabc\r\n0\r\n\r\n",
        "3\r\nabc\n0\r\n\r\n", "0\r\nX: trailer\r\n\r\n", "0;x\r\n\r\n", "0\r\n\n\n", "-1\r\n\r\n",
        "00000000000000003\r\nabc\r\n0\r\n\r\n"}) {
    EXPECT_EQ(status_of(post("Transfer-Encoding: chunked\r\n", body)), 400) << body;
  }
  EXPECT_EQ(status_of(post("Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\n")), 413);
  EXPECT_TRUE(
      accepts(post("Transfer-Encoding: chunked\r\n", "0000000000000003\r\nabc\r\n0\r\n\r\n")));
}

TEST(RequestReader, BoundsTheFramingOfChunks) {
  const std::size_t count = chunk_framing_bytes_max / 5 - 1;  // and the last chunk's five bytes
  const auto body_of = [](std::size_t chunks) {
    std::string body;
    for (std::size_t i = 0; i < chunks; ++i) body += "1\r\nx\r\n";
    return post("Transfer-Encoding: chunked\r\n", body + "0\r\n\r\n");
  };
  RequestReader at_limit(1 << 20);
  EXPECT_EQ(at_limit.read(body_of(count)), Progress::complete);
  RequestReader past_limit(1 << 20);
  EXPECT_EQ(past_limit.read(body_of(count + 1)), Progress::refused);
}

TEST(RequestReader, TakesAnAbsoluteTargetOnlyWhenItAgreesWithHost) {
  EXPECT_EQ(status_of(get("https://b/x", "a")), 400);
  EXPECT_EQ(status_of(get("https://a:80/x", "a")), 400);
  EXPECT_EQ(status_of(get("https://user@a/x", "a")), 400);
  EXPECT_EQ(status_of(get("https:///x", "a")), 400);
  EXPECT_EQ(status_of(get("ftp://a/x", "a")), 400);
  EXPECT_EQ(status_of(get("a", "a")), 400);
  EXPECT_EQ(status_of(get("*", "a")), 400);
  RequestReader reader(body_max);
  const std::string bytes = get("HTTPS://A:1?q=/", "a:1");
  ASSERT_EQ(reader.read(bytes), Progress::complete);
  EXPECT_EQ(reader.request().path, "/");
  EXPECT_EQ(reader.request().query, "q=/");
}

TEST(RequestReader, RefusesTargetsThatAreNotPlainUris) {
  for (const char* target :
       {"/a#b", "/\xc3\xa9", "/a\tb", "/a\\b", "/a|b", "/%", "/%2", "/%zz", "/a<b", "", "/\x7f"}) {
    EXPECT_EQ(status_of(get(target)), 400) << target;
  }
  EXPECT_EQ(status_of("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET /  HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1 \r\nHost: a\r\n\r\n"), 400);
}

TEST(RequestReader, RefusesOtherVersionsAndMethods) {
  for (const char* version : {"HTTP/1.0", "HTTP/2.0", "HTTP/0.9", "HTTP/1.2"}) {
    EXPECT_EQ(status_of("GET / " + std::string(version) + "\r\nHost: a\r\n\r\n"), 505) << version;
  }
  for (const char* version : {"HTTP/1.10", "http/1.1", "HTTP/1", "HTTPS/1.1", "HTTP/1,1", ""}) {
    EXPECT_EQ(status_of("GET / " + std::string(version) + "\r\nHost: a\r\n\r\n"), 400) << version;
  }
  EXPECT_EQ(status_of("GET /\r\n\r\n"), 400);
  EXPECT_EQ(status_of("get / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), 405);
  EXPECT_EQ(status_of("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"), 405);
  EXPECT_TRUE(accepts(std::string(method_bytes_max, 'M') + " / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(status_of(std::string(method_bytes_max + 1, 'M') + " / HTTP/1.1\r\nHost: a\r\n\r\n"),
            501);
}

TEST(RequestReader, TakesAHeadAtItsLimitsAndRefusesOnePastThem) {
  const auto head_of = [](std::size_t size) {
    const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
  };
  EXPECT_TRUE(accepts(head_of(head_bytes_max)));
  EXPECT_EQ(status_of(head_of(head_bytes_max + 1)), 431);
  EXPECT_EQ(status_of("GET /" + std::string(head_bytes_max, 'x')), 414);
  const auto with_headers = [](std::size_t count) {
    std::string lines;
    for (std::size_t i = 1; i < count; ++i) lines += "X: y\r\n";  // Host is one
    return post(lines);
  };
  EXPECT_TRUE(accepts(with_headers(headers_max)));
  EXPECT_EQ(status_of(with_headers(headers_max + 1)), 431);
}

TEST(RequestReader, KnowsOneExpectation) {
  RequestReader reader(body_max);
  const std::string bytes = post("Expect: 100-Continue\r\nContent-Length: 3\r\n");
  EXPECT_EQ(reader.read(bytes), Progress::more);
  EXPECT_TRUE(reader.expects_continue());
  EXPECT_TRUE(reader.body_missing());
  EXPECT_EQ(reader.read(bytes + "abc"), Progress::complete);
  EXPECT_EQ(status_of(post("Expect: 200-ok\r\n")), 417);
  EXPECT_EQ(status_of(post("Expect: 100-continue\r\nExpect: 100-continue\r\n")), 417);
}

TEST(RequestReader, UnderstandsConnectionOptions) {
  const auto keeps = [](std::string_view value) {
    const std::string bytes = post("Connection: " + std::string(value) + "\r\n");
    RequestReader reader(body_max);
    EXPECT_EQ(reader.read(bytes), Progress::complete) << value;
    return reader.request().keep_alive;
  };
  EXPECT_TRUE(keeps("keep-alive"));
  EXPECT_FALSE(keeps("Close"));
  EXPECT_FALSE(keeps("keep-alive , close"));
  EXPECT_TRUE(keeps("closed"));
  EXPECT_EQ(status_of(post("Connection: close,,x\r\n")), 400);
  EXPECT_EQ(status_of(post("Connection:\r\n")), 400);
}

// The fast reader fed in pieces, against the plain one on the whole.
void expect_same_reading(std::string_view bytes, std::mt19937& random) {
  const detail::PlainReading plain = detail::read_plainly(bytes, body_max);
  RequestReader reader(body_max);
  Progress progress = Progress::more;
  std::string buffer;  // moves as it grows, as a connection's does
  while (progress == Progress::more && buffer.size() < bytes.size()) {
    const std::size_t left = bytes.size() - buffer.size();
    buffer += bytes.substr(buffer.size(), 1 + random() % std::min<std::size_t>(left, 40));
    buffer.shrink_to_fit();
    progress = reader.read(buffer);
  }
  ASSERT_EQ(progress == Progress::complete, plain.complete) << bytes;
  ASSERT_EQ(progress == Progress::refused ? reader.refusal().status : 0, plain.status) << bytes;
  if (!plain.complete) return;
  const Request& request = reader.request();
  EXPECT_EQ(reader.consumed(), plain.consumed);
  EXPECT_EQ(request.method, plain.method);
  EXPECT_EQ(request.target, plain.target);
  EXPECT_EQ(request.path, plain.path);
  EXPECT_EQ(request.query, plain.query);
  EXPECT_EQ(request.host, plain.host);
  EXPECT_EQ(request.body, plain.body);
  EXPECT_EQ(request.keep_alive, plain.keep_alive);
  ASSERT_EQ(request.headers.size(), plain.headers.size());
  for (std::size_t i = 0; i < plain.headers.size(); ++i) {
    EXPECT_EQ(request.headers[i].name, plain.headers[i].first);
    EXPECT_EQ(request.headers[i].value, plain.headers[i].second);
  }
}

TEST(RequestReader, AgreesWithThePlainReaderOnMutationsSplitAnywhere) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::vector<std::string> seeds = {
      post("Content-Length: 5\r\nConnection: close\r\n", "hello"),
      post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n000a\r\n0123456789\r\n0\r\n\r\n"),
      get("https://a:80/x?y=%41#", "a:80"),
      get("/%7Euser?x=1&y=2", "[::1]:443"),
      post("Expect: 100-continue\r\nContent-Length: 2\r\nX-A: b c\r\n", "{}"),
  };
  const std::vector<std::string> pieces = {"\r\n",
                                           "\n",
                                           "\r",
                                           " ",
                                           "\t",
                                           ":",
                                           "0",
                                           "3",
                                           "#",
                                           "%",
                                           "a",
                                           ",",
                                           "Host: a\r\n",
                                           "Content-Length: 3\r\n",
                                           "chunked",
                                           ";x",
                                           "Transfer-Encoding: chunked\r\n",
                                           "HTTP/1.0",
                                           "\x80"};
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = seeds[random() % seeds.size()];
    for (unsigned change = random() % 4; change > 0; --change) {
      const std::size_t at = random() % (bytes.size() + 1);
      switch (random() % 4) {
        case 0:
          bytes.insert(at, pieces[random() % pieces.size()]);
          break;
        case 1:
          bytes.erase(at, 1 + random() % 3);
          break;
        case 2:
          if (at < bytes.size()) bytes[at] = static_cast<char>(random() % 256);
          break;
        default:
          bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 30));
          break;
      }
      if (bytes.empty()) break;
    }
    ASSERT_NO_FATAL_FAILURE(expect_same_reading(bytes, random));
  }
}

TEST(HeaderLines, AValueCannotEndItsLine) {
  HeaderLines lines;
  lines.add("X-A", "b\r\nX-Evil: c\x80");
  EXPECT_EQ(lines.text(), "X-A: b??X-Evil: c?\r\n");
  EXPECT_EQ(lines.find("x-a"), "b??X-Evil: c?");
  EXPECT_EQ(lines.find("X-Evil"), std::nullopt);
}

TEST(Message, DatesAreTheFixedFormOfRfc9110) {
  EXPECT_EQ(http_date(std::chrono::sys_seconds(std::chrono::seconds(784111777))),
            "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(std::chrono::sys_seconds(std::chrono::seconds(1709164800))),
            "Thu, 29 Feb 2024 00:00:00 GMT");
}

}  // namespace
}  // namespace ringwall::http
