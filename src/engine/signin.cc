#include "engine/signin.h"

#include <algorithm>
#include <array>

namespace ringwall::engine {
namespace {

constexpr std::size_t request_header_bytes = RW_SIGNIN_REQUEST_HEADER_BYTES;
constexpr std::size_t reply_header_bytes = RW_SIGNIN_REPLY_HEADER_BYTES;
constexpr std::size_t notice_header_bytes = RW_SIGNIN_NOTICE_HEADER_BYTES;

// What the notice's header, which must be there whole, says.
std::size_t notice_bytes(ByteView header) {
  return notice_header_bytes + header[2] + header[3] + header[4] + header[5];
}

struct Lengths {
  std::size_t user, token, origin;
  std::size_t frame() const { return request_header_bytes + user + token + origin; }
};

Result<Lengths> check(Lengths lengths) {
  if (lengths.user == 0) return fail(Failure::invalid, "sign-in request without a user");
  if (lengths.token == 0) return fail(Failure::invalid, "sign-in request without a token");
  if (lengths.user > RW_SIGNIN_USER_BYTES_MAX || lengths.origin > RW_SIGNIN_ORIGIN_BYTES_MAX) {
    return fail(Failure::invalid, "sign-in request with a user or an origin over 255 bytes");
  }
  if (lengths.token > signin_token_bytes_max) {
    return fail(Failure::invalid, "sign-in request with a token over 8192 bytes");
  }
  return lengths;
}

Result<Lengths> read_lengths(ByteView header) {
  if (header[0] != RW_SIGNIN_VERSION) {
    return fail(Failure::invalid, "sign-in request of version `" + std::to_string(header[0]) + "`");
  }
  const std::size_t token = static_cast<std::size_t>(header[2]) << 8U | header[3];
  return check({.user = header[1], .token = token, .origin = header[4]});
}

bool holds_zero(ByteView bytes) {
  return std::ranges::find(bytes, 0) != bytes.end();
}

}  // namespace

Result<Secret> encode(const SigninRequest& request) {
  RW_TRY(const Lengths lengths, check({.user = request.user.size(),
                                       .token = request.token.reveal().size(),
                                       .origin = request.origin.size()}));
  Bytes frame;
  frame.reserve(lengths.frame());  // grown once, so that no copy of the token stays behind
  frame.push_back(RW_SIGNIN_VERSION);
  frame.push_back(static_cast<std::uint8_t>(lengths.user));
  frame.push_back(static_cast<std::uint8_t>(lengths.token >> 8U));
  frame.push_back(static_cast<std::uint8_t>(lengths.token & 0xffU));
  frame.push_back(static_cast<std::uint8_t>(lengths.origin));
  for (const ByteView field :
       {bytes_of(request.user), request.token.reveal(), bytes_of(request.origin)}) {
    frame.insert(frame.end(), field.begin(), field.end());
  }
  Secret secret(std::move(frame));
  if (holds_zero(secret.reveal().subspan(request_header_bytes))) {
    return fail(Failure::invalid, "sign-in request with a zero byte");
  }
  return secret;
}

Bytes encode(const SigninReply& reply) {
  const std::size_t reason = std::min<std::size_t>(reply.reason.size(), RW_SIGNIN_REASON_BYTES_MAX);
  Bytes frame{RW_SIGNIN_VERSION,
              static_cast<std::uint8_t>(reply.allowed ? RW_SIGNIN_ALLOW : RW_SIGNIN_DENY),
              static_cast<std::uint8_t>(reason)};
  const ByteView text = bytes_of(reply.reason).first(reason);
  frame.insert(frame.end(), text.begin(), text.end());
  return frame;
}

bool is_notice(ByteView frame) { return !frame.empty() && frame[0] == RW_SIGNIN_NOTICE_VERSION; }

Bytes encode(const SigninNotice& notice) {
  Bytes frame{RW_SIGNIN_NOTICE_VERSION,
              static_cast<std::uint8_t>(notice.allowed ? RW_SIGNIN_ALLOW : RW_SIGNIN_DENY)};
  const std::array fields{ByteView(bytes_of(notice.user)), ByteView(bytes_of(notice.database)),
                          ByteView(bytes_of(notice.origin)), ByteView(bytes_of(notice.tls))};
  const auto cut = [](ByteView field) {
    return field.first(std::min<std::size_t>(field.size(), RW_SIGNIN_NOTICE_FIELD_BYTES_MAX));
  };
  for (const ByteView field : fields) frame.push_back(static_cast<std::uint8_t>(cut(field).size()));
  for (const ByteView field : fields) {
    frame.insert(frame.end(), cut(field).begin(), cut(field).end());
  }
  return frame;
}

Result<std::optional<std::size_t>> request_bytes(ByteView prefix) {
  if (is_notice(prefix)) {
    if (prefix.size() < notice_header_bytes) return std::nullopt;
    return notice_bytes(prefix);
  }
  if (prefix.size() < request_header_bytes) return std::nullopt;
  RW_TRY(const Lengths lengths, read_lengths(prefix.first(request_header_bytes)));
  return lengths.frame();
}

Result<SigninRequest> decode_request(ByteView frame) {
  if (frame.size() < request_header_bytes) {
    return fail(Failure::invalid, "sign-in request shorter than its header");
  }
  RW_TRY(const Lengths lengths, read_lengths(frame.first(request_header_bytes)));
  const ByteView fields = frame.subspan(request_header_bytes);
  if (frame.size() != lengths.frame()) {
    return fail(Failure::invalid, "sign-in request of another length than its header says");
  }
  if (holds_zero(fields)) return fail(Failure::invalid, "sign-in request with a zero byte");
  return SigninRequest{.user = std::string(text_of(fields.first(lengths.user))),
                       .token = Secret(fields.subspan(lengths.user, lengths.token)),
                       .origin = std::string(text_of(fields.last(lengths.origin)))};
}

Result<SigninNotice> decode_notice(ByteView frame) {
  if (frame.size() < notice_header_bytes || !is_notice(frame) || frame[1] > RW_SIGNIN_ALLOW ||
      frame.size() != notice_bytes(frame)) {
    return fail(Failure::invalid, "not a sign-in notice");
  }
  ByteView fields = frame.subspan(notice_header_bytes);
  if (holds_zero(fields)) return fail(Failure::invalid, "sign-in notice with a zero byte");
  const auto take = [&](std::uint8_t length) {
    const std::string field(text_of(fields.first(length)));
    fields = fields.subspan(length);
    return field;
  };
  SigninNotice notice;
  notice.allowed = frame[1] == RW_SIGNIN_ALLOW;
  notice.user = take(frame[2]);
  notice.database = take(frame[3]);
  notice.origin = take(frame[4]);
  notice.tls = take(frame[5]);
  return notice;
}

Result<SigninReply> decode_reply(ByteView frame) {
  if (frame.size() < reply_header_bytes || frame[0] != RW_SIGNIN_VERSION ||
      frame[1] > RW_SIGNIN_ALLOW || frame.size() != reply_header_bytes + frame[2]) {
    return fail(Failure::invalid, "not a sign-in reply");
  }
  return SigninReply{.allowed = frame[1] == RW_SIGNIN_ALLOW,
                     .reason = std::string(text_of(frame.subspan(reply_header_bytes)))};
}

}  // namespace ringwall::engine
