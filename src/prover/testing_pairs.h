#pragma once
// For tests and measurements: policies as people write them for S3, EC2 and IAM, and changes to
// them as people make them.

#include "policy/testing_choices.h"
#include "text/json.h"

namespace ringwall::prover::testing {

using policy::testing::Choices;
using text::Json;

inline constexpr std::string_view everyday_policies[] = {
    R"({"Version":"2012-10-17","Statement":[
      {"Sid":"List","Effect":"Allow","Action":["s3:ListAllMyBuckets","s3:GetBucketLocation"],"Resource":"*"},
      {"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::amzn-s3-demo-bucket",
       "Condition":{"StringLike":{"s3:prefix":["","home/","home/${aws:username}/*"]}}},
      {"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::amzn-s3-demo-bucket/home/${aws:username}","arn:aws:s3:::amzn-s3-demo-bucket/home/${aws:username}/*"]}]})",
    R"({"Version":"2012-10-17","Statement":[
      {"Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:DeleteObject"],"Resource":"arn:aws:s3:::reports/*",
       "Condition":{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","198.51.100.0/24"]},"Bool":{"aws:SecureTransport":"true"}}},
      {"Effect":"Deny","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::reports/audit/*"}]})",
    R"({"Version":"2012-10-17","Statement":[
      {"Effect":"Allow","Action":"s3:*","Resource":"*"},
      {"Effect":"Deny","Action":["s3:DeleteBucket","s3:PutBucketPolicy","s3:PutBucketAcl"],"Resource":"arn:aws:s3:::*",
       "Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1234567890"}}},
      {"Effect":"Deny","NotAction":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::locked","arn:aws:s3:::locked/*"]}]})",
    R"({"Version":"2012-10-17","Statement":[
      {"Effect":"Allow","Action":["ec2:StartInstances","ec2:StopInstances","ec2:RebootInstances"],"Resource":"arn:aws:ec2:us-east-1:111122223333:instance/*",
       "Condition":{"StringEquals":{"aws:ResourceTag/Owner":"${aws:username}"}}},
      {"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"}]})",
    R"({"Version":"2012-10-17","Statement":[
      {"Effect":"Allow","Action":"ec2:RunInstances","Resource":["arn:aws:ec2:*::image/ami-*","arn:aws:ec2:*:111122223333:subnet/*","arn:aws:ec2:*:111122223333:instance/*","arn:aws:ec2:*:111122223333:volume/*"],
       "Condition":{"StringEquals":{"aws:RequestedRegion":["us-east-1","eu-west-1"]},"NumericLessThanEquals":{"ec2:VolumeSize":"100"}}},
      {"Effect":"Deny","Action":"ec2:*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["us-east-1","eu-west-1","eu-central-1"]}}}]})",
    R"({"Version":"2012-10-17","Statement":[
      {"Effect":"Allow","Action":["ec2:CreateTags","ec2:DeleteTags"],"Resource":"arn:aws:ec2:*:*:*/*",
       "Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["Owner","Project","Stage"]},"StringLike":{"aws:RequestTag/Project":"team-*"}}},
      {"Effect":"Allow","Action":["ec2:AttachVolume","ec2:DetachVolume"],"Resource":["arn:aws:ec2:*:*:volume/*","arn:aws:ec2:*:*:instance/*"],
       "Condition":{"ArnLike":{"ec2:SourceInstanceARN":"arn:aws:ec2:*:*:instance/i-0123456789abcdef0"}}}]})",
    R"({"Version":"2012-10-17","Statement":[
      {"Effect":"Allow","Action":["iam:GetUser","iam:ChangePassword","iam:*AccessKey*","iam:*SSHPublicKey*"],"Resource":"arn:aws:iam::111122223333:user/*"},
      {"Effect":"Deny","NotAction":["iam:CreateVirtualMFADevice","iam:EnableMFADevice","iam:ListMFADevices","sts:GetSessionToken"],"Resource":"*",
       "Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]})",
    R"({"Version":"2012-10-17","Statement":[
      {"Effect":"Allow","Action":["iam:CreateRole","iam:AttachRolePolicy","iam:PassRole"],"Resource":"arn:aws:iam::111122223333:role/app/*",
       "Condition":{"StringEquals":{"iam:PermissionsBoundary":"arn:aws:iam::111122223333:policy/boundary","iam:PassedToService":["ec2.amazonaws.com","lambda.amazonaws.com"]}}},
      {"Effect":"Allow","Action":["iam:Get*","iam:List*"],"Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"},"DateLessThan":{"aws:CurrentTime":"2026-06-30T23:59:59Z"}}},
      {"Effect":"Deny","Action":"iam:DeleteRolePermissionsBoundary","Resource":"*"}]})",
};

// Changes one text: a wildcard in place of some of it, a character more or less.
inline Json changed_text(Choices& choices, const Json& json) {
  return json.is_string() ? Json(policy::testing::near(choices, json.as_string())) : json;
}

// One of a text or of a list of texts: changed, or gone.
inline Json changed_list(Choices& choices, const Json& json) {
  if (!json.is_array()) return changed_text(choices, json);
  const std::size_t at = choices.below(json.items().size());
  const bool drops = json.items().size() > 1 && choices.one_in(3);
  Json list = Json::array();
  for (std::size_t i = 0; i < json.items().size(); ++i) {
    if (i != at) list.push(json.items()[i]);
    if (i == at && !drops) list.push(changed_text(choices, json.items()[i]));
  }
  return list;
}

inline Json changed_condition(Choices& choices, const Json& condition) {
  const std::size_t at = choices.below(condition.members().size());
  Json changed = Json::object();
  for (std::size_t i = 0; i < condition.members().size(); ++i) {
    const auto& [op, keys, offset] = condition.members()[i];
    if (i != at) {
      changed.set(op, keys);
      continue;
    }
    if (choices.one_in(4)) continue;
    Json& under = changed.edit(choices.one_in(5) ? op + "IfExists" : op);
    for (const auto& [key, values, key_offset] : keys.members())
      under.set(key, changed_list(choices, values));
  }
  return changed;
}

inline Json changed_statement(Choices& choices, const Json& statement) {
  Json changed = Json::object();
  const std::size_t at = choices.below(statement.members().size());
  for (std::size_t i = 0; i < statement.members().size(); ++i) {
    const auto& [name, value, offset] = statement.members()[i];
    if (i != at || name == "Sid" || name == "Effect") {
      changed.set(name, value);
    } else if (name == "Condition") {
      changed.set(name, changed_condition(choices, value));
    } else {
      changed.set(name, changed_list(choices, value));
    }
  }
  return changed;
}

// The policy with one of its statements changed, or without it. Not all of them compile.
inline std::string mutated(Choices& choices, std::string_view text) {
  const Json policy = *text::parse_json(text);
  const auto& statements = policy["Statement"].items();
  const std::size_t at = choices.below(statements.size());
  Json list = Json::array();
  for (std::size_t i = 0; i < statements.size(); ++i) {
    if (i != at) {
      list.push(statements[i]);
    } else if (!choices.one_in(8)) {
      list.push(changed_statement(choices, statements[i]));
    }
  }
  return Json::object({{"Version", "2012-10-17"}, {"Statement", std::move(list)}}).dump();
}

}  // namespace ringwall::prover::testing
