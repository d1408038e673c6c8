#pragma once
// What a proof says, for people and programs: terminal, JSON, SARIF, and one page that draws the
// circle. Every writer is pure.

#include <string>
#include <string_view>

#include "prove/prove.h"
#include "text/json.h"

namespace ringwall::report {

struct Subject {
  const loaders::Loaded& world;
  const perimeter::Perimeter& perimeter;
  std::string perimeter_path;   // for positions
  const prove::Report& report;
  std::string_view perimeter_text = {};  // of that file; empty: exceptions have no position
};

enum class Colour : std::uint8_t { off, on };

std::string to_text(const Subject& subject, Colour colour);  // the matrix first, then leaks, then the rest
text::Json to_json(const Subject& subject);                  // as schema() says
text::Json to_sarif(const Subject& subject, std::string_view version);
std::string to_page(const Subject& subject, std::string_view version);  // HTML that needs no network
std::string_view schema();                                   // JSON Schema, draft 2020-12

// The page names so many leaks in full, and text and page so many subjects of a leak; JSON has all.
inline constexpr std::size_t page_leaks_max = 200;
inline constexpr std::size_t subjects_shown_max = 12;

// What a proof says that the one before it did not, and the other way round. A leak appears where an action gets through for a kind of
// caller for whom it did not; it is gone where one of its actions gets through for nobody any more.
struct Changes {
  struct OfLeak {
    perimeter::Objective objective;
    prover::Finding finding;
    std::string fix;
    std::vector<std::string> subjects;  // of which it is true now and was not, or was and is not
  };
  struct OfCell {
    perimeter::Objective objective;
    std::string subject;
    std::vector<std::string> undecided;
  };
  std::vector<OfLeak> appeared, gone;
  std::vector<OfCell> undecided, decided;  // cells that became inconclusive, and that are it no more
  bool empty() const { return appeared.empty() && gone.empty() && undecided.empty() && decided.empty(); }
};
Changes changes(const Subject* before, const Subject& after);  // null: there was none
std::string to_text(const Changes& changes);                   // nothing where nothing changed
text::Json to_json(const Changes& changes);

// A comparison's and a difference's.
std::string to_text(const prove::Difference& difference);
text::Json to_json(const prove::Difference& difference);
std::string to_text(const prove::Accesses& accesses);
text::Json to_json(const prove::Accesses& accesses);
text::Json to_json(const prover::Finding& finding);
// "  who   …", a line a member, each after `indent` spaces: as every text report shows a request.
std::string to_text(const prover::Finding& finding, std::size_t indent);

}  // namespace ringwall::report
