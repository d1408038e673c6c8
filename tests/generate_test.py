#!/usr/bin/env python3
"""`ringwall perimeter` and `ringwall generate` as scripts use them: exit statuses, the schema beside the reader, second
runs, what the lint and Terraform say of what is made, and the how-to's examples.

usage: generate_test.py RINGWALL
"""
import glob
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
RINGWALL = sys.argv.pop(1) if len(sys.argv) > 1 else "ringwall"
EXAMPLE = ROOT / "examples" / "perimeter.yaml"
PROVIDER = "registry.terraform.io/hashicorp/aws"
MIRRORS = ("/opt/tf-plugins", "/usr/share/terraform/plugins", os.path.expanduser("~/.terraform.d/plugins"))
LINT_TYPES = {"identity-guardrail": "identity", "scp-resources": "scp", "scp-networks": "scp", "scp-governance": "scp", "scp-agents": "scp", "rcp": "rcp",
              "resource-statement": "resource", "endpoint": "endpoint", "trust-statement": "trust"}

LEAST = {"organization": "o-a1b2c3d4e5"}
EXCEPTION = {"name": "e", "owner": "o", "reason": "r"}
WELL_FORMED = [{}, LEAST, {**LEAST, "accounts": []}, {**LEAST, "exceptions": [EXCEPTION]},
               {**LEAST, "exceptions": [{**EXCEPTION, "objectives": ["trust"], "external_id": "x"}]},
               {**LEAST, "networks": {"cidrs": ["192.0.2.0/24"], "estate_vpcs": False}}]
ILL_FORMED = [{"organization": "o-1"}, {**LEAST, "organisation": "x"}, {**LEAST, "accounts": [1]},
              {**LEAST, "accounts": "111122223333"}, {**LEAST, "regions": []}, {**LEAST, "networks": {"vpcs": ["vpc-1"]}},
              {**LEAST, "services": [{}]}, {**LEAST, "services": [{"principal": "example.com"}]},
              {**LEAST, "aws_owned": [{"actions": ["s3:*"]}]}, {**LEAST, "exceptions": [{"name": "e"}]},
              {**LEAST, "exceptions": [{**EXCEPTION, "external_id": "x"}]},
              {**LEAST, "exceptions": [{**EXCEPTION, "principals": []}]}, {**LEAST, "anonymous_get_object": "no"}]


ADMINISTRATOR = "arn:aws:iam::*:role/perimeter-administrator"
MORE = {**LEAST, "networks": {"cidrs": ["192.0.2.0/24"]}, "governance": {"administrators": [ADMINISTRATOR]},
        "agents": {"services": ["s3", "ec2", "logs", "cloudwatch"]},
        "identity_providers": [{"issuer": "token.actions.githubusercontent.com", "subjects": ["repo:acme/*"]}]}


class Base(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def ringwall(self, *arguments, text=None):
        return subprocess.run([RINGWALL, *map(str, arguments)], cwd=self.folder, input=text, capture_output=True, text=True,
                              check=False)

    def generate(self, *arguments, perimeter=EXAMPLE):
        return self.ringwall("generate", "--perimeter", perimeter, "--out", "out", *arguments)

    def file(self, name, document):
        (self.folder / name).write_text(json.dumps(document))
        return name


class Perimeter(Base):
    def test_the_example_is_well_formed(self):
        done = self.ringwall("perimeter", "check", EXAMPLE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("organisation o-a1b2c3d4e5, 4 networks, 2 services, 2 exceptions", done.stdout)

    def test_says_what_is_wrong_and_where(self):
        done = self.ringwall("perimeter", "check", "-", text="organization: o-a1b2c3d4e5\nnetworks:\n  vpcs: [vpc-1]\n")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^ringwall: -: line 3, column 10: `networks\.vpcs\[0\]`: `vpc-1` is not a VPC's Region and id")

    def test_tells_a_file_that_is_missing_from_one_that_is_wrong(self):
        self.assertEqual(self.ringwall("perimeter", "check", "missing.yaml").returncode, 2)

    def test_tells_of_exceptions_that_are_over_or_have_no_end(self):
        name = self.file("p.json", {**LEAST, "exceptions": [{**EXCEPTION, "expires": "2020-01-01"}, {**EXCEPTION, "name": "f"}]})
        done = self.ringwall("perimeter", "check", name)
        self.assertEqual(done.returncode, 0)
        self.assertIn("`e` is over since 2020-01-01", done.stdout)
        self.assertIn("`f` has no end", done.stdout)

    def test_the_schema_and_the_reader_agree(self):
        try:
            from jsonschema import Draft202012Validator
        except ImportError:
            self.skipTest("python3-jsonschema is not installed")
        schema = json.loads(self.ringwall("perimeter", "schema").stdout)
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema)
        for document, well_formed in [(one, True) for one in WELL_FORMED] + [(one, False) for one in ILL_FORMED]:
            with self.subTest(document=document):
                done = self.ringwall("perimeter", "check", "-", text=json.dumps(document))
                self.assertEqual(done.returncode == 0, well_formed, done.stderr)
                self.assertEqual(validator.is_valid(document), well_formed)


class Generate(Base):
    def documents(self):
        for path in sorted((self.folder / "out").glob("*/*.json")):
            yield path.parent.name, path, json.loads(path.read_text())

    def test_a_second_run_changes_nothing(self):
        for form in ("json", "terraform", "cloudformation"):
            self.assertEqual(self.generate("--as", form).returncode, 0)
            done = self.generate("--as", form)
            self.assertRegex(done.stdout, r"\A0 of \d+ files changed\n\Z")
            done = self.generate("--as", form, "--check")
            self.assertEqual((done.returncode, re.sub(r"\d+", "N", done.stdout)), (0, "N of N files would change\n"))
            shutil.rmtree(self.folder / "out")

    def test_check_says_what_would_change_and_writes_nothing(self):
        done = self.generate("--check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("would be created out/scp-resources/ringwall-scp-resources-1.json", done.stdout)
        self.assertFalse((self.folder / "out").exists())
        self.generate()
        rcp = self.folder / "out/rcp/ringwall-rcp-1.json"
        rcp.write_text("{}")
        done = self.generate("--check")
        self.assertEqual((done.returncode, done.stdout.splitlines()[0]), (1, "would be changed out/rcp/ringwall-rcp-1.json"))
        self.assertEqual(rcp.read_text(), "{}")

    def test_a_file_that_nothing_makes_any_more_goes(self):
        self.generate()
        (self.folder / "out/rcp/ringwall-rcp-9.json").write_text("{}")
        (self.folder / "out/rcp/mine.json").write_text("{}")
        self.assertIn("removed out/rcp/ringwall-rcp-9.json", self.generate().stdout)
        self.assertTrue((self.folder / "out/rcp/mine.json").exists())

    def test_one_layer(self):
        self.generate("--layer", "rcp")
        self.assertEqual({layer for layer, _, _ in self.documents()}, {"rcp"})
        done = self.generate("--layer", "scp")
        self.assertEqual(done.returncode, 2)
        self.assertIn("`scp` is no layer", done.stderr)

    def test_what_does_not_fit_fails(self):
        vpcs = [f"us-east-1/vpc-{number:08x}" for number in range(400)]
        name = self.file("p.json", {**LEAST, "networks": {"vpcs": vpcs}})
        done = self.generate(perimeter=name)
        self.assertEqual(done.returncode, 1)
        self.assertIn("do not hold the perimeter", done.stderr)

    def test_the_lint_finds_nothing_to_correct(self):
        self.generate()
        documents = list(self.documents())
        for layer, path, document in documents:
            beside = [one for other, _, made in documents if other == layer for one in made.get("Statement", [])]
            text = path.read_text()  # as it is attached, for white space counts
            if "Version" not in document:
                text = json.dumps({"Version": "2012-10-17", **document}, separators=(",", ":"))
            kind = "kms" if path.name.endswith("-kms.json") and layer == "resource-statement" else LINT_TYPES[layer]
            done = self.ringwall("lint", "--format", "json", "--type", kind, "-", text=text)
            found = [finding for finding in json.loads(done.stdout)["files"][0]["findings"]
                     if finding["severity"] != "suggestion" and not self.is_accepted(kind, finding, beside)]
            self.assertEqual(found, [], path.name)

    # Everything that the denials leave of what `asked` allows, `allowed` allows: for every request there is.
    def proved(self, asked, denials, allowed):
        statements = [{"Effect": "Allow", "Action": "*", "Resource": "*", **asked}, *({key: value for key, value in one.items() if key != "Principal"} for one in denials)]
        a = self.file("a.json", {"Version": "2012-10-17", "Statement": statements})
        b = self.file("b.json", {"Version": "2012-10-17", "Statement": allowed})
        done = self.ringwall("compare", "--type", "identity", "--format", "json", a, b)
        self.assertIn(done.returncode, [0, 1], done.stdout + done.stderr)
        return done.returncode == 0

    def statements_of(self, layer, perimeter=MORE):
        self.assertEqual(self.generate(perimeter=self.file("more.json", perimeter)).returncode, 0)
        return [one for found, _, document in self.documents() if found == layer for one in document["Statement"]]

    def test_the_perimeters_tags_are_set_by_administrators_alone(self):
        nothing = {"Effect": "Deny", "Action": "*", "Resource": "*"}
        tagging = {"Condition": {"ForAnyValue:StringLike": {"aws:TagKeys": ["dp:*"]}, "ArnNotLikeIfExists": {"aws:PrincipalArn": ADMINISTRATOR}}}
        scp = self.statements_of("scp-governance")
        self.assertTrue(self.proved(tagging, scp, [nothing]))
        self.assertFalse(self.proved(tagging, [one for one in scp if one["Sid"] != "NoTagsOfThePerimeter"], [nothing]))
        # A session's tags, which outsiders set too.
        rcp = [one for one in self.statements_of("rcp") if one["Sid"].startswith("NoTags")]
        session = {"Action": "sts:TagSession", "Condition": {**tagging["Condition"], "Null": {"saml:aud": "true"}}}
        self.assertTrue(self.proved(session, rcp, [nothing]))
        outsider = {"Action": "sts:TagSession", "Condition": {"ForAnyValue:StringLike": {"aws:TagKeys": ["dp:*"]}, "Null": {"saml:aud": "true"},
                                                              "StringNotEqualsIfExists": {"aws:PrincipalOrgID": LEAST["organization"]}}}
        self.assertTrue(self.proved(outsider, rcp, [nothing]))
        self.assertFalse(self.proved(outsider, [one for one in rcp if one["Sid"] == "NoTagsOfThePerimeter"], [nothing]))

    # RCPs leave out resources by their tags: those too are set by administrators alone, and S3's count once ABAC is asked for, which
    # only they may, for s3:PutBucketTagging does not say which tags it sets.
    def test_the_tags_that_leave_resources_out_are_set_by_administrators_alone(self):
        by_tags = {**MORE, "rollout": {"tags": True}}
        nothing = {"Effect": "Deny", "Action": "*", "Resource": "*"}
        unless = {"ArnNotLikeIfExists": {"aws:PrincipalArn": ADMINISTRATOR}}
        scp = self.statements_of("scp-governance", by_tags)
        self.assertTrue(self.proved({"Action": "s3:PutBucketAbac", "Condition": unless}, scp, [nothing]))
        self.assertFalse(self.proved({"Action": "s3:PutBucketAbac", "Condition": unless}, [one for one in scp if one["Sid"] != "NoTagsOfBuckets"], [nothing]))
        tagging = {"Action": ["s3:TagResource", "kms:TagResource", "sqs:TagQueue", "secretsmanager:TagResource", "dynamodb:TagResource", "iam:TagRole", "ec2:CreateTags"],
                   "Condition": {**unless, "ForAnyValue:StringLike": {"aws:TagKeys": ["dp:exclude:*"]}}}
        self.assertTrue(self.proved(tagging, scp, [nothing]))
        # What is left out is left out by the tag, and by nothing else.
        outsider = {"Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": LEAST["organization"]}, "Bool": {"aws:PrincipalIsAWSService": "false"}}, "Action": ["s3:*", "kms:*", "sqs:*"]}
        tagged = [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/dp:exclude:identity": "true"}}}]
        self.assertTrue(self.proved(outsider, self.statements_of("rcp", by_tags), tagged))
        self.assertFalse(self.proved(outsider, self.statements_of("rcp", by_tags), [nothing]))
        self.assertTrue(self.proved(outsider, self.statements_of("rcp"), [nothing]))

    def test_nothing_is_shared_but_by_administrators(self):
        scp = self.statements_of("scp-governance")
        unless = {"ArnNotLikeIfExists": {"aws:PrincipalArn": ADMINISTRATOR}}
        nothing = {"Effect": "Deny", "Action": "*", "Resource": "*"}
        for action, more in [("ec2:ModifySnapshotAttribute", {}), ("ec2:ModifyImageAttribute", {}), ("rds:ModifyDBSnapshotAttribute", {}), ("s3:PutBucketPolicy", {}),
                             ("iam:CreateOpenIDConnectProvider", {}), ("iam:CreateSAMLProvider", {}), ("ram:CreateResourceShare", {"Bool": {"ram:RequestedAllowsExternalPrincipals": "true"}}),
                             ("kms:CreateGrant", {"Bool": {"kms:GrantIsForAWSResource": "false"}})]:
            asked = {"Action": action, "Condition": {**unless, **more}}
            self.assertTrue(self.proved(asked, scp, [nothing]), action)
            self.assertFalse(self.proved(asked, [one for one in scp if action not in one["Action"]], [nothing]), action)

    def test_agents_read_and_reach_nothing_outside(self):
        scp = self.statements_of("scp-agents")
        through = {"Condition": {"Bool": {"aws:ViaAWSMCPService": "true"}}}
        read = [{"Effect": "Allow", "Action": next(one for one in scp if one["Sid"] == "AgentsOnlyRead")["NotAction"], "Resource": "*"}]
        mine = [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceOrgID": LEAST["organization"]}}}]
        self.assertTrue(self.proved(through, scp, read))
        self.assertTrue(self.proved(through, scp, mine))
        for sid, allowed in [("AgentsOnlyRead", read), ("AgentsOnlyMine", mine)]:
            self.assertFalse(self.proved(through, [one for one in scp if one["Sid"] != sid], allowed), sid)
        # Whoever comes without a server is as before.
        self.assertFalse(self.proved({"Condition": {"BoolIfExists": {"aws:ViaAWSMCPService": "false"}}}, scp, mine))

    def test_only_declared_tenants_sign_in(self):
        rcp = self.statements_of("rcp")
        subject = "token.actions.githubusercontent.com:sub"
        asked = {"Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"Null": {subject: "false"}}}
        mine = [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": {subject: "repo:acme/*"}}}]
        self.assertTrue(self.proved(asked, rcp, mine))
        self.assertFalse(self.proved(asked, [one for one in rcp if not one["Sid"].startswith("OnlyMyTenants")], mine))
        nothing = [{"Effect": "Deny", "Action": "*", "Resource": "*"}]
        self.assertTrue(self.proved({"Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"Null": {subject: "true"}}}, rcp, nothing))

    def test_what_is_generated_when_asked_is_clean_too(self):
        self.assertEqual(self.generate(perimeter=self.file("more.json", {**MORE, "rollout": {"tags": True, "networks_for": ["ec2", "glue", "lambda", "users"]}})).returncode, 0)
        self.assertLessEqual({"scp-governance", "scp-agents"}, {layer for layer, _, _ in self.documents()})
        for layer, path, document in self.documents():
            if LINT_TYPES[layer] in ("scp", "rcp"):
                done = self.ringwall("lint", "--format", "json", "--type", LINT_TYPES[layer], "-", text=path.read_text())
                found = [one for one in json.loads(done.stdout)["files"][0]["findings"]
                         if one["severity"] != "suggestion" and not self.is_accepted(LINT_TYPES[layer], one)]
                self.assertEqual(found, [], path.name)
                self.assertLessEqual(len(path.read_text()), 5120)

    @staticmethod
    def is_accepted(kind, finding, beside):
        # A statement is not a whole policy: what allows stands elsewhere. AWS's public parameters have no account in
        # their ARN, and AWS's list of actions and resources does not say so.
        code, message = finding["code"], finding["message"]
        # What does not fit into one document stands in another that is attached beside it.
        def is_paired():
            vpc = message.split("`")[1]
            return any(one["Effect"] == "Deny" and one.get("Condition", {}).get("StringEquals", {}).get("aws:SourceVpc") == vpc
                       and "aws:RequestedRegion" in one["Condition"].get("StringNotEqualsIfExists", {}) for one in beside)
        return ((code == "SOURCE_VPC_WITHOUT_REGION" and is_paired())
                or (kind == "kms" and code == "KEY_POLICY_MAY_LOCK_OUT")
                or (code == "RESOURCE_NOT_SUPPORTED_BY_ACTION" and "`ssm:" in message)
                or (code == "MISSING_ARN_ACCOUNT" and "arn:aws:ssm:*::" in message))

    def test_terraform_takes_it(self):
        if not shutil.which("terraform"):
            self.skipTest("terraform is not on the PATH")
        mirror = next((path for path in MIRRORS if glob.glob(os.path.join(path, PROVIDER, "*", "*"))), None)
        if not mirror:
            self.skipTest(f"no mirror with {PROVIDER} in {', '.join(MIRRORS)}")
        self.generate("--as", "terraform")
        rc = self.folder / "terraformrc"
        rc.write_text('disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n'
                      f'    path    = "{mirror}"\n    include = ["{PROVIDER}"]\n  }}\n}}\n')
        environment = {**os.environ, "TF_CLI_CONFIG_FILE": str(rc), "TF_IN_AUTOMATION": "1"}
        for command in (["init", "-no-color", "-input=false"], ["validate", "-no-color"]):
            done = subprocess.run(["terraform", *command], cwd=self.folder / "out", env=environment, capture_output=True,
                                  text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_template_is_one_of_cloudformation(self):
        self.generate("--as", "cloudformation")
        template = json.loads((self.folder / "out/ringwall.template.json").read_text())
        for name, resource in template["Resources"].items():
            self.assertRegex(name, "^[A-Za-z0-9]+$")
            self.assertIn(resource["Type"], ("AWS::Organizations::Policy", "AWS::IAM::ManagedPolicy"))


if __name__ == "__main__":
    unittest.main()
