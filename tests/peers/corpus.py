"""The questions of the rule corpus (tests/spec), as `ringwall authorize` takes them; the cases that must be refused are left out."""
import copy
import glob
import json
import os

from peers import ROOT

KEYWORDS = ("rule", "source", "given", "case", "with", "context", "expect")


def entries(text):
    """(keyword, text) in turn; a value goes on until the next line that begins with a keyword."""
    current = None
    for line in text.splitlines():
        stripped = line.strip()
        word, colon, rest = stripped.partition(":")
        if colon and word in KEYWORDS:
            if current:
                yield current
            current = (word, rest.strip())
        elif current and stripped and not stripped.startswith("#"):
            current = (current[0], current[1] + "\n" + line)
    if current:
        yield current


def merged(target, patch):
    """RFC 7396."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def questions():
    """(where, question) of every case."""
    for path in sorted(glob.glob(os.path.join(ROOT, "tests", "spec", "**", "*.rule"), recursive=True)):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        given, case, question = None, None, None
        for word, value in entries(text):
            if word == "given":
                given = json.loads(value)
            elif word == "case":
                case, question = value, given
            elif word == "with":
                question = merged(question, json.loads(value))
            elif word == "context":
                question = merged(question, {"request": {"context": json.loads(value)}})
            elif word == "expect" and not value.startswith("refused") and "policies" in question:
                yield f"{os.path.relpath(path, ROOT)}: {case}", question
