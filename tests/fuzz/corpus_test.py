#!/usr/bin/env python3
"""Every fuzz target on every input kept for it in tests/fuzz/TARGET, and on changed forms of each.

usage: corpus_test.py FUZZ_REPLAY
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

REPLAY = str(pathlib.Path(sys.argv.pop(1)).resolve())
HERE = pathlib.Path(__file__).parent
FORMS = 20        # of each input
SECONDS_MAX = 20  # for one input, on a busy machine
BREAKS = "breaks"
ELSEWHERE = {"http_parser"}  # in tools/fuzz only: CMakeLists.txt says why


def replay(target, files, forms=FORMS, seconds=SECONDS_MAX, folder=None):
    return subprocess.run([REPLAY, target, str(forms), str(seconds), *map(str, files)], capture_output=True, text=True, cwd=folder)


class Corpus(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def listed(self):
        return set(subprocess.run([REPLAY, "--list"], capture_output=True, text=True, check=True).stdout.split()) - {BREAKS}

    def test_every_target_has_inputs_and_every_input_a_target(self):
        sources = {str(path.relative_to(HERE.parents[1] / "src"))[:-len("_fuzz.cc")].replace("/", "_")
                   for path in (HERE.parents[1] / "src").rglob("*_fuzz.cc")}
        self.assertEqual(self.listed(), sources - ELSEWHERE)
        self.assertEqual({path.name for path in HERE.iterdir() if path.is_dir() and any(path.iterdir())}, sources)

    def test_every_input_keeps_what_its_target_promises(self):
        for target in sorted(self.listed()):
            with self.subTest(target=target):
                files = sorted(path for path in (HERE / target).iterdir())
                done = replay(target, files, folder=self.folder)
                self.assertEqual(done.returncode, 0, done.stderr[-4000:])
                self.assertEqual(int(done.stdout), len(files) * (1 + FORMS))

    def test_a_target_that_breaks_or_does_not_end_is_seen(self):
        good, bad, endless = (self.folder / name for name in ("good", "bad", "endless"))
        good.write_bytes(b"."), bad.write_bytes(b"!"), endless.write_bytes(b"?")
        self.assertEqual(replay(BREAKS, [good], forms=0).returncode, 0)
        broken = replay(BREAKS, [good, bad], forms=0, folder=self.folder)
        self.assertLess(broken.returncode, 0)
        self.assertIn("breaks: " + str(bad), broken.stderr)
        self.assertEqual((self.folder / "fuzz-crash").read_bytes(), b"!")
        self.assertLess(replay(BREAKS, [endless], forms=0, seconds=1, folder=self.folder).returncode, 0)

    def test_wrong_calls_are_told(self):
        self.assertEqual(replay("nobody", [HERE / "targets.h"]).returncode, 2)
        self.assertEqual(replay(BREAKS, ["/nowhere"]).returncode, 2)
        self.assertEqual(replay(BREAKS, []).returncode, 2)


if __name__ == "__main__":
    unittest.main()
