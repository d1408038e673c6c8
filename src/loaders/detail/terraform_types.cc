#include "loaders/detail/terraform_types.h"

#include <algorithm>
#include <array>

namespace ringwall::loaders::declared {
namespace {

const std::array resources = std::to_array<TerraformResource>({
    {.type = "aws_s3_bucket", .service = "s3", .prefix = "", .name = "bucket", .has_policy = true},
    {.type = "aws_sqs_queue", .service = "sqs", .prefix = "", .name = "name", .has_policy = true},
    {.type = "aws_sns_topic", .service = "sns", .prefix = "", .name = "name", .has_policy = true},
    {.type = "aws_kms_key", .service = "kms", .prefix = "key/", .name = "key_id", .key = true, .has_policy = true},
    {.type = "aws_kms_external_key", .service = "kms", .prefix = "key/", .name = "id", .key = true, .has_policy = true},
    {.type = "aws_kms_replica_key", .service = "kms", .prefix = "key/", .name = "key_id", .key = true, .has_policy = true},
    {.type = "aws_kms_replica_external_key", .service = "kms", .prefix = "key/", .name = "key_id", .key = true, .has_policy = true},
    {.type = "aws_secretsmanager_secret", .service = "secretsmanager", .prefix = "secret:", .name = "name", .has_policy = true},
    {.type = "aws_dynamodb_table", .service = "dynamodb", .prefix = "table/", .name = "name"},
    {.type = "aws_ecr_repository", .service = "ecr", .prefix = "repository/", .name = "name"},
    {.type = "aws_lambda_function", .service = "lambda", .prefix = "function:", .name = "function_name"},
    {.type = "aws_db_instance", .service = "rds", .prefix = "db:", .name = "identifier"},
});

constexpr std::array policies = std::to_array<TerraformPolicy>({
    {"aws_s3_bucket_policy", "bucket", "policy", "s3"},
    {"aws_sqs_queue_policy", "queue_url", "policy", "sqs"},
    {"aws_sns_topic_policy", "arn", "policy", "sns"},
    {"aws_kms_key_policy", "key_id", "policy", "kms"},
    {"aws_secretsmanager_secret_policy", "secret_arn", "policy", "secretsmanager"},
    {"aws_dynamodb_resource_policy", "resource_arn", "policy", "dynamodb"},
    {"aws_ecr_repository_policy", "repository", "policy", "ecr"},
});

// What gives access otherwise, or makes resources of its own.
constexpr std::array grants = std::to_array<TerraformGrant>({
    {"aws_cloudcontrolapi_resource", ""},
    {"aws_cloudformation_stack", ""},
    {"aws_cloudformation_stack_instances", ""},
    {"aws_cloudformation_stack_set", ""},
    {"aws_cloudformation_stack_set_instance", ""},
    {"aws_serverlessapplicationrepository_cloudformation_stack", ""},
    {"aws_servicecatalog_provisioned_product", ""},
    {"aws_kms_grant", "key_id"},
    {"aws_iam_service_linked_role", "arn"},
    {"aws_lambda_layer_version_permission", "layer_name"},
    {"aws_ram_resource_association", "resource_arn"},
    {"aws_ssoadmin_account_assignment", ""},
    {"aws_ssoadmin_managed_policy_attachment", ""},
    {"aws_ssoadmin_customer_managed_policy_attachment", ""},
    {"aws_ssoadmin_permissions_boundary_attachment", ""},
});

template <typename Table>
auto find(const Table& table, std::string_view type) -> decltype(table.data()) {
  const auto found = std::ranges::find(table, type, [](const auto& row) { return row.type; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace

const TerraformResource* terraform_resource(std::string_view type) { return find(resources, type); }

const TerraformResource* terraform_resource_of_service(std::string_view service) {
  const auto found = std::ranges::find(resources, service, &TerraformResource::service);
  return found == resources.end() ? nullptr : &*found;
}

const TerraformPolicy* terraform_policy(std::string_view type) { return find(policies, type); }
const TerraformGrant* terraform_grant(std::string_view type) { return find(grants, type); }

}  // namespace ringwall::loaders::declared
