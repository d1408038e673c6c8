"""`ringwall collect` with the AWS CLI against a running server, and the same organisation exported by the server itself."""

import json
import os
import shutil
import socket
import tempfile
import unittest

from harness import BINARY, ServerCase, aws_cli, cli_environment, run

SERVICES = "organizations,iam,ec2,kms,rds"
TRUST = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{0}"}},"Action":"sts:AssumeRole"}}]}}'


def statement(effect, action, **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*", **more}]})


def live_export(data):
    """What the control socket answers, as `ringwall prove --live` asks."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(os.path.join(data, "run", "control.sock"))
        connection.sendall(b'{"ask":"export"}\n')
        with connection.makefile("rb") as reply:
            return json.loads(reply.readline())["files"]


def read_folder(folder):
    files = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            with open(path, encoding="utf-8") as file:
                files[os.path.relpath(path, folder)] = json.load(file)
    return files


# What the loader reads of a thing; times are written differently, and order is nobody's.
READ = {"Id", "Arn", "Name", "Status", "MasterAccountId", "Type", "TargetId", "UserName", "RoleName", "GroupName", "UserId", "RoleId",
        "Path", "GroupList", "PolicyName", "PolicyArn", "PermissionsBoundaryArn", "Key", "Value", "VersionId", "IsDefaultVersion",
        "KeyId", "KeyArn", "VpcId", "OwnerId", "CidrBlock", "VpcEndpointId", "ServiceName", "State", "DBInstanceArn"}
DOCUMENTS = {"PolicyDocument", "AssumeRolePolicyDocument", "Document", "Content", "Policy"}


def essence(value, name=""):
    if name in DOCUMENTS and not (isinstance(value, dict) and "PolicySummary" in value):
        return json.loads(value) if isinstance(value, str) else value
    if isinstance(value, dict):
        return {key: essence(member, key) for key, member in value.items()
                if key in READ | DOCUMENTS or isinstance(member, (dict, list)) and member}
    if isinstance(value, list):
        return sorted((essence(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


class CollectTest(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.environment = cli_environment(cls.ringwall)
        cls.arn = cls.ringwall.client("sts").get_caller_identity()["Arn"]
        cls.account = cls.arn.split(":")[4]
        cls.make_organization()
        cls.make_account()

    @classmethod
    def make_organization(cls):
        organizations = cls.ringwall.client("organizations")
        cls.root = organizations.list_roots()["Roots"][0]["Id"]
        cls.unit = organizations.create_organizational_unit(ParentId=cls.root, Name="data")["OrganizationalUnit"]["Id"]
        organizations.create_organizational_unit(ParentId=cls.unit, Name="inner")
        policy = organizations.create_policy(Name="no-new-keys", Description="", Type="SERVICE_CONTROL_POLICY", Content=statement("Deny", "kms:CreateKey"))
        organizations.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=cls.unit)
        made = organizations.create_account(AccountName="member", Email="member@example.com")["CreateAccountStatus"]
        while made["State"] == "IN_PROGRESS":
            made = organizations.describe_create_account_status(CreateAccountRequestId=made["Id"])["CreateAccountStatus"]
        cls.member = made["AccountId"]
        organizations.move_account(AccountId=cls.member, SourceParentId=cls.root, DestinationParentId=cls.unit)

    @classmethod
    def make_account(cls):
        iam = cls.ringwall.client("iam")
        iam.create_group(GroupName="people")
        iam.put_group_policy(GroupName="people", PolicyName="read", PolicyDocument=statement("Allow", "iam:List*"))
        iam.create_user(UserName="ann", Tags=[{"Key": "team", "Value": "data"}])
        iam.add_user_to_group(GroupName="people", UserName="ann")
        edge = iam.create_policy(PolicyName="edge", PolicyDocument=statement("Allow", ["kms:*", "rds:*"]))["Policy"]["Arn"]
        iam.create_role(RoleName="app", AssumeRolePolicyDocument=TRUST.format(cls.arn), PermissionsBoundary=edge)
        iam.put_role_policy(RoleName="app", PolicyName="own", PolicyDocument=statement("Allow", "kms:Decrypt"))
        cls.ringwall.client("kms").create_key()
        vpc = cls.ringwall.client("ec2").create_vpc(CidrBlock="10.44.0.0/16")["Vpc"]["VpcId"]
        cls.ringwall.client("ec2").create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.kms", VpcEndpointType="Interface", PrivateDnsEnabled=False)

    def setUp(self):
        self.aws = aws_cli(self.ringwall)[0]
        self.folder = tempfile.mkdtemp(prefix="ringwall-export-")
        self.addCleanup(shutil.rmtree, self.folder)

    def collect(self, *arguments, expect, environment=None):
        done = run(BINARY, "collect", "--aws", self.aws, *arguments, self.folder, env={**self.environment, **(environment or {})}, timeout=300)
        self.assertEqual(done.returncode, expect, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done

    def test_what_is_collected_is_what_the_server_exports(self):
        done = self.collect("--services", SERVICES, expect=0)
        self.assertIn(" 0 kept, 0 calls refused", done.stdout)
        collected, live = read_folder(self.folder), live_export(self.data)
        self.assertEqual(collected.pop("refused.json"), {"Refused": []})
        self.assertEqual(sorted(collected), sorted(live))
        for path, content in live.items():
            with self.subTest(path=path):
                self.assertEqual(essence(collected[path]), essence(content))
        details = live[f"accounts/{self.account}/authorization-details.json"]
        app = next(role for role in details["RoleDetailList"] if role["RoleName"] == "app")
        self.assertEqual(app["RolePolicyList"][0]["PolicyDocument"]["Statement"][0]["Action"], "kms:Decrypt")
        again = self.collect("--services", SERVICES, expect=0)
        self.assertIn("0 files written", again.stdout)

    def test_what_is_refused_is_recorded_and_asked_again(self):
        iam = self.client("iam")
        iam.create_user(UserName="auditor")
        iam.put_user_policy(UserName="auditor", PolicyName="p", PolicyDocument=statement("Allow", ["organizations:*", "iam:Get*", "ec2:Describe*", "rds:Describe*"]))
        key = iam.create_access_key(UserName="auditor")["AccessKey"]
        keys = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        only = ["--services", SERVICES, "--account", self.account]
        done = self.collect(*only, expect=2, environment=keys)
        self.assertIn("kms list-keys", done.stderr)
        with open(os.path.join(self.folder, "refused.json"), encoding="utf-8") as file:
            text = file.read()
        self.assertNotIn(key["SecretAccessKey"], text)
        refused = json.loads(text)["Refused"]
        self.assertEqual([one["Path"] for one in refused], [f"accounts/{self.account}/us-east-1/kms/keys.json"])
        self.assertIn("AccessDenied", refused[0]["Message"])
        self.assertIn("2 files written", self.collect(*only, expect=0).stdout)

    def test_wrong_input_is_named(self):
        self.assertIn("`s4`", self.collect("--services", "s4", expect=3).stderr)
        self.assertIn("`12`", self.collect("--account", "12", expect=3).stderr)
        self.assertEqual(run(BINARY, "collect", timeout=30).returncode, 3)
        self.assertIn("InvalidClientTokenId", self.collect(expect=3, environment={"AWS_ACCESS_KEY_ID": "AKIANOBODY0000000000"}).stderr)
        self.assertIn("install the AWS CLI", run(BINARY, "collect", "--aws", "/nowhere/aws", "--region", "us-east-1", self.folder).stderr)

    def test_a_dry_run_calls_nothing(self):
        done = self.collect("--dry-run", "--services", "kms", expect=0, environment={"AWS_ENDPOINT_URL": "https://127.0.0.1:1"})
        self.assertIn("kms get-key-policy --key-id=NAME --policy-name=default", done.stdout)
        self.assertEqual(os.listdir(self.folder), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
