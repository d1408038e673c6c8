"""Every service through boto3: what it does, how it refuses, how its lists go on."""

import json
import subprocess
import time
import unittest

from harness import BINARY, Keys, ServerCase, refusal_of

TRUST_ACCOUNT = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{0}"}},"Action":"sts:AssumeRole"{1}}}]}}'


def allow(action, resource="*", **condition):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def deny(action, resource="*"):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": action, "Resource": resource}]})


class ServicesTest(ServerCase):
    def user(self, name, *documents):
        """A new user with these inline policies; answers its keys and ARN."""
        iam = self.client("iam")
        arn = iam.create_user(UserName=name)["User"]["Arn"]
        for i, document in enumerate(documents):
            iam.put_user_policy(UserName=name, PolicyName=f"p{i}", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Keys(key["AccessKeyId"], key["SecretAccessKey"]), arn

    # sts
    def test_sts_federates_within_the_issuers_and_the_sessions_policies(self):
        keys, _ = self.user("issuer", allow(["sts:GetFederationToken", "kms:ListKeys", "kms:ListAliases"]))
        made = self.client("sts", keys).get_federation_token(Name="bob", Policy=allow(["kms:ListKeys", "rds:*"]))
        self.assertTrue(made["FederatedUser"]["Arn"].endswith(":federated-user/bob"))
        bob = Keys(made["Credentials"]["AccessKeyId"], made["Credentials"]["SecretAccessKey"], made["Credentials"]["SessionToken"])
        self.assertEqual(self.client("sts", bob).get_caller_identity()["Arn"], made["FederatedUser"]["Arn"])
        self.client("kms", bob).list_keys()
        self.assertIn("session policy", self.refused("AccessDeniedException", self.client("kms", bob).list_aliases))
        self.assertIn("identity-based policy", self.refused("AccessDenied", self.client("rds", bob).describe_db_instances))
        self.refused("InvalidClientTokenId", self.client("iam", bob).list_users)

    def test_sts_says_who_is_calling_and_role_sessions_carry_what_they_were_given(self):
        sts, iam = self.client("sts"), self.client("iam")
        me = sts.get_caller_identity()
        role = iam.create_role(RoleName="visitor", AssumeRolePolicyDocument=TRUST_ACCOUNT.format(
            me["Arn"], ',"Condition":{"StringEquals":{"sts:ExternalId":"42"}}'))["Role"]["Arn"]
        iam.put_role_policy(RoleName="visitor", PolicyName="all", PolicyDocument=allow("iam:*"))
        self.refused("AccessDenied", sts.assume_role, RoleArn=role, RoleSessionName="me")
        self.refused("AccessDenied", sts.assume_role, RoleArn=role, RoleSessionName="me", ExternalId="41")
        narrow = self.ringwall.assume(role, ExternalId="42", Policy=allow("iam:ListUsers"))
        self.assertIn(":assumed-role/visitor/sample", self.client("sts", narrow).get_caller_identity()["Arn"])
        self.client("iam", narrow).list_users()
        self.assertIn("session policy", self.refused("AccessDenied", self.client("iam", narrow).list_roles))
        self.refused("ValidationError", sts.assume_role, RoleArn=role, RoleSessionName="me", ExternalId="42",
                     DurationSeconds=3601)
        session = Keys.of_session(sts.get_session_token(DurationSeconds=900))
        self.assertEqual(self.client("sts", session).get_caller_identity()["Arn"], me["Arn"])
        iam.delete_role_policy(RoleName="visitor", PolicyName="all")
        iam.delete_role(RoleName="visitor")

    # iam
    def test_iam_layers_decide_together(self):
        iam = self.client("iam")
        keys, _ = self.user("alice", allow(["iam:ListUsers", "iam:ListRoles"]))
        alice = self.client("iam", keys)
        alice.list_users()
        boundary = iam.create_policy(PolicyName="edge", PolicyDocument=allow("iam:ListRoles"))["Policy"]["Arn"]
        iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=boundary)
        self.assertIn("permissions boundary", self.refused("AccessDenied", alice.list_users))
        alice.list_roles()
        iam.put_user_policy(UserName="alice", PolicyName="no", PolicyDocument=deny("iam:ListRoles"))
        self.assertIn("explicit deny in an identity-based policy", self.refused("AccessDenied", alice.list_roles))
        self.refused("DeleteConflict", iam.delete_policy, PolicyArn=boundary)
        self.refused("DeleteConflict", iam.delete_user, UserName="alice")
        iam.update_access_key(UserName="alice", AccessKeyId=keys.access_key, Status="Inactive")
        self.refused("InvalidClientTokenId", alice.list_roles)

    def test_iam_simulates_what_it_decides(self):
        iam = self.client("iam")
        region = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:Put*", "Resource": "*",
             "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}}]})
        keys, erin = self.user("erin", region)

        def decisions(**more):
            pages = iam.get_paginator("simulate_principal_policy").paginate(
                PolicySourceArn=erin, ActionNames=["s3:GetObject", "s3:PutObject", "iam:ListUsers"],
                PaginationConfig={"PageSize": 2}, **more)
            return [result for page in pages for result in page["EvaluationResults"]]

        self.assertEqual([one["EvalDecision"] for one in decisions()], ["allowed", "explicitDeny", "implicitDeny"])
        denied = decisions()[1]
        self.assertEqual(denied["MissingContextValues"], ["aws:RequestedRegion"])
        self.assertEqual([one["SourcePolicyId"] for one in denied["MatchedStatements"]], ["user_erin_p0"])
        given = [{"ContextKeyName": "aws:RequestedRegion", "ContextKeyValues": ["eu-west-1"], "ContextKeyType": "string"}]
        self.assertEqual([one["EvalDecision"] for one in decisions(ContextEntries=given)], ["allowed", "allowed", "implicitDeny"])
        self.assertEqual(iam.get_context_keys_for_principal_policy(PolicySourceArn=erin)["ContextKeyNames"], ["aws:RequestedRegion"])
        self.refused("AccessDenied", self.client("iam", keys).simulate_principal_policy, PolicySourceArn=erin, ActionNames=["s3:GetObject"])
        self.refused("InvalidInput", iam.simulate_custom_policy, PolicyInputList=["{}"], ActionNames=["s3:GetObject"])

    def test_iam_says_when_a_key_was_last_used(self):
        iam = self.client("iam")
        keys, _ = self.user("gina", allow("kms:*"))
        last_used = lambda: iam.get_access_key_last_used(AccessKeyId=keys.access_key)["AccessKeyLastUsed"]
        self.assertEqual(last_used(), {"ServiceName": "N/A", "Region": "N/A"})
        self.client("kms", keys).list_keys()
        until = time.monotonic() + 10  # it is written down behind the answer
        while last_used()["ServiceName"] == "N/A" and time.monotonic() < until:
            pass
        self.assertEqual(last_used()["ServiceName"], "kms")
        self.assertIn("LastUsedDate", last_used())

    def test_iam_gives_an_account_its_alias(self):
        iam = self.client("iam")
        iam.create_account_alias(AccountAlias="acme-test")
        self.assertEqual(iam.list_account_aliases()["AccountAliases"], ["acme-test"])
        iam.delete_account_alias(AccountAlias="acme-test")
        self.assertEqual(iam.list_account_aliases()["AccountAliases"], [])

    def test_iam_names_and_documents_are_checked(self):
        iam = self.client("iam")
        iam.create_user(UserName="bob")
        self.refused("EntityAlreadyExists", iam.create_user, UserName="BOB")
        self.refused("NoSuchEntity", iam.get_user, UserName="nobody")
        self.refused("MalformedPolicyDocument", iam.put_user_policy, UserName="bob", PolicyName="p", PolicyDocument="{}")
        self.refused("LimitExceeded", iam.create_policy, PolicyName="long", PolicyDocument=allow(["iam:" + "a" * 100] * 61))

    def test_iam_lists_go_on_from_their_marker(self):
        iam = self.client("iam")
        for i in range(7):
            iam.create_group(GroupName=f"g{i}")
        pages = list(iam.get_paginator("list_groups").paginate(PaginationConfig={"PageSize": 3}))
        self.assertEqual([len(page["Groups"]) for page in pages], [3, 3, 1])

    # organizations
    def test_organizations_bind_members_by_policy(self):
        organizations = self.client("organizations")
        root = organizations.list_roots()["Roots"][0]["Id"]
        status = organizations.create_account(AccountName="dev", Email="dev@example.com")["CreateAccountStatus"]
        unit = organizations.create_organizational_unit(ParentId=root, Name="no-keys")["OrganizationalUnit"]["Id"]
        organizations.move_account(AccountId=status["AccountId"], SourceParentId=root, DestinationParentId=unit)
        developer = self.ringwall.assume(f"arn:aws:iam::{status['AccountId']}:role/OrganizationAccountAccessRole")
        kms = self.client("kms", developer)
        kms.list_keys()
        policy = organizations.create_policy(Name="no-keys", Description="", Type="SERVICE_CONTROL_POLICY",
                                             Content=deny("kms:*"))["Policy"]["PolicySummary"]["Id"]
        organizations.attach_policy(PolicyId=policy, TargetId=unit)
        self.assertIn("explicit deny in a service control policy", self.refused("AccessDeniedException", kms.list_keys))
        self.refused("PolicyInUseException", organizations.delete_policy, PolicyId=policy)
        organizations.detach_policy(PolicyId=policy, TargetId=unit)
        kms.list_keys()
        self.refused("AccessDeniedException", self.client("organizations", developer).list_accounts)
        accounts = [a for page in organizations.get_paginator("list_accounts").paginate(
            PaginationConfig={"PageSize": 1}) for a in page["Accounts"]]
        self.assertIn(status["AccountId"], [a["Id"] for a in accounts])

    def test_organizations_delegate_to_members(self):
        organizations = self.client("organizations")
        account = organizations.create_account(AccountName="audit", Email="audit@example.com")["CreateAccountStatus"]["AccountId"]
        member = self.client("organizations", self.ringwall.assume(f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"))
        self.refused("AccessDeniedException", member.list_accounts)
        content = json.dumps({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": "organizations:ListAccounts", "Resource": "*"}]})
        organizations.put_resource_policy(Content=content)
        self.assertEqual(organizations.describe_resource_policy()["ResourcePolicy"]["Content"], content)
        self.assertIn(account, [one["Id"] for one in member.list_accounts()["Accounts"]])
        self.refused("AccessDeniedException", member.list_roots)
        organizations.register_delegated_administrator(AccountId=account, ServicePrincipal="iam.amazonaws.com")
        member.list_roots()
        self.assertEqual([one["Id"] for one in organizations.list_delegated_administrators()["DelegatedAdministrators"]], [account])
        organizations.deregister_delegated_administrator(AccountId=account, ServicePrincipal="iam.amazonaws.com")
        organizations.delete_resource_policy()
        self.refused("AccessDeniedException", member.list_accounts)
        self.refused("ResourcePolicyNotFoundException", organizations.describe_resource_policy)

    # kms
    def test_kms_grants_hold_until_they_are_revoked(self):
        kms = self.client("kms")
        keys, frank = self.user("frank")
        key = kms.create_key()["KeyMetadata"]["Arn"]
        sealed = kms.encrypt(KeyId=key, Plaintext=b"secret", EncryptionContext={"a": "b"})["CiphertextBlob"]
        theirs = self.client("kms", keys)
        self.refused("AccessDeniedException", theirs.decrypt, CiphertextBlob=sealed, EncryptionContext={"a": "b"})
        grant = kms.create_grant(KeyId=key, GranteePrincipal=frank, Operations=["Decrypt", "RetireGrant"],
                                 Constraints={"EncryptionContextEquals": {"a": "b"}})
        opened = theirs.decrypt(CiphertextBlob=sealed, EncryptionContext={"a": "b"}, GrantTokens=[grant["GrantToken"]])
        self.assertEqual(opened["Plaintext"], b"secret")
        self.refused("AccessDeniedException", theirs.encrypt, KeyId=key, Plaintext=b"x", EncryptionContext={"a": "b"})
        self.assertEqual([one["GrantId"] for one in kms.list_grants(KeyId=key)["Grants"]], [grant["GrantId"]])
        theirs.retire_grant(GrantToken=grant["GrantToken"])
        self.refused("AccessDeniedException", theirs.decrypt, CiphertextBlob=sealed, EncryptionContext={"a": "b"})
        self.assertEqual(kms.list_grants(KeyId=key)["Grants"], [])

    def test_kms_encrypts_under_context_and_gives_nothing_while_disabled(self):
        kms = self.client("kms")
        key = kms.create_key(Description="one")["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/one", TargetKeyId=key)
        sealed = kms.encrypt(KeyId="alias/one", Plaintext=b"secret", EncryptionContext={"a": "b"})["CiphertextBlob"]
        self.assertEqual(kms.decrypt(CiphertextBlob=sealed, EncryptionContext={"a": "b"})["Plaintext"], b"secret")
        self.refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=sealed, EncryptionContext={"a": "c"})
        self.refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=sealed[:-1] + bytes([sealed[-1] ^ 1]),
                     EncryptionContext={"a": "b"})
        other = kms.create_key()["KeyMetadata"]["KeyId"]
        again = kms.re_encrypt(CiphertextBlob=sealed, SourceEncryptionContext={"a": "b"}, DestinationKeyId=other)
        self.assertEqual(kms.decrypt(CiphertextBlob=again["CiphertextBlob"])["Plaintext"], b"secret")
        data = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
        self.assertEqual(kms.decrypt(CiphertextBlob=data["CiphertextBlob"])["Plaintext"], data["Plaintext"])
        kms.disable_key(KeyId=key)
        self.refused("DisabledException", kms.encrypt, KeyId=key, Plaintext=b"x")
        kms.enable_key(KeyId=key)
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        self.refused("KMSInvalidStateException", kms.encrypt, KeyId=key, Plaintext=b"x")
        kms.cancel_key_deletion(KeyId=key)
        kms.enable_key(KeyId=key)
        kms.tag_resource(KeyId=key, Tags=[{"TagKey": "team", "TagValue": "shop"}])
        self.assertEqual(kms.list_resource_tags(KeyId=key)["Tags"], [{"TagKey": "team", "TagValue": "shop"}])
        self.refused("NotFoundException", kms.describe_key, KeyId="alias/none")
        self.refused("ValidationException", kms.encrypt, KeyId=key, Plaintext=b"x" * 4097)

    def test_kms_key_policy_rules_over_identity_policies(self):
        kms = self.client("kms")
        keys, arn = self.user("carol", allow("kms:*"))
        me = self.client("sts").get_caller_identity()["Arn"]
        key = kms.create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": me}, "Action": "kms:*", "Resource": "*"}]}))["KeyMetadata"]["KeyId"]
        carol = self.client("kms", keys)
        self.refused("AccessDeniedException", carol.encrypt, KeyId=key, Plaintext=b"x")
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": me}, "Action": "kms:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "kms:Encrypt", "Resource": "*"}]}))
        carol.encrypt(KeyId=key, Plaintext=b"x")
        self.refused("AccessDeniedException", carol.describe_key, KeyId=key)

    # ec2
    def test_ec2_keeps_its_ranges_and_what_is_in_use(self):
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.50.0.0/16", TagSpecifications=[{
            "ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "fifty"}]}])["Vpc"]["VpcId"]
        self.assertEqual([v["VpcId"] for v in ec2.describe_vpcs(
            Filters=[{"Name": "tag:Name", "Values": ["fif*"]}])["Vpcs"]], [vpc])
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.50.1.0/24")["Subnet"]["SubnetId"]
        self.refused("InvalidSubnet.Conflict", ec2.create_subnet, VpcId=vpc, CidrBlock="10.50.1.128/25")
        self.refused("InvalidSubnet.Range", ec2.create_subnet, VpcId=vpc, CidrBlock="10.51.1.0/24")
        self.refused("InvalidVpc.Range", ec2.create_vpc, CidrBlock="10.0.0.0/15")
        group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
        self.refused("InvalidGroup.Duplicate", ec2.create_security_group, GroupName="web", Description="x", VpcId=vpc)
        rule = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rule)
        self.refused("InvalidPermission.Duplicate", ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=rule)
        interface = ec2.create_network_interface(SubnetId=subnet, Groups=[group])["NetworkInterface"]
        self.assertTrue(interface["PrivateIpAddress"].startswith("10.50.1."))
        self.refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnet)
        self.refused("DependencyViolation", ec2.delete_security_group, GroupId=group)
        self.refused("DependencyViolation", ec2.delete_vpc, VpcId=vpc)
        ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])
        ec2.delete_security_group(GroupId=group)
        ec2.delete_subnet(SubnetId=subnet)
        ec2.delete_vpc(VpcId=vpc)
        self.refused("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=[vpc])

    def test_ec2_lists_go_on_from_their_token(self):
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.60.0.0/16")["Vpc"]["VpcId"]
        for i in range(11):
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.60.{i}.0/24")
        pages = list(ec2.get_paginator("describe_subnets").paginate(
            Filters=[{"Name": "vpc-id", "Values": [vpc]}], PaginationConfig={"PageSize": 5}))
        self.assertEqual([len(page["Subnets"]) for page in pages], [5, 5, 1])

    # rds, as far as it needs no engine
    def test_rds_says_what_can_be_had_and_refuses_the_rest(self):
        rds, ec2 = self.client("rds"), self.client("ec2")
        versions = rds.describe_db_engine_versions(Engine="postgres")["DBEngineVersions"]
        self.assertTrue(versions and versions[0]["EngineVersion"].startswith("15."), versions)
        self.assertTrue(rds.describe_orderable_db_instance_options(Engine="postgres")["OrderableDBInstanceOptions"])
        self.assertEqual(len(rds.describe_certificates()["Certificates"]), 1)
        self.refused("DBInstanceNotFound", rds.describe_db_instances, DBInstanceIdentifier="none")
        vpc = ec2.create_vpc(CidrBlock="10.70.0.0/16")["Vpc"]["VpcId"]
        zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]]
        subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.70.{i}.0/24", AvailabilityZone=zones[i])["Subnet"]["SubnetId"]
                   for i in range(2)]
        self.refused("DBSubnetGroupDoesNotCoverEnoughAZs", rds.create_db_subnet_group, DBSubnetGroupName="one",
                     DBSubnetGroupDescription="x", SubnetIds=subnets[:1])
        rds.create_db_subnet_group(DBSubnetGroupName="both", DBSubnetGroupDescription="x", SubnetIds=subnets)
        self.refused("DBSubnetGroupAlreadyExists", rds.create_db_subnet_group, DBSubnetGroupName="both",
                     DBSubnetGroupDescription="x", SubnetIds=subnets)
        wanted = {"DBInstanceIdentifier": "db", "Engine": "postgres", "DBInstanceClass": "db.t3.micro",
                  "AllocatedStorage": 20, "MasterUsername": "boss", "MasterUserPassword": "long-enough-1",
                  "DBSubnetGroupName": "both"}
        for code, change in (("InvalidParameterValue", {"Engine": "oracle-ee"}),
                             ("InvalidParameterValue", {"DBInstanceIdentifier": "-x"}),
                             ("InvalidParameterValue", {"MasterUserPassword": "short"}),
                             ("InvalidParameterValue", {"MasterUsername": "rdsadmin"}),
                             ("InvalidParameterCombination", {"AllocatedStorage": 19}),
                             ("InvalidParameterCombination", {"EngineVersion": "9.6"}),
                             ("DBSubnetGroupNotFoundFault", {"DBSubnetGroupName": "none"}),
                             ("KMSKeyNotAccessibleFault", {"KmsKeyId": "alias/none"})):
            with self.subTest(change):
                self.refused(code, rds.create_db_instance, **{**wanted, **change})
        self.assertEqual(rds.describe_db_instances()["DBInstances"], [])
        self.refused("InvalidParameterValue", rds.describe_db_instances, MaxRecords=19)

    # access analyzer
    def test_access_analyzer_finds_what_the_lint_finds(self):
        analyzer = self.client("accessanalyzer")
        document = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Sid": "", "Effect": "Allow", "Action": ["s3:GetObjekt", "s3:List*", "s3:ListBucket"], "Resource": "*"},
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}]}, indent=2)
        linted = subprocess.run([BINARY, "lint", "--type", "identity", "--format", "json", "-"], input=document,
                                capture_output=True, text=True, check=False)
        wanted = json.loads(linted.stdout)["files"][0]["findings"]
        self.assertGreater(len(wanted), 3)
        found = analyzer.validate_policy(policyDocument=document, policyType="IDENTITY_POLICY")["findings"]
        self.assertEqual([one["issueCode"] for one in found], [one["code"] for one in wanted])
        self.assertEqual([one["findingType"].lower().replace("_", " ") for one in found], [one["severity"] for one in wanted])
        starts = [one["locations"][0]["span"]["start"] for one in found]
        self.assertEqual([(start["line"], start["column"] + 1) for start in starts], [(one["line"], one["column"]) for one in wanted])
        action = next(one for one in found if one["issueCode"] == "INVALID_ACTION")
        self.assertEqual(action["locations"][0]["path"], [{"value": "Statement"}, {"index": 0}, {"value": "Action"}, {"index": 0}])
        span = action["locations"][0]["span"]
        self.assertEqual(document[span["start"]["offset"]:span["end"]["offset"]], '"s3:GetObjekt"')
        pages = list(analyzer.get_paginator("validate_policy").paginate(
            policyDocument=document, policyType="IDENTITY_POLICY", PaginationConfig={"PageSize": 2}))
        self.assertGreater(len(pages), 1)
        self.assertEqual([one for page in pages for one in page["findings"]], found)

    def test_access_analyzer_refuses_in_its_own_words(self):
        analyzer = self.client("accessanalyzer")
        said = self.refused("ValidationException", analyzer.validate_policy, policyDocument="{}", policyType="POETRY")
        self.assertIn("at 'policyType' failed to satisfy constraint", said)
        self.refused("ValidationException", analyzer.validate_policy, policyDocument="{}", policyType="IDENTITY_POLICY", nextToken="1-x")
        self.refused("UnsupportedOperationException", analyzer.list_policy_generations)
        self.refused("UnsupportedOperationException", analyzer.get_generated_policy, jobId="x")
        keys, _ = self.user("linter", allow("access-analyzer:ValidatePolicy"), deny("iam:*"))
        rcp = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]}'
        found = self.client("accessanalyzer", keys).validate_policy(policyDocument=rcp, policyType="RESOURCE_CONTROL_POLICY")
        self.assertIn("RCP_SYNTAX_ERROR_ALLOW", [one["issueCode"] for one in found["findings"]])

    def test_everyone_starts_with_nothing(self):
        keys, _ = self.user("dave")
        attempts = {"iam": "list_users", "kms": "list_keys", "rds": "describe_db_instances", "organizations": "list_accounts"}
        for service, operation in attempts.items():
            with self.subTest(service):
                said = refusal_of(getattr(self.client(service, keys), operation))
                self.assertIsNotNone(said)
                self.assertIn("AccessDenied", said)
        self.refused("AccessDeniedException", self.client("accessanalyzer", keys).validate_policy, policyDocument="{}", policyType="IDENTITY_POLICY")
        said = self.refused("UnauthorizedOperation", self.client("ec2", keys).describe_vpcs)
        encoded = said.rsplit("Encoded authorization failure message: ", 1)[1].strip()
        decoded = json.loads(self.client("sts").decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
        self.assertEqual((decoded["allowed"], decoded["explicitDeny"]), (False, False))
        self.assertEqual(decoded["context"]["action"], "ec2:DescribeVpcs")
        self.assertIn("user/dave", decoded["context"]["principal"]["arn"])
        self.refused("AccessDenied", self.client("sts", keys).decode_authorization_message, EncodedMessage=encoded)
        self.refused("InvalidAuthorizationMessageException", self.client("sts").decode_authorization_message, EncodedMessage="bm9uZQ==")
        self.assertIn("user/dave", self.client("sts", keys).get_caller_identity()["Arn"])


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
