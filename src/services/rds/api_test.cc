// CreateDBInstance to DeleteDBInstance, as a client sees them.

#include "network/documents.h"
#include "services/rds/testing_api.h"

namespace ringwall::rds {
namespace {

using text::Json;

class RdsApi : public ApiTest {};

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_F(RdsApi, EveryOperationHasItsShapes) {
  const awsapi::Model& model = *awsapi::builtin_model("rds");
  const service::Service service(model, operations(engines_, authority_));
  for (const std::string& name : service.operations()) EXPECT_NE(model.operation(name), nullptr) << name;
}

TEST_F(RdsApi, ANewInstanceIsWantedAndToldOfAsClientsReadIt) {
  make_instance({{"DBName", "shop"}, {"Tags.Tag.1.Key", "team"}, {"Tags.Tag.1.Value", "red"}, {"EnableIAMDatabaseAuthentication", "true"}});
  const Json stored = *document();
  EXPECT_EQ(stored.text("desired"), "running");
  EXPECT_EQ(stored["generation"].as_integer(), 1);
  EXPECT_GE(stored["uid"].as_integer(), host::engine_uid_min);
  const std::string creating = good("DescribeDBInstances", on("MAIN"));
  EXPECT_NE(creating.find("<DBInstanceStatus>creating</DBInstanceStatus>"), std::string::npos);
  EXPECT_EQ(creating.find("<Endpoint>"), std::string::npos);
  set_status("available");
  const std::string shown = good("DescribeDBInstances", on("main"));
  const std::string address = stored["Endpoint"].str("Address");
  EXPECT_TRUE(address.starts_with("main.") && address.ends_with(".us-east-1.rds.ringwall.internal")) << address;
  for (const std::string& part : std::initializer_list<std::string>{
           "<DBInstanceIdentifier>main</DBInstanceIdentifier>", "<DBInstanceArn>" + arn("db:main") + "</DBInstanceArn>",
           "<DbiResourceId>" + stored.str("DbiResourceId") + "</DbiResourceId>", "<Address>" + address + "</Address><Port>5432</Port>",
           "<Engine>postgres</Engine>", "<EngineVersion>15.4</EngineVersion>", "<DBName>shop</DBName>",
           "<MasterUsername>master</MasterUsername>", "<AllocatedStorage>20</AllocatedStorage>",
           "<StorageEncrypted>true</StorageEncrypted>", "<KmsKeyId>" + stored.str("KmsKeyId") + "</KmsKeyId>",
           "<VpcId>vpc-1</VpcId>", "<VpcSecurityGroupId>sg-default</VpcSecurityGroupId>",
           "<DBParameterGroupName>default.postgres15</DBParameterGroupName>",
           "<OptionGroupName>default:postgres-15</OptionGroupName>", "<MultiAZ>false</MultiAZ>",
           "<IAMDatabaseAuthenticationEnabled>true</IAMDatabaseAuthenticationEnabled>",
           "<DeletionProtection>false</DeletionProtection>", "<BackupRetentionPeriod>1</BackupRetentionPeriod>",
           "<Tag><Key>team</Key><Value>red</Value></Tag>", "<CACertificateIdentifier>"}) {
    EXPECT_NE(shown.find(part), std::string::npos) << part << "\nin " << shown;
  }
  // The name resolves inside the VPC to the interface made for it.
  const auto name = world_.store().get(network::dns_key_of("vpc-1", address));
  ASSERT_TRUE(name);
  EXPECT_EQ(name->document->text("address"), stored.text("address"));
  EXPECT_TRUE(world_.store().get(network::key_of(network::Kind::interface, account_, stored.text("interface"))));
}

TEST_F(RdsApi, AnAccountHasFortyInstancesAndNoMore) {
  good("CreateDBSubnetGroup", new_group());
  edit([&](store::Transaction& transaction) {
    for (std::size_t i = 1; i < detail::instances_max; ++i) {
      Instance filler;
      filler.wanted.uid = static_cast<std::uint32_t>(host::engine_uid_min + 1000 + i);
      tables::instances.put(transaction, filler, account_, "filler" + std::to_string(i));
    }
  });
  EXPECT_EQ(code("CreateDBInstance", new_instance("last")), "");
  EXPECT_EQ(code("CreateDBInstance", new_instance("toomany")), "InstanceQuotaExceeded");
}

TEST_F(RdsApi, WhatIsPrivateNeverLeaves) {
  make_instance();
  const Json stored = *document();
  for (const char* status : {"creating", "available", "failed"}) {
    set_status(status);
    const std::string shown = good("DescribeDBInstances", {}) + good("DescribeDBSubnetGroups", {});
    for (const char* member : {"data_key", "master_password", "interface", "uid", "desired", "generation"}) {
      EXPECT_EQ(shown.find(std::string("<") + member), std::string::npos) << member;
    }
    EXPECT_EQ(shown.find(stored.text("data_key")), std::string::npos);
    EXPECT_EQ(shown.find(stored.text("master_password")), std::string::npos);
    EXPECT_EQ(shown.find("Correct-Horse"), std::string::npos);
  }
}

TEST_F(RdsApi, TheDataKeyIsWrappedForThisInstanceAloneAndThePasswordSealed) {
  make_instance();
  const Json stored = *document();
  EXPECT_EQ(stored.dump().find("Correct-Horse"), std::string::npos);
  const Bytes blob = *text::parse_base64(stored.text("data_key"));
  store::Transaction transaction(world_.store());
  const auto key = keyring::find_key(transaction, "us-east-1", account_, "alias/aws/rds");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->arn, stored.text("KmsKeyId"));
  const auto opened = keyring::decrypt(world_.environment(), *key, blob, detail::data_key_context(stored.text("DbiResourceId")));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->reveal().size(), detail::data_key_bytes);
  EXPECT_FALSE(keyring::decrypt(world_.environment(), *key, blob, detail::data_key_context("db-OTHER")));
  EXPECT_EQ(detail::open_password(world_.environment(), stored.text("DbiResourceId"), stored.text("master_password"))->reveal_text(), "Correct-Horse-1");
  EXPECT_FALSE(detail::open_password(world_.environment(), "db-OTHER", stored.text("master_password")));
}

TEST_F(RdsApi, WhatIsWrongWithANewInstanceIsSaid) {
  good("CreateDBSubnetGroup", new_group());
  struct Case {
    Form change;
    const char* code;
  };
  const char* value = "InvalidParameterValue";
  const char* combination = "InvalidParameterCombination";
  const Case cases[] = {
      {{{"DBInstanceIdentifier", "1main"}}, value},
      {{{"DBInstanceIdentifier", "main-"}}, value},
      {{{"DBInstanceIdentifier", "ma--in"}}, value},
      {{{"DBInstanceIdentifier", "ma_in"}}, value},
      {{{"DBInstanceIdentifier", "ma/in"}}, value},
      {{{"DBInstanceIdentifier", std::string(64, 'a')}}, value},
      {{{"DBInstanceClass", "db.z9.huge"}}, value},
      {{{"Engine", "mysql"}}, value},
      {{{"EngineVersion", "9.6"}}, combination},
      {{{"AllocatedStorage", "19"}}, combination},
      {{{"AllocatedStorage", "65537"}}, combination},
      {{{"MasterUsername", "rdsadmin"}}, value},
      {{{"MasterUsername", "RDS_Superuser"}}, value},
      {{{"MasterUsername", "pg_x"}}, value},
      {{{"MasterUsername", "1x"}}, value},
      {{{"MasterUsername", "a-b"}}, value},
      {{{"MasterUsername", std::string(64, 'a')}}, value},
      {{{"MasterUserPassword", "1234567"}}, value},
      {{{"MasterUserPassword", std::string(129, 'x')}}, value},
      {{{"MasterUserPassword", "with/slash"}}, value},
      {{{"MasterUserPassword", "with space"}}, value},
      {{{"MasterUserPassword", "with@at-sign"}}, value},
      {{{"DBName", "1x"}}, value},
      {{{"DBName", "a-b"}}, value},
      {{{"DBName", "template0"}}, value},
      {{{"DBName", std::string(64, 'a')}}, value},
      {{{"Port", "1149"}}, value},
      {{{"Port", "65536"}}, value},
      {{{"StorageEncrypted", "false"}}, combination},
      {{{"StorageType", "io1"}}, value},
      {{{"MultiAZ", "true"}}, combination},
      {{{"PubliclyAccessible", "true"}}, combination},
      {{{"Iops", "1000"}}, combination},
      {{{"ManageMasterUserPassword", "true"}}, combination},
      {{{"MasterUserAuthenticationType", "iam-db-auth"}}, combination},
      {{{"NetworkType", "DUAL"}}, combination},
      {{{"BackupTarget", "outposts"}}, combination},
      {{{"DatabaseInsightsMode", "advanced"}}, combination},
      {{{"LicenseModel", "bring-your-own-license"}}, combination},
      {{{"BackupRetentionPeriod", "36"}}, value},
      {{{"BackupRetentionPeriod", "-1"}}, value},
      {{{"PreferredBackupWindow", "soon"}}, value},
      {{{"PreferredBackupWindow", "24:00-24:30"}}, value},
      {{{"PreferredBackupWindow", "04:00-04:29"}}, value},
      {{{"PreferredBackupWindow", "mon:04:00-mon:04:30"}}, value},
      {{{"PreferredBackupWindow", "04:00-05:00"}, {"PreferredMaintenanceWindow", "Wed:04:59-Wed:05:30"}}, value},
      {{{"PreferredBackupWindow", "23:45-00:15"}, {"PreferredMaintenanceWindow", "sun:23:00-sun:23:46"}}, value},
      {{{"PreferredBackupWindow", "00:10-00:40"}, {"PreferredMaintenanceWindow", "sun:23:45-mon:00:15"}}, value},
      {{{"MasterUsername", "admin"}}, value},
      {{{"MasterUsername", "Select"}}, value},
      {{{"PreferredMaintenanceWindow", "04:00-04:30"}}, value},
      {{{"PreferredMaintenanceWindow", "foo:04:00-foo:04:30"}}, value},
      {{{"PreferredMaintenanceWindow", "mon:04:00-tue:04:00"}}, value},
      {{{"CACertificateIdentifier", "rds-ca-2019"}}, "CertificateNotFound"},
      {{{"DBParameterGroupName", "mine"}}, "DBParameterGroupNotFound"},
      {{{"OptionGroupName", "mine"}}, "OptionGroupNotFoundFault"},
      {{{"DBSubnetGroupName", "none"}}, "DBSubnetGroupNotFoundFault"},
      {{{"AvailabilityZone", "us-east-1f"}}, "InvalidVPCNetworkStateFault"},
      {{{"VpcSecurityGroupIds.VpcSecurityGroupId.1", "sg-none"}}, value},
      {{{"VpcSecurityGroupIds.VpcSecurityGroupId.1", "sg-far"}}, "InvalidParameterCombination"},
      {{{"Tags.Tag.1.Key", "aws:x"}, {"Tags.Tag.1.Value", ""}}, value},
      {{{"KmsKeyId", "alias/none"}}, "KMSKeyNotAccessibleFault"},
  };
  for (const auto& [change, expected] : cases) {
    EXPECT_EQ(code("CreateDBInstance", with(new_instance(), change)), expected) << change.begin()->first << "=" << change.begin()->second;
    ASSERT_EQ(document(), nullptr);
  }
  for (const char* missing : {"AllocatedStorage", "MasterUserPassword", "DBInstanceClass", "Engine", "DBInstanceIdentifier"}) {
    const std::string answered = code("CreateDBInstance", without(new_instance(), missing));
    EXPECT_TRUE(answered == "MissingParameter" || answered == "ValidationError") << missing << ": " << answered;
  }
  EXPECT_EQ(code("CreateDBInstance", without(new_instance(), "MasterUsername")), value);
  EXPECT_EQ(code("CreateDBInstance", without(new_instance(), "DBSubnetGroupName")), "DBSubnetGroupNotFoundFault");
  // Refused calls left nothing behind.
  EXPECT_TRUE(world_.store().list(network::prefix_of(network::Kind::interface, account_)).empty());
  EXPECT_TRUE(world_.store().list("dns/").empty());
}

TEST_F(RdsApi, WhatIsAtTheLimitIsTaken) {
  good("CreateDBSubnetGroup", new_group());
  const Form cases[] = {{{"DBInstanceIdentifier", std::string(63, 'a')}},
                        {{"DBInstanceIdentifier", "b1"}, {"AllocatedStorage", "65536"}},
                        {{"DBInstanceIdentifier", "b2"}, {"MasterUsername", std::string(63, 'u')}},
                        {{"DBInstanceIdentifier", "b3"}, {"MasterUserPassword", "12345678"}},
                        {{"DBInstanceIdentifier", "b4"}, {"MasterUserPassword", std::string(128, '!')}},
                        {{"DBInstanceIdentifier", "b5"}, {"Port", "1150"}},
                        {{"DBInstanceIdentifier", "b6"}, {"Port", "65535"}},
                        {{"DBInstanceIdentifier", "b7"}, {"BackupRetentionPeriod", "35"}},
                        {{"DBInstanceIdentifier", "b8"}, {"BackupRetentionPeriod", "0"}},
                        {{"DBInstanceIdentifier", "b9"},
                         {"PreferredBackupWindow", "23:15-23:45"},
                         {"PreferredMaintenanceWindow", "Sun:23:45-Mon:00:15"}},
                        {{"DBInstanceIdentifier", "c1"},
                         {"EngineVersion", "15"},
                         {"DBParameterGroupName", "default.postgres15"},
                         {"OptionGroupName", "default:postgres-15"}},
                        {{"DBInstanceIdentifier", "c2"},
                         {"AvailabilityZone", "us-east-1b"},
                         {"VpcSecurityGroupIds.VpcSecurityGroupId.1", "sg-other"}}};
  std::set<std::int64_t> uids;
  for (const Form& change : cases) {
    EXPECT_EQ(code("CreateDBInstance", with(new_instance(), change)), "") << change.rbegin()->first << "=" << change.rbegin()->second;
    EXPECT_TRUE(uids.insert((*document(change.at("DBInstanceIdentifier")))["uid"].as_integer()).second);
  }
  EXPECT_EQ(document("c2")->text("AvailabilityZone"), "us-east-1b");
  EXPECT_EQ((*document("c2"))["VpcSecurityGroups"].items().at(0).text("VpcSecurityGroupId"), "sg-other");
  EXPECT_EQ((*document("b5"))["Endpoint"]["Port"].as_integer(), 1150);
}

TEST_F(RdsApi, AnIdentifierIsTakenInAnyCase) {
  make_instance();
  EXPECT_EQ(code("CreateDBInstance", with(new_instance(), {{"DBInstanceIdentifier", "MAIN"}})), "DBInstanceAlreadyExists");
}

// The key.

TEST_F(RdsApi, AKeyThatTheCallerMayNotUseOrThatCannotBeUsedIsRefused) {
  good("CreateDBSubnetGroup", new_group());
  keyring::StoredKey key = keyring::make_key(world_.environment(), account_, "", {}, {}, keyring::KeyManager::customer);
  const std::string key_arn = key.arn;
  const auto become = [&](keyring::KeyState state) {
    key.state = state;
    edit([&](store::Transaction& transaction) { keyring::tables::keys.put(transaction, key, account_, key.id); });
  };
  become(keyring::KeyState::enabled);
  const Form form = with(new_instance(), {{"KmsKeyId", key_arn}});
  const service::Caller rds_only = user("rds-only", allow("rds:*", "*"));
  EXPECT_EQ(code("CreateDBInstance", rds_only, form), "KMSKeyNotAccessibleFault");
  for (const char* granted : {R"(["kms:DescribeKey","kms:CreateGrant"])", R"(["kms:DescribeKey","kms:GenerateDataKey*"])", R"(["kms:CreateGrant","kms:GenerateDataKey*"])"}) {
    const std::string name = "partial" + std::to_string(std::string_view(granted).size());
    EXPECT_EQ(code("CreateDBInstance", user(name, allow("rds:*", "*") + R"(,{"Effect":"Allow","Action":)" + granted + R"(,"Resource":"*"})"), form), "KMSKeyNotAccessibleFault") << granted;
  }
  for (const auto state : {keyring::KeyState::disabled, keyring::KeyState::pending_deletion}) {
    become(state);
    EXPECT_EQ(code("CreateDBInstance", form), "KMSKeyNotAccessibleFault") << records::word_of(state);
  }
  EXPECT_EQ(document(), nullptr);
  become(keyring::KeyState::enabled);
  const std::string via = R"({"StringEquals":{"kms:ViaService":"rds.us-east-1.amazonaws.com","kms:CallerAccount":")" + account_ + R"("}})";
  EXPECT_EQ(code("CreateDBInstance", user("through-rds", allow("rds:*", "*") + "," + allow("kms:*", key_arn, via)), form), "");
  EXPECT_EQ(document()->text("KmsKeyId"), key_arn);
}

// Who may.

TEST_F(RdsApi, CreatingNeedsTheInstanceTheGroupAndTheTags) {
  good("CreateDBSubnetGroup", new_group());
  const Form tagged = with(new_instance(), {{"Tags.Tag.1.Key", "team"}, {"Tags.Tag.1.Value", "red"}});
  EXPECT_EQ(code("CreateDBInstance", user("db", allow("rds:CreateDBInstance", arn("db:*"))), new_instance()), "AccessDenied");
  const std::string both = allow("rds:CreateDBInstance", "*");
  EXPECT_EQ(code("CreateDBInstance", user("untagged", both), tagged), "AccessDenied");
  const std::string tags = allow("rds:AddTagsToResource", arn("db:*"));
  EXPECT_EQ(code("CreateDBInstance", user("blue", allow("rds:*", "*", R"({"StringEquals":{"aws:RequestTag/team":"blue"}})")), tagged), "AccessDenied");
  EXPECT_EQ(code("CreateDBInstance", user("small", allow("rds:*", "*", R"({"StringEquals":{"rds:DatabaseClass":"db.t3.small"}})")), tagged), "AccessDenied");
  EXPECT_EQ(code("CreateDBInstance", user("good", both + "," + tags), tagged), "");
}

TEST_F(RdsApi, PoliciesSeeTheInstanceWhateverItsNameIsSpeltLike) {
  make_instance();
  set_status("available");
  const service::Caller guarded = user("guarded", allow("rds:*", "*") + R"(,{"Effect":"Deny","Action":"rds:*","Resource":")" + arn("db:main") + R"("})");
  for (const std::string& name : {std::string("main"), std::string("MAIN"), arn("db:main"), arn("db:MAIN")}) {
    EXPECT_EQ(code("DeleteDBInstance", guarded, on(name, {{"SkipFinalSnapshot", "true"}})), "AccessDenied") << name;
    EXPECT_EQ(code("StopDBInstance", guarded, on(name)), "AccessDenied") << name;
    EXPECT_EQ(code("ModifyDBInstance", guarded, on(name, {{"MasterUserPassword", "another-long-one"}})), "AccessDenied") << name;
  }
  for (const std::string& name : {arn("db:main"), arn("db:MAIN")}) {
    EXPECT_EQ(code("AddTagsToResource", guarded, {{"ResourceName", name}, {"Tags.Tag.1.Key", "a"}, {"Tags.Tag.1.Value", "b"}}), "AccessDenied") << name;
    EXPECT_EQ(code("ListTagsForResource", guarded, {{"ResourceName", name}}), "AccessDenied") << name;
  }
}

TEST_F(RdsApi, TagsOfAnInstanceDecide) {
  make_instance({{"Tags.Tag.1.Key", "team"}, {"Tags.Tag.1.Value", "red"}});
  set_status("available");
  for (const char* key : {"aws:ResourceTag/team", "rds:db-tag/team"}) {
    const std::string name = std::string(key).substr(0, 3);
    EXPECT_EQ(code("DescribeDBInstances", user(name + "red", allow("rds:*", "*", R"({"StringEquals":{")" + std::string(key) + R"(":"red"}})")), on("main")), "") << key;
    EXPECT_EQ(code("DescribeDBInstances", user(name + "blue", allow("rds:*", "*", R"({"StringEquals":{")" + std::string(key) + R"(":"blue"}})")), on("main")), "AccessDenied") << key;
  }
}

// Described.

TEST_F(RdsApi, FiltersKeepWhatFits) {
  make_instance();
  good("CreateDBInstance", new_instance("second"));
  const auto found = [&](const char* name, const std::string& value) {
    return count(good("DescribeDBInstances", {{"Filters.Filter.1.Name", name}, {"Filters.Filter.1.Values.Value.1", value}}), "<DBInstance>");
  };
  EXPECT_EQ(found("db-instance-id", "main"), 1U);
  EXPECT_EQ(found("db-instance-id", "Main"), 1U);
  EXPECT_EQ(found("db-instance-id", arn("db:main")), 1U);
  EXPECT_EQ(found("db-instance-id", "none"), 0U);
  EXPECT_EQ(found("dbi-resource-id", document()->str("DbiResourceId")), 1U);
  EXPECT_EQ(found("dbi-resource-id", "db-none"), 0U);
  EXPECT_EQ(found("engine", "postgres"), 2U);
  EXPECT_EQ(found("engine", "mysql"), 0U);
  EXPECT_EQ(found("db-cluster-id", ""), 0U);
  const Form two = {{"Filters.Filter.1.Name", "db-instance-id"}, {"Filters.Filter.1.Values.Value.1", "main"}, {"Filters.Filter.1.Values.Value.2", "second"}};
  EXPECT_EQ(count(good("DescribeDBInstances", two), "<DBInstance>"), 2U);
  EXPECT_EQ(count(good("DescribeDBInstances", with(two, {{"Filters.Filter.2.Name", "db-instance-id"}, {"Filters.Filter.2.Values.Value.1", "second"}})), "<DBInstance>"), 1U);
  EXPECT_EQ(code("DescribeDBInstances", {{"Filters.Filter.1.Name", "colour"}, {"Filters.Filter.1.Values.Value.1", "red"}}), "InvalidParameterValue");
}

TEST_F(RdsApi, ListsArePagedWithinTheLimits) {
  good("CreateDBSubnetGroup", new_group());
  for (int i = 0; i < 21; ++i) good("CreateDBInstance", new_instance("db" + std::to_string(100 + i)));
  const std::string first = good("DescribeDBInstances", {{"MaxRecords", "20"}});
  EXPECT_EQ(count(first, "<DBInstance>"), 20U);
  const std::size_t at = first.find("<Marker>");
  ASSERT_NE(at, std::string::npos);
  const std::string marker = first.substr(at + 8, first.find("</Marker>") - at - 8);
  const std::string second = good("DescribeDBInstances", {{"MaxRecords", "20"}, {"Marker", marker}});
  EXPECT_EQ(count(second, "<DBInstance>"), 1U);
  EXPECT_EQ(second.find("<Marker>"), std::string::npos);
  EXPECT_EQ(count(good("DescribeDBInstances", {{"MaxRecords", "100"}}), "<DBInstance>"), 21U);
  for (const char* wrong : {"19", "101", "0"}) EXPECT_EQ(code("DescribeDBInstances", {{"MaxRecords", wrong}}), "InvalidParameterValue") << wrong;
}

TEST_F(RdsApi, AnInstanceThatIsNotThereIsSaidToBeNotFound) {
  good("CreateDBSubnetGroup", new_group());
  for (const char* name : {"DescribeDBInstances", "StartDBInstance", "StopDBInstance", "RebootDBInstance", "DeleteDBInstance", "ModifyDBInstance"}) {
    EXPECT_EQ(code(name, on("none")), "DBInstanceNotFound") << name;
  }
  EXPECT_EQ(code("DescribeDBInstances", on("arn:aws:rds:us-east-1:999999999999:db:main")), "DBInstanceNotFound");
}

// Modified.

TEST_F(RdsApi, SettingsAreRememberedAndTheEngineToldOfWhatConcernsIt) {
  make_instance();
  set_status("available");
  good("ModifyDBInstance", on("main", {{"DeletionProtection", "true"}, {"BackupRetentionPeriod", "7"}, {"EnableIAMDatabaseAuthentication", "true"}}));
  EXPECT_TRUE((*document())["DeletionProtection"].as_bool());
  EXPECT_EQ((*document())["BackupRetentionPeriod"].as_integer(), 7);
  EXPECT_TRUE((*document())["IAMDatabaseAuthenticationEnabled"].as_bool());
  EXPECT_EQ(document()->text("DBInstanceStatus"), "available");
  EXPECT_EQ((*document())["generation"].as_integer(), 2);

  const std::string before = document()->str("master_password");
  const std::string answer = good("ModifyDBInstance", on("main", {{"MasterUserPassword", "another-long-one"}}));
  EXPECT_NE(answer.find("<MasterUserPassword>****</MasterUserPassword>"), std::string::npos);
  EXPECT_EQ(answer.find("another"), std::string::npos);
  EXPECT_NE(document()->text("master_password"), before);
  EXPECT_EQ(document()->text("DBInstanceStatus"), "modifying");
  EXPECT_EQ(good("DescribeDBInstances", on("main")).find("****"), std::string::npos);

  set_status("available");
  // More storage is pending until its file system has it.
  const std::string growing = good("ModifyDBInstance", on("main", {{"AllocatedStorage", "30"}}));
  EXPECT_NE(growing.find("<PendingModifiedValues><AllocatedStorage>30</AllocatedStorage></PendingModifiedValues>"), std::string::npos) << growing;
  EXPECT_NE(growing.find("<AllocatedStorage>20</AllocatedStorage>"), std::string::npos) << growing;
  EXPECT_EQ((*document())["AllocatedStorage"].as_integer(), 20);
  EXPECT_EQ(document()->text("DBInstanceStatus"), "modifying");
  set_status("available");
  good("ModifyDBInstance", on("main", {{"VpcSecurityGroupIds.VpcSecurityGroupId.1", "sg-other"}}));
  EXPECT_EQ((*document())["VpcSecurityGroups"].items().at(0).text("VpcSecurityGroupId"), "sg-other");
}

TEST_F(RdsApi, AnotherClassWaitsForARestartUnlessItMustBeNow) {
  make_instance();
  set_status("available");
  const std::string waiting = good("ModifyDBInstance", on("main", {{"DBInstanceClass", "db.t3.small"}}));
  EXPECT_NE(waiting.find("<PendingModifiedValues><DBInstanceClass>db.t3.small</DBInstanceClass></PendingModifiedValues>"), std::string::npos) << waiting;
  EXPECT_EQ(document()->text("DBInstanceClass"), "db.t3.micro");
  EXPECT_EQ(document()->text("DBInstanceStatus"), "available");
  // Asking for what it has takes the wish back.
  good("ModifyDBInstance", on("main", {{"DBInstanceClass", "db.t3.micro"}}));
  EXPECT_FALSE((*document())["PendingModifiedValues"].contains("DBInstanceClass"));
  good("ModifyDBInstance", on("main", {{"DBInstanceClass", "db.t3.small"}}));
  good("RebootDBInstance", on("main"));
  EXPECT_EQ(document()->text("DBInstanceClass"), "db.t3.small");
  EXPECT_FALSE((*document())["PendingModifiedValues"].contains("DBInstanceClass"));
  set_status("available");
  good("ModifyDBInstance", on("main", {{"DBInstanceClass", "db.t3.medium"}, {"ApplyImmediately", "true"}}));
  EXPECT_EQ(document()->text("DBInstanceClass"), "db.t3.medium");
  EXPECT_TRUE((*document())["reboot"].as_bool());
  EXPECT_EQ(document()->text("DBInstanceStatus"), "modifying");
}

TEST_F(RdsApi, WhatCannotBeModifiedIsRefusedAndNothingChanges) {
  make_instance({{"AllocatedStorage", "30"}});
  set_status("available");
  const Json before = *document();
  const std::pair<Form, const char*> cases[] = {
      {{{"AllocatedStorage", "20"}}, "InvalidParameterCombination"},
      {{{"AllocatedStorage", "65537"}}, "InvalidParameterCombination"},
      {{{"MasterUserPassword", "short"}}, "InvalidParameterValue"},
      {{{"EngineVersion", "16.1"}}, "InvalidParameterCombination"},
      {{{"DBSubnetGroupName", "other"}}, "InvalidParameterCombination"},
      {{{"StorageType", "gp3"}}, "InvalidParameterCombination"},
      {{{"DBParameterGroupName", "mine"}}, "InvalidParameterCombination"},
      {{{"OptionGroupName", "mine"}}, "InvalidParameterCombination"},
      {{{"NewDBInstanceIdentifier", "new"}}, "InvalidParameterCombination"},
      {{{"DBPortNumber", "5433"}}, "InvalidParameterCombination"},
      {{{"DBInstanceClass", "db.none"}}, "InvalidParameterValue"},
      {{{"MultiAZ", "true"}}, "InvalidParameterCombination"},
      {{{"PreferredBackupWindow", "x"}}, "InvalidParameterValue"},
      {{{"VpcSecurityGroupIds.VpcSecurityGroupId.1", "sg-far"}}, "InvalidParameterCombination"},
      {{{"PubliclyAccessible", "true"}}, "InvalidParameterCombination"},
      {{{"BackupRetentionPeriod", "36"}}, "InvalidParameterValue"},
  };
  for (const auto& [change, expected] : cases) {
    EXPECT_EQ(code("ModifyDBInstance", with(on("main"), change)), expected) << change.begin()->first;
    EXPECT_EQ(*document(), before);
  }
}

TEST_F(RdsApi, EachStatusTakesWhatItCan) {
  make_instance();
  struct Case {
    const char* status;
    bool modify, start, stop, reboot;
  };
  for (const auto& [status, modify, start, stop, reboot] : std::initializer_list<Case>{{"available", true, false, true, true},
                                                                                       {"stopped", false, true, false, false},
                                                                                       {"creating", false, false, false, false},
                                                                                       {"modifying", false, false, false, false},
                                                                                       {"rebooting", false, false, false, false},
                                                                                       {"starting", false, false, false, false},
                                                                                       {"stopping", false, false, false, false},
                                                                                       {"failed", true, false, false, false},
                                                                                       {"storage-full", true, false, true, true},
                                                                                       {"insufficient-capacity", false, false, false, false},
                                                                                       {"inaccessible-encryption-credentials", false, false, false, false}}) {
    const auto takes = [&](const char* name, const Form& form) {
      set_status(status);
      const std::string answered = code(name, form);
      EXPECT_TRUE(answered.empty() || answered == "InvalidDBInstanceState") << name << ": " << answered;
      return answered.empty();
    };
    EXPECT_EQ(takes("ModifyDBInstance", on("main", {{"BackupRetentionPeriod", "2"}})), modify) << status;
    EXPECT_EQ(takes("StartDBInstance", on("main")), start) << status;
    EXPECT_EQ(takes("StopDBInstance", on("main")), stop) << status;
    EXPECT_EQ(takes("RebootDBInstance", on("main")), reboot) << status;
  }
}

TEST_F(RdsApi, StartStopAndRebootSayWhatIsWanted) {
  make_instance();
  set_status("available");
  const auto wanted = [&](const char* name, const char* desired, const char* status) {
    const std::int64_t generation = (*document())["generation"].as_integer();
    EXPECT_NE(good(name, on("main")).find(std::string("<DBInstanceStatus>") + status), std::string::npos);
    EXPECT_EQ(document()->text("desired"), desired);
    EXPECT_EQ((*document())["generation"].as_integer(), generation + 1);
  };
  wanted("StopDBInstance", "stopped", "stopping");
  set_status("stopped");
  wanted("StartDBInstance", "running", "starting");
  set_status("available");
  wanted("RebootDBInstance", "running", "rebooting");
  EXPECT_TRUE((*document())["reboot"].as_bool());
  set_status("available");
  EXPECT_EQ(code("RebootDBInstance", on("main", {{"ForceFailover", "true"}})), "InvalidParameterCombination");
  EXPECT_EQ(code("StopDBInstance", on("main", {{"DBSnapshotIdentifier", "s"}})), "InvalidParameterCombination");
}

TEST_F(RdsApi, DeletionFollowsItsRules) {
  make_instance({{"DeletionProtection", "true"}});
  set_status("available");
  const Form skip = on("main", {{"SkipFinalSnapshot", "true"}});
  EXPECT_EQ(code("DeleteDBInstance", skip), "InvalidParameterCombination");
  good("ModifyDBInstance", on("main", {{"DeletionProtection", "false"}}));
  EXPECT_EQ(code("DeleteDBInstance", on("main")), "InvalidParameterCombination");
  EXPECT_EQ(code("DeleteDBInstance", with(skip, {{"FinalDBSnapshotIdentifier", "s"}})), "InvalidParameterCombination");
  EXPECT_EQ(code("DeleteDBInstance", on("main", {{"FinalDBSnapshotIdentifier", "s"}})), "InvalidParameterCombination");
  EXPECT_EQ(document()->text("desired"), "running");
  EXPECT_NE(good("DeleteDBInstance", skip).find("<DBInstanceStatus>deleting</DBInstanceStatus>"), std::string::npos);
  EXPECT_EQ(document()->text("desired"), "deleted");
  EXPECT_EQ(code("DeleteDBInstance", skip), "InvalidDBInstanceState");
  EXPECT_EQ(code("StartDBInstance", on("main")), "InvalidDBInstanceState");
}

}  // namespace
}  // namespace ringwall::rds
