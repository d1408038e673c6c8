#!/usr/bin/env python3
"""Holds the manual page to the binary: every subcommand and flag of `--help` is explained, none is made up.

usage: check_manual.py PAGE BINARY
"""
import re
import shutil
import subprocess
import sys

FLAG = re.compile(r"^ {2,4}(?:-\w,)?(--[a-z][a-z-]*)", flags=re.M)  # where `--help` lists it, also in a group


def help_of(binary, *subcommand):
    return subprocess.run([binary, "help", *subcommand], capture_output=True, text=True, check=True).stdout


def sections(page):
    """The page's text by the subcommand whose heading (.SS NAME) it stands under; "" before the first."""
    text = page.replace("\\-", "-")
    parts = re.split(r"^\.SS (\S+)$", text, flags=re.M)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2]))}


def check(page, binary):
    described = sections(page)
    subcommands = re.findall(r"^  ([a-z][a-z-]*) ", help_of(binary).split("Subcommands:")[1], flags=re.M)
    for name in subcommands:
        if name not in described:
            yield f"the manual page has no section on `{name}`"
            continue
        have = set(FLAG.findall(help_of(binary, name))) - {"--help"}
        told = set(re.findall(r"^\.TP\n\.B[RI]? (--[a-z-]+)", described[name].split("\n.SH ")[0], flags=re.M))
        for flag in sorted(have - told):
            yield f"`{name} {flag}` is not in the manual page"
        for flag in sorted(told - have):
            yield f"`{name} {flag}` is in the manual page only"
    for name in sorted(described.keys() - set(subcommands) - {""}):
        yield f"the manual page describes `{name}`, which is no subcommand"


def warnings(path):
    """What groff has to say; nothing where it is not installed."""
    if shutil.which("groff") is None:
        return []
    done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-z", path], capture_output=True, text=True, check=False)
    return done.stderr.splitlines()


def main():
    path, binary = sys.argv[1:3]
    with open(path, encoding="utf-8") as file:
        findings = [*check(file.read(), binary), *warnings(path)]
    print("\n".join([*findings, f"manual: {len(findings)} findings"]))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
