"""The sample that ./run makes: made, shown, and not started over."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import unittest

from harness import BINARY, ROOT, ServerCase, run

sys.path.insert(0, os.path.join(ROOT, "tests"))
import alterations  # noqa: E402

PERIMETER = os.path.join(ROOT, "sample", "perimeter.py")
REFUSALS = 10
TOLD_S_MAX = 60


class SampleTest(ServerCase):
    def show(self):
        return run("/usr/bin/python3", PERIMETER, "--ringwall", BINARY, "--data", self.data, timeout=120)

    def made(self):
        with open(os.path.join(self.data, "sample.json"), encoding="utf-8") as file:
            return json.load(file)

    def test_the_intended_request_succeeds_and_every_unintended_one_is_refused_again_and_again(self):
        first = self.show()
        self.assertEqual(first.returncode, 0, first.stdout + first.stderr)
        self.assertIn("2 orders, over TLSv1.3", first.stdout)
        self.assertEqual(first.stdout.count("  refused  "), REFUSALS, first.stdout)
        self.assertIn("proved: the perimeter holds", first.stdout)
        self.assertIn("its proof was verified step by step, against the policies as they are", first.stdout)
        made = self.made()
        again = self.show()
        self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
        self.assertIn("all of it is there already", again.stdout)
        self.assertEqual(self.made(), made)
        self.refuses_what_is_altered()

    @contextlib.contextmanager
    def watching(self):
        """What `prove --watch` tells of the running server; it ends as its last verdict says."""
        command = [BINARY, "prove", "--watch", "--interval", "0.2", "--format", "json", "--perimeter", os.path.join(self.data, "perimeter.yaml"), "--live", "--data", self.data]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            try:
                def told():
                    self.assertTrue(select.select([process.stdout], [], [], TOLD_S_MAX)[0], "nothing was told")
                    return json.loads(process.stdout.readline())

                yield told
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(timeout=TOLD_S_MAX), 0)
            finally:
                process.kill()

    def refuses_what_is_altered(self):
        with open(os.path.join(self.data, "perimeter.proof"), encoding="utf-8") as file:
            whole = file.read()
        kinds = {}
        for kind, text in alterations.altered(whole, every=int(os.environ.get("RINGWALL_ALTERED_EVERY", "8"))):
            path = os.path.join(self.data, f"altered-{len(kinds)}")
            kinds[path] = kind
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        checked = run(BINARY, "check", "--format", "json", "--perimeter", os.path.join(self.data, "perimeter.yaml"), "--live", "--data", self.data, *kinds)
        self.assertEqual(checked.returncode, 1, checked.stderr[-2000:])
        told = json.loads(checked.stdout)["files"]
        self.assertEqual([one["file"] for one in told], list(kinds))
        for one in told:
            self.assertFalse(one["holds"], kinds[one["file"]])
        counts = {kind: list(kinds.values()).count(kind) for kind in kinds.values()}
        print("altered and refused: " + ", ".join(f"{kind} {count}" for kind, count in counts.items()), file=sys.stderr)
        self.assertGreaterEqual(len(counts), 10)

    def test_what_it_shows_fails_loudly_when_a_boundary_is_gone(self):
        first = self.show()
        self.assertEqual(first.returncode, 0, first.stdout + first.stderr)
        made = self.made()
        organizations = self.client("organizations")
        place = {"PolicyId": made["resource-boundary"], "TargetId": made["unit"]}
        with self.watching() as told:
            self.assertEqual(told()["verdict"], "proved")
            organizations.detach_policy(**place)
            opened = told()
            self.assertEqual((opened["before"], opened["verdict"]), ("proved", "leak"))
            self.assertIn("identity/resources", [leak["objective"] for leak in opened["changes"]["appeared"]])
            shown = self.show()
            organizations.attach_policy(**place)
            while (closed := told())["verdict"] != "proved":  # what is shown makes and unmakes things of its own
                pass
            self.assertIn("identity/resources", [leak["objective"] for leak in closed["changes"]["gone"]])
        self.assertEqual(shown.returncode, 1)
        self.assertIn("SUCCEEDED", shown.stderr)
        self.assertRegex(shown.stdout, r"identity/resources +LEAK")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
