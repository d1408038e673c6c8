"""Access Analyzer: who outside has access, and what a policy would newly allow, through boto3 and the AWS CLI.

Debian's boto3 is older than the second form of findings and than the checks, so those are asked through the CLI; where
that is missing or older too they are reported as skipped.
"""

import json
import subprocess
import unittest

from harness import Keys, ServerCase, aws_cli, cli_environment

COMMAND_S_MAX = 60
PARTNER, STRANGER = "111122223333", "444455556666"


def statement(effect="Allow", action="s3:GetObject", resource="arn:aws:s3:::books/*", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(principal, **condition):
    one = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return document({**one, "Condition": condition} if condition else one)


class AnalyzerTest(ServerCase):
    def setUp(self):
        self.iam, self.analyzer = self.client("iam"), self.client("accessanalyzer")
        self.account = self.client("sts").get_caller_identity()["Account"]

    def new_analyzer(self, name="watch", **more):
        arn = self.analyzer.create_analyzer(analyzerName=name, type="ACCOUNT", **more)["arn"]
        self.addCleanup(self.analyzer.delete_analyzer, analyzerName=name)
        return arn

    def role(self, name, policy):
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy)["Role"]["Arn"]
        self.addCleanup(self.iam.delete_role, RoleName=name)
        return arn

    def findings(self, analyzer, **more):
        return self.analyzer.list_findings(analyzerArn=analyzer, **more)["findings"]

    def cli(self, *arguments, is_refused=False):
        """What `aws accessanalyzer` answers, or what it says on the error stream if it is to be refused."""
        done = subprocess.run([*aws_cli(self.ringwall), "accessanalyzer", *arguments, "--output", "json"], capture_output=True,
                              text=True, timeout=COMMAND_S_MAX, env=cli_environment(self.ringwall), check=False)
        if "Invalid choice" in done.stderr or "invalid choice" in done.stderr:
            self.skipTest(f"the AWS CLI on the PATH is older than `{arguments[0]}`")
        self.assertEqual(done.returncode != 0, is_refused, f"{arguments}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done.stderr if is_refused else json.loads(done.stdout or "{}")

    def test_an_analyzer_lives_from_create_to_delete(self):
        arn = self.new_analyzer(tags={"team": "blue"})
        self.assertEqual(arn, f"arn:aws:access-analyzer:{self.ringwall.region}:{self.account}:analyzer/watch")
        shown = self.analyzer.get_analyzer(analyzerName="watch")["analyzer"]
        self.assertEqual((shown["name"], shown["type"], shown["status"], shown["tags"]), ("watch", "ACCOUNT", "ACTIVE", {"team": "blue"}))
        self.assertEqual([one["arn"] for one in self.analyzer.list_analyzers()["analyzers"]], [arn])
        self.analyzer.tag_resource(resourceArn=arn, tags={"stage": "test"})
        self.analyzer.untag_resource(resourceArn=arn, tagKeys=["team", "none"])
        self.assertEqual(self.analyzer.list_tags_for_resource(resourceArn=arn)["tags"], {"stage": "test"})
        self.refused("ConflictException", self.analyzer.create_analyzer, analyzerName="watch", type="ACCOUNT")
        self.refused("ServiceQuotaExceededException", self.analyzer.create_analyzer, analyzerName="second", type="ACCOUNT")
        self.refused("ValidationException", self.analyzer.create_analyzer, analyzerName="9", type="ACCOUNT")
        said = self.refused("ResourceNotFoundException", self.analyzer.get_analyzer, analyzerName="none")
        self.assertIn("none", said)

    def test_unused_access_is_refused(self):
        said = self.cli("create-analyzer", "--analyzer-name", "unused", "--type", "ACCOUNT_UNUSED_ACCESS", is_refused=True)
        self.assertIn("ValidationException", said)

    def test_findings_follow_a_roles_trust(self):
        analyzer = self.new_analyzer()
        arn = self.role("partner", trust({"AWS": f"arn:aws:iam::{PARTNER}:root"}, StringEquals={"sts:ExternalId": "secret"}))
        self.role("inside", trust({"AWS": f"arn:aws:iam::{self.account}:root"}))
        found = self.findings(analyzer)
        self.assertEqual(len(found), 1, found)
        self.assertEqual((found[0]["principal"], found[0]["action"], found[0]["condition"], found[0]["isPublic"], found[0]["resource"],
                          found[0]["resourceType"], found[0]["status"], found[0]["resourceOwnerAccount"]),
                         ({"AWS": PARTNER}, ["sts:AssumeRole"], {"sts:ExternalId": "secret"}, False, arn, "AWS::IAM::Role", "ACTIVE", self.account))
        one = self.analyzer.get_finding(analyzerArn=analyzer, id=found[0]["id"])["finding"]
        self.assertEqual(one, found[0])
        second = self.cli("get-finding-v2", "--analyzer-arn", analyzer, "--id", found[0]["id"])
        self.assertEqual((second["findingType"], second["findingDetails"][0]["externalAccessDetails"]["principal"]), ("ExternalAccess", {"AWS": PARTNER}))
        self.iam.update_assume_role_policy(RoleName="partner", PolicyDocument=trust({"AWS": f"arn:aws:iam::{self.account}:root"}))
        self.assertEqual([one["status"] for one in self.findings(analyzer)], ["RESOLVED"])
        self.iam.update_assume_role_policy(RoleName="partner", PolicyDocument=trust("*"))
        active = self.findings(analyzer, filter={"status": {"eq": ["ACTIVE"]}})
        self.assertEqual([(one["principal"], one["isPublic"]) for one in active], [({"AWS": "*"}, True)])
        resource = self.analyzer.get_analyzed_resource(analyzerArn=analyzer, resourceArn=arn)["resource"]
        self.assertEqual((resource["isPublic"], resource["actions"], resource["status"]), (True, ["sts:AssumeRole"], "ACTIVE"))
        listed = self.analyzer.list_analyzed_resources(analyzerArn=analyzer, resourceType="AWS::IAM::Role")["analyzedResources"]
        self.assertIn(arn, [one["resourceArn"] for one in listed])
        self.analyzer.start_resource_scan(analyzerArn=analyzer, resourceArn=arn)
        self.refused("ResourceNotFoundException", self.analyzer.start_resource_scan, analyzerArn=analyzer, resourceArn=arn + "x")

    def test_findings_follow_a_keys_policy_and_grants(self):
        analyzer, kms = self.new_analyzer(), self.client("kms")
        own = statement(Principal={"AWS": f"arn:aws:iam::{self.account}:root"}, action="kms:*", resource="*")
        shared = statement(Principal={"AWS": f"arn:aws:iam::{PARTNER}:root"}, action=["kms:Decrypt", "kms:DescribeKey"], resource="*")
        key = kms.create_key(Policy=document(own, shared))["KeyMetadata"]
        self.addCleanup(kms.schedule_key_deletion, KeyId=key["KeyId"], PendingWindowInDays=7)
        of_the_key = {"filter": {"resource": {"eq": [key["Arn"]]}, "status": {"eq": ["ACTIVE"]}}}
        self.assertEqual([(one["principal"], sorted(one["action"])) for one in self.findings(analyzer, **of_the_key)],
                         [({"AWS": PARTNER}, ["kms:Decrypt", "kms:DescribeKey"])])
        grant = kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=f"arn:aws:iam::{STRANGER}:root", Operations=["Encrypt"])["GrantId"]
        self.assertEqual({one["principal"]["AWS"] for one in self.findings(analyzer, **of_the_key)}, {PARTNER, STRANGER})
        kms.revoke_grant(KeyId=key["KeyId"], GrantId=grant)
        kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=document(own))
        self.assertEqual(self.findings(analyzer, **of_the_key), [])

    def test_findings_are_archived_by_hand_and_by_rule(self):
        analyzer = self.new_analyzer()
        self.role("first", trust({"AWS": PARTNER}))
        found = self.findings(analyzer)[0]["id"]
        self.analyzer.update_findings(analyzerArn=analyzer, ids=[found], status="ARCHIVED")
        self.assertEqual(self.findings(analyzer)[0]["status"], "ARCHIVED")
        self.analyzer.update_findings(analyzerArn=analyzer, ids=[found], status="ACTIVE")
        rule = {"principal.AWS": {"eq": [PARTNER]}, "isPublic": {"eq": ["false"]}}
        self.analyzer.create_archive_rule(analyzerName="watch", ruleName="partner", filter=rule)
        self.role("second", trust({"AWS": [PARTNER, STRANGER]}))
        self.assertEqual(sorted((one["principal"]["AWS"], one["status"]) for one in self.findings(analyzer)),
                         [(PARTNER, "ACTIVE"), (PARTNER, "ARCHIVED"), (STRANGER, "ACTIVE")])
        self.analyzer.apply_archive_rule(analyzerArn=analyzer, ruleName="partner")
        self.assertEqual([one["principal"]["AWS"] for one in self.findings(analyzer, filter={"status": {"eq": ["ACTIVE"]}})], [STRANGER])
        shown = self.analyzer.get_archive_rule(analyzerName="watch", ruleName="partner")["archiveRule"]
        self.assertEqual(shown["filter"], rule)
        self.analyzer.update_archive_rule(analyzerName="watch", ruleName="partner", filter={"error": {"exists": True}})
        self.assertEqual([one["filter"] for one in self.analyzer.list_archive_rules(analyzerName="watch")["archiveRules"]], [{"error": {"exists": True}}])
        self.analyzer.delete_archive_rule(analyzerName="watch", ruleName="partner")
        self.refused("ResourceNotFoundException", self.analyzer.get_archive_rule, analyzerName="watch", ruleName="partner")
        self.refused("ValidationException", self.analyzer.create_archive_rule, analyzerName="watch", ruleName="r", filter={"colour": {"eq": ["x"]}})
        pages = list(self.analyzer.get_paginator("list_findings").paginate(analyzerArn=analyzer, PaginationConfig={"PageSize": 2}))
        self.assertEqual([len(page["findings"]) for page in pages], [2, 1])

    def test_the_aws_cli_lists_findings_in_their_second_form(self):
        arn = self.cli("create-analyzer", "--analyzer-name", "cli", "--type", "ACCOUNT", "--tags", "team=blue")["arn"]
        self.addCleanup(self.analyzer.delete_analyzer, analyzerName="cli")
        role = self.role("open", trust("*"))
        found = self.cli("list-findings-v2", "--analyzer-arn", arn, "--filter", json.dumps({"resource": {"contains": ["role/open"]}}))["findings"]
        self.assertEqual([(one["resource"], one["findingType"], one["status"]) for one in found], [(role, "ExternalAccess", "ACTIVE")])

    def test_the_check_for_new_access(self):
        def check(new, existing, kind="IDENTITY_POLICY"):
            return self.cli("check-no-new-access", "--new-policy-document", new, "--existing-policy-document", existing, "--policy-type", kind)
        get, both = document(statement()), document(statement(), statement(Sid="put", action="s3:PutObject"))
        self.assertEqual(check(get, both), {"result": "PASS", "message": "The modified permissions do not grant new access compared to your existing policy."})
        self.assertEqual(check(both, get), {
            "result": "FAIL", "message": "The modified permissions grant new access compared to your existing policy.",
            "reasons": [{"description": "New access in the statement with sid: put.", "statementIndex": 1, "statementId": "put"}]})
        self.assertEqual(check(trust({"AWS": PARTNER}), trust("*"), "RESOURCE_POLICY")["result"], "PASS")
        self.assertEqual(check(trust("*"), trust({"AWS": PARTNER}), "RESOURCE_POLICY")["result"], "FAIL")
        said = self.cli("check-no-new-access", "--new-policy-document", "{}", "--existing-policy-document", get, "--policy-type", "IDENTITY_POLICY", is_refused=True)
        self.assertIn("InvalidParameterException", said)

    def test_the_check_for_granted_access(self):
        def check(access):
            return self.cli("check-access-not-granted", "--policy-document", document(statement(), statement(action="iam:Get*", resource="*")),
                            "--access", json.dumps([access]), "--policy-type", "IDENTITY_POLICY")
        self.assertEqual(check({"actions": ["s3:PutObject", "iam:DeleteUser"]})["result"], "PASS")
        self.assertEqual(check({"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::films/*"]})["result"], "PASS")
        failed = check({"actions": ["s3:PutObject", "iam:GetUser"]})
        self.assertEqual((failed["result"], failed["reasons"]), ("FAIL", [{
            "description": "One or more of the listed actions or resources in the statement with index: 1.", "statementIndex": 1}]))

    def test_the_check_for_public_access(self):
        def check(principal, **condition):
            one = {"Sid": "Bob", "Effect": "Allow", "Principal": principal, "Action": ["s3:GetObject"]}
            return self.cli("check-no-public-access", "--policy-document", document({**one, "Condition": condition} if condition else one),
                            "--resource-type", "AWS::S3::Bucket")
        self.assertEqual(check({"AWS": f"arn:aws:iam::{PARTNER}:user/JohnDoe"}), {
            "result": "PASS", "message": "The resource policy does not grant public access for the given resource type."})
        self.assertEqual(check("*")["reasons"], [{"description": "Public access granted in the following statement with sid: Bob.",
                                                  "statementIndex": 0, "statementId": "Bob"}])
        self.assertEqual(check("*", StringEquals={"aws:PrincipalOrgID": "o-abcdefghij"})["result"], "PASS")
        self.assertEqual(check("*", Bool={"aws:SecureTransport": "true"})["result"], "FAIL")

    def test_nobody_asks_who_is_not_allowed_to(self):
        analyzer = self.new_analyzer()
        self.iam.create_user(UserName="dave")
        key = self.iam.create_access_key(UserName="dave")["AccessKey"]
        dave = self.client("accessanalyzer", Keys(key["AccessKeyId"], key["SecretAccessKey"]))
        self.refused("AccessDeniedException", dave.list_analyzers)
        self.refused("AccessDeniedException", dave.list_findings, analyzerArn=analyzer)
        self.refused("AccessDeniedException", dave.list_tags_for_resource, resourceArn=analyzer)
        self.iam.put_user_policy(UserName="dave", PolicyName="p", PolicyDocument=document(statement(action="access-analyzer:ListFindings", resource=analyzer)))
        self.assertEqual(dave.list_findings(analyzerArn=analyzer)["findings"], [])
        self.refused("AccessDeniedException", dave.delete_analyzer, analyzerName="watch")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
