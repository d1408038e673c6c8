#include "catalogue/resource_policies.h"

#include <algorithm>

#include "catalogue/catalogue.h"

namespace ringwall::catalogue {

std::span<const std::string_view> services_with_denying_resource_policies() {
  static constexpr std::string_view prefixes[] = {
      "acm-pca", "backup",  "codeartifact", "dynamodb", "ecr",  "elasticfilesystem", "es",
      "events",  "execute-api", "glacier", "glue", "kinesis", "kms", "logs", "s3",
      "s3express", "secretsmanager", "sns", "sqs"};
  return prefixes;
}

bool has_resource_side(std::string_view service) {
  if (std::ranges::binary_search(services_with_denying_resource_policies(), service)) return true;
  const Service* known = Catalogue::builtin().service(service);
  return known != nullptr && known->reached_by_rcps();
}

}  // namespace ringwall::catalogue
