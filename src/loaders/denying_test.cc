#include "loaders/detail/denying.h"

#include <gtest/gtest.h>

namespace ringwall::loaders::detail {
namespace {

TEST(Denying, EveryKindHasADocumentThatDenies) {
  using enum policy::Kind;
  for (const policy::Kind kind : {identity, boundary, session, resource, trust, key, scp, rcp, endpoint}) {
    const policy::DocumentPtr document = denying(kind);
    policy::Request request{.action = kind == trust ? "sts:AssumeRole" : "s3:GetObject", .resource = "arn:aws:s3:::b/o"};
    EXPECT_EQ(document->next(policy::Effect::deny, 0, policy::Probe(request)), 0U) << policy::name_of(kind);
  }
}

}  // namespace
}  // namespace ringwall::loaders::detail
