#!/usr/bin/env python3
"""Asks `ringwall authorize` and npm's iam-simulate the same questions: those of the rule corpus, and random ones. Whatever they answer differently must be a known
difference (known.py), with a line in docs/semantics.md; anything else fails.

    tests/peers/peers_test.py [--questions N] [--seed S]

Half the random questions come from a seed that is always the same, half from one that is new in every run, and printed.
Exit code 77 (skipped) where node, npm or the registry cannot be had. RINGWALL names another binary than
build/release/ringwall.
"""
import argparse
import collections
import json
import os
import secrets
import sys
import time

import compare
import corpus
import known
import peers
import witnesses
from questions import Questions

SKIPPED = 77
BINARY = os.environ.get("RINGWALL", os.path.join(peers.ROOT, "build", "release", "ringwall"))
EVER_THE_SAME_SEED = 1
PART = 500  # questions that are asked at once
ASKING_S_MAX = 20


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


def random_disagreements(seed, count, deadline):
    """Of `count` questions, as many as are asked before the deadline; a part of them at least."""
    questions, causes, verdicts = Questions(seed), collections.Counter(), collections.Counter()
    asked = agreed = differ = 0
    faults = []
    while asked < count and (asked == 0 or time.monotonic() < deadline):
        result = compare.compare(BINARY, [questions.question() for _ in range(min(PART, count - asked))])
        asked, agreed, differ = asked + result.asked, agreed + result.agreed, differ + len(result.disagreements)
        verdicts.update(result.verdicts)
        causes.update(name for one in result.disagreements for name in one.explained_by)
        faults += [f"seed {seed}: {who} refuses {json.dumps(question)}: {why}" for question, who, why in result.refused]
        faults += [f"seed {seed}: ringwall says {one.ours}, iam-simulate {one.theirs}, and nobody knows why: {json.dumps(one.question)}"
                   for one in result.disagreements if not one.explained_by]
    print(f"seed {seed}: {asked} questions, {agreed} answers agree ({dict(verdicts)}), {differ} differ: {dict(causes.most_common())}")
    if min(verdicts[verdict] for verdict in ("allow", "explicit-deny", "implicit-deny")) < asked / 20:
        faults.append(f"seed {seed}: the questions have hardly any of one verdict: {dict(verdicts)}")
    return faults


def corpus_disagreements():
    """The rules of tests/spec, as far as the peer has words for them and takes them."""
    asked = [(where, corpus.plain(question)) for where, question in corpus.questions()]
    asked = [(where, question) for where, question in asked if question]
    result = compare.compare(BINARY, [question for _, question in asked])
    causes = collections.Counter(name for one in result.disagreements for name in one.explained_by)
    print(f"rule corpus: {result.asked} questions, {len(result.refused)} not taken by the peer, {result.agreed} answers agree, "
          f"{len(result.disagreements)} differ: {dict(causes.most_common())}")
    places = {json.dumps(question): where for where, question in asked}
    faults = [f"ringwall refuses {places[json.dumps(question)]}: {why}" for question, who, why in result.refused if who == "ringwall"]
    return faults + [f"{places[json.dumps(one.question)]}: ringwall says {one.ours}, iam-simulate {one.theirs}, and nobody knows why"
                     for one in result.disagreements if not one.explained_by]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=2000, help="random ones, at most; fewer where the machine is slow")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    arguments = parser.parse_args()
    if not os.path.exists(BINARY):
        sys.exit(f"{BINARY} is missing: build it, or name another with RINGWALL")
    try:
        peers.install()
    except peers.Unavailable as why:
        print(f"skipped: {why}")
        sys.exit(SKIPPED)
    faults = undocumented() + unproven() + corpus_disagreements()
    deadline = time.monotonic() + ASKING_S_MAX
    for seed in (EVER_THE_SAME_SEED, arguments.seed):
        faults += random_disagreements(seed, arguments.questions // 2, deadline)
    for fault in faults[:20]:
        print(fault)
    sys.exit(f"{len(faults)} faults" if faults else 0)


if __name__ == "__main__":
    main()
