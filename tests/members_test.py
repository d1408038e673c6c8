#!/usr/bin/env python3
"""Every member of every operation's input is used or refused, never passed over: each that AWS's model names is named by
the code of its operation, or stands in members.txt with the reason why nothing has to be done about it. What the model
does not name is refused when it is read (awsapi::decode_input).

A member counts as named where its name stands as a string in the file that registers its operation, or in one that the
service's operations share. One below a member that is refused whole is refused with it.
"""
import json
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SERVICES = ("iam", "sts", "kms", "organizations", "ec2", "rds", "accessanalyzer")
# What is stored says nothing of what is read: records.h are left out.
# Files of a service whose code serves operations that other files register.
SHARED = {"common", "describe", "validate", "documents", "questions", "identities", "rules", "filter", "assume_role", "federation_token"}
NAME = re.compile(r'"([A-Za-z][A-Za-z0-9]*)"')


def sources(*folders):
    for folder in folders:
        for path in sorted((ROOT / "src" / folder).rglob("*")):
            tests = path.name == "records.h" or path.name.endswith("_test.cc") or "test" in path.stem.split("_")[0] or "fixture" in path.stem
            if path.suffix in (".cc", ".h") and not tests:
                yield path


def names_in(path):
    return set(NAME.findall(path.read_text(encoding="utf-8")))


def members(shapes, name, path=(), above=()):
    """Every member of the shape, as a path; lists and maps are looked through."""
    shape = shapes[name]
    if name in above:
        return
    target = lambda use: use if isinstance(use, str) else use["shape"]
    if shape["type"] == "structure":
        for member, use in shape.get("members", {}).items():
            yield (*path, member)
            yield from members(shapes, target(use), (*path, member), (*above, name))
    elif shape["type"] in ("list", "map"):
        yield from members(shapes, target(shape["member" if shape["type"] == "list" else "value"]), path, (*above, name))


def implemented():
    """What the services register, from the page that a test holds to them."""
    service, operations = None, {}
    for line in (ROOT / "docs" / "reference" / "operations.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            service = line[3:]
        elif service and (row := re.match(r"\| ([A-Z]\w+) \| (read|write) \|", line)):
            operations.setdefault(service, []).append(row[1])
    return operations


def passed_over():
    """(service, operation, path) of every member that no code of its operation names."""
    everywhere = set().union(*(names_in(path) for path in sources("service", "network", "keyring", "directory")))
    for service, operations in implemented().items():
        model = json.loads((ROOT / "src" / "awsapi" / "shapes" / f"{service}.json").read_text(encoding="utf-8"))
        names = {path: names_in(path) for path in sources(f"services/{service}")}
        shared = everywhere.union(*(some for path, some in names.items() if path.stem in SHARED | {service} or "detail" in path.parts and path.suffix == ".h"))
        for operation in operations:
            use = model["operations"][operation].get("input")
            if not use:
                continue
            own = [some for some in names.values() if operation in some] or list(names.values())
            known = shared.union(*own)
            for path in members(model["shapes"], use if isinstance(use, str) else use["shape"]):
                if path[-1] not in known:
                    yield service, operation, ".".join(path)


def reasons():
    rows = {}
    for line in (ROOT / "tests" / "members.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            where, reason = line.split(":", 1)
            rows[tuple(where.split())] = reason.strip()
    return rows


def excused(rows, service, operation, path):
    parts = path.split(".")
    for length in range(1, len(parts) + 1):
        for name in (operation, "*"):
            row = (service, name, ".".join(parts[:length]))
            if row in rows:
                return row
    return None


class Members(unittest.TestCase):
    def test_every_operation_is_looked_at(self):
        self.assertEqual(set(implemented()), set(SERVICES))
        self.assertGreater(sum(len(each) for each in implemented().values()), 200)

    def test_every_member_is_used_or_refused(self):
        rows, used = reasons(), set()
        unexplained = []
        for service, operation, path in passed_over():
            row = excused(rows, service, operation, path)
            used.add(row)
            if row is None:
                unexplained.append(f"{service} {operation} {path}")
        self.assertEqual(unexplained, [], "use the member, refuse it, or say in tests/members.txt why nothing is to be done")
        self.assertEqual(sorted(" ".join(row) for row in set(rows) - used), [], "rows of tests/members.txt that excuse nothing")


if __name__ == "__main__":
    unittest.main()
