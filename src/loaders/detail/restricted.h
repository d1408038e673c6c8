#pragma once
// S3's RestrictPublicBuckets, of a bucket or of its account: while the policy is public, only service principals and the owner's
// account come in (Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage"). The other three settings refuse
// what is put from then on, or are about access control lists.

#include <map>
#include <string>

#include "loaders/loaders.h"
#include "policy/policy.h"

namespace ringwall::loaders::detail {

// The bucket's policy with a statement that says so; itself where it is not public. In `sources` it stands where the document was read.
policy::DocumentPtr restricted(const policy::DocumentPtr& document, const std::string& partition, const std::string& bucket,
                               const std::string& account, std::map<const policy::Document*, Source>& sources);

}  // namespace ringwall::loaders::detail
