// ARNs and the patterns of resources. Two readers cut an ARN alike; what is taken apart is put
// together again; a pattern without wildcards matches itself alone; and the compiled document and
// its plain twin agree on the rest. The first line is listed, the second is asked for.

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "policy/detail/plain_pattern.h"
#include "policy/detail/reader.h"
#include "policy/detail/values.h"
#include "policy/plain.h"

namespace {

using namespace ringwall::policy;
using plain::Truth;
using ringwall::text::Json;

bool is_literal(const Piece& piece) {
  return piece.kind == Piece::Kind::literal;
}

// As it would have to be written to be read as these pieces under 2012-10-17.
std::string written(const Pieces& pieces) {
  std::string out;
  for (const Piece& piece : pieces) {
    switch (piece.kind) {
      case Piece::Kind::any_run:
        out += '*';
        break;
      case Piece::Kind::any_one:
        out += '?';
        break;
      case Piece::Kind::variable:
        out += "${" + piece.text + (piece.otherwise ? ", '" + *piece.otherwise + "'" : "") + "}";
        break;
      case Piece::Kind::literal:
        for (const char c : piece.text)
          out += c == '*' || c == '?' || c == '$' ? std::string("${") + c + "}" : std::string(1, c);
        break;
    }
  }
  return out;
}

void check_readers(std::string_view arn) {
  const auto parts = detail::arn_parts(arn);
  const auto pieces = detail::pieces_of(arn, Version::v2008_10_17, detail::Wildcards::none);
  RW_CHECK(pieces.has_value() && pieces->size() == (arn.empty() ? 0 : 1));
  const std::vector<Pieces> cut = arn_parts(*pieces);
  const bool begins = !cut[0].empty() && cut[0][0].text == "arn";
  RW_CHECK(parts.has_value() == (cut.size() == 6 && begins));
  if (!parts) return;
  std::string joined;
  for (std::size_t i = 0; i < 6; ++i) {
    RW_CHECK((*parts)[i] ==
             (cut[i].empty() ? std::string_view() : std::string_view(cut[i][0].text)));
    joined += (i > 0 ? ":" : "") + std::string((*parts)[i]);
  }
  RW_CHECK(joined == arn);
}

void check_round_trip(std::string_view text) {
  const auto pieces = detail::pieces_of(text, Version::v2012_10_17, detail::Wildcards::any);
  if (!pieces) return;
  const auto again =
      detail::pieces_of(written(*pieces), Version::v2012_10_17, detail::Wildcards::any);
  RW_CHECK(again.has_value() && *again == *pieces);
}

void check_document(std::string_view listed, const Request& request, const char* element) {
  const Json json = Json::object(
      {{"Version", "2012-10-17"},
       {"Statement", Json::object({{"Effect", "Allow"}, {"Action", "s3:*"}, {element, listed}})}});
  const auto document = compile(json.dump(), Kind::identity);
  if (!document) return;
  RW_CHECK((*document)->match(0, request) == plain::Policy(**document).match(0, request));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) return -1;
  const std::string_view listed = text.substr(0, line), asked = text.substr(line + 1);
  check_readers(asked);
  check_readers(listed);
  check_round_trip(listed);

  Request request;
  request.action = "s3:GetObject";
  request.resource = asked;
  request.context.set("aws:username", "al*ice");
  check_document(listed, request, "Resource");
  check_document(listed, request, "NotResource");
  const auto pieces = detail::resource_pieces(listed, Version::v2012_10_17);
  if (!pieces) return 0;
  const plain::ResourcePattern pattern(*pieces);
  if (std::ranges::all_of(*pieces, is_literal)) {
    const std::string& only = pieces->front().text;
    RW_CHECK(pattern.matches(only, request.context) == Truth::yes);
    RW_CHECK((pattern.matches(asked, request.context) == Truth::yes) == (asked == only));
  }
  // Whatever an ARN's pattern matches begins as it does.
  if (is_literal(pieces->front()) && pattern.matches(asked, request.context) == Truth::yes)
    RW_CHECK(asked.starts_with(pieces->front().text));
  return 0;
}
