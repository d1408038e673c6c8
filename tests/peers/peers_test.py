#!/usr/bin/env python3
"""Asks `ringwall authorize` and npm's iam-simulate the same questions. Whatever they answer differently must be a known
difference (known.py), with a line in docs/semantics.md; anything else fails.

    tests/peers/peers_test.py [--questions N] [--seed S]

Half the questions come from a seed that is always the same, half from one that is new in every run, and printed.
Exit code 77 (skipped) where node, npm or the registry cannot be had. RINGWALL names another binary than
build/release/ringwall.
"""
import argparse
import collections
import json
import os
import secrets
import sys

import compare
import known
import peers
import witnesses
from questions import Questions

SKIPPED = 77
BINARY = os.environ.get("RINGWALL", os.path.join(peers.ROOT, "build", "release", "ringwall"))
EVER_THE_SAME_SEED = 1


def undocumented():
    """Known differences without their line in docs/semantics.md."""
    with open(os.path.join(peers.ROOT, "docs", "semantics.md"), encoding="utf-8") as file:
        _, _, section = file.read().partition("\n## Where peers differ\n")
    section = section.partition("\n## ")[0]
    lines = [line.removeprefix("- ") for line in section.splitlines()]
    return [f"docs/semantics.md: no line under \"Where peers differ\" begins with: {one.heading}"
            for one in known.DIFFERENCES if not any(line.startswith(one.heading) for line in lines)]


def unproven():
    """Differences that their witness no longer shows: the peer has changed, or Ringwall has."""
    names = [one.name for one in known.DIFFERENCES]
    if sorted(names) != sorted(witnesses.WITNESSES):
        return [f"witnesses.py: not one witness a difference: {sorted(set(names) ^ set(witnesses.WITNESSES))}"]
    result = compare.compare(BINARY, list(witnesses.WITNESSES.values()))
    faults = [f"{who} refuses a witness: {why}" for _, who, why in result.refused]
    explained = {json.dumps(one.question): one.explained_by for one in result.disagreements}
    for name, question in witnesses.WITNESSES.items():
        by = explained.get(json.dumps(question))
        if by != (name,):
            faults.append(f"the witness of {name} shows " + ("no difference" if by is None else f"{by or 'something unknown'}"))
    return faults


def random_disagreements(seed, count):
    questions = Questions(seed)
    result = compare.compare(BINARY, [questions.question() for _ in range(count)])
    causes = collections.Counter(name for one in result.disagreements for name in one.explained_by)
    print(f"seed {seed}: {result.asked} questions, {result.agreed} answers agree ({result.verdicts}), "
          f"{len(result.disagreements)} differ: {dict(causes.most_common())}")
    faults = [f"seed {seed}: {who} refuses {json.dumps(question)}: {why}" for question, who, why in result.refused]
    faults += [f"seed {seed}: ringwall says {one.ours}, iam-simulate {one.theirs}, and nobody knows why: {json.dumps(one.question)}"
               for one in result.disagreements if not one.explained_by]
    if min(result.verdicts.get(verdict, 0) for verdict in ("allow", "explicit-deny", "implicit-deny")) < count / 20:
        faults.append(f"seed {seed}: the questions have hardly any of one verdict: {result.verdicts}")
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    arguments = parser.parse_args()
    if not os.path.exists(BINARY):
        sys.exit(f"{BINARY} is missing: build it, or name another with RINGWALL")
    try:
        peers.install()
    except peers.Unavailable as why:
        print(f"skipped: {why}")
        sys.exit(SKIPPED)
    faults = undocumented() + unproven()
    for seed in (EVER_THE_SAME_SEED, arguments.seed):
        faults += random_disagreements(seed, arguments.questions // 2)
    for fault in faults[:20]:
        print(fault)
    sys.exit(f"{len(faults)} faults" if faults else 0)


if __name__ == "__main__":
    main()
