// From bytes to the verdict and its reports: the files of an estate, and perhaps a perimeter before them, are read, proved,
// compared, asked, certified, checked and told. The prover never contradicts itself, every certificate that it writes
// holds for the checker, and what is written as JSON can be read.
//
// An input is files behind lines `=====PATH`. The first without such a line is the perimeter, or the estate's one file if
// nothing follows; a path that is left out is `estate`.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "checker/checker.h"
#include "report/report.h"

namespace {

using namespace ringwall;

constexpr std::string_view mark = "\n=====";
constexpr std::string_view perimeter_text = R"(organization: o-a1b2c3d4e5
accounts: ["111122223333", "444455556666"]
regions: [us-east-1]
networks:
  cidrs: [203.0.113.0/24]
  vpcs: [vpc-0a1b2c3d4e5f60718]
)";
constexpr std::uint64_t steps_max = 200'000;  // of a question: an input is to take milliseconds
constexpr std::size_t asked_max = 2;          // principals, and resources

struct Input {
  std::string_view perimeter = perimeter_text;
  std::vector<loaders::File> files;
};

Input taken_apart(std::string_view all) {
  Input input;
  const std::size_t first = all.find(mark);
  if (first == std::string_view::npos) return {.files = {{"estate", std::string(all)}}};
  input.perimeter = all.substr(0, first + 1);
  for (std::size_t at = first; at != std::string_view::npos;) {
    const std::string_view rest = all.substr(at + mark.size());
    const std::size_t line = std::min(rest.find('\n'), rest.size());
    const std::size_t end = std::min(rest.find(mark, line), rest.size());
    const std::string_view path = rest.substr(0, line);
    input.files.push_back({path.empty() ? "estate" : std::string(path), std::string(rest.substr(std::min(line + 1, end), end - std::min(line + 1, end)))});
    at = end == rest.size() ? std::string_view::npos : at + mark.size() + end;
  }
  return input;
}

prove::Options bounded() {
  prove::Options options{.today = "2026-01-02", .threads = 1, .classes_max = 4};
  options.steps_max = steps_max;
  options.bug = [](const prover::Bug&) { RW_CHECK(false); };
  return options;
}

void prove_and_tell(const loaders::Loaded& world, const perimeter::Perimeter& perimeter, std::string_view text) {
  prove::Options options = bounded();
  options.certificate = [](const std::string& certificate) {
    // Empty: only the types of resources that actions take make it impossible, and no clauses say that.
    RW_CHECK(certificate.empty() || checker::check(certificate, [](const checker::Verified&) {}).has_value());
  };
  const prove::Report found = prove::prove(world, perimeter, options);
  const report::Subject subject{world, perimeter, "perimeter.yaml", found, text};
  RW_CHECK(!report::to_text(subject, report::Colour::off).empty());
  const auto read = text::parse_json(report::to_json(subject).dump());
  RW_CHECK(read.has_value());
  RW_CHECK(text::parse_json(report::to_sarif(subject, "0").dump_pretty()).has_value());
  RW_CHECK(report::to_page(subject, "0").ends_with("</html>\n"));
}

void compare_and_ask(const loaders::Loaded& world) {
  const prove::Options options = bounded();
  const loaders::Loaded nothing{.estate = std::make_shared<const estate::Estate>()};
  RW_CHECK(!report::to_text(prove::difference(nothing, world, options)).empty());
  RW_CHECK(prove::difference(world, world, options).newly_allowed.empty());
  const loaders::Loaded twice = loaders::overlay(world, world);
  RW_CHECK(twice.estate->principals.size() == world.estate->principals.size());
  std::size_t asked = 0;
  world.estate->resources.for_each([&](const estate::Resource& resource) {
    if (asked++ >= asked_max) return;
    const auto who = prove::who_can(world, "s3:GetObject", resource.arn, options);
    if (who) RW_CHECK(!report::to_text(*who).empty());
  });
  asked = 0;
  world.estate->principals.for_each([&](const estate::Principal& principal) {
    if (asked++ >= asked_max) return;
    const auto what = prove::what_can(world, principal.arn, options);
    if (what) RW_CHECK(!report::to_text(*what).empty());
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Input input = taken_apart({reinterpret_cast<const char*>(data), size});
  const auto perimeter = perimeter::read(input.perimeter);
  if (!perimeter) return -1;
  const auto world = loaders::load(input.files, {.default_account = "111122223333"});
  if (!world) return -1;
  prove_and_tell(*world, *perimeter, input.perimeter);
  compare_and_ask(*world);
  return 0;
}
