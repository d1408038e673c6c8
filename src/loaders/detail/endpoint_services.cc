// As of 2026-12-01. The names are those of "AWS services that integrate with AWS PrivateLink" (AWS
// PrivateLink Guide). Most are the prefix of the service's actions, or begin with it and a dot; the
// table has the others. Which of them take no policy is AWS's list in its Landing Zone Accelerator
// (`policiesUnsupported`) and the pages of the services; it changes what is advised, and no verdict.

#include "loaders/detail/endpoint_services.h"

#include <algorithm>
#include <array>

#include "catalogue/catalogue.h"

namespace ringwall::loaders {
namespace {

struct Word {
  std::string_view endpoint, action;
};
constexpr std::array words = std::to_array<Word>({
    {"analytics-omics", "omics"},
    {"appconfigdata", "appconfig"},
    {"appmesh-envoy-management", "appmesh"},
    {"appsync-api", "appsync"},
    {"aps-workspaces", "aps"},
    {"arsenal-discovery", "arsenal"},
    {"bedrock-agent", "bedrock"},
    {"bedrock-agent-runtime", "bedrock"},
    {"bedrock-data-automation", "bedrock"},
    {"bedrock-data-automation-runtime", "bedrock"},
    {"bedrock-runtime", "bedrock"},
    {"cassandra-streams", "cassandra"},
    {"cloudcontrolapi", "cloudformation"},
    {"cloudhsmv2", "cloudhsm"},
    {"control-storage-omics", "omics"},
    {"data-servicediscovery", "servicediscovery"},
    {"deviceadvisor.iot", "iotdeviceadvisor"},
    {"dicom-medical-imaging", "medical-imaging"},
    {"dynamodb-streams", "dynamodb"},
    {"ecs-agent", "ecs"},
    {"ecs-telemetry", "ecs"},
    {"elasticbeanstalk-health", "elasticbeanstalk"},
    {"email", "ses"},
    {"email-smtp", "ses"},
    {"emr-serverless-services.livy", "emr-serverless"},
    {"evidently-dataplane", "evidently"},
    {"finspace-api", "finspace"},
    {"forecastquery", "forecast"},
    {"git-codecommit", "codecommit"},
    {"grafana-workspace", "grafana"},
    {"guardduty-data", "guardduty"},
    {"iot.fleethub.api", "iotfleethub"},
    {"kinesis-firehose", "firehose"},
    {"kinesis-streams", "kinesis"},
    {"lorawan.cups", "iotwireless"},
    {"lorawan.lns", "iotwireless"},
    {"mail-manager", "ses"},
    {"memory-db", "memorydb"},
    {"models-v2-lex", "lex"},
    {"monitoring", "cloudwatch"},
    {"neptune-graph-data", "neptune-graph"},
    {"networkflowmonitorreports", "networkflowmonitor"},
    {"personalize-events", "personalize"},
    {"personalize-runtime", "personalize"},
    {"pinpoint", "mobiletargeting"},
    {"pinpoint-sms-voice-v2", "sms-voice"},
    {"pipes-data", "pipes"},
    {"rum-dataplane", "rum"},
    {"runtime-medical-imaging", "medical-imaging"},
    {"runtime-v2-lex", "lex"},
    {"s3-global.accesspoint", "s3"},
    {"servicecatalog-appregistry", "servicecatalog"},
    {"storage-omics", "omics"},
    {"streaming-rekognition", "rekognition"},
    {"sync-states", "states"},
    {"tagging", "tag"},
    {"tags-omics", "omics"},
    {"transcribestreaming", "transcribe"},
    {"workflows-omics", "omics"},
});

constexpr std::array without_policy = std::to_array<std::string_view>({
    "appmesh-envoy-management", "apprunner.requests", "appstream.api", "appstream.streaming", "aps", "aps-workspaces",
    "awsconnector", "cloudtrail", "codeguru-profiler", "codeguru-reviewer", "codepipeline", "datasync",
    "deviceadvisor.iot", "ebs",
    "elastic-inference.runtime", "email-smtp", "iot.credentials", "iot.data", "iotsitewise.api", "iotsitewise.data",
    "iotwireless.api", "lorawan.cups", "lorawan.lns", "macie2", "neptune-graph", "sms", "storagegateway", "transfer",
    "transfer.server",
});

bool is_region(std::string_view part) {
  return part == "global" || (part.contains('-') && part.back() >= '0' && part.back() <= '9' && !part.starts_with("s3-"));
}

// What stands behind the Region: `ecr.api`. Empty: the name has none of AWS's forms.
std::string_view word_of(std::string_view name) {
  if (name.starts_with("cn.")) name.remove_prefix(3);
  const auto take = [&](std::string_view head) {
    if (!name.starts_with(head)) return false;
    name.remove_prefix(head.size());
    return true;
  };
  const bool sagemaker = take("aws.sagemaker.");
  if (!sagemaker && !take("com.amazonaws.") && !take("aws.api.") && !take("api.aws.")) return {};
  const std::size_t dot = name.find('.');
  if (dot != std::string_view::npos && dot > 0 && is_region(name.substr(0, dot))) name.remove_prefix(dot + 1);
  if (name.ends_with("-fips")) name.remove_suffix(5);
  return sagemaker ? "sagemaker" : name;
}

std::string_view prefix_of(std::string_view word) {
  if (const auto known = std::ranges::find(words, word, &Word::endpoint); known != words.end()) return known->action;
  const catalogue::Catalogue& catalogue = catalogue::Catalogue::builtin();
  if (catalogue.service(word) != nullptr) return word;
  const std::string_view first = word.substr(0, word.find('.'));
  if (catalogue.service(first) != nullptr) return first;
  return word.starts_with("dsql-") ? "dsql" : std::string_view();  // one for each cell of clusters
}

}  // namespace

EndpointService endpoint_service(std::string_view service_name) {
  const bool shared = service_name.contains(".vpce.") || service_name.contains("vpce-svc-");
  if (shared) return {.service = std::string(service_name), .takes_policy = false, .aws = false};
  // A resource or a service network of VPC Lattice is named by its ARN.
  if (service_name.starts_with("arn:")) return {.service = std::string(service_name), .takes_policy = false, .aws = false};
  const std::string_view word = word_of(service_name);
  const bool takes_policy = std::ranges::find(without_policy, word) == without_policy.end();
  const std::string_view prefix = word.empty() ? std::string_view() : prefix_of(word);
  return {.service = std::string(prefix.empty() ? service_name : prefix), .takes_policy = takes_policy};
}

}  // namespace ringwall::loaders
