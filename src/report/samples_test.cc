// Writes reports for tests in other languages: a browser, a validator of schemas.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "report/testing.h"

namespace ringwall::report {
namespace {

using testing::Sample;

void write(const std::string& folder, const std::string& name, const Sample& sample) {
  const Subject subject = sample.subject();
  std::ofstream(folder + "/" + name + ".html") << to_page(subject, "1.2.3");
  std::ofstream(folder + "/" + name + ".json") << to_json(subject).dump_pretty();
  std::ofstream sarif(folder + "/" + name + ".sarif");
  sarif << to_sarif(subject, "1.2.3").dump_pretty();
  sarif.close();
  EXPECT_FALSE(sarif.fail());
}

TEST(Samples, AreWrittenWhereTheyAreAskedFor) {
  const char* folder = std::getenv("RINGWALL_SAMPLES");
  if (folder == nullptr) GTEST_SKIP() << "RINGWALL_SAMPLES names no folder";
  write(folder, "holding", testing::holding());
  write(folder, "leaking", testing::leaking());
  const Sample many = testing::many();  // its JSON would be hundreds of megabytes
  std::ofstream(std::string(folder) + "/many.html") << to_page(many.subject(), "1.2.3");
  write(folder, "hostile", testing::hostile());
  std::ofstream(std::string(folder) + "/schema.json") << schema();
}

}  // namespace
}  // namespace ringwall::report
