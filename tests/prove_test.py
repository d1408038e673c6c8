#!/usr/bin/env python3
"""`ringwall prove`, `diff`, `who-can`, `what-can` and `compare` as scripts use them: exit statuses, formats, and bad input.

usage: prove_test.py RINGWALL
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

RINGWALL = sys.argv.pop(1) if len(sys.argv) > 1 else "ringwall"

ORGANIZATION, MANAGEMENT, MEMBER, OUTSIDER = "o-exampleorg1", "100000000001", "100000000002", "444455556666"
ROOT = "r-abcd"
FULL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
MINE_ONLY = {"Version": "2012-10-17", "Statement": [
    {"Sid": "OnlyMine", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::books", "arn:aws:s3:::books/*"],
     "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION},
                   "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}]}
PUBLIC = {"Version": "2012-10-17", "Statement": [
    {"Sid": "Public", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::books/*"}]}
READ_BOOKS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::books/*"}]}
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{MEMBER}:root"}, "Action": "sts:AssumeRole",
     "Condition": {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}}]}
READER = f"arn:aws:iam::{MEMBER}:role/reader"


def account(number, name):
    return {"Id": number, "Arn": f"arn:aws:organizations::{MANAGEMENT}:account/{ORGANIZATION}/{number}", "Email": f"{name}@example.com", "Name": name,
            "Status": "ACTIVE", "JoinedMethod": "CREATED", "JoinedTimestamp": "2026-01-01T00:00:00+00:00"}


def attached(kind, number, document):
    """The files of a policy that is attached to the root and to each account, as AWS has it: a level without any allows nothing."""
    identity = f"p-{number}"
    arn = f"arn:aws:organizations::{MANAGEMENT}:policy/{ORGANIZATION}/{kind.lower()}/{identity}"
    summary = {"Id": identity, "Arn": arn, "Name": identity, "Description": "", "Type": kind, "AwsManaged": False}
    return summary, {f"policies/{identity}.json": {"Policy": {"PolicySummary": summary, "Content": json.dumps(document, indent=2)}},
                     f"policies/{identity}.targets.json": {"Targets": [
                         {"TargetId": target, "Arn": f"arn:aws:organizations::{MANAGEMENT}:{type_.lower()}/{ORGANIZATION}/{target}", "Name": target, "Type": type_}
                         for target, type_ in [(ROOT, "ROOT"), (MANAGEMENT, "ACCOUNT"), (MEMBER, "ACCOUNT")]]}}


def estate(bucket_policy=None, identity=None, trust=None):
    """An organisation of two accounts; in one a bucket and a role."""
    scp, scp_files = attached("SERVICE_CONTROL_POLICY", "full0001", FULL)
    root = {"Id": ROOT, "Arn": f"arn:aws:organizations::{MANAGEMENT}:root/{ORGANIZATION}/{ROOT}", "Name": "Root",
            "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}
    accounts = [account(MANAGEMENT, "management"), account(MEMBER, "books")]
    nobody = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": [], "IsTruncated": False}
    role = {"Path": "/", "RoleName": "reader", "RoleId": "AROAEXAMPLEREADER0001", "Arn": READER, "CreateDate": "2026-01-01T00:00:00+00:00",
            "AssumeRolePolicyDocument": trust or TRUST, "InstanceProfileList": [], "AttachedManagedPolicies": [], "Tags": [],
            "RolePolicyList": [{"PolicyName": "read", "PolicyDocument": identity or READ_BOOKS}]}
    organization = {"Id": ORGANIZATION, "Arn": f"arn:aws:organizations::{MANAGEMENT}:organization/{ORGANIZATION}", "FeatureSet": "ALL",
                    "MasterAccountArn": f"arn:aws:organizations::{MANAGEMENT}:account/{ORGANIZATION}/{MANAGEMENT}", "MasterAccountId": MANAGEMENT,
                    "MasterAccountEmail": "management@example.com", "AvailablePolicyTypes": []}
    files = {
        "organization.json": {"Organization": organization}, "roots.json": {"Roots": [root]}, "accounts.json": {"Accounts": accounts},
        f"tree/{ROOT}/organizational-units.json": {"OrganizationalUnits": []}, f"tree/{ROOT}/accounts.json": {"Accounts": accounts},
        "policies/SERVICE_CONTROL_POLICY.json": {"Policies": [scp]}, "policies/RESOURCE_CONTROL_POLICY.json": {"Policies": []}, **scp_files,
        f"accounts/{MANAGEMENT}/authorization-details.json": nobody,
        f"accounts/{MEMBER}/authorization-details.json": {**nobody, "RoleDetailList": [role]},
        "export.json": {"Regions": ["us-east-1"], "Services": ["s3"]},
    }
    for number in [MANAGEMENT, MEMBER]:
        buckets = [{"Name": "books", "CreationDate": "2026-01-01T00:00:00+00:00"}] if number == MEMBER else []
        files[f"accounts/{number}/s3/buckets.json"] = {"Buckets": buckets, "Owner": {"ID": "0" * 64}}
        files[f"accounts/{number}/us-east-1/vpcs.json"] = {"Vpcs": []}
        files[f"accounts/{number}/us-east-1/vpc-endpoints.json"] = {"VpcEndpoints": []}
    files[f"accounts/{MEMBER}/s3/books.policy.json"] = {"Policy": json.dumps(bucket_policy)} if bucket_policy else {}
    return files


class Command(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.write("perimeter.yaml", f"organization: {ORGANIZATION}\nmanagement_account: \"{MANAGEMENT}\"\n")

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=2))
        return name

    def export(self, name, files):
        for path, content in files.items():
            self.write(f"{name}/{path}", content)
        return name

    def run_ringwall(self, *arguments, text=None):
        return subprocess.run([RINGWALL, *arguments], cwd=self.folder, input=text, capture_output=True, text=True, timeout=120, check=False)

    def prove(self, *arguments, perimeter="perimeter.yaml"):
        return self.run_ringwall("prove", "--perimeter", perimeter, *arguments)


class Prove(Command):
    def test_a_public_bucket_leaks_and_the_place_is_told(self):
        done = self.prove("--estate", self.export("open", estate(PUBLIC)))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(done.stderr, "", "a pipe sees no progress")
        self.assertRegex(done.stdout, r"(?m)^resource/principals +LEAK +\d+ +1 ")
        self.assertIn("s3:GetObject", done.stdout)
        self.assertIn(f"open/accounts/{MEMBER}/s3/books.policy.json:", done.stdout)
        self.assertNotIn("\x1b", done.stdout)

    def test_one_objective_is_proved_where_the_bucket_keeps_outsiders_off(self):
        name = self.export("closed", estate(MINE_ONLY))
        done = self.prove("--estate", name, "--objective", "resource/principals", "--certificate", "proof.txt")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(done.stdout.endswith("proved: the perimeter holds\n"), done.stdout)
        self.assertTrue((self.folder / "proof.txt").is_file())
        self.assertFalse((self.folder / "proof.txt.partial").exists())

    def test_the_whole_alone_tells_the_leaks_that_it_takes_over(self):
        name = self.export("open", estate(MINE_ONLY, identity=FULL))
        done = self.prove("--estate", name, "--objective", "perimeter", "--json", "report.json")
        self.assertEqual(done.returncode, 1, done.stderr)
        report = json.loads((self.folder / "report.json").read_text())
        self.assertIn("identity/resources", [leak["objective"] for leak in report["leaks"]])
        for row in report["matrix"]:
            for cell in row["cells"]:
                for leak in cell["leaks"]:
                    self.assertIn(cell["subject"], report["leaks"][leak]["subjects"])
        self.assertNotIn(" 0 kinds", done.stdout)

    def test_all_forms_are_written_at_once(self):
        done = self.prove("--estate", self.export("open", estate(PUBLIC)), "--page", "page.html", "--sarif", "log.sarif", "--json", "report.json", "--out", "report.txt")
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        report = json.loads((self.folder / "report.json").read_text())
        self.assertEqual(report["verdict"], "leak")
        leak = next(leak for leak in report["leaks"] if leak["objective"] == "resource/principals")
        self.assertEqual(leak["subjects"], ["arn:aws:s3:::books"])
        log = json.loads((self.folder / "log.sarif").read_text())
        self.assertIn("resource/principals", [result["ruleId"] for result in log["runs"][0]["results"]])
        self.assertTrue((self.folder / "page.html").read_text().startswith("<!doctype html>"))
        self.assertIn("leak 1 of", (self.folder / "report.txt").read_text())

    def test_an_exception_covers_until_it_expires(self):
        self.write("excepted.yaml", f"""organization: {ORGANIZATION}
exceptions:
  - name: website
    owner: web
    reason: it is public
    expires: 2027-01-01
    resources: ["arn:aws:s3:::books", "arn:aws:s3:::books/*"]
""")
        name = self.export("open", estate(PUBLIC))
        only = ["--estate", name, "--objective", "resource/principals", "--objective", "resource/networks"]
        done = self.prove(*only, "--today", "2026-12-31", perimeter="excepted.yaml")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("website: covers ", done.stdout)
        done = self.prove(*only, "--today", "2027-01-01", perimeter="excepted.yaml")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("website: expired on 2027-01-01", done.stdout)
        self.assertIn("excepted.yaml:3:", done.stdout)

    def test_the_schema_is_published(self):
        done = self.run_ringwall("prove", "--schema")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(json.loads(done.stdout)["$schema"], "https://json-schema.org/draft/2020-12/schema")


class BadInput(Command):
    def refused(self, done, *parts):
        self.assertEqual((done.returncode, done.stdout), (3, ""), done.stdout + done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)

    def inconclusive(self, done, *parts):
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        for part in parts:
            self.assertIn(part, done.stdout)

    def changed(self, edits):
        return self.export("estate", {**estate(MINE_ONLY), **edits})

    def test_wrong_usage_is_no_verdict(self):
        self.refused(self.run_ringwall("prove"), "`--perimeter FILE`")
        self.refused(self.prove(), "`--estate PATH`")
        self.refused(self.run_ringwall("prove", "--colour"))
        self.refused(self.prove("--estate", "estate", "--objective", "network"), "no objective `network`")
        self.refused(self.prove("--estate", "estate", "--today", "tomorrow"), "`--today tomorrow`")
        self.refused(self.run_ringwall("diff", "--before", "estate"), "--after")

    def test_files_that_are_not_there(self):
        self.refused(self.prove("--estate", "no-such-folder"), "no-such-folder")
        self.refused(self.prove("--estate", self.changed({}), perimeter="none.yaml"), "none.yaml")
        (self.folder / "empty").mkdir()
        self.refused(self.prove("--estate", "empty"), "`empty` holds no file")

    def test_a_wrong_perimeter_file(self):
        self.write("wrong.yaml", f"organization: {ORGANIZATION}\nnetwork: 10.0.0.0/8\n")
        self.refused(self.prove("--estate", self.changed({}), perimeter="wrong.yaml"), "wrong.yaml", "line 2", "`network`")
        self.write("template.yaml", "organization: o-xxxxxxxxxx\n")
        self.refused(self.prove("--estate", self.changed({}), perimeter="template.yaml"), "template.yaml", "o-xxxxxxxxxx")

    def test_what_is_no_estate(self):
        self.refused(self.prove("--estate", self.write("notes.txt", "no estate\n")), "notes.txt")

    def test_an_estate_of_another_organization(self):
        self.write("other.yaml", "organization: o-someoneelse\n")
        self.refused(self.prove("--estate", self.changed({}), perimeter="other.yaml"), "o-someoneelse")

    def test_a_tree_with_a_cycle(self):
        unit = {"Id": "ou-abcd-00000001", "Arn": f"arn:aws:organizations::{MANAGEMENT}:ou/{ORGANIZATION}/ou-abcd-00000001", "Name": "loop"}
        name = self.changed({f"tree/{ROOT}/organizational-units.json": {"OrganizationalUnits": [unit]},
                             "tree/ou-abcd-00000001/organizational-units.json": {"OrganizationalUnits": [unit]},
                             "tree/ou-abcd-00000001/accounts.json": {"Accounts": []}})
        self.refused(self.prove("--estate", name), "ou-abcd-00000001")

    def test_a_truncated_file_decides_nothing(self):
        text = json.dumps({"Policy": json.dumps(MINE_ONLY)})
        name = self.changed({f"accounts/{MEMBER}/s3/books.policy.json": text[:len(text) // 2]})
        self.inconclusive(self.prove("--estate", name, "--objective", "resource/principals"), f"estate/accounts/{MEMBER}/s3/books.policy.json:", "arn:aws:s3:::books")

    def test_a_policy_that_does_not_parse_is_told_with_its_place(self):
        broken = json.loads(json.dumps(MINE_ONLY))
        broken["Statement"][0]["Efect"] = broken["Statement"][0].pop("Effect")
        name = self.changed({f"accounts/{MEMBER}/s3/books.policy.json": {"Policy": json.dumps(broken)}})
        done = self.prove("--estate", name, "--objective", "resource/principals")
        self.inconclusive(done, "Efect")
        self.assertRegex(done.stdout, rf"estate/accounts/{MEMBER}/s3/books\.policy\.json:\d+:\d+")

    def test_a_placeholder_decides_nothing(self):
        text = json.dumps(MINE_ONLY).replace(ORGANIZATION, "<organization>")
        name = self.changed({f"accounts/{MEMBER}/s3/books.policy.json": {"Policy": text}})
        self.inconclusive(self.prove("--estate", name, "--objective", "resource/principals"), "<organization>")

    def test_files_in_other_encodings(self):
        template = '{"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "b"}}}}'
        plan = '{"format_version":"1.2","terraform_version":"1.9","planned_values":{"root_module":{}}}'
        for name, text in [("stack.json", template), ("plan.json", plan), ("crlf.yaml", "Resources:\r\n  B: {Type: AWS::S3::Bucket}\r\n")]:
            (self.folder / name).write_bytes(b"\xef\xbb\xbf" + text.encode())
            self.assertEqual(self.prove("--estate", name, "--account", MEMBER).returncode, 0, name)
            (self.folder / name).write_bytes(text.encode("utf-16"))
            self.refused(self.prove("--estate", name, "--account", MEMBER), f"line 1, column 1: `{name}` is UTF-16: write it as UTF-8")

    def test_wrong_content_is_told_with_its_place(self):
        for name, text, says in [("empty.json", "", "`empty.json` is empty"),
                                 ("twice.json", '{"Resources": {"B": {"Type": "AWS::S3::Bucket"}},\n "Resources": {}}', "line 2, column 2: the key `Resources`"),
                                 ("cut.json", '{"RoleDetailList": [', "line 1, column 21: the file ends"),
                                 ("list.json", '[{"RoleDetailList": 5}]', "line 1, column 1: this is not the answer"),
                                 ("type.yaml", "AWSTemplateFormatVersion: 2010-09-09\nResources: 5\n", "`type.yaml` has no `Resources`")]:
            self.refused(self.prove("--estate", self.write(name, text), "--account", MEMBER), says)
        (self.folder / "self.json").symlink_to("self.json")
        self.refused(self.prove("--estate", "self.json"), "symbolic links")

    def test_a_huge_file_is_told_and_decides_nothing(self):
        name = self.changed({})
        with open(self.folder / name / f"accounts/{MEMBER}/s3/books.policy.json", "w", encoding="utf-8") as file:
            file.write('{"Policy": "' + "x" * (100 << 20) + '"}')
        self.inconclusive(self.prove("--estate", name, "--objective", "resource/principals"), "books.policy.json")


class Files(Command):
    """What people have beside an export: one account's details, templates and what they need."""

    DETAILS = {"UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [
        {"Path": "/", "RoleName": "reader", "RoleId": "AROAEXAMPLEREADER0001", "Arn": READER, "AssumeRolePolicyDocument": TRUST, "AttachedManagedPolicies": [],
         "RolePolicyList": [{"PolicyName": "read", "PolicyDocument": {**READ_BOOKS, "Statement": [
             *READ_BOOKS["Statement"], {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:ResourceAccount": MEMBER}}}]}}]}]}
    TEMPLATE = """Parameters: {Stage: {Type: String}}
Resources:
  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub '${AWS::StackName}-${Stage}'}}
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: r
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/Basic']
      AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}}
  P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref B, PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Deny, Principal: '*', Action: 's3:*', Resource: !Sub '${B.Arn}/*'}}}}
  S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://s3.amazonaws.com/templates/inner.yaml', Parameters: {Name: !Ref B}}}
"""
    INNER = "Parameters: {Name: {Type: String}}\nResources:\n  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub 'of-${Name}'}}\n"

    def gaps(self, *arguments):
        done = self.prove("--estate", "stack.yaml", "--account", MEMBER, "--format", "json", *arguments)
        return [gap["message"] for gap in json.loads(done.stdout)["gaps"]]

    def test_a_bare_file_of_one_account_is_proved(self):
        self.write("details.json", self.DETAILS)
        self.write("alone.yaml", "organization: none\n")
        done = self.prove("--estate", "details.json", perimeter="alone.yaml")
        self.assertRegex(done.stdout, r"(?m)^perimeter of no organisation: 1 account, 1 principal")
        self.assertRegex(done.stdout, r"(?m)^identity/resources +proved")
        self.assertRegex(done.stdout, r"(?m)^resource/principals +inconclusive")
        for key in ["aws:resourceorgid", "aws:principalorgid"]:  # neither the caller nor what its account owns has an organisation
            self.assertNotIn(key, done.stdout.split("leak 2 of")[1])
        self.assertIn("users and roles are here, and no resources", done.stdout)
        self.assertEqual(self.prove("--estate", "details.json", "--objective", "identity/resources", perimeter="alone.yaml").returncode, 0)
        refused = self.prove("--estate", self.export("estate", estate()), perimeter="alone.yaml")
        self.assertEqual(refused.returncode, 3)
        self.assertIn("the perimeter file says `organization: none`", refused.stderr)

    def test_a_template_says_what_it_needs_and_is_clean_once_it_has_it(self):
        self.write("stack.yaml", self.TEMPLATE)
        missing = self.gaps()
        for says in ["`arn:aws:iam::aws:policy/service-role/Basic` is attached, and is not in these files: give its text with `--managed-policies DIR`",
                     "give it with `--parameter AWS::StackName=VALUE`", "`https://s3.amazonaws.com/templates/inner.yaml` of the stack `S` is not beside this one"]:
            self.assertTrue(any(says in gap for gap in missing), (says, missing))
        self.write("inner.yaml", self.INNER)
        self.write("managed/Basic.json", {"PolicyVersion": {"VersionId": "v1", "Document": READ_BOOKS}})
        self.write("given.json", [{"ParameterKey": "Stage", "ParameterValue": "test"}])
        given = ["--managed-policies", "managed", "--parameters", "given.json", "--parameter", "AWS::StackName=app"]
        self.assertEqual(self.gaps(*given), [])
        self.assertIn("arn:aws:s3:::app-test", self.prove("--estate", "stack.yaml", "--account", MEMBER, "--format", "json", *given).stdout)
        for wrong, says in [(["--parameter", "Nobodys=1"], "no template of the estate has the parameter `Nobodys`"), (["--parameter", "Stage"], "write NAME=VALUE"),
                            (["--parameters", self.write("wrong.json", {"Stage": "x"})], "wrong.json: a list of")]:
            done = self.prove("--estate", "stack.yaml", "--account", MEMBER, *wrong)
            self.assertEqual(done.returncode, 3, done.stdout)
            self.assertIn(says, done.stderr)

    def test_one_message_for_many_placeholders(self):
        statements = "".join(f"  P{i}: {{Type: AWS::SQS::QueuePolicy, Properties: {{Queues: ['https://sqs.us-east-1.amazonaws.com/{MEMBER}/q{i}'], PolicyDocument: {{Version: 2012-10-17, "
                             "Statement: {Effect: Allow, Principal: '*', Action: 'sqs:*', Resource: !Sub '${Who}'}}}}\n" for i in range(30))
        self.write("stack.yaml", "Parameters: {Who: {Type: String}}\nResources:\n" + statements)
        done = self.prove("--estate", "stack.yaml", "--account", MEMBER)
        self.assertEqual(done.stdout.count("stack.yaml:3:"), 1 + done.stdout.count("rests on what could not be read: stack.yaml:3:"), done.stdout)
        self.assertRegex(" ".join(done.stdout.split()), r"and 29 more places: placeholder: the parameter `Who` has no default.* and 29 more depend on it")
        who = self.run_ringwall("who-can", "sqs:SendMessage", f"arn:aws:sqs:us-east-1:{MEMBER}:q1", "--estate", "stack.yaml", "--account", MEMBER)
        self.assertEqual(who.stdout.count("the parameter `Who`"), 1, who.stdout)
        self.assertIn("and as much in 29 more places", who.stdout)


class Questions(Command):
    def test_diff_tells_what_is_new(self):
        before, after = self.export("before", estate()), self.export("after", estate(PUBLIC))
        done = self.run_ringwall("diff", "--before", before, "--after", after)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("newly allowed: ", done.stdout)
        self.assertIn("s3:GetObject", done.stdout)
        done = self.run_ringwall("diff", "--before", after, "--after", after, "--format", "json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(json.loads(done.stdout)["verdict"], "nothing-new")

    def test_who_can_and_what_can(self):
        name = self.export("estate", estate())
        done = self.run_ringwall("who-can", "s3:GetObject", "arn:aws:s3:::books/*", "--estate", name, "--format", "json")
        self.assertIn(done.returncode, [0, 2], done.stderr)
        self.assertIn(READER, [one["principal"] for one in json.loads(done.stdout)["found"]])
        done = self.run_ringwall("what-can", READER, "--estate", name)
        self.assertIn(done.returncode, [0, 2], done.stderr)
        self.assertIn("s3:GetObject", done.stdout)
        done = self.run_ringwall("what-can", "arn:aws:iam::100000000002:role/nobody", "--estate", name)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("role/nobody", done.stderr)


class Compare(Command):
    def test_a_narrower_policy_is_a_subset(self):
        done = self.run_ringwall("compare", self.write("a.json", READ_BOOKS), self.write("b.json", FULL))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^subset: everything that a\.json allows, b\.json allows \(\d+ µs\)\n$")

    def test_a_wider_one_is_not_and_the_witness_is_callable(self):
        self.write("a.json", FULL)
        self.write("b.json", READ_BOOKS)
        done = self.run_ringwall("compare", "a.json", "b.json", "--format", "json")
        self.assertEqual(done.returncode, 1, done.stderr)
        answer = json.loads(done.stdout)
        self.assertEqual(answer["verdict"], "not-subset")
        self.assertTrue(answer["violations"][0]["callable"])
        self.assertGreaterEqual(answer["microseconds"], 0)
        self.assertEqual(self.run_ringwall("compare", "a.json", "b.json").returncode, 1)

    def test_bad_input_is_named(self):
        self.write("a.json", READ_BOOKS)
        for arguments, part in [(["a.json", "none.json"], "none.json"), (["a.json"], "two policies"), (["a.json", self.write("bad.json", "{")], "bad.json"),
                                (["a.json", "a.json", "--batch", "x"], "--batch")]:
            done = self.run_ringwall("compare", *arguments)
            self.assertEqual((done.returncode, done.stdout), (3, ""))
            self.assertIn(part, done.stderr)

    def test_a_batch_answers_each_line_and_goes_on_behind_an_error(self):
        self.write("pairs/b.json", FULL)
        lines = [json.dumps({"a": READ_BOOKS, "b": "b.json"}), "", "{", json.dumps({"a": FULL, "b": READ_BOOKS}), json.dumps({"a": READ_BOOKS, "c": 1}),
                 json.dumps({"a": PUBLIC, "b": PUBLIC, "type": "resource"})]
        done = self.run_ringwall("compare", "--batch", self.write("pairs/pairs.jsonl", "\n".join(lines)))
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([answer["line"] for answer in answers], [1, 3, 4, 5, 6])
        self.assertEqual([answer.get("verdict") for answer in answers], ["subset", None, "not-subset", None, "subset"])
        self.assertIn("`c`", answers[3]["error"])
        self.assertEqual(done.returncode, 3)
        done = self.run_ringwall("compare", "--batch", "-", text=json.dumps({"a": FULL, "b": READ_BOOKS}))
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main()
