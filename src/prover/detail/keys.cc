#include "prover/detail/keys.h"

#include <algorithm>
#include <array>

#include "catalogue/catalogue.h"

namespace ringwall::prover::detail {
namespace {

KeyFacts::Type type_of(catalogue::KeyType type) {
  switch (type) {
    case catalogue::KeyType::string:
      return KeyFacts::Type::text;
    case catalogue::KeyType::arn:
      return KeyFacts::Type::arn;
    case catalogue::KeyType::boolean:
      return KeyFacts::Type::boolean;
    case catalogue::KeyType::number:
      return KeyFacts::Type::number;
    case catalogue::KeyType::date:
      return KeyFacts::Type::date;
    case catalogue::KeyType::address:
      return KeyFacts::Type::address;
  }
  return KeyFacts::Type::untyped;
}

// Values to show first, where any would do.
struct Example {
  std::string_view key;
  std::array<std::string_view, 2> values;
};
constexpr Example examples[] = {
    {"aws:principalarn", {"arn:aws:iam::999999999999:role/outsider", "arn:aws:iam::888888888888:user/someone"}},
    {"aws:principalaccount", {"999999999999", "888888888888"}},
    {"aws:resourceaccount", {"999999999999", "888888888888"}},
    {"s3:resourceaccount", {"999999999999", "888888888888"}},
    {"aws:sourceaccount", {"999999999999", "888888888888"}},
    {"aws:vpceaccount", {"999999999999", "888888888888"}},
    {"aws:sourceowner", {"999999999999", "888888888888"}},
    {"aws:principalorgid", {"o-outsider00", "o-someoneelse"}},
    {"aws:resourceorgid", {"o-outsider00", "o-someoneelse"}},
    {"aws:sourceorgid", {"o-outsider00", "o-someoneelse"}},
    {"aws:vpceorgid", {"o-outsider00", "o-someoneelse"}},
    {"aws:principalorgpaths", {"o-outsider00/r-out0/ou-out0-outsider/", "o-someoneelse/r-out1/"}},
    {"aws:resourceorgpaths", {"o-outsider00/r-out0/ou-out0-outsider/", "o-someoneelse/r-out1/"}},
    {"aws:sourceorgpaths", {"o-outsider00/r-out0/ou-out0-outsider/", "o-someoneelse/r-out1/"}},
    {"aws:vpceorgpaths", {"o-outsider00/r-out0/ou-out0-outsider/", "o-someoneelse/r-out1/"}},
    {"aws:sourcevpc", {"vpc-0ffffffffffffffff", "vpc-0eeeeeeeeeeeeeeee"}},
    {"aws:sourcevpce", {"vpce-0ffffffffffffffff", "vpce-0eeeeeeeeeeeeeeee"}},
    {"aws:sourcevpcarn", {"arn:aws:ec2:us-east-1:999999999999:vpc/vpc-0ffffffffffffffff",
                          "arn:aws:ec2:eu-west-1:888888888888:vpc/vpc-0eeeeeeeeeeeeeeee"}},
    {"aws:ec2instancesourcevpc", {"vpc-0ffffffffffffffff", "vpc-0eeeeeeeeeeeeeeee"}},
    {"aws:chatbotsourcearn", {"arn:aws:chatbot::999999999999:chat-configuration/slack-channel/outsiders", ""}},
    {"ec2:sourceinstancearn", {"arn:aws:ec2:us-east-1:999999999999:instance/i-0ffffffffffffffff", ""}},
    {"ssm:sourceinstancearn", {"arn:aws:ec2:us-east-1:999999999999:instance/i-0ffffffffffffffff", ""}},
    {"lambda:sourcefunctionarn", {"arn:aws:lambda:us-east-1:999999999999:function:outsiders", ""}},
    {"glue:credentialissuingservice", {"glue.amazonaws.com", "another.amazonaws.com"}},
    {"glue:roleassumedby", {"glue.amazonaws.com", "another.amazonaws.com"}},
    {"identitystore:userid", {"90000000-0000-4000-8000-000000000000", ""}},
    {"aws:sourcearn", {"arn:aws:s3:::outsiders-bucket", "arn:aws:sns:us-east-1:999999999999:outsiders-topic"}},
    {"aws:requestedregion", {"us-east-1", "eu-west-1"}},
    {"aws:username", {"someone", "another"}},
    {"aws:userid", {"AROAOUTSIDER000000000:session", "AIDAOUTSIDER000000000"}},
    {"aws:useragent", {"aws-cli/2.15.0", "curl/8.0"}},
    {"aws:calledvia", {"cloudformation.amazonaws.com", "athena.amazonaws.com"}},
    {"aws:calledviafirst", {"cloudformation.amazonaws.com", "athena.amazonaws.com"}},
    {"aws:calledvialast", {"cloudformation.amazonaws.com", "athena.amazonaws.com"}},
    {"kms:viaservice", {"s3.us-east-1.amazonaws.com", "ec2.us-east-1.amazonaws.com"}},
    {"kms:calleraccount", {"999999999999", "888888888888"}},
    {"aws:calledviaawsmcp", {"aws-mcp.amazonaws.com", "eks-mcp.amazonaws.com"}},
    {"aws:federatedprovider", {"accounts.google.com", "cognito-identity.amazonaws.com"}},
    {"aws:principalservicename", {"cloudtrail.amazonaws.com", "lambda.amazonaws.com"}},
    {"aws:principalservicenameslist", {"cloudtrail.amazonaws.com", "lambda.amazonaws.com"}},
    {"aws:referer", {"https://example.com/", "https://example.org/"}},
    {"aws:sourceidentity", {"someone", "another"}},
    {"aws:tagkeys", {"team", "project"}},
    {"token.actions.githubusercontent.com:sub", {"repo:outsider/project:ref:refs/heads/main", "repo:someone-else/project:pull_request"}},
    {"token.actions.githubusercontent.com:aud", {"sts.amazonaws.com", "https://github.com/outsider"}},
    {"gitlab.com:sub", {"project_path:outsider/project:ref_type:branch:ref:main", "project_path:someone-else/project"}},
    {"app.terraform.io:sub", {"organization:outsider:project:one:workspace:two:run_phase:apply", ""}},
    {"app.terraform.io:aud", {"aws.workload.identity", ""}},
    {"sts:externalid", {"another-external-id", "12345"}},
    {"sts:rolesessionname", {"session", "another"}},
};

}  // namespace

KnownKey known_key(std::string_view lower_name) {
  KnownKey known;
  const auto listed = catalogue::Catalogue::builtin().condition_key(lower_name);
  known.facts.type = listed ? type_of(listed->type) : KeyFacts::Type::untyped;
  known.several = !listed || listed->multivalued;
  if (!listed && lower_name.ends_with(":sub")) {  // OpenID Connect Core 1.0, section 2: one string
    known.facts.type = KeyFacts::Type::text;
    known.several = false;
  }
  if (lower_name == "aws:principaltype")
    known.facts.only = {"AssumedRole", "User", "Account", "FederatedUser", "Anonymous"};
  const auto shown = std::ranges::find(examples, lower_name, &Example::key);
  if (shown != std::end(examples)) {
    for (const std::string_view value : shown->values) {
      if (!value.empty()) known.facts.examples.emplace_back(value);
    }
  }
  return known;
}

}  // namespace ringwall::prover::detail
