#!/usr/bin/env python3
"""Makes docs/reference from the code's own tables.

    make_reference.py [--check] LIST_OPERATIONS LIST_RULES

LIST_OPERATIONS and LIST_RULES are the programs tests/reference builds. operations.md says what every service
registers, beside what AWS's model of it knows; lint.md is the lint's table of rules; limits.md gathers the named
limits of the headers. With --check nothing is written: the exit status is 1 if a file is not what would be written.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"

NAMES = {"sts": "Security Token Service", "iam": "Identity and Access Management", "organizations": "Organizations",
         "kms": "Key Management Service", "ec2": "Elastic Compute Cloud (its VPC part)", "rds": "Relational Database Service",
         "accessanalyzer": "IAM Access Analyzer (its policy checks)"}
LIMIT = re.compile(r"^(?:inline |static )?constexpr (.+?);(?:\s*//\s*(.*))?$")
DECLARED = re.compile(r"(?:^|[ ,>])([a-z_0-9]+_max|[a-z_0-9]+_min)\s*(?:=\s*([^,{}]+)|\{([^}]*)\})")


def operations_page(services):
    lines = ["# Operations", "",
             "What each service answers. \"Known\" are the operations AWS's own model lists; one that is known and not implemented is",
             "refused with the service's proper error, never answered with an empty success.",
             "", "| service | API version | implemented | known to AWS |", "|---|---|---:|---:|"]
    for one in services:
        name = one["service"]
        lines.append(f"| [{NAMES[name]}](#{name}) | {one['version']} | {len(one['implemented'])} | {len(one['known'])} |")
    for one in services:
        lines += ["", f"## {one['service']}", "", "| operation | reads or writes |", "|---|---|"]
        for operation, access in sorted(one["implemented"].items()):
            lines.append(f"| {operation} | {access} |")
    return "\n".join(lines) + "\n"


def limits_in(path):
    for line in path.read_text().splitlines():
        match = LIMIT.match(line)
        if not match:
            continue
        declaration, comment = match.groups()
        unit = re.search(r"chrono::([a-z]+)", declaration)
        for name, plain, braced in DECLARED.findall(declaration):
            yield name, (plain or braced).strip() + (f" {unit.group(1)}" if unit else ""), comment or ""


def limits_page():
    lines = ["# Limits", "",
             "Every queue, buffer, recursion and loop over outside input has a named limit. These are the ones in headers, with the",
             "expression that states them; units are last in a name.", "",
             "| room | limit | value | |", "|---|---|---|---|"]
    for path in sorted((ROOT / "src").rglob("*.h")):
        if path.name.startswith("testing") or path.name.endswith("_test.h"):
            continue
        room = str(path.parent.relative_to(ROOT / "src")).removesuffix("/detail")
        for name, value, comment in limits_in(path):
            lines.append(f"| {room} | `{name}` | `{value}` | {comment.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


def lint_page(table):
    own = sum(rule["origin"] == "own" for rule in table["rules"])
    lines = ["# Findings of `ringwall lint`", "",
             f"{len(table['rules'])} findings, gravest first. All but {own} bear the code of the finding in AWS's IAM Access Analyzer that means",
             "the same; those marked ¹ are Ringwall's own. Where Ringwall refuses a document for a finding, it is an error, whatever",
             "its severity here.", "",
             f"Names of services, actions, resource types and condition keys are judged by {table['source']}."]
    for severity in ["error", "security warning", "warning", "suggestion"]:
        lines += ["", f"## {severity.capitalize()}s", "", "| code | what | what to do |", "|---|---|---|"]
        for rule in table["rules"]:
            if rule["severity"] == severity:
                mark = "¹" if rule["origin"] == "own" else ""
                what, remedy = (rule[key].replace("|", "\\|") for key in ("what", "remedy"))
                lines.append(f"| `{rule['code']}`{mark} | {what} | {remedy} |")
    return "\n".join(lines) + "\n"


def output_of(program):
    return json.loads(subprocess.run([program], capture_output=True, check=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say whether the files are current")
    parser.add_argument("list_operations", help="a program that tests/reference builds")
    parser.add_argument("list_rules", help="the other one")
    arguments = parser.parse_args()
    pages = {"operations.md": operations_page(output_of(arguments.list_operations)),
             "lint.md": lint_page(output_of(arguments.list_rules)), "limits.md": limits_page()}
    stale = [name for name, page in pages.items()
             if not (FOLDER / name).is_file() or (FOLDER / name).read_text() != page]
    if arguments.check:
        for name in stale:
            print(f"docs/reference/{name} is stale: make it with tools/make_reference.py "
                  f"{arguments.list_operations} {arguments.list_rules}")
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (FOLDER / name).write_text(pages[name])
        print(f"wrote docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
