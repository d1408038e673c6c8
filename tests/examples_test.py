#!/usr/bin/env python3
"""Installs the library, builds the examples against what was installed, and runs them.

usage: examples_test.py BUILD_FOLDER CMAKE COMPILER [LAUNCHER]
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
ANN = "arn:aws:iam::111122223333:user/ann"


def statement(effect, action, **more):
    return {"Effect": effect, "Action": action, "Resource": "*", **more}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        build, cls.cmake, compiler, launcher = (sys.argv[1:] + [""])[:4]
        cls.folder = pathlib.Path(build) / "examples"
        cls.prefix = cls.folder / "installed"
        shutil.rmtree(cls.prefix, ignore_errors=True)
        run(cls.cmake, "--install", build, "--prefix", cls.prefix, "--component", "development")
        for example in ("embed_gateway", "policy_check"):
            run(cls.cmake, "-G", "Ninja", "-S", EXAMPLES / example, "-B", cls.folder / example, f"-DCMAKE_CXX_COMPILER={compiler}",
                f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}", f"-DCMAKE_PREFIX_PATH={cls.prefix}")
            run(cls.cmake, "--build", cls.folder / example)

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.work = pathlib.Path(self.temporary.name)

    def check(self, text, *question):
        (self.work / "p.json").write_text(text)
        done = subprocess.run([self.folder / "policy_check/policy_check", "p.json", *question], cwd=self.work, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout

    def test_installed_headers_need_no_others(self):
        headers = self.prefix / "include/ringwall"
        installed = {str(path.relative_to(headers)) for path in headers.rglob("*.h")}
        self.assertTrue({"authz/authz.h", "policy/policy.h", "policy/syntax.h", "base/result.h"} <= installed)
        for header in installed:
            for included in re.findall(r'^#include "([^"]+)"', (headers / header).read_text(), re.M):
                self.assertIn(included, installed, f"{header} includes a header that is not installed")

    def test_a_version_that_does_not_fit_is_refused(self):
        (self.work / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.25)\nproject(p LANGUAGES NONE)\n"
                                                  "find_package(Ringwall 99 QUIET)\nif(Ringwall_FOUND)\nmessage(FATAL_ERROR found)\nendif()\n")
        run(self.cmake, "-S", self.work, "-B", self.work / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}")

    def test_the_gateway_allows_refuses_and_says_why(self):
        users = self.work / "users"
        users.mkdir()
        (self.work / "scp.json").write_text(document(
            statement("Allow", "*"), statement("Deny", "*", Condition={"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}})))
        (users / "ann.json").write_text(document(statement("Allow", "s3:Get*")))
        with subprocess.Popen([self.folder / "embed_gateway/embed_gateway", self.work], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as gateway:
            def ask(line):
                print(line, file=gateway.stdin, flush=True)
                return gateway.stdout.readline().rstrip("\n")

            get, put = "s3:GetObject arn:aws:s3:::books/k", "s3:PutObject arn:aws:s3:::books/k"
            refused = f"User: {ANN} is not authorized to perform: s3:"
            self.assertEqual(ask(f"ann 10.1.2.3 {get}"), "allow")
            self.assertEqual(ask(f"ann 192.0.2.1 {get}"),
                             refused + "GetObject on resource: arn:aws:s3:::books/k with an explicit deny in a service control policy")
            self.assertEqual(ask(f"ann 10.1.2.3 {put}"),
                             refused + "PutObject on resource: arn:aws:s3:::books/k because no identity-based policy allows the s3:PutObject action")
            self.assertIn("because no identity-based policy", ask(f"bob 10.1.2.3 {get}"))
            self.assertEqual(ask("ann"), "not USER SOURCE_IP ACTION RESOURCE")

            # A policy that is wrong replaces nothing; a right one, everything.
            (users / "ann.json").write_text(document(statement("Allow", "s3:*", Conditon={})))
            self.assertRegex(ask("reload"), r"^kept: .*/users/ann\.json: line 1, column \d+: unknown element `Conditon`")
            self.assertEqual(ask(f"ann 10.1.2.3 {get}"), "allow")
            (users / "ann.json").write_text(document(statement("Allow", "s3:Put*")))
            (self.work / "resource.json").write_text(document(statement("Deny", "s3:PutObject", Principal="*", Sid="Frozen")))
            self.assertEqual(ask("reload"), "reloaded")
            self.assertIn("because no identity-based policy", ask(f"ann 10.1.2.3 {get}"))
            self.assertIn("with an explicit deny in a resource-based policy", ask(f"ann 10.1.2.3 {put}"))
            gateway.stdin.close()
            self.assertEqual(gateway.wait(timeout=60), 0)

    def test_the_checker_says_where_every_problem_is(self):
        text = '{"Version": "2012-10-17",\n "Statement": {"Effect": "Permit",\n  "Action": "s3", "Resource": "*"}}'
        status, out = self.check(text)
        self.assertEqual((status, out.splitlines()), (2, [
            "p.json:2:26: `Effect` must be `Allow` or `Deny`",
            "p.json:3:13: `s3` is not an action such as `s3:GetObject` or `s3:*`"]))
        self.assertEqual(self.check(document(statement("Allow", "s3:*"))), (0, ""))

    def test_the_checker_explains_its_answer(self):
        text = document(statement("Allow", "s3:*", Sid="Team", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}}))
        question = (ANN, "s3:GetObject", "arn:aws:s3:::books/k")
        status, out = self.check(text, *question, "aws:PrincipalTag/team=red")
        self.assertEqual((status, json.loads(out)["verdict"], json.loads(out)["statement"]), (0, "allow", "Team"))
        status, out = self.check(text, *question, "aws:PrincipalTag/team=blue")
        explained = json.loads(out)["layers"][0]["policies"][0]["statements"][0]
        self.assertEqual((status, explained["applies"], explained["because"]), (1, False, "condition"))

    def test_the_guide_shows_code_of_the_examples(self):
        shown = re.findall(r"^```(?:cpp|cmake)\n(.*?)^```", (ROOT / "docs/howto/embed.md").read_text(), re.M | re.S)
        code = "\n".join(path.read_text() for path in EXAMPLES.rglob("*") if path.is_file())
        self.assertGreaterEqual(len(shown), 3)
        for block in shown:
            self.assertIn(block, code)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
