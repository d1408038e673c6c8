#!/usr/bin/env python3
"""A misspelt member is found before it runs: every member that a service's code names is one that AWS's model of the service
knows: of what its operations take or answer, of an error, or of the policies that they carry.

What an operation reads from its input and writes to its answer stays data, read by name; a name that no shape has reads as
absent for ever, and an answer drops it without a word. tests/member_names.txt has the names that are of something
else, each with its reason, and may only shrink.
"""
import json
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SERVICES = {"iam": "iam", "sts": "sts", "kms": "kms", "organizations": "organizations", "ec2": "ec2", "rds": "rds",
            "accessanalyzer": "accessanalyzer"}
# What policies are written of.
POLICY = {"Version", "Id", "Statement", "Sid", "Effect", "Principal", "Action", "Resource", "NotResource", "Condition", "AWS"}
# Where a name is that of a member: read, looked for, set, or written into an object.
READ = re.compile(r'(?:\.|->)(?:text|str|contains|find|edit|erase|set)\("([A-Za-z][A-Za-z0-9]*)"|\["([A-Za-z][A-Za-z0-9]*)"\]')
OBJECT = re.compile(r'(?:Json::object\(\{|\}, |^\s*)\{"([A-Za-z][A-Za-z0-9]*)", ')
INPUT = re.compile(r'\binput(?:\["(\w+)"\]|\.(?:text|str|contains|find)\("(\w+)")')


def sources(folder):
    for path in sorted((ROOT / "src" / "services" / folder).rglob("*.cc")) + sorted((ROOT / "src" / "services" / folder).rglob("*.h")):
        if not re.search(r"_(test|bench|fuzz)\.|/testing|fixture|records\.h", str(path)):
            yield path


def code_of(path):
    return "\n".join(line.partition("//")[0] if '"' not in line.partition("//")[2] else line for line in path.read_text(encoding="utf-8").splitlines())


def model(service):
    return json.loads((ROOT / "src" / "awsapi" / "shapes" / f"{service}.json").read_text(encoding="utf-8"))


def members(shapes, roots):
    """The names of the members of these shapes, and of all below them."""
    names, seen, left = set(), set(), [root for root in roots if root]
    while left:
        name = left.pop()
        if name in seen:
            continue
        seen.add(name)
        shape = shapes[name]
        uses = list(shape.get("members", {}).values()) + [shape[part] for part in ("member", "key", "value") if part in shape]
        names |= shape.get("members", {}).keys()
        left += [use if isinstance(use, str) else use["shape"] for use in uses]
    return names


def known(service):
    """(what operations take, what they take or answer, with the members of errors)"""
    data = model(service)
    root = lambda operation, part: (lambda use: use if isinstance(use, str) or use is None else use["shape"])(operation.get(part))
    taken = members(data["shapes"], [root(one, "input") for one in data["operations"].values()])
    answered = members(data["shapes"], [root(one, "output") for one in data["operations"].values()])
    return taken, taken | answered | members(data["shapes"], list(data["shapes"])) | POLICY | data["operations"].keys()


def unknown(folder, service, text_of=code_of):
    taken, everything = known(service)
    for path in sources(folder):
        code = text_of(path)
        for line in code.splitlines():
            for name in (found for pair in INPUT.findall(line) for found in pair if found):
                if name not in taken:
                    yield path, name
            for name in [found for pair in READ.findall(line) for found in pair if found] + OBJECT.findall(line):
                if name[0].isupper() and name not in everything:
                    yield path, name


def reasons():
    rows = {}
    for line in (ROOT / "tests" / "member_names.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            where, reason = line.split(": ", 1)
            service, *names = where.split()
            rows.update({(service, name): reason for name in names})
    return rows


class MemberNames(unittest.TestCase):
    def test_every_member_that_a_service_names_is_in_its_model(self):
        told, used, found = reasons(), set(), []
        for folder, service in SERVICES.items():
            for path, name in unknown(folder, service):
                used.add((folder, name))
                if (folder, name) not in told:
                    found.append(f"{path.relative_to(ROOT)}: `{name}` is no member of anything that {service} takes or answers")
        self.assertEqual(sorted(set(found)), [])
        self.assertEqual(sorted(told.keys() - used), [], "listed, and not named any more")

    def test_a_misspelt_member_is_found_wherever_it_is_named(self):
        lines = ('call.input.text("KeyIdd")', 'call.input["Tagss"].items()', 'if (input.contains("Descriptionn")) return',
                 'return Json::object({{"KeyMetadataa", made}});', 'output.set("NextMarkerr", next);', '    {"Truncatedd", false},')
        for line in lines:
            with self.subTest(line):
                found = {name for path, name in unknown("kms", "kms", lambda path, line=line: line)}
                self.assertEqual(len(found), 1, line)


if __name__ == "__main__":
    unittest.main()
