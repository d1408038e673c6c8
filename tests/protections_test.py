#!/usr/bin/env python3
"""Every protection of a generated perimeter taken away in turn: the leak that it held back appears, and no other.

A protection is a statement that denies, or what an endpoint's statement asks for before it lets something through. It is taken
away from the whole perimeter, and from one that lacks the layers which hold the same cells too: there the cell falls that stood by
itself. Each new leak is of an objective that the generator says the statement holds (`protections.json`), and its request is allowed
without the statement and explicitly denied, or through an endpoint not allowed, with it. One that changes nothing anywhere is named
below with its reason.

usage: protections_test.py RINGWALL     (RINGWALL_PROTECTIONS_EVERY=1: all of them, not every seventh; each says on standard error what it held)
"""
import concurrent.futures
import copy
import json
import os
import re
import sys
import unittest

import perimeter_estate as estate
from perimeter_test import Perimeter, question_of

EVERY = int(os.environ.get("RINGWALL_PROTECTIONS_EVERY", "7"))

# The layers that hold some of the same cells.
BESIDE = {"rcp": [["resource-statement", "trust-statement"], ["resource-statement", "trust-statement", "scp-networks", "identity-guardrail"]],
          "resource-statement": [["rcp"]], "trust-statement": [["rcp"]], "scp-agents": [["scp-resources"]]}


# What holds nothing in this organisation, and why.
NO_RESOURCE = "no resource here has a policy of that service"
REGIONAL = "what is in one Region is asked in that Region"
REDUNDANT = [
    (r"^endpoint ringwall-endpoint-(ecr|lambda|rds|ssm) ", "no endpoint here is of that service"),
    (r"^endpoint ringwall-endpoint (?!MyPrincipalsMyResources)", "the one endpoint that has it is execute-api's, and no request through it is one of these"),
    (r"^endpoint .* MyServices", "services of AWS's come through an endpoint of mine on addresses that they signed, and are asked about elsewhere"),
    (r" ProvidersMyRoles (StringNotEqualsIfExists aws:PrincipalType|Bool)", "who has no aws:PrincipalAccount is neither anonymous nor comes here as a service"),
    (r"^identity-guardrail .* AgentsOnlyMine", "OnlyMyResources refuses everybody what is outside, in the same layer"),
    (r" NothingOfOthers", "actions that take no resource have none of others' that is known today"),
    (r"^rcp .* OnlyMyNetworks\d .*\"Resource\": \"arn:aws:iam::\d+:role/partner\"", "no principal of mine may take the partner's role, and OnlyMyPrincipals refuses the others"),
    (r"^rcp .*\"Resource\": .\"arn:aws:s3:::example-trail\"", "the trail is the management account's, which no RCP reaches"),
    (r"^resource-statement ringwall-resource-statement ", "every policy here is of a service that has statements of its own"),
    (r"^resource-statement ringwall-resource-statement-(acm-pca|backup|codeartifact|ecr|elasticfilesystem|es|events|execute-api|glacier|glue|kinesis|logs|s3express) ", NO_RESOURCE),
    (r"^resource-statement ringwall-resource-statement-(dynamodb|kms|secretsmanager|sns|sqs) OnlyOnMyBehalf", "no service is declared for them, and OnlyMyPrincipals refuses every one"),
    (r"^resource-statement ringwall-resource-statement-(dynamodb|kms|secretsmanager|sns|sqs) OnlyMyNetworksRegion", REGIONAL),
    (r"^trust-statement .* OnlyOnMyBehalf", "a service takes the roles that trust it for their own account alone"),
]


class Protections(Perimeter):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.table = json.loads((cls.folder / "policies/protections.json").read_text())

    def protections(self):
        for layer, documents in self.generated.items():
            for name, document in documents.items():
                for index, one in enumerate(document["Statement"]):
                    keys = [None] if one["Effect"] == "Deny" else [(operator, key) for operator, keys in one["Condition"].items() for key in keys]
                    yield from ((layer, name, index, key) for key in keys)

    # The organisation without the layers of `beside`, and without the protection.
    def without(self, beside, protection=None):
        made = {layer: copy.deepcopy(documents) for layer, documents in self.generated.items() if layer not in beside}
        if protection:
            layer, name, index, key = protection
            statements = made[layer][name]["Statement"]
            if key is not None:
                del statements[index]["Condition"][key[0]][key[1]]
            elif len(statements) > 1 or layer in ("resource-statement", "trust-statement"):
                del statements[index]
            else:
                del made[layer][name]
        return estate.Estate().attach(made)

    def test_each_holds_its_leak_back_and_no_other(self):
        protections = list(self.protections())
        bases = {}
        for beside in [[], *(one for each in BESIDE.values() for one in each)]:
            bases[tuple(beside)] = leaking(self.prove(self.without(beside), "--no-depth")[1])
        self.assertEqual(bases[()], {})

        def take_away(protection):
            try:
                return self.take_away(protection, bases)
            except AssertionError as error:
                return f"{protection}: {error}", False
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            told = list(pool.map(take_away, protections[::EVERY]))
        for line, _ in told:
            print(line, file=sys.stderr)
        held = sum(": nothing here, for " not in line for line, _ in told)
        print(f"{len(told)} of {len(protections)} protections taken away: {held} leave a leak that they held back, {len(told) - held} are said to hold nothing here", file=sys.stderr)
        self.assertEqual([line for line, is_explained in told if not is_explained], [])

    # A line that says what came of it, and whether that is as it should be.
    def take_away(self, protection, bases):
        layer, name, index, key = protection
        statement = self.generated[layer][name]["Statement"][index]
        sid = statement["Sid"]
        title = f"{layer} {name} {sid}" + (f" {key[0]} {key[1]}" if key else "")
        expected = set(self.table[f"{layer}/{name}.json"][sid]) | {"perimeter"}
        reason = next((why for pattern, why in REDUNDANT if re.search(pattern, f"{title} {json.dumps(statement)}")), None)
        for beside in [[], *BESIDE.get(layer, [])]:
            before, built = bases[tuple(beside)], self.without(beside, protection)
            report = self.prove(built, "--no-depth")[1]
            now = leaking(report)
            self.assertTrue(all(actions <= now.get(cell, set()) for cell, actions in before.items()), "what leaked before leaks no more")
            new = {cell for cell, actions in now.items() if not actions <= before.get(cell, set())}
            if new:
                self.assertLessEqual({objective for objective, _ in new}, expected, "leaks what it is not said to hold")
                self.replay_those(built, self.without(beside), report, new - set(before))
                told = "; ".join(f"{objective}: " + ", ".join(sorted(short(subject) for one, subject in new if one == objective)) for objective in sorted({one for one, _ in new}))
                return f"{title}: {told}" + (f" (without {', '.join(beside)})" if beside else ""), reason is None
        return f"{title}: nothing here, for {reason or 'NO REASON THAT IS KNOWN'}", reason is not None

    # The requests of the cells that fell are allowed now, and what was taken away is what refused them. (Of a leak that another
    # cell had before, the request is that one's.)
    def replay_those(self, built, base, report, fell):
        leaks = [leak for leak in report["leaks"] if {(leak["objective"], subject) for subject in leak["subjects"]} <= fell]
        for made, allowed in [(built, True), (base, False)]:
            for leak, answer in zip(leaks, self.decide([question_of(made, leak) for leak in leaks])):
                self.assertEqual(answer == "allow", allowed, (leak["objective"], leak["subjects"], leak["finding"]["request"], answer))


# By objective and subject, the actions that leak. Everything else is proved.
def leaking(report):
    found = {}
    for row in report["matrix"]:
        for cell in row["cells"]:
            assert cell["verdict"] != "inconclusive", cell
            if cell["verdict"] == "leak":
                found[row["objective"], cell["subject"]] = {action for at in cell["leaks"] for action in report["leaks"][at]["finding"]["actions"]}
    return found


def short(subject):
    return subject.split(":", 5)[-1].removeprefix("arn:aws:s3:::")


if __name__ == "__main__":
    unittest.main()
