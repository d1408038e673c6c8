#!/usr/bin/env python3
"""`ringwall lint` as scripts use it: exit statuses, formats, standard input, and the how-to's example.

usage: lint_test.py RINGWALL
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
RINGWALL = sys.argv.pop(1) if len(sys.argv) > 1 else "ringwall"

FINE = {"Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::books/*"}}
UNKNOWN_ACTION = {**FINE, "Statement": {**FINE["Statement"], "Action": "s3:GetObjekt"}}
FULL_ACCESS = {**FINE, "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


class Lint(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, document):
        (self.folder / name).write_text(json.dumps(document))
        return name

    def lint(self, *arguments, text=None):
        return subprocess.run([RINGWALL, "lint", *arguments], cwd=self.folder, input=text, capture_output=True, text=True,
                              check=False)

    def test_succeeds_where_there_is_nothing_to_find(self):
        done = self.lint("--type", "identity", self.file("fine.json", FINE))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "1 file: nothing found\n", ""))

    def test_fails_on_an_error_and_says_where(self):
        done = self.lint(self.file("fine.json", FINE), self.file("bad.json", UNKNOWN_ACTION))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"(?m)^bad\.json:1:\d+: error: .*did you mean `s3:GetObject`\? \[INVALID_ACTION\]$")
        self.assertIn("fine.json: read as identity-based policy by its shape", done.stdout)

    def test_fails_on_less_only_if_told_to(self):
        name = self.file("all.json", FULL_ACCESS)
        self.assertEqual(self.lint(name).returncode, 0)
        self.assertEqual(self.lint("--fail-on", "security-warning", name).returncode, 1)

    def test_judges_by_the_type_that_is_named(self):
        name = self.file("all.json", FULL_ACCESS)
        self.assertEqual(self.lint("--type", "scp", "--fail-on", "suggestion", name).returncode, 0)
        done = self.lint("--type", "resource", name)
        self.assertEqual(done.returncode, 1)
        self.assertIn("[MISSING_PRINCIPAL]", done.stdout)

    def test_a_file_name_that_is_not_utf8_leaves_valid_json(self):
        name = b"a\xff.json"
        (pathlib.Path(self.folder) / os.fsdecode(name)).write_text(json.dumps(UNKNOWN_ACTION))
        for kind in ("json", "sarif"):
            done = subprocess.run([RINGWALL, "lint", "--format", kind, name], cwd=self.folder, capture_output=True, check=False)
            self.assertIn("a\ufffd.json" if kind == "json" else "a%FF.json", json.dumps(json.loads(done.stdout.decode("utf-8")), ensure_ascii=False))

    def test_reads_standard_input(self):
        done = self.lint("-", text=json.dumps(UNKNOWN_ACTION))
        self.assertEqual(done.returncode, 1)
        self.assertIn("<stdin>:1:", done.stdout)

    def test_json_is_for_programs(self):
        done = self.lint("--format", "json", self.file("bad.json", UNKNOWN_ACTION))
        answer = json.loads(done.stdout)
        self.assertEqual([one["code"] for one in answer["files"][0]["findings"]], ["INVALID_ACTION"])
        self.assertEqual(answer["counts"]["error"], 1)

    def test_sarif_has_what_its_standard_requires(self):
        done = self.lint("--format", "sarif", self.file("bad.json", UNKNOWN_ACTION), self.file("all.json", FULL_ACCESS))
        log = json.loads(done.stdout)
        self.assertEqual(log["version"], "2.1.0")
        run = log["runs"][0]
        rules = run["tool"]["driver"]["rules"]
        self.assertGreater(len(run["results"]), 1)
        for result in run["results"]:
            self.assertEqual(rules[result["ruleIndex"]]["id"], result["ruleId"])
            self.assertIn(result["level"], ["error", "warning", "note"])
            place = result["locations"][0]["physicalLocation"]
            self.assertIn(place["artifactLocation"]["uri"], ["bad.json", "all.json"])
            self.assertGreaterEqual(min(place["region"].values()), 1)

    def test_what_holds_policies_and_is_none_is_told(self):
        for name, text, says in [("stack.yaml", "Resources:\n  B: {Type: AWS::S3::Bucket}\n", "a template of CloudFormation"),
                                 ("stack.json", '{"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}', "a template of CloudFormation"),
                                 ("plan.json", '{"format_version": "1.2", "terraform_version": "1.9", "planned_values": {}}', "a plan or state of Terraform"),
                                 ("details.json", '{"RoleDetailList": []}', "what `iam get-account-authorization-details` prints")]:
            (self.folder / name).write_text(text)
            done = self.lint(name)
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertIn(f"{name}: this is {says}, and no policy: `ringwall prove --estate {name}` reads the policies in it", done.stderr)
        speaks = {**FINE, "Statement": {**FINE["Statement"], "Sid": "Resources", "Condition": {"StringEquals": {"cloudformation:ResourceTypes": "AWS::S3::Bucket"}}}}
        self.assertNotEqual(self.lint("--type", "identity", self.file("speaks.json", speaks)).returncode, 2)

    def test_wrong_usage_and_unreadable_files_are_told_apart_from_findings(self):
        name = self.file("fine.json", FINE)
        self.assertEqual(self.lint().returncode, 2)
        self.assertEqual(self.lint("--type", "bucket", name).returncode, 2)
        done = self.lint("no-such-file.json", name)
        self.assertEqual(done.returncode, 2)
        self.assertIn("ringwall: ", done.stderr)
        self.assertIn("fine.json", done.stdout)

    def test_the_example_of_the_how_to_finds_what_it_says(self):
        page = (ROOT / "docs" / "howto" / "lint.md").read_text()
        (self.folder / "reader.json").write_text(re.search(r"<<'END'\n(.*?)^END$", page, flags=re.S | re.M).group(1))
        promised = re.search(r"^```\n(.*?)^```$", page, flags=re.S | re.M).group(1)
        self.assertIn(promised, self.lint("--type", "identity", "reader.json").stdout)


if __name__ == "__main__":
    unittest.main()
