"""The questions of the rule corpus (tests/spec), as `ringwall authorize` takes them; the cases that must be refused are left out."""
import copy
import glob
import json
import os

from known import LIST_KEYS, documents
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


def _session_arn(role_arn, session):
    account, name = role_arn.split(":")[4], role_arn.split("/")[-1]
    return f"arn:aws:sts::{account}:assumed-role/{name}/{session}"


def _texts(value):
    """Numbers and booleans as the text that they are for a policy."""
    if isinstance(value, dict):
        return {key: _texts(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_texts(one) for one in value]
    return value if isinstance(value, str) else json.dumps(value)


def plain(question):
    """The question with all that `ringwall authorize` fills in written out, for one who does not; None where the peer has no
    words for it: grants, several session policies, web identity and SAML, service-linked roles, unique ids, several values of a
    key that it knows to have one."""
    question = copy.deepcopy(question)
    request, policies = question["request"], question["policies"]
    principal = request["principal"]
    named = principal.startswith("arn:") or principal.endswith(".amazonaws.com") or principal == "anonymous"
    if not named or "grants" in policies or len(policies.get("session", [])) > 1 or "/aws-service-role/" in principal:
        return None
    if request.keys() - {"principal", "action", "resource", "resourceAccount", "context", "sessionName"}:
        return None
    context = request["context"] = _texts(request.get("context", {}))
    arn, account = principal, principal.split(":")[4] if principal.startswith("arn:") else ""
    session = request.pop("sessionName", "unnamed")
    if ":role/" in principal:
        if principal.count("/") > 1:
            return None  # the session's ARN does not say the path of its role
        request["principal"] = _session_arn(principal, session)
    elif ":assumed-role/" in principal:
        arn = f"arn:aws:iam::{account}:role/{principal.split('/')[1]}"
    given = {key.lower() for key in context}
    if request["resource"] != "*" and any(mark in request["resource"] for mark in "*$"):
        return None  # a pattern, for the peer
    if "aws:userid" in given:
        return None  # unique ids of users and roles
    if any(isinstance(value, list) and len(value) > 1 and key.lower() not in LIST_KEYS for key, value in context.items()):
        return None  # the peer takes the first value
    resource = request["resource"].split(":")
    request.setdefault("resourceAccount", (resource[4] if len(resource) > 5 else "") or account)
    for key, value in (("aws:PrincipalArn", arn if account else ""), ("aws:PrincipalAccount", account),
                       ("aws:ResourceAccount", request["resourceAccount"])):
        if value and key.lower() not in given:
            context[key] = value
    for _, document in documents(question):
        if not isinstance(document["Statement"], list):
            document["Statement"] = [document["Statement"]]
        document.setdefault("Version", "2008-10-17")
        for statement in document["Statement"]:
            if "Condition" in statement:
                statement["Condition"] = _texts(statement["Condition"])
    return question
