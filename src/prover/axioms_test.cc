// What keys say of one another, asked of policies that tell them apart: a pair that no request has is found nowhere, and one that a
// request may have stays found.

#include <gtest/gtest.h>

#include "prover/prover.h"

namespace ringwall::prover {
namespace {

Answer of_conditions(const std::string& conditions, std::string_view off = {}) {
  auto document = policy::compile(
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{)" + conditions + "}}]}",
      policy::Kind::identity);
  EXPECT_TRUE(document.has_value()) << document.error().message << "\n" << conditions;
  Query query;
  query.universe.callers = {{}};
  query.universe.axiom_off = off;
  query.allowing = {{.document = *document}};
  return Prover().ask(query);
}
Verdict verdict_of(const std::string& conditions, std::string_view off = {}) { return of_conditions(conditions, off).verdict; }

struct Pair {
  std::string whose, axiom;
};
const Pair pairs[] = {{"Principal", "principal-paths-begin-with-it"},
                      {"Resource", "resource-paths-begin-with-it"},
                      {"Source", "source-paths-begin-with-it"},
                      {"Vpce", "endpoint-paths-begin-with-it"}};

TEST(Axioms, APathBeginsWithTheOrganisationThatTheRequestNames) {
  for (const Pair& pair : pairs) {
    const std::string id = "\"aws:" + pair.whose + "OrgID\":", paths = "\"aws:" + pair.whose + "OrgPaths\":";
    const std::string contradictions[] = {
        R"("StringNotEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringLike":{)" + paths + R"("o-mine000000/*"})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringLike":{)" + paths + R"("o-other00000/*"})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"StringLike":{)" + paths + R"(["o-other00000/r-1/ou-1/*","o-third00000/*"]})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringEquals":{)" + paths + R"("o-other00000/r-1/ou-1/"})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringNotLike":{)" + paths + R"("o-mine000000/*"})",
        R"("StringNotLike":{)" + id + R"("o-mi*"},"ForAnyValue:StringLike":{)" + paths + R"("o-mi*"})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"Null":{)" + paths + R"("false"},"ForAllValues:StringNotLike":{)" + paths + R"("o-mine000000/*"})"};
    for (const std::string& one : contradictions) {
      EXPECT_EQ(verdict_of(one), Verdict::none) << one;
      EXPECT_EQ(verdict_of(one, pair.axiom), Verdict::found) << one;
    }
  }
}

TEST(Axioms, APathOfTheOrganisationThatTheRequestNamesStaysPossible) {
  for (const Pair& pair : pairs) {
    const std::string id = "\"aws:" + pair.whose + "OrgID\":", paths = "\"aws:" + pair.whose + "OrgPaths\":";
    const std::string possible[] = {
        R"("StringNotEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringLike":{)" + paths + R"("o-other00000/*"})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringLike":{)" + paths + R"("o-mine000000/r-1/*"})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringLike":{)" + paths + R"(["o-other00000/*","o-mine000000/*"]})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringLike":{)" + paths + R"("*/ou-1/*"})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringLike":{)" + paths + R"("o-*"})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"ForAnyValue:StringNotLike":{)" + paths + R"("o-mine000000/r-1/*"})",
        R"("StringEquals":{)" + id + R"("o-mine000000"},"ForAllValues:StringNotLike":{)" + paths + R"("o-mine000000/*"})",  // there is none
        R"("StringNotEquals":{)" + id + R"("o-mine000000"},"Null":{)" + paths + R"("false"})"};
    for (const std::string& one : possible) EXPECT_EQ(verdict_of(one), Verdict::found) << one;
  }
}

// However many organisations are listed, nothing is told apart that the policies do not.
TEST(Axioms, OfManyOrganisationsEachHasItsPaths) {
  std::string ids, paths;
  for (char c = 'a'; c <= 'z'; ++c) {
    ids += std::string(ids.empty() ? "" : ",") + "\"o-partner000" + c + "\"";
    paths += std::string(paths.empty() ? "" : ",") + "\"o-partner000" + c + "/*\"";
  }
  EXPECT_EQ(verdict_of(R"("StringEquals":{"aws:PrincipalOrgID":[)" + ids + R"(]},"ForAnyValue:StringNotLike":{"aws:PrincipalOrgPaths":[)" + paths + "]}"), Verdict::none);
  EXPECT_EQ(verdict_of(R"("StringEquals":{"aws:PrincipalOrgID":[)" + ids + R"(]},"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":[)" + paths + "]}"), Verdict::found);
}

}  // namespace
}  // namespace ringwall::prover
