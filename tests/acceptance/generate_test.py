"""`ringwall generate --apply`: policies made from a perimeter file, attached to a running server, and what they then refuse."""

import json
import os
import subprocess
import unittest

from harness import BINARY, Keys, ServerCase

TRUST = '{{"Version":"2012-10-17","Statement":[{{"Sid":"Own","Effect":"Allow","Principal":{{"AWS":"{0}"}},"Action":"sts:AssumeRole"}}]}}'


class GenerateTest(ServerCase):
    def setUp(self):
        self.organizations = self.client("organizations")
        self.organization = self.organizations.describe_organization()["Organization"]["Id"]
        self.root = self.organizations.list_roots()["Roots"][0]["Id"]

    def account(self, name):
        status = self.organizations.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]
        return status["AccountId"]

    def member(self, account):
        return self.ringwall.assume(f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole")

    def apply(self, *arguments, cidrs=("127.0.0.1/32",), organization=None):
        path = os.path.join(self.ringwall.data, "perimeter.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"organization": organization or self.organization, "networks": {"cidrs": list(cidrs)}}, file)
        return subprocess.run([BINARY, "generate", "--perimeter", path, "--apply", "--data", self.ringwall.data, *arguments],
                              capture_output=True, text=True, check=False)

    def attached(self):
        return {policy["Name"] for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
                for policy in self.organizations.list_policies_for_target(TargetId=self.root, Filter=kind)["Policies"]
                if policy["Name"].startswith("ringwall-")}

    def test_shows_first_then_performs_then_has_nothing_to_do(self):
        account = self.account("member")
        ec2 = self.client("ec2", self.member(account))
        iam = self.client("iam", self.member(account))
        role = iam.create_role(RoleName="app", AssumeRolePolicyDocument=TRUST.format(account))["Role"]["Arn"]
        vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.1.0/24")["Subnet"]["SubnetId"]
        endpoint = ec2.create_vpc_endpoint(
            VpcId=vpc, ServiceName="com.amazonaws.us-east-1.ringwall", VpcEndpointType="Interface", SubnetIds=[subnet],
            PrivateDnsEnabled=False)["VpcEndpoint"]["VpcEndpointId"]

        shown = self.apply()
        self.assertEqual(shown.returncode, 1, shown.stderr)
        for text in (role, endpoint, "+ OnlyMyPrincipals", "created   scp-networks", "neither SCPs nor RCPs bind it"):
            self.assertIn(text, shown.stdout)
        self.assertEqual(self.attached(), set(), "a dry run changes nothing")

        done = self.apply("--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.attached(), {"ringwall-rcp-1", "ringwall-scp-networks-1", "ringwall-scp-resources-1"})
        trust = iam.get_role(RoleName="app")["Role"]["AssumeRolePolicyDocument"]
        self.assertEqual([one["Sid"] for one in trust["Statement"]], ["Own", "OnlyMyPrincipals", "OnlyOnMyBehalf"])
        policy = json.loads(ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]["PolicyDocument"])
        self.assertIn(self.organization, json.dumps(policy))

        again = self.apply("--yes")
        self.assertEqual((again.returncode, again.stdout.splitlines()[-1]), (0, "nothing to change"), again.stderr)

        # A stranger's key, opened to everyone: of an account that is mine it is reached, of one that has left no more.
        stranger = self.account("stranger")
        everyone = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}]})
        theirs = self.client("iam", self.member(stranger))
        theirs.create_user(UserName="left")
        theirs.attach_user_policy(UserName="left", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        made = theirs.create_access_key(UserName="left")["AccessKey"]
        left = self.client("kms", Keys(made["AccessKeyId"], made["SecretAccessKey"]))
        kms = self.client("kms", self.member(account))
        key = left.create_key(Policy=everyone)["KeyMetadata"]["Arn"]
        kms.encrypt(KeyId=key, Plaintext=b"ours")
        left.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        self.organizations.remove_account_from_organization(AccountId=stranger)
        key = left.create_key(Policy=everyone)["KeyMetadata"]["Arn"]
        left.encrypt(KeyId=key, Plaintext=b"theirs")
        self.assertIn("service control policy", self.refused("AccessDeniedException", kms.encrypt, KeyId=key, Plaintext=b"ours"))

        # From another network than the expected one the members are closed; the management account is not.
        self.assertEqual(self.apply("--yes", cidrs=["192.0.2.0/24"]).returncode, 0)
        self.refused("AccessDenied", iam.list_roles)
        self.assertIn("ringwall-scp-networks-1", self.attached())

    def test_another_organisations_perimeter_is_refused(self):
        done = self.apply(organization="o-zzzzzzzzzz")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"the server's organisation is `{self.organization}`", done.stderr)


if __name__ == "__main__":
    unittest.main()
