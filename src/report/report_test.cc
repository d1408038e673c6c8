#include "report/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "crypto/crypto.h"
#include "report/detail/view.h"
#include "report/testing.h"
#include "text/encode.h"

namespace ringwall::report {
namespace {

using text::Json;
using testing::account, testing::bucket, testing::bucket_leak, testing::document, testing::held, testing::holding, testing::leaking, testing::reader,
    testing::row, testing::Sample;
using perimeter::Objective;
using prove::Verdict;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

TEST(Text, OfAProofThatHoldsIsShort) {
  const Sample sample = holding();
  const std::string text = to_text(sample.subject(), Colour::off);
  EXPECT_LE(std::ranges::count(text, '\n'), 16);
  EXPECT_TRUE(text.ends_with("proved: the perimeter holds\n")) << text;
  EXPECT_TRUE(has(text, "identity/resources    proved                 1         0             0  scp\n")) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(Text, MatrixIsAlignedAndAtMostAHundredColumns) {
  Sample sample = leaking();
  using enum prove::Guard;
  sample.report.rows[7].sole_guards = {identity, scp, rcp, resource, endpoint, trust};
  sample.report.rows[7].proved = 1'234'567;
  std::istringstream lines(to_text(sample.subject(), Colour::off));
  std::size_t rows = 0, column = 0;
  for (std::string line; std::getline(lines, line);) {
    if (has(line, "inconclusive  rests on")) column = line.find("inconclusive  rests on");
    if (column == 0 || line.empty()) continue;
    if (rows == perimeter::objective_count + 1) break;
    ++rows;
    EXPECT_LE(line.size(), 100U) << line;
    EXPECT_EQ(line.substr(column + 12, 2), "  ") << line;
  }
  EXPECT_EQ(rows, perimeter::objective_count + 1);
}

TEST(Text, ALeakIsTheRequestItsPathItsFixAndItsSubjects) {
  const Sample sample = leaking();
  const std::string text = to_text(sample.subject(), Colour::off);
  EXPECT_LT(text.find("objective "), text.find("leak 1 of 2"));
  for (const char* part : {"leak 1 of 2  resource/principals: an outsider may use a resource of mine\n",
                           "  who       anonymous (nobody signs)\n",
                           "  does      s3:GetObject, likewise s3:GetObjectTagging\n",
                           "  on        arn:aws:s3:::books/a of account 111122223333\n",
                           "  from      address 198.51.100.7\n",
                           "  with      aws:securetransport = true\n",
                           "resource-based policy `bucket policy of books` statement Public,",
                           "policies/books.json:6:5\n",
                           "  fix       attach a resource control policy",
                           "iam/111122223333.json:40:7\n",
                           "partner: covers 1 cell, until 2027-01-01; owner data team; reads the catalogue (perimeter.yaml:3:5)\n",
                           "audit: expired on 2026-06-01, so it covers nothing",
                           "ec2/endpoints.json:7:3: truncated: the file ends inside a string;",
                           "zz:Future (no service has it today)",
                           "leak: the perimeter does not hold: 2 kinds of request cross it\n"})
    EXPECT_TRUE(has(text, part)) << part << "\n" << text;
  EXPECT_FALSE(has(text, "aws:resourceaccount")) << "it only repeats whose the resource is";
}

TEST(Text, SaysWhatIsNotDecidedAndOfWhom) {
  Sample sample = leaking();
  sample.report.leaks.clear();
  for (const std::size_t i : {0, 2}) sample.report.rows[i] = row(sample.report.rows[i].objective, Verdict::proved, {held("x", {})});
  const std::string text = to_text(sample.subject(), Colour::off);
  EXPECT_TRUE(has(text, "network/principals: the policy of `vpce-0a1b2c3d4e5f60718` could not be read\n")) << text;
  EXPECT_TRUE(has(text, "inconclusive: no leak was found, and 1 cell could not be decided\n")) << text;
}

TEST(Text, ColourAddsNothingButColour) {
  const Sample sample = leaking();
  std::string coloured = to_text(sample.subject(), Colour::on);
  EXPECT_TRUE(has(coloured, "\x1b[1;31mLEAK"));
  for (std::size_t at; (at = coloured.find('\x1b')) != std::string::npos;) coloured.erase(at, coloured.find('m', at) + 1 - at);
  EXPECT_EQ(coloured, to_text(sample.subject(), Colour::off));
}

TEST(Text, ShowsNoControlCharactersOfTheEstate) {
  Sample sample = leaking();
  sample.report.leaks[0].subjects = {"arn:\x1b[2J"};
  sample.report.leaks[0].finding.request.resource = "arn:\x1b[2J";
  sample.report.gaps[0].message = "\x1b[2J";
  sample.perimeter.exceptions[0].reason = "\x1b[2J";
  EXPECT_EQ(to_text(sample.subject(), Colour::off).find('\x1b'), std::string::npos);
}

TEST(Path, PlacesAddUpWhereTheFileHasTheTextAsItIs) {
  const Sample sample = leaking();
  const Subject subject = sample.subject();
  const detail::View view(subject);
  const auto path = view.path(sample.report.leaks[0]);
  ASSERT_EQ(path.size(), 1U);
  EXPECT_EQ(path[0].place->position, (text::Position{6, 5}));
  EXPECT_TRUE(path[0].place->exact);
  EXPECT_TRUE(path[0].decides);
  EXPECT_EQ(path[0].first_line, 6U);
  EXPECT_TRUE(path[0].excerpt.starts_with("{\n  \"Sid\": \"Public\",\n")) << path[0].excerpt;
  const auto other = view.path(sample.report.leaks[1]);
  ASSERT_EQ(other.size(), 1U);
  EXPECT_EQ(other[0].place->position, (text::Position{40, 7}));
  EXPECT_FALSE(other[0].place->exact);
  EXPECT_TRUE(has(other[0].excerpt, "\n  \"Effect\": \"Allow\"")) << "a statement on one line is laid out";
}

TEST(Path, OfAPolicyThatNoDocumentHasIsTheDecisions) {
  Sample sample = leaking();
  sample.report.leaks[0].documents.clear();
  const Subject subject = sample.subject();
  const auto path = detail::View(subject).path(sample.report.leaks[0]);
  ASSERT_EQ(path.size(), 1U);
  EXPECT_EQ(path[0].policy, "bucket policy of books");
  EXPECT_EQ(path[0].statement, "Public");
  EXPECT_FALSE(path[0].place);
}

TEST(Path, LongStatementsAreCutBetweenCharacters) {
  std::string sid_resources;
  for (int i = 0; i < 900; ++i) sid_resources += (i == 0 ? "" : ",") + std::string("\"arn:aws:s3:::bücher/") + std::to_string(i) + "\"";
  Sample sample = holding();
  const auto long_one = document(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":["arn:aws:s3:::books/*",)" + sid_resources + "]}]}", policy::Kind::resource);
  ASSERT_NE(long_one, nullptr);
  prove::Leak leak = bucket_leak(sample);
  leak.documents = {long_one.get()};
  sample.report.leaks = {leak};
  const Subject subject = sample.subject();
  const auto path = detail::View(subject).path(sample.report.leaks[0]);
  ASSERT_FALSE(path.empty());
  EXPECT_LE(path[0].excerpt.size(), 4'010U);
  EXPECT_TRUE(text::is_utf8(path[0].excerpt));
}

TEST(JsonReport, RequestsAreThoseOfAuthorize) {
  const Sample sample = leaking();
  const Json json = to_json(sample.subject());
  const Json& request = json["leaks"].items().at(0)["finding"]["request"];
  EXPECT_EQ(request.text("principal"), "anonymous");
  EXPECT_EQ(request.text("action"), "s3:GetObject");
  EXPECT_EQ(request.text("resourceAccount"), account);
  EXPECT_EQ(request["context"]["aws:sourceip"].items().at(0).as_string(), "198.51.100.7");
  EXPECT_EQ(json.text("verdict"), "leak");
  EXPECT_EQ(json["leaks"].items()[0]["path"].items().at(0)["place"].text("file"), "policies/books.json");
}

TEST(JsonReport, FingerprintsTellLeaksApartAndStayTheSame) {
  const Sample sample = leaking();
  const Json one = to_json(sample.subject()), two = to_json(leaking().subject());
  EXPECT_EQ(one["leaks"].items()[0].text("fingerprint"), two["leaks"].items()[0].text("fingerprint"));
  EXPECT_NE(one["leaks"].items()[0].text("fingerprint"), one["leaks"].items()[1].text("fingerprint"));
}

TEST(Sarif, HasWhatItsStandardRequires) {
  const Sample sample = leaking();
  const Json sarif = to_sarif(sample.subject(), "1.2.3");
  EXPECT_EQ(sarif.text("version"), "2.1.0");
  const Json& run = sarif["runs"].items().at(0);
  const Json& driver = run["tool"]["driver"];
  EXPECT_EQ(driver.text("name"), "ringwall prove");
  const auto& rules = driver["rules"].items();
  std::map<std::string, std::size_t> levels;
  for (const Json& result : run["results"].items()) {
    const auto index = static_cast<std::size_t>(result["ruleIndex"].as_integer(-1));
    ASSERT_LT(index, rules.size());
    EXPECT_EQ(rules[index].text("id"), result.text("ruleId"));
    EXPECT_FALSE(result["message"].text("text").empty());
    EXPECT_EQ(result["partialFingerprints"].text("ringwall/v1").size(), 16U);
    EXPECT_EQ(result["locations"].items().size(), 1U);
    ++levels[result.str("level")];
  }
  EXPECT_EQ(levels, (std::map<std::string, std::size_t>{{"error", 2}, {"warning", 2}, {"note", 2}}));
  const Json& place = run["results"].items()[0]["locations"].items()[0]["physicalLocation"];
  EXPECT_EQ(place["artifactLocation"].text("uri"), "policies/books.json");
  EXPECT_EQ(place["region"]["startLine"].as_integer(), 6);
}

TEST(Page, PolicyNamesItsStyleAndScriptByHash) {
  const auto hash_of = [](const char* file) {
    std::ifstream in(std::string(RINGWALL_SOURCE_DIR "/src/report/embed/") + file);
    std::stringstream text;
    text << in.rdbuf();
    const std::string bytes = text.str();
    const auto digest = crypto::sha256(ByteView(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
    return "'sha256-" + text::base64(ByteView(digest.data(), digest.size())) + "'";
  };
  const std::string wanted = "default-src 'none'; style-src " + hash_of("page.css") + "; script-src " + hash_of("page.js") + "; base-uri 'none'; form-action 'none'";
  const Sample sample = holding();
  EXPECT_TRUE(has(to_page(sample.subject(), "1"), "content=\"" + wanted + "\"")) << "embed/page.csp must hold: " << wanted;
}

TEST(Page, EscapesEveryWordOfTheEstate) {
  const Sample sample = testing::hostile();
  const std::string page = to_page(sample.subject(), sample.perimeter.organization);
  EXPECT_FALSE(has(page, "document.title=1</script>"));
  EXPECT_FALSE(has(page, "<img"));
  std::size_t scripts = 0;
  for (std::size_t at = 0; (at = page.find("<script", at)) != std::string::npos; ++at) ++scripts;
  EXPECT_EQ(scripts, 1U);
}

// ----- what came and what went ------------------------------------------------------------------

std::vector<std::string> subjects_of(const std::vector<Changes::OfLeak>& leaks) {
  std::vector<std::string> all;
  for (const Changes::OfLeak& leak : leaks) all.insert(all.end(), leak.subjects.begin(), leak.subjects.end());
  return all;
}

TEST(ChangesOf, TheFirstProofAreAllItsLeaks) {
  const Sample sample = leaking();
  const Changes found = changes(nullptr, sample.subject());
  EXPECT_EQ(found.appeared.size(), sample.report.leaks.size());
  EXPECT_TRUE(found.gone.empty());
}

TEST(ChangesOf, TheSameProofAreNone) {
  const Sample before = leaking(), after = leaking();
  const Subject was = before.subject();
  const Changes found = changes(&was, after.subject());
  EXPECT_TRUE(found.empty());
  EXPECT_EQ(to_text(found), "");
}

TEST(ChangesOf, TwoProofsAreTheSubjectsActionsAndCallersThatOneOfThemHasAlone) {
  const Sample before = leaking();
  const Subject was = before.subject();
  Sample after = leaking();
  prove::Leak& leak = after.report.leaks[0];
  leak.subjects.push_back("arn:aws:s3:::another");
  EXPECT_EQ(subjects_of(changes(&was, after.subject()).appeared), std::vector<std::string>{"arn:aws:s3:::another"});
  const Subject is = after.subject();
  EXPECT_EQ(subjects_of(changes(&is, before.subject()).gone), std::vector<std::string>{"arn:aws:s3:::another"});

  Sample wider = leaking();
  wider.report.leaks[0].finding.actions.push_back("s3:PutObject");
  EXPECT_EQ(subjects_of(changes(&was, wider.subject()).appeared), before.report.leaks[0].subjects);
  EXPECT_TRUE(changes(&was, wider.subject()).gone.empty());
  const Subject of_wider = wider.subject();
  EXPECT_TRUE(changes(&of_wider, before.subject()).appeared.empty());
  EXPECT_EQ(subjects_of(changes(&of_wider, before.subject()).gone), before.report.leaks[0].subjects);

  Sample others = leaking();
  others.report.leaks[0].finding.request.principal.type = policy::Principal::Type::service;
  others.report.leaks[0].finding.request.principal.service = "cloudtrail.amazonaws.com";
  EXPECT_TRUE(changes(&was, others.subject()).empty());  // whoever is not signed in already could
  const Subject of_others = others.subject();
  EXPECT_EQ(subjects_of(changes(&of_others, before.subject()).appeared), before.report.leaks[0].subjects);
}

TEST(ChangesOf, ACellThatCannotBeDecidedIsToldWithItsReasonAndWhatADocumentNamesReachesNoTerminal) {
  const Sample before = leaking();
  const Subject was = before.subject();
  Sample after = leaking();
  prove::CellOf cell;
  cell.subject = "arn:aws:s3:::\x1b[2Jbooks";
  cell.undecided = {"it ends inside a \x1b string"};
  after.report.rows[2].cells = std::vector<prove::CellOf>{cell};
  const Changes found = changes(&was, after.subject());
  ASSERT_EQ(found.undecided.size(), 1U);
  EXPECT_EQ(found.undecided[0].subject, cell.subject);
  const std::string text = to_text(found);
  EXPECT_TRUE(has(text, "+ not decided  resource/principals: ")) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  const Subject is = after.subject();
  EXPECT_EQ(changes(&is, before.subject()).decided.size(), 1U);
  EXPECT_EQ(to_json(found)["undecided"].items().size(), 1U);
}

TEST(Page, OfFiftyThousandSubjectsIsSmall) {
  Sample sample = leaking();
  std::vector<std::string> many;
  prove::Row& all = sample.report.rows[7];
  std::vector<prove::CellOf> cells;
  for (int i = 0; i < 50'000; ++i) {
    many.push_back("arn:aws:s3:::bucket-" + std::to_string(i));
    cells.push_back(held(many.back(), {prove::Guard::rcp}));
  }
  all.cells = std::move(cells);
  sample.report.leaks.resize(page_leaks_max + 50, sample.report.leaks[0]);
  for (prove::Leak& leak : sample.report.leaks) leak.subjects = many;
  const std::string page = to_page(sample.subject(), "1");
  EXPECT_LT(page.size(), 2U * 1024 * 1024);
  EXPECT_TRUE(has(page, "and 49,988 more, in the JSON report"));
  EXPECT_TRUE(has(page, "id=\"leak-" + std::to_string(page_leaks_max) + "\""));
  EXPECT_FALSE(has(page, "id=\"leak-" + std::to_string(page_leaks_max + 1) + "\""));
  EXPECT_TRUE(has(page, "50 more leaks in the JSON report"));
}

TEST(Page, AsksForNothingFromAnywhere) {
  const Sample sample = leaking();
  const std::string page = to_page(sample.subject(), "1");
  for (const char* part : {" src=", "@import", "<link", "url(http", "<iframe"}) EXPECT_FALSE(has(page, part)) << part;
}

TEST(Page, EveryLinkLeadsSomewhere) {
  Sample sample = leaking();
  sample.report.rows[7] = row(Objective::whole, Verdict::leak, {{.subject = bucket, .verdict = Verdict::leak, .leaks = {1}}});  // by another row's
  const std::string page = to_page(sample.subject(), "1");
  std::size_t links = 0;
  for (std::size_t at = 0; (at = page.find("href=\"#", at)) != std::string::npos;) {
    at += 7;
    const std::string id = page.substr(at, page.find('"', at) - at);
    EXPECT_TRUE(has(page, "id=\"" + id + "\"")) << id;
    ++links;
  }
  EXPECT_GT(links, 15U);
}

TEST(Difference, SaysWhatIsNewAndWhetherThereIsMore) {
  const Sample sample = leaking();
  prove::Difference difference;
  EXPECT_EQ(to_text(difference), "nothing is newly allowed\n");
  EXPECT_EQ(to_json(difference).text("verdict"), "nothing-new");
  difference.undecided = {"a policy could not be read"};
  EXPECT_EQ(to_json(difference).text("verdict"), "inconclusive");
  difference.newly_allowed = {{bucket, sample.report.leaks[0].finding}};
  difference.more = true;
  const std::string text = to_text(difference);
  EXPECT_TRUE(has(text, "newly allowed: arn:aws:s3:::books\n  who       anonymous"));
  EXPECT_TRUE(text.ends_with("1 kind of request newly allowed, and there are more\n")) << text;
}

TEST(Finding, OfADocumentAskedByItselfHasItsStatement) {
  prover::Finding finding = leaking().report.leaks[0].finding;
  finding.decisions = {{.verdict = authz::Verdict::allow, .statement = "#0", .position = {2, 3}}};
  EXPECT_TRUE(has(to_text(finding, 0), "by        statement #0, line 2\n")) << to_text(finding, 0);
  const Json decision = to_json(finding)["decisions"].items().at(0);
  EXPECT_EQ(decision.text("statement"), "#0");
  EXPECT_FALSE(decision.contains("policy"));
}

TEST(Accesses, AreToldByPrincipal) {
  const Sample sample = leaking();
  EXPECT_EQ(to_text(prove::Accesses{}), "nothing is allowed\n");
  const prove::Accesses accesses{.found = {{reader, sample.report.leaks[1].finding}}};
  EXPECT_TRUE(has(to_text(accesses), reader + "\n  who  "));
  EXPECT_EQ(to_json(accesses)["found"].items().at(0).text("principal"), reader);
}

}  // namespace
}  // namespace ringwall::report
