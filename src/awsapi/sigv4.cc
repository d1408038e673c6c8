#include "awsapi/sigv4.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "awsapi/detail/canonical.h"
#include "crypto/crypto.h"
#include "text/encode.h"
#include "text/time.h"

namespace ringwall::awsapi {
namespace {

std::unexpected<ApiError> incomplete(std::string message) { return api_error("IncompleteSignature", std::move(message), 400); }
ApiError mismatch(std::string message) { return {"SignatureDoesNotMatch", std::move(message), 403}; }

// The parts of a signature before they are checked, from whichever place they came.
struct Parts {
  std::string credential;
  std::string signed_headers;
  std::string signature;
};

// Every value of the query parameter `name`, decoded.
std::vector<std::string> query_values(std::string_view query, std::string_view name) {
  std::vector<std::string> values;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto key = text::percent_decode(pair.substr(0, equals), true);
    if (!key || *key != name) continue;
    values.push_back(text::percent_decode(pair.substr(std::min(equals + 1, pair.size())), true).value_or(""));
  }
  return values;
}

// "Fri, 02 Jan 2026 03:04:05 GMT" (RFC 9110's preferred form); nothing else is read from `Date`
// but the form X-Amz-Date has.
std::optional<TimePoint> read_http_date(std::string_view value) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (value.size() != 29 || value.substr(3, 2) != ", " || !value.ends_with(" GMT")) return {};
  const std::size_t month = months.find(value.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return {};
  const std::string number = std::to_string(month / 3 + 1);
  std::string iso(value.substr(12, 4));
  iso.append(number.size() == 1 ? "-0" : "-").append(number).append("-").append(value.substr(5, 2));
  iso.append("T").append(value.substr(17, 8)).append("Z");
  const auto time = text::parse_iso8601(iso);
  return time ? std::optional(*time) : std::nullopt;
}

// X-Amz-Date has exactly one form, `20260102T030405Z`.
std::optional<TimePoint> read_amz_date(std::string_view value) {
  if (value.size() != 16 || value[8] != 'T') return {};
  const auto time = text::parse_iso8601(value);
  return time ? std::optional(*time) : std::nullopt;
}

ApiResult<std::vector<std::string>> read_signed_headers(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(';'), list.size());
    names.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    const bool plain = std::ranges::all_of(names.back(), [](char c) { return c > ' ' && c < 0x7F && c != ':' && c != ',' && !(c >= 'A' && c <= 'Z'); });
    const bool in_order = names.size() == 1 || names[names.size() - 2] < names.back();
    if (!plain || !in_order || names.back().empty()) return incomplete("SignedHeaders must be lower-case header names, sorted, each once.");
  }
  return names;
}

ApiResult<Claim> read_parts(const Parts& parts) {
  Claim claim;
  std::array<std::string_view, 5> fields;
  std::string_view rest = parts.credential;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t slash = rest.find('/');
    const bool last = i + 1 == fields.size();
    if ((slash == std::string_view::npos) != last || slash == 0 || rest.empty()) {
      return incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" +
                        parts.credential.substr(0, 128) + "'");
    }
    fields[i] = rest.substr(0, slash);
    rest.remove_prefix(last ? rest.size() : slash + 1);
  }
  if (fields[4] != detail::scope_terminator) {
    return std::unexpected(mismatch("Credential should be scoped with a valid terminator: 'aws4_request', not '" + std::string(fields[4]).substr(0, 64) + "'."));
  }
  claim.access_key = fields[0];
  claim.date = fields[1];
  claim.region = fields[2];
  claim.service = fields[3];
  const bool digits = std::ranges::all_of(parts.signature, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (parts.signature.size() != 64 || !digits) return incomplete("Signature must be 64 lower-case hexadecimal digits.");
  claim.signature = parts.signature;
  RW_TRY(claim.signed_headers, read_signed_headers(parts.signed_headers));
  return claim;
}

ApiResult<Parts> read_authorization(std::string_view value) {
  const std::size_t space = std::min(value.find(' '), value.size());
  if (value.substr(0, space) != detail::signature_algorithm) {
    return incomplete("Unsupported AWS 'algorithm': '" + std::string(value.substr(0, std::min<std::size_t>(space, 64))) + "'.");
  }
  std::array<std::pair<std::string_view, std::optional<std::string>>, 3> fields{
      {{"Credential", {}}, {"Signature", {}}, {"SignedHeaders", {}}}};
  std::string_view rest = value.substr(space);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    std::string_view field = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (field.starts_with(' ')) field.remove_prefix(1);
    while (field.ends_with(' ')) field.remove_suffix(1);
    const std::size_t equals = std::min(field.find('='), field.size());
    auto* known = std::ranges::find(fields, field.substr(0, equals), [](const auto& f) { return f.first; });
    if (known == fields.end() || known->second || equals == field.size()) {
      return incomplete("Authorization header must be 'Credential=..., SignedHeaders=..., Signature=...', each once.");
    }
    known->second = field.substr(equals + 1);
  }
  std::string missing;
  for (const auto& [name, given] : fields) {
    if (!given) missing += "Authorization header requires '" + std::string(name) + "' parameter. ";
  }
  if (!missing.empty()) return incomplete(missing.substr(0, missing.size() - 1));
  return Parts{*fields[0].second, *fields[2].second, *fields[1].second};
}

// Notes a session token, which must not be larger than any that is given out.
std::optional<ApiError> take_token(Claim& claim, std::string token) {
  if (token.size() > session_token_bytes_max) return incomplete("The security token is too long.").error();
  claim.session_token = std::move(token);
  return {};
}

ApiResult<Claim> read_header_claim(const WireRequest& request, std::string_view authorization) {
  RW_TRY(const Parts parts, read_authorization(authorization));
  RW_TRY(Claim claim, read_parts(parts));
  if (const auto date = request.header("x-amz-date")) {
    const auto time = read_amz_date(*date);
    if (!time) return incomplete("Date must be in ISO-8601 'basic format'. Got '" + std::string(date->substr(0, 64)) + "'.");
    claim.time = *time;
  } else if (const auto http_date = request.header("date")) {
    const auto basic = read_amz_date(*http_date);
    const auto time = basic ? basic : read_http_date(*http_date);
    if (!time) return incomplete("The 'Date' header is not a date. Got '" + std::string(http_date->substr(0, 64)) + "'.");
    claim.time = *time;
  } else {
    return incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  if (auto fault = take_token(claim, std::string(request.header("x-amz-security-token").value_or("")))) return std::unexpected(*std::move(fault));
  return claim;
}

// A parameter of a presigned request: exactly one value.
ApiResult<std::string> presigned(const WireRequest& request, const std::string& name) {
  const auto values = query_values(request.query, name);
  if (values.size() == 1 && !values[0].empty()) return values[0];
  return incomplete("AWS query-string parameters must include '" + name + "' exactly once.");
}

ApiResult<Claim> read_query_claim(const WireRequest& request) {
  RW_TRY(const std::string algorithm, presigned(request, "X-Amz-Algorithm"));
  if (algorithm != detail::signature_algorithm) return incomplete("Unsupported AWS 'algorithm': '" + algorithm.substr(0, 64) + "'.");
  Parts parts;
  RW_TRY(parts.credential, presigned(request, "X-Amz-Credential"));
  RW_TRY(parts.signed_headers, presigned(request, "X-Amz-SignedHeaders"));
  RW_TRY(parts.signature, presigned(request, "X-Amz-Signature"));
  RW_TRY(Claim claim, read_parts(parts));
  RW_TRY(const std::string date, presigned(request, "X-Amz-Date"));
  const auto time = read_amz_date(date);
  if (!time) return incomplete("X-Amz-Date must be in ISO-8601 'basic format'. Got '" + date.substr(0, 64) + "'.");
  claim.time = *time;
  RW_TRY(const std::string expires, presigned(request, "X-Amz-Expires"));
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(expires.data(), expires.data() + expires.size(), seconds);
  if (error != std::errc() || end != expires.data() + expires.size() || seconds < 1) return incomplete("X-Amz-Expires should be a positive number");
  if (std::chrono::seconds(seconds) > presign_lifetime_max) {
    return incomplete("X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds");
  }
  claim.lifetime = std::chrono::seconds(seconds);
  auto tokens = query_values(request.query, "X-Amz-Security-Token");
  if (request.header("x-amz-date")) return incomplete("The date is given more than once.");
  if (tokens.size() > 1 || (!tokens.empty() && request.header("x-amz-security-token"))) return incomplete("The security token is given more than once.");
  if (!tokens.empty()) {
    if (auto fault = take_token(claim, std::move(tokens[0]))) return std::unexpected(*std::move(fault));
  }
  return claim;
}

std::string minutes_text(std::chrono::seconds span) { return std::to_string(std::chrono::ceil<std::chrono::minutes>(span).count()) + " min.)"; }

std::optional<ApiError> fault_in_time(const Claim& claim, TimePoint now) {
  const std::chrono::seconds past = claim.lifetime.value_or(clock_skew_max);
  if (claim.time > now + clock_skew_max) {
    return ApiError{"RequestExpired",
                    "Signature not yet current: " + text::basic_iso8601(claim.time) + " is still later than " +
                        text::basic_iso8601(now + clock_skew_max) + " (" + text::basic_iso8601(now) + " + " + minutes_text(clock_skew_max),
                    403};
  }
  if (claim.time + past < now) {
    return ApiError{"RequestExpired",
                    "Signature expired: " + text::basic_iso8601(claim.time) + " is now earlier than " + text::basic_iso8601(now - past) +
                        " (" + text::basic_iso8601(now) + " - " + minutes_text(past),
                    403};
  }
  return {};
}

bool is_signed(const Claim& claim, std::string_view name) {
  return std::ranges::binary_search(claim.signed_headers, name, {}, [](const std::string& s) -> std::string_view { return s; });
}

// Two values of one of these would let two readers take the request for different ones. A name twice
// among other headers is signed as one list, as AWS does.
std::optional<ApiError> fault_in_repetition(const WireRequest& request) {
  if (!request.each_header) return {};
  constexpr std::array<std::string_view, 4> said_once = {"authorization", "content-type", "date", "host"};
  std::vector<std::string_view> seen;
  std::string_view repeated;
  request.each_header([&](std::string_view name, std::string_view) {
    if (!name.starts_with("x-amz-") && std::ranges::find(said_once, name) == said_once.end()) return;
    if (std::ranges::find(seen, name) != seen.end()) repeated = name;
    seen.push_back(name);
  });
  if (repeated.empty()) return {};
  return incomplete("The header '" + std::string(repeated.substr(0, 64)) + "' is given more than once.").error();
}

// What a client must sign: the host, and every x-amz-* header it sends.
std::optional<ApiError> fault_in_coverage(const Claim& claim, const WireRequest& request) {
  if (!is_signed(claim, "host")) return mismatch("'Host' must be a 'SignedHeader' in the AWS Authorization.");
  std::string unsigned_header;
  const auto check = [&](std::string_view name) {
    if (name.starts_with("x-amz-") && !is_signed(claim, name)) unsigned_header = name;
  };
  if (request.each_header) {
    request.each_header([&](std::string_view name, std::string_view) { check(name); });
  } else {
    for (const char* name : {"x-amz-date", "x-amz-security-token", "x-amz-target", "x-amz-content-sha256"}) {
      if (request.header(name)) check(name);
    }
  }
  if (unsigned_header.empty()) return {};
  return mismatch("'" + unsigned_header + "' must be a 'SignedHeader' in the AWS Authorization.");
}

// The payload's hash as it stands in the canonical request.
ApiResult<std::string> payload_hash(const Claim& claim, const WireRequest& request) {
  const bool s3 = claim.service == "s3";
  const auto stated = request.header("x-amz-content-sha256");
  if (s3 && (stated == detail::unsigned_payload || (!stated && claim.lifetime))) return std::string(detail::unsigned_payload);
  std::string actual = crypto::sha256_hex(request.body);
  if (stated && *stated != actual) return std::unexpected(mismatch("The provided 'x-amz-content-sha256' header does not match what was computed."));
  return actual;
}

}  // namespace

ApiResult<std::optional<Claim>> read_claim(const WireRequest& request) {
  std::size_t authorizations = 0;
  if (request.each_header) {
    request.each_header([&](std::string_view name, std::string_view) { authorizations += name == "authorization" ? 1U : 0U; });
  }
  const auto authorization = request.header("authorization");
  const bool in_query = !query_values(request.query, "X-Amz-Algorithm").empty() || !query_values(request.query, "X-Amz-Signature").empty();
  if (authorizations > 1 || (authorization && in_query)) return incomplete("Only one auth mechanism allowed.");
  if (in_query) return read_query_claim(request);
  if (authorization) return read_header_claim(request, *authorization);
  return std::nullopt;
}

std::optional<ApiError> fault_in_head(const Claim& claim, const WireRequest& request, TimePoint now) {
  if (auto fault = fault_in_time(claim, now)) return fault;
  const std::string time = text::basic_iso8601(claim.time);
  if (std::string_view(time).substr(0, 8) != claim.date) {
    return mismatch("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" + claim.date.substr(0, 64) +
                    "' != '" + time.substr(0, 8) + "', from '" + time + "'.");
  }
  if (auto fault = fault_in_repetition(request)) return fault;
  if (auto fault = fault_in_coverage(claim, request)) return fault;
  for (const auto& name : claim.signed_headers) {
    if (!request.header(name)) return mismatch("The signed header '" + name.substr(0, 64) + "' is not in the request.");
  }
  return {};
}

std::optional<ApiError> verify(const Claim& claim, const WireRequest& request, const Secret& key, TimePoint now) {
  if (auto fault = fault_in_head(claim, request, now)) return fault;
  const std::string time = text::basic_iso8601(claim.time);
  const auto hash = payload_hash(claim, request);
  if (!hash) return hash.error();
  const auto query = detail::canonical_query(request.query);
  if (!query) return mismatch("The query string is not percent-encoded.");

  std::string canonical;
  canonical.reserve(1024);
  canonical.append(request.method).append("\n");
  canonical.append(detail::canonical_path(request.path, claim.service == "s3")).append("\n").append(*query).append("\n");
  const auto headers = detail::headers_of(request, claim.signed_headers);
  for (const auto& name : claim.signed_headers) {
    detail::append_header(canonical, headers, name);  // fault_in_head has seen that it is there
  }
  canonical.append("\n").append(detail::joined_headers(claim.signed_headers)).append("\n").append(*hash);

  const std::string computed = detail::signature_of({time, claim.date, claim.region, claim.service}, canonical, key);
  if (equal_in_constant_time(bytes_of(computed), bytes_of(claim.signature))) return {};
  return mismatch(
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. "
      "Consult the service documentation for details.");
}

Secret signing_key(const Secret& secret, std::string_view date, std::string_view region, std::string_view service) {
  Bytes first{'A', 'W', 'S', '4'};
  first.reserve(first.size() + secret.reveal().size());  // one buffer, so that one wipe is enough
  first.insert(first.end(), secret.reveal().begin(), secret.reveal().end());
  const Secret start(std::move(first));
  crypto::Digest key = crypto::hmac_sha256(start.reveal(), bytes_of(date));
  for (const std::string_view part : {region, service, detail::scope_terminator}) key = crypto::hmac_sha256(key, bytes_of(part));
  Secret out{ByteView(key)};
  wipe(key);
  return out;
}

std::vector<std::pair<std::string, std::string>> sign(const WireRequest& request, std::string_view access_key, const Secret& secret,
                                                      std::string_view session_token, std::string_view region, std::string_view service,
                                                      TimePoint now) {
  const std::string time = text::basic_iso8601(now);
  const std::string_view date = std::string_view(time).substr(0, 8);
  const std::string hash = crypto::sha256_hex(request.body);
  std::vector<std::pair<std::string, std::string>> headers{{"x-amz-content-sha256", hash}, {"x-amz-date", time}};
  if (!session_token.empty()) headers.emplace_back("x-amz-security-token", session_token);

  std::vector<std::string> names;
  for (const auto& [name, value] : headers) names.push_back(name);
  for (const char* name : {"content-type", "host", "x-amz-target"}) {
    if (request.header(name)) names.emplace_back(name);
  }
  std::ranges::sort(names);
  std::string canonical(request.method);
  canonical.append("\n").append(detail::canonical_path(request.path, service == "s3")).append("\n");
  // A query that cannot be decoded is signed as empty: no server accepts the request anyway.
  canonical.append(detail::canonical_query(request.query).value_or("")).append("\n");
  const auto given = detail::headers_of(request, names);
  for (const auto& name : names) {
    const auto ours = std::ranges::find(headers, name, &std::pair<std::string, std::string>::first);
    if (ours == headers.end()) {
      detail::append_header(canonical, given, name);
    } else {
      canonical.append(name).append(":").append(ours->second).append("\n");
    }
  }
  const std::string signed_headers = detail::joined_headers(names);
  canonical.append("\n").append(signed_headers).append("\n").append(hash);
  const Secret key = signing_key(secret, date, region, service);
  std::string authorization(detail::signature_algorithm);
  authorization.append(" Credential=").append(access_key).append("/").append(date).append("/").append(region).append("/");
  authorization.append(service).append("/").append(detail::scope_terminator).append(", SignedHeaders=").append(signed_headers);
  authorization.append(", Signature=").append(detail::signature_of({time, date, region, service}, canonical, key));
  headers.emplace_back("authorization", std::move(authorization));
  return headers;
}

}  // namespace ringwall::awsapi
