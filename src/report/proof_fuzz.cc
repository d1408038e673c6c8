// From bytes to the verdict and its reports: a file of an estate, and perhaps a perimeter before it, are read, proved,
// certified, checked and told. The prover never contradicts itself, every certificate that it writes holds for the
// checker, and what is written as JSON can be read.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "checker/checker.h"
#include "report/report.h"

namespace {

using namespace ringwall;

constexpr std::string_view between = "\n=====\n";  // the perimeter, and the file
constexpr std::string_view perimeter_text = R"(organization: o-a1b2c3d4e5
accounts: ["111122223333", "444455556666"]
regions: [us-east-1]
networks:
  cidrs: [203.0.113.0/24]
  vpcs: [vpc-0a1b2c3d4e5f60718]
)";
constexpr std::uint64_t steps_max = 200'000;  // of a question: an input is to take milliseconds

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t middle = all.find(between);
  const std::string_view given = middle == std::string_view::npos ? perimeter_text : all.substr(0, middle + 1);
  const loaders::File file{"estate", std::string(middle == std::string_view::npos ? all : all.substr(middle + between.size()))};
  const auto perimeter = perimeter::read(given);
  if (!perimeter) return -1;
  const auto world = loaders::load({&file, 1}, {.default_account = "111122223333"});
  if (!world) return -1;
  prove::Options options{.today = "2026-01-02", .threads = 1, .classes_max = 4};
  options.steps_max = steps_max;
  options.bug = [](const prover::Bug&) { RW_CHECK(false); };
  options.certificate = [](const std::string& certificate) {
    // Empty: only the types of resources that actions take make it impossible, and no clauses say that.
    RW_CHECK(certificate.empty() || checker::check(certificate, [](const checker::Verified&) {}).has_value());
  };
  const prove::Report found = prove::prove(*world, *perimeter, options);
  const report::Subject subject{*world, *perimeter, "perimeter.yaml", found, given};
  RW_CHECK(!report::to_text(subject, report::Colour::off).empty());
  const auto read = text::parse_json(report::to_json(subject).dump());
  RW_CHECK(read.has_value());
  RW_CHECK(text::parse_json(report::to_sarif(subject, "0").dump_pretty()).has_value());
  RW_CHECK(report::to_page(subject, "0").ends_with("</html>\n"));
  return 0;
}
