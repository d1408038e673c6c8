#!/usr/bin/env python3
"""`ringwall prove --watch`: what comes and goes while files change, and that a verdict is of the files that it was made from.

usage: watch_test.py RINGWALL
"""
import json
import os
import select
import signal
import subprocess
import unittest

from prove_test import MEMBER, PUBLIC, READER, RINGWALL, Command, estate

LINE_S_MAX = 60
QUIET_S = 1.5  # so long a watcher that looks twenty times a second says nothing where nothing is to be said
POLICY = f"export/accounts/{MEMBER}/s3/books.policy.json"
DETAILS = f"export/accounts/{MEMBER}/authorization-details.json"
BUCKET = "arn:aws:s3:::books"


class Watch(Command):
    def start(self, *arguments, perimeter="perimeter.yaml"):
        self.export("export", estate())
        process = subprocess.Popen([RINGWALL, "prove", "--perimeter", perimeter, "--estate", "export", "--watch", "--interval", "0.05", *arguments],
                                   cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.process, self.held = process, b""
        return process

    def write(self, name, content):
        """As a whole, so that nobody reads half of it."""
        path = self.folder / name
        super().write(str(path.relative_to(self.folder).parent / (".partial-" + path.name)), content)
        os.replace(path.parent / (".partial-" + path.name), path)
        return name

    def line(self, within=LINE_S_MAX):
        """The next line, or None where there is none in time."""
        while b"\n" not in self.held:
            if not select.select([self.process.stdout], [], [], within)[0]:
                return None
            more = os.read(self.process.stdout.fileno(), 65536)
            if not more:
                self.fail("it ended: " + self.process.stderr.read().decode())
            self.held += more
        line, self.held = self.held.split(b"\n", 1)
        return line.decode()

    def told(self):
        line = self.line()
        self.assertIsNotNone(line, "nothing was told")
        return json.loads(line)

    def told_until(self, part):
        """Lines of text up to the one that has this part."""
        lines = []
        while not lines or part not in lines[-1]:
            line = self.line()
            self.assertIsNotNone(line, f"`{part}` was not told: {lines}")
            lines.append(line)
        return lines

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.process.wait(timeout=30)

    def leaks(self, told, which):
        return [(leak["objective"], subject) for leak in told["changes"][which] for subject in leak["subjects"]]

    def test_tells_a_leak_that_appears_and_one_that_goes_as_a_line_of_json_each(self):
        self.start("--format", "json")
        first = self.told()
        self.assertEqual(first["verdict"], "leak")
        self.assertNotIn("before", first)
        self.assertIn(("identity/networks", READER), self.leaks(first, "appeared"))
        self.assertNotIn(("resource/principals", BUCKET), self.leaks(first, "appeared"))

        self.write(POLICY, {"Policy": json.dumps(PUBLIC)})
        opened = self.told()
        self.assertRegex(opened["at"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d")
        self.assertEqual((opened["before"], opened["verdict"]), ("leak", "leak"))
        self.assertIn(("resource/principals", BUCKET), self.leaks(opened, "appeared"))
        self.assertNotIn(("identity/networks", READER), self.leaks(opened, "appeared"))  # it was there before
        self.assertEqual(opened["changes"]["gone"], [])

        self.write(POLICY, {})
        closed = self.told()
        self.assertIn(("resource/principals", BUCKET), self.leaks(closed, "gone"))
        self.assertEqual(closed["changes"]["appeared"], [])
        self.assertIsNone(self.line(within=QUIET_S), "nothing changed, and something was told")
        self.assertEqual(self.end(), 1)

    def test_tells_people_what_came_and_what_went(self):
        self.start()
        self.told_until("watching")
        self.write(POLICY, {"Policy": json.dumps(PUBLIC)})
        lines = self.told_until("+ leak  resource/principals")
        self.assertRegex(lines[0], r"^20\S+Z  leak, as before \(\d+\.\d\d s\)$")
        self.assertIn("s3:GetObject", "\n".join(self.told_until("true of")))
        self.write(POLICY, {})
        self.told_until("- leak  resource/principals")
        self.assertEqual(self.end(signal.SIGTERM), 1)

    def test_a_file_that_is_half_written_has_no_verdict_and_the_last_one_is_not_of_it(self):
        self.start()
        self.told_until("watching")
        self.write("perimeter.yaml", "organization: [")
        lines = self.told_until("is not of these files")
        self.assertRegex(lines[-2], r"^20\S+Z  no verdict: perimeter.yaml")
        self.assertIn("the last one, `leak` at 20", lines[-1])
        self.assertEqual(self.end(), 3, "there is no verdict of these files")

    def test_it_goes_on_once_the_file_is_whole(self):
        process = self.start("--format", "json")
        self.told()
        whole = (self.folder / "perimeter.yaml").read_text()
        self.write("perimeter.yaml", whole[: len(whole) // 2] + "[")
        broken = self.told()
        self.assertIsNone(broken["verdict"])
        self.assertIn("perimeter.yaml", broken["error"])
        self.assertEqual(broken["last"]["verdict"], "leak")
        self.write("perimeter.yaml", whole)
        mended = self.told()
        self.assertEqual(mended["verdict"], "leak")
        self.assertEqual(mended["changes"]["appeared"] + mended["changes"]["gone"], [])
        self.assertEqual(self.end(), 1)
        self.assertEqual(process.stderr.read(), b"")

    def test_what_of_the_estate_cannot_be_read_is_not_decided_and_decided_again_once_it_can(self):
        self.start("--format", "json")
        self.told()
        whole = (self.folder / DETAILS).read_text()
        self.write(DETAILS, whole[: len(whole) // 2])
        broken = self.told()
        if broken["verdict"] is not None:  # a gap: what rests on it is not decided
            self.assertTrue(broken["changes"]["undecided"])
        self.write(DETAILS, whole)
        mended = self.told()
        self.assertEqual(mended["verdict"], "leak")
        self.assertEqual(self.end(), 1)

    def test_a_file_that_comes_and_one_that_goes_are_seen(self):
        files = estate()
        policy = f"accounts/{MEMBER}/s3/books.policy.json"
        self.start("--format", "json")
        self.told()
        os.remove(self.folder / "export" / policy)
        gone = self.told()
        self.assertTrue(gone["changes"]["undecided"], "nobody knows the bucket's policy")
        self.write(f"export/{policy}", files[policy])
        come = self.told()
        self.assertTrue(come["changes"]["decided"])
        self.assertEqual(self.end(), 1)

    def test_another_content_of_the_same_size_and_the_same_time_is_seen(self):
        self.export("export", estate())
        self.start("--format", "json")
        self.told()
        path = self.folder / DETAILS
        was, before = path.read_bytes(), path.stat()
        with open(path, "r+b") as file:
            os.pwrite(file.fileno(), was.replace(b'"s3:GetObject"', b'"s4:GetObject"'), 0)  # which no service has
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        self.assertEqual((path.stat().st_size, path.stat().st_ino, path.stat().st_mtime_ns), (before.st_size, before.st_ino, before.st_mtime_ns))
        self.assertIn(("identity/networks", READER), self.leaks(self.told(), "gone"))

    def test_pages_are_written_after_each_proof(self):
        self.start("--format", "json", "--json", "report.json", "--page", "report.html")
        self.told()
        self.write(POLICY, {"Policy": json.dumps(PUBLIC)})
        self.told()
        report = json.loads((self.folder / "report.json").read_text())
        self.assertIn("resource/principals", [leak["objective"] for leak in report["leaks"]])
        self.assertIn("<html", (self.folder / "report.html").read_text())

    def test_is_refused_with_what_it_cannot_do(self):
        self.export("export", estate())
        for arguments in [("--format", "sarif"), ("--format", "html"), ("--out", "x"), ("--certificate", "x"), ("--interval", "0")]:
            done = self.prove("--estate", "export", "--watch", *arguments)
            self.assertEqual((done.returncode, done.stdout), (3, ""), arguments)
        done = self.prove("--estate", "export", "--interval", "1")
        self.assertEqual((done.returncode, done.stdout), (3, ""))

    def test_begins_with_nothing_that_cannot_be_read(self):
        done = self.prove("--estate", "missing", "--watch")
        self.assertEqual((done.returncode, done.stdout), (3, ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
