#!/usr/bin/env python3
"""`ringwall check` as scripts use it: exit statuses, formats, standard input.

usage: check_test.py RINGWALL
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

RINGWALL = sys.argv.pop(1) if len(sys.argv) > 1 else "ringwall"
BYTES_MAX = 256 * 1024 * 1024

GOOD = ("ringwall certificate 1\nquestion no outsider reads books\n"
        f"policy {'0' * 64} books.json\naxiom ax: some text\n"
        "variable 1 the caller is an outsider\ncnf 1 2\n1 0\n-1 0\nproof\n0\nend\n")
BAD = GOOD.replace("\n-1 0\n", "\n1 0\n")


class Check(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name, text in {"good": GOOD, "two": GOOD + GOOD, "bad": BAD, "none": "books\n", "broken": GOOD + BAD}.items():
            (self.folder / name).write_text(text)

    def check(self, *arguments, text=None):
        return subprocess.run([RINGWALL, "check", *arguments], cwd=self.folder, input=text, capture_output=True, text=True,
                              check=False)

    def test_succeeds_where_all_hold_and_shows_the_axioms(self):
        done = self.check("good", "two")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("good: holds: no outsider reads books (2 clauses, 1 steps)\n", done.stdout)
        self.assertIn("3 certificates hold\n", done.stdout)
        self.assertIn("Taken to be so of every request:\n  ax: some text\n", done.stdout)

    def test_says_what_it_did_not_verify_and_how_to(self):
        self.assertIn("Not verified: that the clauses follow from the policies named", self.check("good").stdout)
        self.assertIn("`ringwall check --perimeter FILE --estate PATH` verifies that too", self.check("good").stdout)

    def test_takes_the_perimeter_file_and_the_estate_together_only(self):
        for alone in [("--perimeter", "good"), ("--estate", "good"), ("--live",)]:
            done = self.check(*alone, "good")
            self.assertEqual((done.returncode, done.stdout), (3, ""))
            self.assertIn("go together", done.stderr)

    def test_fails_where_one_does_not_hold(self):
        done = self.check("good", "bad")
        self.assertEqual((done.returncode, done.stderr), (1, "ringwall: `bad`: line 10: the step does not follow\n"))
        self.assertIn("1 certificate holds\n", done.stdout)

    def test_tells_a_file_that_is_no_certificate_from_one_that_does_not_hold(self):
        self.assertEqual(self.check("good", "none").returncode, 3)
        self.assertEqual(self.check("missing").returncode, 3)
        self.assertEqual(self.check("none", "bad").returncode, 1)
        self.assertEqual(self.check("bad", "none").returncode, 1)

    def test_refuses_a_wrong_command_line(self):
        self.assertEqual(self.check().returncode, 2)
        self.assertEqual(self.check("--format", "xml", "good").returncode, 2)

    def test_reads_standard_input(self):
        self.assertEqual(self.check("-", text=GOOD).returncode, 0)
        self.assertEqual(self.check("-", text=BAD).returncode, 1)

    def test_refuses_bytes_that_are_no_text(self):
        (self.folder / "bytes").write_bytes(GOOD.encode().replace(b"outsider reads", b"outsid\xff reads"))
        done = self.check("bytes")
        self.assertEqual((done.returncode, done.stderr), (3, "ringwall: `bytes` is not UTF-8\n"))

    def test_refuses_a_file_past_the_limit(self):
        with open(self.folder / "huge", "wb") as file:
            file.truncate(BYTES_MAX + 1)
        done = self.check("huge")
        self.assertEqual(done.returncode, 3)
        self.assertIn(str(BYTES_MAX), done.stderr)

    def test_tells_programs_everything(self):
        done = self.check("--format", "json", "good", "broken")
        self.assertEqual(done.returncode, 1)
        good, broken = json.loads(done.stdout)["files"]
        certificate = {"question": "no outsider reads books", "policies": [{"sha256": "0" * 64, "name": "books.json"}],
                       "axioms": [{"name": "ax", "text": "some text"}], "variables": 1, "clauses": 2, "steps": 1}
        self.assertEqual(good, {"file": "good", "holds": True, "compared": False, "certificates": [certificate]})
        self.assertEqual(broken, {"file": "broken", "holds": False, "compared": False, "certificates": [certificate],
                                  "error": "`broken`: line 21: the step does not follow"})


if __name__ == "__main__":
    unittest.main()
