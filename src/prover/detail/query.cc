#include "prover/detail/query.h"

#include <algorithm>
#include <set>

#include "crypto/crypto.h"
#include "text/detail/utf8.h"

namespace ringwall::prover::detail {

std::vector<const policy::Document*> read_documents_of(const Query& query, Readings& readings) {
  std::vector<const policy::Document*> documents;
  for_each_document(query, [&](const policy::DocumentPtr& document, std::string_view) {
    readings.read(document);
    documents.push_back(document.get());
  });
  std::ranges::sort(documents);
  documents.erase(std::ranges::unique(documents).begin(), documents.end());
  return documents;
}

std::string certified(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  if (text.empty()) return "\\.";
  std::string written;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = text::detail::sequence_length(text, at);
    const auto byte = static_cast<unsigned char>(text[at]);
    if (length == 0 || byte < 0x20 || byte == 0x7f) {
      written += {'\\', 'x', digits[byte >> 4], digits[byte & 0xf]};
    } else {
      if (byte == '\\') written += '\\';
      written += text.substr(at, length);
    }
    at += std::max<std::size_t>(length, 1);
  }
  return written;
}

std::string policies_of(const Query& query) {
  std::set<std::string> lines;
  for_each_document(query, [&](const policy::DocumentPtr& document, std::string_view name) {
    lines.insert("policy " + crypto::sha256_hex(document->source()) + " " + certified(name) + "\n");
  });
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

}  // namespace ringwall::prover::detail
