// Against a program that stands in for the AWS CLI: it answers from files and writes down how it
// was called.

#include "collect/collect.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/check.h"
#include "collect/detail/aws.h"
#include "collect/detail/table.h"
#include "text/json.h"

namespace ringwall::collect {
namespace {

namespace fs = std::filesystem;

// An answer is looked for under "KEY-ID OPERATION ARGUMENT", "OPERATION ARGUMENT" and "OPERATION";
// what is in an .error file is an error; a FIFO of the operation's name holds it up.
constexpr const char* program = R"(#!/bin/sh
root=$(dirname "$0")
echo "$AWS_ACCESS_KEY_ID|$*" >>"$root/calls"
[ -p "$root/hold/$1 $2" ] && cat "$root/hold/$1 $2"
third=$(echo "$3" | tr '/:' '__')
for name in "$AWS_ACCESS_KEY_ID $1 $2 $third" "$AWS_ACCESS_KEY_ID $1 $2" "$1 $2 $third" "$1 $2"; do
  if [ -e "$root/answers/$name.error" ]; then cat "$root/answers/$name.error" >&2; exit 254; fi
  if [ -e "$root/answers/$name" ]; then cat "$root/answers/$name"; exit 0; fi
done
echo "An error occurred (AccessDenied) when calling the operation: not authorized; the key is $AWS_SECRET_ACCESS_KEY" >&2
exit 254
)";

std::string read(const fs::path& path) {
  std::ifstream stream(path);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}
void write(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

class Collect : public testing::Test {
 protected:
  Collect() {
    std::string pattern = (fs::temp_directory_path() / "ringwall-collect.XXXXXX").string();
    RW_CHECK(::mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
    write(root_ / "aws", program);
    fs::permissions(root_ / "aws", fs::perms::owner_all);
    ::setenv("AWS_ACCESS_KEY_ID", "AKIAOWN", 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", "own-secret", 1);
    ::unsetenv("AWS_SESSION_TOKEN");
    ::unsetenv("AWS_ENDPOINT_URL");
    answer("sts get-caller-identity", R"({"Account": "111111111111", "Arn": "arn:aws:iam::111111111111:user/me"})");
    answer("sts assume-role", R"({"Credentials": {"AccessKeyId": "ASIAROLE", "SecretAccessKey": "role-secret", "SessionToken": "role-token"}})");
    answer("organizations describe-organization", R"({"Organization": {"Id": "o-a1b2c3d4e5", "MasterAccountId": "111111111111"}})");
    answer("organizations list-roots", R"({"Roots": [{"Id": "r-ab12"}]})");
    answer("organizations list-accounts", R"({"Accounts": [{"Id": "111111111111", "Status": "ACTIVE"}, {"Id": "222222222222", "Status": "ACTIVE"}, {"Id": "333333333333", "Status": "SUSPENDED"}]})");
    answer("organizations list-organizational-units-for-parent", R"({"OrganizationalUnits": []})");
    answer("organizations list-organizational-units-for-parent --parent-id=r-ab12", R"({"OrganizationalUnits": [{"Id": "ou-ab12-one"}]})");
    answer("organizations list-accounts-for-parent", R"({"Accounts": []})");
    answer("organizations list-policies", R"({"Policies": []})");
    answer("organizations list-policies --filter=SERVICE_CONTROL_POLICY", R"({"Policies": [{"Id": "p-FullAWSAccess"}]})");
    answer("organizations describe-policy", R"({"Policy": {"Content": "{}"}})");
    answer("organizations list-targets-for-policy", R"({"Targets": []})");
    answer("iam get-account-authorization-details", R"({"RoleDetailList": ["own"]})");
    answer("ASIAROLE iam get-account-authorization-details", R"({"RoleDetailList": ["role's"]})");
    answer("ec2 describe-vpcs", R"({"Vpcs": []})");
    answer("ec2 describe-vpc-endpoints", R"({"VpcEndpoints": []})");
    for (const detail::Service& service : detail::services()) {
      answer(std::string(service.list), "{\"" + std::string(service.member) + "\": []}");
    }
    refuse("s3control get-public-access-block", "NoSuchPublicAccessBlockConfiguration");
    refuse("s3api get-public-access-block", "NoSuchPublicAccessBlockConfiguration");
  }
  ~Collect() override { fs::remove_all(root_); }

  void answer(const std::string& call, std::string_view text) { write(root_ / "answers" / call, text); }
  void refuse(const std::string& call, const std::string& code) {
    write(root_ / "answers" / (call + ".error"), "\nAn error occurred (" + code + ") when calling the operation: no\n");
  }
  void allow(const std::string& call) { fs::remove(root_ / "answers" / (call + ".error")); }
  Options options() const {
    return {.folder = (root_ / "export").string(), .aws = (root_ / "aws").string(), .regions = {"eu-west-1"}, .parallel = 2};
  }
  Summary must(const Options& given) {
    Result<Summary> summary = collect(given);
    EXPECT_TRUE(summary.has_value()) << (summary ? "" : summary.error().message);
    return summary ? *std::move(summary) : Summary();
  }
  // The calls since the last time, each with the key that it was made with.
  std::vector<std::string> calls() {
    std::stringstream text(read(root_ / "calls"));
    fs::remove(root_ / "calls");
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }
  static std::size_t count(const std::vector<std::string>& lines, std::string_view words) {
    return static_cast<std::size_t>(std::ranges::count_if(lines, [&](const std::string& line) { return line.contains(words); }));
  }
  std::string in_export(const std::string& path) const { return read(root_ / "export" / path); }

  fs::path root_;
};

TEST_F(Collect, WritesEachAnswerWhereTheLoaderReadsIt) {
  answer("ASIAROLE s3api list-buckets", R"({"Buckets": [{"Name": "lake"}, {"Name": "bare"}]})");
  answer("s3api get-bucket-policy --bucket=lake", R"({"Policy": "{}"})");
  refuse("s3api get-bucket-policy --bucket=bare", "NoSuchBucketPolicy");
  allow("s3api get-public-access-block");
  answer("s3api get-public-access-block --bucket=lake", R"({"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": true}})");
  refuse("s3api get-public-access-block --bucket=bare", "NoSuchPublicAccessBlockConfiguration");
  answer("ASIAROLE ecr describe-repositories", R"({"repositories": [{"repositoryName": "team/web"}]})");
  answer("ecr get-repository-policy", R"({"policyText": "{}"})");
  answer("ASIAROLE sqs list-queues", R"({"QueueUrls": ["https://sqs.eu-west-1.amazonaws.com/222222222222/jobs"]})");
  answer("sqs get-queue-attributes", "");
  answer("ASIAROLE dynamodb list-tables", R"({"TableNames": ["orders"]})");
  answer("dynamodb get-resource-policy --resource-arn=arn_aws_dynamodb_eu-west-1_222222222222_table_orders", R"({"Policy": "{}"})");
  const Summary summary = must(options());
  EXPECT_TRUE(summary.refused.empty()) << summary.refused.front();
  EXPECT_EQ(summary.kept, 0U);
  EXPECT_EQ(in_export("tree/ou-ab12-one/accounts.json"), R"({"Accounts": []})") << "the file has the answer as it was printed";
  EXPECT_TRUE(fs::exists(root_ / "export/tree/r-ab12/organizational-units.json"));
  EXPECT_TRUE(fs::exists(root_ / "export/policies/p-FullAWSAccess.targets.json"));
  EXPECT_EQ(in_export("accounts/111111111111/authorization-details.json"), R"({"RoleDetailList": ["own"]})");
  EXPECT_EQ(in_export("accounts/222222222222/authorization-details.json"), R"({"RoleDetailList": ["role's"]})");
  EXPECT_FALSE(fs::exists(root_ / "export/accounts/333333333333")) << "it is suspended";
  EXPECT_EQ(in_export("accounts/222222222222/s3/lake.policy.json"), R"({"Policy": "{}"})");
  EXPECT_EQ(in_export("accounts/222222222222/s3/bare.policy.json"), "{}\n") << "AWS said that there is none";
  EXPECT_EQ(in_export("accounts/222222222222/s3/lake.block.json"), R"({"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": true}})");
  EXPECT_EQ(in_export("accounts/222222222222/s3/bare.block.json"), "{}\n");
  EXPECT_EQ(in_export("accounts/222222222222/s3/account.block.json"), "{}\n");
  EXPECT_EQ(in_export("accounts/222222222222/eu-west-1/ecr/team%2Fweb.policy.json"), R"({"policyText": "{}"})");
  EXPECT_EQ(in_export("accounts/222222222222/eu-west-1/sqs/jobs.policy.json"), "{}\n") << "the CLI prints nothing for an empty answer";
  EXPECT_EQ(in_export("accounts/222222222222/eu-west-1/dynamodb/orders.policy.json"), R"({"Policy": "{}"})");
  EXPECT_TRUE(in_export("export.json").contains("eu-west-1"));
  struct stat status{};
  ASSERT_EQ(::stat((root_ / "export/organization.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(Collect, GoesOnWhereItStopped) {
  refuse("ec2 describe-vpcs", "UnauthorizedOperation");
  const Summary first = must(options());
  EXPECT_EQ(first.refused.size(), 2U);
  calls();
  allow("ec2 describe-vpcs");
  const Summary second = must(options());
  EXPECT_TRUE(second.refused.empty());
  EXPECT_EQ(second.files, 2U);
  EXPECT_EQ(second.kept, first.files);
  const auto asked = calls();
  EXPECT_EQ(asked.size(), 4U) << "who it is, the role, and what was refused";
  EXPECT_EQ(count(asked, "ec2 describe-vpcs"), 2U);
  Options again = options();
  again.refresh = true;
  EXPECT_EQ(must(again).kept, 0U);
}

TEST_F(Collect, RecordsWhatWasRefused) {
  refuse("ec2 describe-vpcs", "UnauthorizedOperation");
  answer("kms list-keys", "{ broken");
  const Summary summary = must(options());
  EXPECT_EQ(summary.refused.size(), 4U);
  const auto refused = text::parse_json(in_export("refused.json"));
  ASSERT_TRUE(refused.has_value());
  const text::Json& first = (*refused)["Refused"].items().front();
  EXPECT_EQ(first.text("Path"), "accounts/111111111111/eu-west-1/kms/keys.json");
  EXPECT_TRUE(first.text("Message").contains("did not print JSON"));
  const text::Json& second = (*refused)["Refused"].items()[1];
  EXPECT_EQ(second.text("Operation"), "ec2 describe-vpcs");
  EXPECT_EQ(second.text("Account"), "111111111111");
  EXPECT_EQ(second.text("Region"), "eu-west-1");
  EXPECT_EQ(second.text("Message"), "An error occurred (UnauthorizedOperation) when calling the operation: no");
}

TEST_F(Collect, AnAccountThatCannotBeEnteredIsRefusedAsAWhole) {
  refuse("sts assume-role", "AccessDenied");
  const Summary summary = must(options());
  ASSERT_EQ(summary.refused.size(), 1U);
  EXPECT_TRUE(summary.refused.front().contains("sts assume-role (accounts/222222222222/)")) << summary.refused.front();
  EXPECT_TRUE(fs::exists(root_ / "export/accounts/111111111111/authorization-details.json"));
  Options without = options();
  without.role.clear();
  EXPECT_TRUE(must(without).refused.front().contains("no role is to be assumed"));
}

TEST_F(Collect, WritesNoSecrets) {
  fs::remove(root_ / "answers/ec2 describe-vpcs");  // the error says the key
  const Summary summary = must(options());
  ASSERT_EQ(summary.refused.size(), 2U);
  EXPECT_TRUE(summary.refused.front().contains("the key is ***")) << summary.refused.front();
  for (const auto& entry : fs::recursive_directory_iterator(root_ / "export")) {
    if (!entry.is_regular_file()) continue;
    const std::string text = read(entry.path());
    for (const char* secret : {"own-secret", "role-secret", "role-token"}) EXPECT_FALSE(text.contains(secret)) << entry.path();
  }
}

TEST_F(Collect, ASecretIsCoveredAndALongMessageCut) {
  EXPECT_EQ(detail::without_secrets("\n a own-secret\tb own-secret \n", nullptr, 100), "a *** b ***");
  EXPECT_EQ(detail::without_secrets(std::string(message_bytes_max, 'x'), nullptr, message_bytes_max).size(), message_bytes_max);
  EXPECT_EQ(detail::without_secrets(std::string(message_bytes_max + 1, 'x'), nullptr, message_bytes_max).size(), message_bytes_max);
  EXPECT_EQ(detail::without_secrets(" \n", nullptr, 10), "");
}

TEST_F(Collect, AKilledRunLeavesAFolderToGoOnWith) {
  fs::create_directories(root_ / "hold");
  const std::string hold = (root_ / "hold/iam get-account-authorization-details").string();
  ASSERT_EQ(::mkfifo(hold.c_str(), 0600), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGINT, SIG_DFL);  // whoever runs this in the background may have had it ignored
    Options one = options();
    one.parallel = 1;
    static_cast<void>(collect(one));
    ::_exit(0);
  }
  const int held = ::open(hold.c_str(), O_WRONLY | O_CLOEXEC);  // returns once the call is being made
  ASSERT_GE(held, 0);
  ::kill(child, SIGINT);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  fs::remove(hold);
  ::close(held);
  write(root_ / "export/accounts/111111111111/eu-west-1/vpcs.json.a1B2c3", "{ half");
  const Summary summary = must(options());
  EXPECT_TRUE(summary.refused.empty());
  EXPECT_GT(summary.kept, 0U);
  EXPECT_TRUE(fs::exists(root_ / "export/accounts/222222222222/authorization-details.json"));
  EXPECT_FALSE(fs::exists(root_ / "export/accounts/111111111111/eu-west-1/vpcs.json.a1B2c3"));
}

TEST_F(Collect, AsksOnlyWhatItIsToldTo) {
  Options some = options();
  some.services = {"organizations", "iam"};
  some.accounts = {"222222222222"};
  must(some);
  const auto asked = calls();
  EXPECT_EQ(count(asked, "iam get-account"), 1U);
  EXPECT_EQ(count(asked, "ec2 "), 0U);
  EXPECT_EQ(count(asked, "kms "), 0U);
  EXPECT_EQ(count(asked, "organizations list-accounts "), 1U);
  Options alone = options();
  alone.services = {"iam"};
  alone.folder += "2";
  must(alone);
  const auto later = calls();
  EXPECT_EQ(later.size(), 2U) << "the caller and its own account";
}

TEST_F(Collect, WithoutAnOrganisationTheCallersAccountIsAll) {
  fs::remove(root_ / "answers/organizations describe-organization");
  refuse("organizations describe-organization", "AWSOrganizationsNotInUseException");
  const Summary summary = must(options());
  EXPECT_TRUE(summary.refused.empty());
  EXPECT_EQ(in_export("organization.json"), "{}\n");
  EXPECT_TRUE(fs::exists(root_ / "export/accounts/111111111111/authorization-details.json"));
}

TEST_F(Collect, NamesAndIdsFromOutsideStayInTheFolder) {
  answer("s3api list-buckets", R"({"Buckets": [{"Name": "../../../evil"}, {"Name": "file:///etc/passwd"}, {"Name": ""}]})");
  answer("s3api get-bucket-policy", R"({"Policy": "{}"})");
  answer("organizations list-roots", R"({"Roots": [{"Id": "../../up"}]})");
  answer("ASIAROLE lambda list-functions", R"({"Functions": [{"FunctionName": ")" + std::string(file_name_bytes_max, 'f') + R"("}, {"FunctionName": ")" +
                                               std::string(file_name_bytes_max + 1, 'g') + R"("}]})");
  answer("lambda get-policy", R"({"Policy": "{}"})");
  const Summary summary = must(options());
  EXPECT_EQ(summary.refused.size(), 6U);
  EXPECT_TRUE(fs::exists(root_ / "export/accounts/111111111111/s3/..%2F..%2F..%2Fevil.policy.json"));
  EXPECT_TRUE(fs::exists(root_ / "export/accounts/222222222222/eu-west-1/lambda" / (std::string(file_name_bytes_max, 'f') + ".policy.json")));
  for (const auto& entry : fs::directory_iterator(root_)) {
    EXPECT_TRUE(entry.path().filename() == "aws" || entry.path().filename() == "answers" || entry.path().filename() == "calls" || entry.path().filename() == "export") << entry.path();
  }
}

TEST_F(Collect, RefusesWrongOptions) {
  const auto expect = [&](const Options& wrong, Failure kind, std::string_view words) {
    const Result<Summary> summary = collect(wrong);
    ASSERT_FALSE(summary.has_value());
    EXPECT_EQ(summary.error().kind, kind);
    EXPECT_TRUE(summary.error().message.contains(words)) << summary.error().message;
  };
  Options wrong = options();
  wrong.services = {"s4"};
  expect(wrong, Failure::invalid, "there is no service `s4`");
  wrong = options();
  wrong.accounts = {"12345678901"};
  expect(wrong, Failure::invalid, "`12345678901`");
  wrong = options();
  wrong.regions = {"eu west"};
  expect(wrong, Failure::invalid, "`eu west`");
  wrong = options();
  wrong.parallel = 0;
  expect(wrong, Failure::invalid, "not 0");
  wrong.parallel = parallel_max + 1;
  expect(wrong, Failure::invalid, "not 65");
  wrong.parallel = parallel_max;
  EXPECT_TRUE(collect(wrong).has_value());
  wrong = options();
  wrong.aws = (root_ / "none").string();
  expect(wrong, Failure::unavailable, "install the AWS CLI");
  refuse("sts get-caller-identity", "InvalidClientTokenId");
  expect(options(), Failure::denied, "InvalidClientTokenId");
}

TEST(CollectCalls, OnlyRead) {
  for (const std::string& line : calls({})) {
    std::stringstream words(line);
    std::string aws, service, operation;
    words >> aws >> service >> operation;
    const bool reads = operation.starts_with("get-") || operation.starts_with("list-") || operation.starts_with("describe-") || operation == "assume-role";
    EXPECT_TRUE(reads) << line;
  }
  const std::vector<std::string> few = calls({.role = "", .services = {"kms"}});
  EXPECT_EQ(few, (std::vector<std::string>{"aws sts get-caller-identity", "aws kms list-keys", "aws kms get-key-policy --key-id=NAME --policy-name=default"}));
}

}  // namespace
}  // namespace ringwall::collect
