"""Asks both, and explains each disagreement by the fewest known differences that explain it."""
import itertools
from dataclasses import dataclass

import known
import peers


@dataclass
class Disagreement:
    question: dict
    ours: dict
    theirs: str
    explained_by: tuple = ()  # names of known differences; empty: nobody has explained it


@dataclass
class Comparison:
    asked: int
    agreed: int
    verdicts: dict      # how often each was ours
    refused: list       # (question, who, why): taken by one of both only
    disagreements: list


def applicable(question):
    return [one for one in known.DIFFERENCES if known.rewritten(question, [one]) != question]


def explain(disagreements):
    """The smallest sets first: most disagreements have one cause."""
    for size in range(1, 5):
        tried = [(one, chosen) for one in disagreements if not one.explained_by
                 for chosen in itertools.combinations(applicable(one.question), size)]
        answers = peers.ask_iam_simulate([known.rewritten(one.question, chosen) for one, chosen in tried])
        for (one, chosen), said in zip(tried, answers):
            if not one.explained_by and said.get("verdict") == one.ours["verdict"]:
                one.explained_by = tuple(difference.name for difference in chosen)


def compare(binary, questions):
    ours, theirs = peers.ask_ringwall(binary, questions), peers.ask_iam_simulate(questions)
    result = Comparison(len(questions), 0, {}, [], [])
    for question, mine, said in zip(questions, ours, theirs):
        if "error" in mine:
            result.refused.append((question, "ringwall", mine["error"]))
        elif "error" in said or said["ignored"]:
            result.refused.append((question, "iam-simulate", said.get("error") or f"ignores {said['ignored']}"))
        else:
            result.verdicts[mine["verdict"]] = result.verdicts.get(mine["verdict"], 0) + 1
            if mine["verdict"] == said["verdict"]:
                result.agreed += 1
            else:
                result.disagreements.append(Disagreement(question, mine, said["verdict"]))
    explain(result.disagreements)
    return result
