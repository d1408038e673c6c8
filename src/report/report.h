#pragma once
// What a proof says, for people and programs: terminal, JSON, SARIF, and one page that draws the
// circle. Every writer is pure.

#include <string>

#include "prove/prove.h"
#include "text/json.h"

namespace ringwall::report {

struct Subject {
  const loaders::Loaded& world;
  const perimeter::Perimeter& perimeter;
  std::string perimeter_path;   // for positions
  const prove::Report& report;
};

enum class Colour : std::uint8_t { off, on };

std::string to_text(const Subject& subject, Colour colour);  // the matrix first, then leaks, then the rest
text::Json to_json(const Subject& subject);                  // as schema() says
text::Json to_sarif(const Subject& subject, std::string_view version);
std::string to_page(const Subject& subject, std::string_view version);  // HTML that needs no network
std::string_view schema();                                   // JSON Schema, draft 2020-12

// A comparison's and a difference's.
std::string to_text(const prove::Difference& difference);
text::Json to_json(const prove::Difference& difference);
std::string to_text(const prove::Accesses& accesses);
text::Json to_json(const prove::Accesses& accesses);
text::Json to_json(const prover::Finding& finding);

}  // namespace ringwall::report
