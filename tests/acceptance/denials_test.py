"""Each of the eight policy types refuses through the AWS CLI, and the refusal names the layer and the kind as AWS does."""

import json
import subprocess
import unittest

from harness import Keys, Network, ServerCase, aws_cli, cli_environment

COMMAND_S_MAX = 60
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
LIST = {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}
NO_LIST = {"Effect": "Deny", "Action": "iam:ListUsers", "Resource": "*"}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def to(principal, action, effect="Allow", **more):
    return {"Effect": effect, "Principal": principal, "Action": action, **more}


class DenialsTest(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.aws = aws_cli(cls.ringwall)
        organizations = cls.ringwall.client("organizations")
        status = organizations.create_account(AccountName="member", Email="member@example.com")["CreateAccountStatus"]
        cls.account = status["AccountId"]
        cls.member = cls.ringwall.assume(f"arn:aws:iam::{cls.account}:role/OrganizationAccountAccessRole")
        cls.root = organizations.list_roots()["Roots"][0]["Id"]
        for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
            cls.enable(organizations, kind)

    @classmethod
    def enable(cls, organizations, kind):
        enabled = {one["Type"] for one in organizations.list_roots()["Roots"][0]["PolicyTypes"]}
        if kind not in enabled:
            organizations.enable_policy_type(RootId=cls.root, PolicyType=kind)

    def user(self, name, *statements):
        """A user of the member account with these statements, and keys."""
        iam = self.client("iam", self.member)
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Keys(key["AccessKeyId"], key["SecretAccessKey"])

    def denied(self, keys, *arguments):
        """What the AWS CLI says to these keys' call; it must be refused."""
        done = subprocess.run([*self.aws, *arguments], capture_output=True, text=True, timeout=COMMAND_S_MAX, check=False,
                              env={**cli_environment(self.ringwall), **keys.environment()})
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.stderr

    def in_control(self, kind, content, call):
        """What `call` answers while a policy of this kind is attached to the member account."""
        organizations = self.client("organizations")
        policy = organizations.create_policy(Name="denials", Description="", Type=kind, Content=content)["Policy"]["PolicySummary"]["Id"]
        organizations.attach_policy(PolicyId=policy, TargetId=self.account)
        try:
            return call()
        finally:
            organizations.detach_policy(PolicyId=policy, TargetId=self.account)
            organizations.delete_policy(PolicyId=policy)

    def test_an_identity_based_policy(self):
        self.assertIn("because no identity-based policy allows the iam:ListUsers action",
                      self.denied(self.user("nobody"), "iam", "list-users"))
        self.assertIn("with an explicit deny in an identity-based policy",
                      self.denied(self.user("barred", ALL, NO_LIST), "iam", "list-users"))

    def test_a_permissions_boundary(self):
        keys = self.user("bounded", ALL)
        iam = self.client("iam", self.member)
        for statements, said in (([{**LIST, "Action": "iam:ListRoles"}], "because no permissions boundary allows the iam:ListUsers action"),
                                 ([ALL, NO_LIST], "with an explicit deny in a permissions boundary")):
            arn = iam.create_policy(PolicyName=f"edge{len(statements)}", PolicyDocument=document(*statements))["Policy"]["Arn"]
            iam.put_user_permissions_boundary(UserName="bounded", PermissionsBoundary=arn)
            self.assertIn(said, self.denied(keys, "iam", "list-users"))

    def test_a_session_policy(self):
        role = f"arn:aws:iam::{self.account}:role/OrganizationAccountAccessRole"
        narrow = self.ringwall.assume(role, Policy=document({**LIST, "Action": "iam:ListRoles"}))
        self.assertIn("because no session policy allows the iam:ListUsers action", self.denied(narrow, "iam", "list-users"))
        barred = self.ringwall.assume(role, Policy=document(ALL, NO_LIST))
        self.assertIn("with an explicit deny in a session policy", self.denied(barred, "iam", "list-users"))

    def test_a_resource_based_policy(self):
        kms = self.client("kms", self.member)
        keys = self.user("reader", ALL)
        me = self.client("sts", self.member).get_caller_identity()["Arn"].split("/")
        mine = f"arn:aws:iam::{self.account}:role/{me[1]}"
        for effect, said in (("Allow", "because no resource-based policy allows the kms:DescribeKey action"),
                             ("Deny", "with an explicit deny in a resource-based policy")):
            reader = [] if effect == "Allow" else [to({"AWS": "*"}, "kms:DescribeKey", "Deny", Resource="*")]
            policy = document(to({"AWS": mine}, ["kms:Put*", "kms:Create*"], Resource="*"), *reader)
            key = kms.create_key(Policy=policy)["KeyMetadata"]["KeyId"]
            self.assertIn(said, self.denied(keys, "kms", "describe-key", "--key-id", key))

    def test_a_role_trust_policy(self):
        keys, iam = self.user("visitor", ALL), self.client("iam", self.member)
        strict = to({"AWS": self.account}, "sts:AssumeRole", Condition={"StringEquals": {"sts:ExternalId": "42"}})
        for name, statements, said in (
                ("strict", [strict], "because no role trust policy allows the sts:AssumeRole action"),
                ("closed", [strict, to("*", "sts:AssumeRole", "Deny")], "with an explicit deny in the role trust policy")):
            role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(*statements))["Role"]["Arn"]
            self.assertIn(said, self.denied(keys, "sts", "assume-role", "--role-arn", role, "--role-session-name", "me"))

    def test_a_service_control_policy(self):
        keys = self.user("member", ALL)

        def call():
            return self.denied(keys, "iam", "list-users")
        self.assertIn("with an explicit deny in a service control policy", self.in_control("SERVICE_CONTROL_POLICY", document(NO_LIST), call))
        organizations = self.client("organizations")
        some = organizations.create_policy(Name="some", Description="", Type="SERVICE_CONTROL_POLICY",
                                           Content=document({**ALL, "Action": "kms:*"}))["Policy"]["PolicySummary"]["Id"]
        organizations.attach_policy(PolicyId=some, TargetId=self.account)
        organizations.detach_policy(PolicyId="p-FullAWSAccess", TargetId=self.account)
        try:
            self.assertIn("because no service control policy allows the iam:ListUsers action", call())
        finally:
            organizations.attach_policy(PolicyId="p-FullAWSAccess", TargetId=self.account)
            organizations.detach_policy(PolicyId=some, TargetId=self.account)

    # One that allows is AWS's own and cannot be detached: a resource control policy refuses explicitly or not at all.
    def test_a_resource_control_policy(self):
        key = self.client("kms", self.member).create_key()["KeyMetadata"]["KeyId"]
        keys = self.user("key-reader", ALL)
        content = document(to("*", "kms:DescribeKey", "Deny", Resource="*"))
        self.assertIn("with an explicit deny in a resource control policy", self.in_control(
            "RESOURCE_CONTROL_POLICY", content, lambda: self.denied(keys, "kms", "describe-key", "--key-id", key)))

    def test_a_vpc_endpoint_policy(self):
        network = Network(self.ringwall)
        ec2 = network.ec2
        ec2.authorize_security_group_ingress(GroupId=network.database, IpPermissions=[{
            "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": network.application}]}])
        only_kms = to("*", "kms:*", Resource="*")
        endpoint = ec2.create_vpc_endpoint(VpcId=network.vpc, ServiceName=f"com.amazonaws.{self.ringwall.region}.ringwall",
                                           VpcEndpointType="Interface", SubnetIds=network.subnets, SecurityGroupIds=[network.database],
                                           PolicyDocument=document(only_kms))["VpcEndpoint"]["VpcEndpointId"]
        self.assertIn("because no VPC endpoint policy allows the iam:ListUsers action", self.denied_inside(network))
        ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, PolicyDocument=document(
            to("*", "*", Resource="*"), to("*", "iam:ListUsers", "Deny", Resource="*")))
        self.assertIn("with an explicit deny in a VPC endpoint policy", self.denied_inside(network))

    def denied_inside(self, network):
        """The same through the endpoint: `ringwall exec` says where the API is."""
        environment = {name: value for name, value in cli_environment(self.ringwall).items() if name != "AWS_ENDPOINT_URL"}
        done = self.ringwall.exec(network.inside, [self.aws[0], "iam", "list-users"], environment)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.stderr


if __name__ == "__main__":
    unittest.main()
