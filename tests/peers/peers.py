"""Asks the npm peers the questions that `ringwall authorize` takes. They run in processes of their own: nothing of
theirs is part of Ringwall, which the licence of iam-simulate (AGPL) would not bear.
"""
import json
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FOLDER = os.path.join(ROOT, "build", "peers-node")
INSTALL_S_MAX = 20

OURS = ("package.json", "iam_simulate.mjs", "cedar.mjs")


class Unavailable(Exception):
    """npm, node or the registry cannot be had; says which."""


def install():
    """Brings the peers into build/peers-node; a folder that has them already needs no network."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            raise Unavailable(f"{program} is not installed: apt-get install nodejs npm")
    os.makedirs(FOLDER, exist_ok=True)
    for name in OURS:
        shutil.copy(os.path.join(HERE, name), FOLDER)
    if _installed():
        return
    try:
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=FOLDER, capture_output=True,
                              text=True, timeout=INSTALL_S_MAX, check=False)
    except subprocess.TimeoutExpired as late:
        raise Unavailable(f"npm has not installed the peers within {INSTALL_S_MAX} s") from late
    if done.returncode != 0:
        raise Unavailable(f"the peers could not be had from npm: {done.stderr.strip()[-300:]}")


def _installed():
    with open(os.path.join(HERE, "package.json"), encoding="utf-8") as file:
        wanted = json.load(file)["dependencies"]
    for name, version in wanted.items():
        try:
            with open(os.path.join(FOLDER, "node_modules", name, "package.json"), encoding="utf-8") as file:
                if json.load(file)["version"] != version:
                    return False
        except OSError:
            return False
    return True


def load(path):
    """A question of bench/cases with its documents in place of their paths."""
    with open(path, encoding="utf-8") as file:
        question = json.load(file)
    folder = os.path.dirname(path)

    def document(one):
        if not isinstance(one, str):
            return one
        with open(os.path.join(folder, one), encoding="utf-8") as inner:
            return json.load(inner)

    policies = question["policies"]
    for layer, value in policies.items():
        if layer in ("scp", "rcp"):
            for level in value:
                level["policies"] = [document(one) for one in level["policies"]]
        elif isinstance(value, list):
            policies[layer] = [document(one) for one in value]
        else:
            policies[layer] = document(value)
    return question


def _allows_everything(document):
    statements = document["Statement"]
    statements = statements if isinstance(statements, list) else [statements]
    return all(one["Effect"] == "Allow" for one in statements)


def simulation_of(question):
    """The question in iam-simulate's form. It adds RCPFullAWSAccess to every level by itself and refuses it otherwise."""
    request, policies = question["request"], question["policies"]
    identity = policies.get("identity", [])
    if request["principal"].endswith(":root"):  # it may do everything in its account, which the peer must be told
        identity = [{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}]
    named = lambda prefix, documents: [{"name": f"{prefix}-{i}", "policy": one} for i, one in enumerate(documents)]
    levels = lambda prefix: [
        {"orgIdentifier": level["target"],
         "policies": named(f"{prefix}-{i}", [one for one in level["policies"] if prefix == "scp" or not _allows_everything(one)])}
        for i, level in enumerate(policies.get(prefix, []))]
    principal = request["principal"]
    simulation = {
        "request": {
            "principal": {"type": "Anonymous"} if principal == "anonymous" else principal,
            "action": request["action"],
            "resource": {"resource": request["resource"], "accountId": request["resourceAccount"]},
            "contextVariables": request.get("context", {}),
        },
        "identityPolicies": named("identity", identity),
        "serviceControlPolicies": levels("scp"),
        "resourceControlPolicies": levels("rcp"),
        "additionalSettings": {"s3": {"bucketAbacEnabled": True}},  # else tags of buckets do not exist for it
    }
    if "boundary" in policies:
        simulation["permissionBoundaryPolicies"] = named("boundary", [policies["boundary"]])
    if "endpoint" in policies:
        simulation["vpcEndpointPolicies"] = named("endpoint", [policies["endpoint"]])
    if "resource" in policies:
        simulation["resourcePolicy"] = policies["resource"]
    if policies.get("session"):
        (simulation["sessionPolicy"],) = policies["session"]
    return simulation


def _lines(command, objects, timeout_s):
    text = "".join(json.dumps(one) + "\n" for one in objects)
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=timeout_s, check=False,
                          cwd=FOLDER if command[-1].endswith("mjs") or "node" in command else None)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(objects):
        raise RuntimeError(f"{' '.join(command)} answered {len(answers)} of {len(objects)}: {done.stderr[-500:]}")
    return answers


def ask_iam_simulate(questions, samples=0, prefix=(), timeout_s=60):
    """One {verdict, ignored} or {error} a question; with samples the times too."""
    command = [*prefix, "node", "iam_simulate.mjs"] + (["time", str(samples)] if samples else [])
    return _lines(command, [simulation_of(one) for one in questions], timeout_s)


def ask_ringwall(binary, questions, timeout_s=60):
    """One {verdict, …} or {error} a question."""
    return _lines([binary, "authorize", "--batch", "-"], questions, timeout_s)


def time_cedar(samples, prefix=(), timeout_s=60):
    done = subprocess.run([*prefix, "node", "cedar.mjs", str(samples)], cwd=FOLDER, capture_output=True, text=True,
                          timeout=timeout_s, check=True)
    return json.loads(done.stdout)
