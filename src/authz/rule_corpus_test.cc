// Every rule file of tests/spec, through every evaluator there is.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <cstdio>
#include <iterator>

#include "authz/plain.h"
#include "authz/rule_file.h"

namespace ringwall::authz {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t cases_min = 300;

struct Evaluator {
  const char* name;
  Decide decide;
};

// Each is held to every case.
const Evaluator evaluators[] = {
    {"authorize", authorize},
    {"plain::Evaluator",
     [](const auto& request, const auto& layers) {
       return plain::Evaluator().authorize(request, layers);
     }},
};

std::vector<fs::path> rule_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(RINGWALL_SOURCE_DIR "/tests/spec")) {
    if (entry.path().extension() == ".rule") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(RuleCorpus, IsAnsweredAsAwsDocumentsIt) {
  std::size_t cases = 0;
  const std::vector<fs::path> files = rule_files();
  for (const fs::path& path : files) {
    const auto file = read_rule_file(content_of(path));
    if (!file) {
      ADD_FAILURE() << path.string() << ": " << file.error().message;
      continue;
    }
    EXPECT_FALSE(file->source.empty()) << path.string() << ": names no source";
    cases += file->cases.size();
    const ReadDocument read = [&](const std::string& name) -> Result<std::string> {
      return content_of(path.parent_path() / name);
    };
    for (const RuleCase& one : file->cases) {
      for (const auto& [name, decide] : evaluators) {
        const auto difference = check(one, decide, read);
        if (!difference) continue;
        ADD_FAILURE() << path.string() << ":" << one.line << ": " << one.name << "\n  expected "
                      << difference->expected << "\n  " << name << " got " << difference->got;
      }
    }
  }
  std::printf("%zu rule files, %zu cases\n", files.size(), static_cast<std::size_t>(cases));
  EXPECT_GE(cases, cases_min);
}

}  // namespace
}  // namespace ringwall::authz
