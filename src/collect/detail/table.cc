#include "collect/detail/table.h"

#include "collect/collect.h"

namespace ringwall::collect {
namespace detail {

const std::vector<Service>& services() {
  static const std::vector<Service> all = {
      {.name = "dynamodb", .listing = "tables.json", .list = "dynamodb list-tables", .member = "TableNames", .item = {},
       .policy = "dynamodb get-resource-policy --resource-arn={ARN}", .none = "PolicyNotFoundException"},
      {.name = "ecr", .listing = "repositories.json", .list = "ecr describe-repositories", .member = "repositories", .item = "repositoryName",
       .policy = "ecr get-repository-policy --repository-name={NAME}", .none = "RepositoryPolicyNotFoundException"},
      {.name = "kms", .listing = "keys.json", .list = "kms list-keys", .member = "Keys", .item = "KeyId",
       .policy = "kms get-key-policy --key-id={NAME} --policy-name=default"},
      {.name = "lambda", .listing = "functions.json", .list = "lambda list-functions", .member = "Functions", .item = "FunctionName",
       .policy = "lambda get-policy --function-name={NAME}", .none = "ResourceNotFoundException"},
      {.name = "rds", .listing = "instances.json", .list = "rds describe-db-instances", .member = "DBInstances", .item = "DBInstanceArn", .policy = {}},
      {.name = "s3", .listing = "buckets.json", .list = "s3api list-buckets", .member = "Buckets", .item = "Name",
       .policy = "s3api get-bucket-policy --bucket={NAME}", .none = "NoSuchBucketPolicy", .block = "s3api get-public-access-block --bucket={NAME}",
       .account_block = "s3control get-public-access-block --account-id={ACCOUNT}", .of_region = false},
      {.name = "secretsmanager", .listing = "secrets.json", .list = "secretsmanager list-secrets", .member = "SecretList", .item = "ARN",
       .policy = "secretsmanager get-resource-policy --secret-id={ARN}"},
      {.name = "sns", .listing = "topics.json", .list = "sns list-topics", .member = "Topics", .item = "TopicArn",
       .policy = "sns get-topic-attributes --topic-arn={ARN}"},
      {.name = "sqs", .listing = "queues.json", .list = "sqs list-queues", .member = "QueueUrls", .item = {},
       .policy = "sqs get-queue-attributes --queue-url={URL} --attribute-names QueueArn Policy"},
  };
  return all;
}

std::vector<std::string> words_of(std::string_view call, std::string_view value) {
  std::vector<std::string> words;
  while (!call.empty()) {
    const std::size_t space = call.find(' ');
    std::string word(call.substr(0, space));
    if (const std::size_t brace = word.find('{'); brace != std::string::npos && !value.empty()) word.replace(brace, word.find('}') + 1 - brace, value);
    words.push_back(std::move(word));
    call = space == std::string_view::npos ? std::string_view() : call.substr(space + 1);
  }
  return words;
}

std::string operation_of(const Call& call) { return call.arguments[0] + " " + call.arguments[1]; }

}  // namespace detail

std::vector<std::string> service_names() {
  std::vector<std::string> names = {"organizations", "iam", "ec2"};
  for (const detail::Service& service : detail::services()) names.emplace_back(service.name);
  return names;
}

}  // namespace ringwall::collect
