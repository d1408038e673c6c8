#include "awsapi/model.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

namespace ringwall::awsapi {
namespace {

Json testdata(const std::string& name) {
  const std::ifstream file(std::string(RINGWALL_SOURCE_DIR) + "/src/awsapi/testdata/" + name);
  std::stringstream text;
  text << file.rdbuf();
  auto json = text::parse_json(text.str());
  EXPECT_TRUE(json) << name << ": " << (json ? "" : json.error().message);
  return json ? *std::move(json) : Json();
}

// A request whose parts live in the test.
struct Sent {
  std::map<std::string, std::string, std::less<>> headers = {};
  std::string body = {};
  std::string query = {};
  std::string method = "POST";
  std::string path = "/";

  WireRequest wire() const {
    const auto header = [this](std::string_view name) -> std::optional<std::string_view> {
      const auto found = headers.find(name);
      return found == headers.end() ? std::nullopt : std::optional<std::string_view>(found->second);
    };
    return {method, path, query, header, body};
  }
};

Sent form(std::string body) { return {{{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}}, std::move(body), ""}; }

Sent amz_json(std::string_view target, std::string body) {
  return {{{"content-type", "application/x-amz-json-1.1"}, {"x-amz-target", std::string(target)}}, std::move(body), ""};
}

// The decoded input, or "Code: message".
std::string decoded(std::string_view service, std::string_view operation, const Sent& sent) {
  const Model& model = *builtin_model(service);
  const auto input = decode_input(model, *model.operation(operation), sent.wire());
  return input ? input->dump() : input.error().code + ": " + input.error().message;
}
std::string from_rds(std::string_view operation, const std::string& body) { return decoded("rds", operation, form("Version=2014-10-31&" + body)); }
std::string from_iam(std::string_view operation, const std::string& body) { return decoded("iam", operation, form("Version=2010-05-08&" + body)); }
std::string from_ec2(std::string_view operation, const std::string& body) { return decoded("ec2", operation, form("Version=2016-11-15&" + body)); }
std::string from_kms(std::string_view operation, const std::string& body) { return decoded("kms", operation, amz_json("TrentService.X", body)); }

TEST(Model, EveryBuiltInModelLoadsAndKnowsWhatItDoesNotCarry) {
  const Model& rds = *builtin_model("rds");
  EXPECT_EQ(rds.protocol(), Protocol::query);
  EXPECT_EQ(rds.signing_name(), "rds");
  EXPECT_EQ(rds.api_version(), "2014-10-31");
  EXPECT_NE(rds.operation("CreateDBInstance"), nullptr);
  EXPECT_EQ(rds.operation("CreateDBCluster"), nullptr);
  EXPECT_TRUE(rds.knows("CreateDBCluster"));
  EXPECT_FALSE(rds.knows("CreateUnicorn"));
  EXPECT_EQ(rds.error_status("DBInstanceNotFound"), 404);
  EXPECT_TRUE(builtin_model("iam")->global());
  EXPECT_EQ(builtin_model("kms")->target_prefix(), "TrentService");
  EXPECT_EQ(builtin_model("ec2")->protocol(), Protocol::ec2);
  for (const char* service : {"sts", "organizations"}) EXPECT_NE(builtin_model(service), nullptr);
  EXPECT_EQ(builtin_model("s3"), nullptr);
}

// AWS's services grow members; one that is not understood must not be passed over.
TEST(Decode, AMemberThatNoShapeNamesIsRefusedUnlessItAsksForNothing) {
  const std::string policies = "PolicyInputList.member.1=x&ActionNames.member.1=s3:GetObject";
  EXPECT_EQ(
      from_iam("SimulateCustomPolicy",
               policies + "&OrderedOrganizationPolicyInputList.member.1.ScpPolicyInputList.member.1=x"),
      "ValidationError: The member OrderedOrganizationPolicyInputList.member.1.ScpPolicyInputList.member.1 is not known to this server, which would do nothing about it");
  EXPECT_EQ(from_rds("DescribeDBInstances", "Colour=blue"),
            "InvalidParameterValue: The member Colour is not known to this server, which would do nothing about it");
  EXPECT_EQ(from_ec2("DescribeVpcs", "Colour=blue"), "UnknownParameter: The parameter Colour is not recognized");
  EXPECT_EQ(from_ec2("DescribeVpcs", "VpcId.1=vpc-1&VpcId.1.Colour=blue"),
            "UnknownParameter: The parameter VpcId.1.Colour is not recognized");
  EXPECT_EQ(from_ec2("DescribeVpcs", "Filter.1.Name=a&Filter.1.Colour=blue"),
            "UnknownParameter: The parameter Filter.1.Colour is not recognized");
  EXPECT_EQ(from_kms("ListKeys", R"({"Colour":"blue"})"),
            "ValidationException: The member Colour is not known to this server, which would do nothing about it");
  EXPECT_EQ(from_kms("CreateKey", R"({"Tags":[{"TagKey":"a","TagValue":"b","Colour":"blue"}]})"),
            "ValidationException: The member Colour is not known to this server, which would do nothing about it");
  EXPECT_EQ(decoded("sts", "GetCallerIdentity", form("Version=2011-06-15&Colour=blue")),
            "ValidationError: The member Colour is not known to this server, which would do nothing about it");
  EXPECT_EQ(decoded("organizations", "ListRoots", amz_json("AWSOrganizationsV20161128.X", R"({"Colour":["blue"]})")),
            "InvalidInputException: The member Colour is not known to this server, which would do nothing about it");
  for (const char* nothing : {"Colour=", "Colour=false", "Colour=0"})
    EXPECT_EQ(from_rds("DescribeDBInstances", nothing), "{}") << nothing;
  for (const char* nothing : {"null", "false", "0", "\"\"", "[]", "{}"})
    EXPECT_EQ(from_kms("ListKeys", R"({"Colour":)" + std::string(nothing) + "}"), "{}") << nothing;
}

TEST(Model, RefusesAFileThatDoesNotHoldTogether) {
  EXPECT_FALSE(Model::load("{}"));
  EXPECT_FALSE(Model::load(R"({"protocol":"json","operations":{"A":{"input":"Gone"}}})"));
  EXPECT_FALSE(Model::load(R"({"protocol":"json","shapes":{"S":{"type":"vector"}}})"));
  EXPECT_FALSE(Model::load(R"({"protocol":"json","shapes":{"S":{"type":"list"}}})"));
  for (const char* member : {R"({"shape":"T","location":"cookie"})", R"({"shape":"S","location":"header"})", R"({"shape":"T","timestampFormat":"sundial"})"}) {
    EXPECT_FALSE(Model::load(R"({"protocol":"rest-json","shapes":{"S":{"type":"structure","members":{"m":)" + std::string(member) + R"(}},"T":{"type":"string"}}})")) << member;
  }
  EXPECT_FALSE(Model::load(R"({"protocol":"rest-json","shapes":{"S":{"type":"structure","payload":"gone"}}})"));
  EXPECT_FALSE(Model::load(R"({"protocol":"json","shapes":{"S":{"type":"string","pattern":"(?<=a)b"}}})"));
}

TEST(Decode, WhatBotocoreSendsIsWhatItMeant) {
  const Json cases = testdata("requests.json");
  ASSERT_GT(cases.items().size(), 30U);
  for (const Json& example : cases.items()) {
    Sent sent;
    for (const auto& [name, value, at] : example["headers"].members()) sent.headers[name] = value.as_string();
    sent.body = example.str("body");
    if (example.contains("path")) {
      sent.method = example.text("method");
      sent.path = example.text("path");
      sent.query = example.text("query");
    }
    const Model& model = *builtin_model(example.text("service"));
    EXPECT_EQ(operation_name(model, sent.wire()), example.text("operation"));
    const auto input = decode_input(model, *model.operation(example.text("operation")), sent.wire());
    ASSERT_TRUE(input) << example.text("operation") << ": " << input.error().message;
    EXPECT_EQ(*input, example["input"]) << example.text("operation") << "\n" << input->dump();
  }
}

TEST(Encode, WritesTheBytesThatBotocoreReadsBack) {
  const Json cases = testdata("replies.json");
  ASSERT_GT(cases.items().size(), 20U);
  for (const Json& example : cases.items()) {
    const Model& model = *builtin_model(example.text("service"));
    const auto reply = encode_output(model, *model.operation(example.text("operation")), example["output"], "id-1");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, example.text("body")) << example.text("operation");
  }
}

TEST(Decode, OperationNamesComeFromTheRightPlaceOnly) {
  EXPECT_EQ(operation_name(*builtin_model("rds"), form("Version=1&Action=StartDBInstance").wire()), "StartDBInstance");
  EXPECT_EQ(operation_name(*builtin_model("rds"), Sent{{}, "Action=StartDBInstance", ""}.wire()), "");
  EXPECT_EQ(operation_name(*builtin_model("rds"), Sent{{}, "", "Action=StartDBInstance"}.wire()), "StartDBInstance");
  EXPECT_EQ(operation_name(*builtin_model("kms"), amz_json("TrentService.ListKeys", "").wire()), "ListKeys");
  EXPECT_EQ(operation_name(*builtin_model("kms"), amz_json("Other.ListKeys", "").wire()), "Other.ListKeys");
  Sent wrong_type = amz_json("TrentService.ListKeys", "");
  wrong_type.headers["content-type"] = "application/json";
  EXPECT_EQ(operation_name(*builtin_model("kms"), wrong_type.wire()), "");
}

TEST(Decode, MissingParametersAreNamedInEachServicesWords) {
  EXPECT_EQ(from_rds("StartDBInstance", ""), "MissingParameter: The request must contain the parameter DBInstanceIdentifier.");
  EXPECT_EQ(from_ec2("DeleteVpc", ""), "MissingParameter: The request must contain the parameter vpcId.");
  EXPECT_EQ(from_iam("CreateUser", ""),
            "ValidationError: 1 validation error detected: Value null at 'userName' failed to satisfy constraint: Member must not be null");
  EXPECT_EQ(from_kms("DescribeKey", "{}"),
            "ValidationException: 1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null");
  EXPECT_EQ(decoded("organizations", "DescribePolicy", amz_json("AWSOrganizationsV20161128.DescribePolicy", "{}")),
            "InvalidInputException: You must include a value for all required parameters.");
}

TEST(Decode, LengthsHoldAtTheLimitAndNotPastIt) {
  const std::string longest(64, 'a');
  EXPECT_EQ(from_iam("CreateUser", "UserName=" + longest), R"({"UserName":")" + longest + "\"}");
  EXPECT_EQ(from_iam("CreateUser", "UserName=a" + longest),
            "ValidationError: 1 validation error detected: Value 'a" + longest +
                "' at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64");
  EXPECT_EQ(from_iam("CreateUser", "UserName=a%20b"),
            "ValidationError: The specified value for userName is invalid. It must contain only alphanumeric characters and/or the "
            "following: +=,.@_-");
  EXPECT_EQ(from_iam("CreateUser", "UserName=a&Tags.member.1.Key=&Tags.member.1.Value=x"),
            "ValidationError: 1 validation error detected: Value at 'tags.1.member.key' failed to satisfy constraint: Member must have length "
            "greater than or equal to 1");
}

TEST(Decode, SensitiveValuesAreNeverRepeated) {
  const std::string answer = decoded("sts", "DecodeAuthorizationMessage", form("Version=2011-06-15&EncodedMessage="));
  EXPECT_TRUE(answer.starts_with("ValidationError")) << answer;
  EXPECT_EQ(from_kms("GenerateRandom", R"({"NumberOfBytes":1025})"),
            "ValidationException: 1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have "
            "value less than or equal to 1024");
}

TEST(Decode, EnumerationsAndNumbersAreStrict) {
  EXPECT_EQ(from_ec2("CreateVpc", "CidrBlock=10.0.0.0/16&InstanceTenancy=cosy"),
            "InvalidParameterValue: Value (cosy) for parameter instanceTenancy is invalid. Valid values are: default, dedicated, host.");
  EXPECT_EQ(from_ec2("DescribeVpcs", "MaxResults=many"),
            "InvalidParameterValue: Value (many) for parameter maxResults is invalid. Expected an integer.");
  EXPECT_EQ(from_rds("DescribeDBInstances", "MaxRecords=2147483647"), R"({"MaxRecords":2147483647})");
  for (const char* number : {"2147483648", "1.5", "", "%201", "0x10", "1e3"}) {
    EXPECT_TRUE(from_rds("DescribeDBInstances", std::string("MaxRecords=") + number).starts_with("MalformedInput")) << number;
  }
  EXPECT_TRUE(from_rds("CreateDBInstance", "MultiAZ=perhaps").starts_with("MalformedInput"));
}

TEST(Decode, ListIndexesMayHaveGapsAndAnyOrder) {
  EXPECT_EQ(from_ec2("DescribeVpcs", "VpcId.10=c&VpcId.2=b&VpcId.1=a&VpcId.2147483647=d"), R"({"VpcIds":["a","b","c","d"]})");
  EXPECT_EQ(from_rds("DescribeDBInstances", "Filters.Filter.7.Name=n&Filters.Filter.7.Values.Value.3=v"),
            R"({"Filters":[{"Name":"n","Values":["v"]}]})");
  EXPECT_EQ(from_rds("DescribeDBInstances", "Filters.member.1.Name=n&Filters.member.1.Values.member.1=v"),
            R"({"Filters":[{"Name":"n","Values":["v"]}]})");
  for (const char* index : {"0", "01", "-1", "2147483648", "4294967296", "99999999999999999999", "x", "1x", ""}) {
    EXPECT_TRUE(from_ec2("DescribeVpcs", "VpcId." + std::string(index) + "=a").starts_with("InvalidParameterValue")) << index;
  }
}

TEST(Decode, AmbiguousFormsAreRefused) {
  EXPECT_TRUE(from_rds("StartDBInstance", "DBInstanceIdentifier=a&DBInstanceIdentifier=b").starts_with("MalformedQueryString"));
  EXPECT_TRUE(from_rds("StartDBInstance", "DBInstanceIdentifier=%zz").starts_with("MalformedQueryString"));
  EXPECT_TRUE(from_rds("StartDBInstance", "DBInstanceIdentifier=%ff").starts_with("MalformedQueryString"));
  EXPECT_TRUE(from_rds("DescribeDBInstances", "Filters.Filter.1.Name=a&Filters.member.1.Name=b").starts_with("MalformedInput"));
  EXPECT_TRUE(from_rds("DescribeDBInstances", "Filters=x&Filters.Filter.1.Name=a").starts_with("MalformedInput"));
  EXPECT_EQ(decoded("rds", "StartDBInstance", form("DBInstanceIdentifier=a")),
            "InvalidAction: Could not find operation StartDBInstance for version NO_VERSION_SPECIFIED");
}

TEST(Decode, AnEmptyListIsNotAnAbsentOne) {
  EXPECT_EQ(from_rds("ModifyDBInstance", "DBInstanceIdentifier=a&VpcSecurityGroupIds="),
            R"({"DBInstanceIdentifier":"a","VpcSecurityGroupIds":[]})");
}

TEST(Decode, TheNumberOfParametersHasALimitThatHolds) {
  std::string body;
  for (std::size_t i = 2; i <= form_parameters_max; ++i) body += "VpcId." + std::to_string(i) + "=a&";
  EXPECT_TRUE(from_ec2("DescribeVpcs", body).starts_with("{"));
  EXPECT_TRUE(from_ec2("DescribeVpcs", body + "VpcId.1=a").starts_with("MalformedQueryString"));
}

TEST(Decode, JsonOfTheWrongKindIsASerializationException) {
  for (const char* body : {"{", "[]", "1", R"({"KeyId":1})", R"({"KeyId":"a","KeyId":"b"})", R"({"KeyId":["a"]})"}) {
    EXPECT_TRUE(from_kms("DescribeKey", body).starts_with("SerializationException")) << body;
  }
  EXPECT_EQ(from_kms("DescribeKey", R"({"KeyId":1})"), "SerializationException: NUMBER_VALUE can not be converted to a string");
  EXPECT_TRUE(from_kms("Decrypt", R"({"CiphertextBlob":"not base64"})").starts_with("SerializationException"));
  EXPECT_TRUE(from_kms("ListKeys", R"({"Limit":1.5})").starts_with("SerializationException"));
  EXPECT_TRUE(from_kms("CreateKey", R"({"Tags":[null]})").starts_with("SerializationException"));
  EXPECT_EQ(from_kms("ListKeys", ""), "{}");
  EXPECT_EQ(from_kms("ListKeys", R"({"Limit":null,"Unheard":{}})"), "{}");
}

TEST(Encode, EmptyListsAreWrittenAndAbsentMembersAreNot) {
  const Model& rds = *builtin_model("rds");
  const Json output = Json::object({{"DBInstances", Json::array()}, {"Marker", Json()}, {"Stored", "not in the shape"}});
  EXPECT_EQ(encode_output(rds, *rds.operation("DescribeDBInstances"), output, "id").body,
            "<DescribeDBInstancesResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><DescribeDBInstancesResult><DBInstances/>"
            "</DescribeDBInstancesResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DescribeDBInstancesResponse>");
}

TEST(Encode, ErrorsHaveTheFormOfEachProtocol) {
  const Model& rds = *builtin_model("rds");
  auto reply = encode_error(rds, {"DBInstanceNotFound", "no <x>", 0}, "id");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.body,
            "<ErrorResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><Error><Type>Sender</Type><Code>DBInstanceNotFound</Code>"
            "<Message>no &lt;x&gt;</Message></Error><RequestId>id</RequestId></ErrorResponse>");
  reply = encode_error(*builtin_model("ec2"), {"InvalidVpcID.NotFound", "gone", 0}, "id");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>gone</Message>"
            "</Error></Errors><RequestID>id</RequestID></Response>");
  reply = encode_error(*builtin_model("kms"), {"NotFoundException", "gone", 0}, "id");
  EXPECT_EQ(reply.body, R"({"__type":"NotFoundException","message":"gone"})");
  EXPECT_EQ(encode_error(*builtin_model("organizations"), {"X", "gone", 0}, "id").body, R"({"__type":"X","Message":"gone"})");
}

TEST(Errors, AreSpelledAsEachFamilySpellsThem) {
  const auto words = [](const char* service, CommonError kind) {
    const Model& model = *builtin_model(service);
    const ApiError error = in_words_of(model, kind, "");
    EXPECT_EQ(status_of(model, {error.code, "", 0}), error.status) << service << " " << error.code;
    return error.code + " " + std::to_string(error.status);
  };
  EXPECT_EQ(words("iam", CommonError::access_denied), "AccessDenied 403");
  EXPECT_EQ(words("ec2", CommonError::access_denied), "UnauthorizedOperation 403");
  EXPECT_EQ(words("kms", CommonError::access_denied), "AccessDeniedException 400");
  EXPECT_EQ(words("rds", CommonError::unknown_access_key), "InvalidClientTokenId 403");
  EXPECT_EQ(words("kms", CommonError::unknown_access_key), "UnrecognizedClientException 400");
  EXPECT_EQ(words("sts", CommonError::bad_signature), "SignatureDoesNotMatch 403");
  EXPECT_EQ(words("ec2", CommonError::unknown_operation), "InvalidAction 400");
  EXPECT_EQ(words("kms", CommonError::unknown_operation), "UnknownOperationException 400");
  EXPECT_EQ(words("accessanalyzer", CommonError::access_denied), "AccessDeniedException 403");
  EXPECT_EQ(words("accessanalyzer", CommonError::unknown_operation), "UnknownOperationException 404");
  EXPECT_EQ(words("accessanalyzer", CommonError::throttled), "ThrottlingException 429");
  EXPECT_EQ(words("rds", CommonError::internal_failure), "InternalFailure 500");
  EXPECT_EQ(words("rds", CommonError::unavailable), "ServiceUnavailable 503");
}

}  // namespace
}  // namespace ringwall::awsapi
