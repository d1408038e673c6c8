"""Where iam-simulate answers otherwise, and why Ringwall's answer stands.

Each difference rewrites a question so that the peer is asked what Ringwall understands: a disagreement is explained when
the peer, asked the rewritten question, agrees with Ringwall's answer to the original. Each has a line in
docs/semantics.md under "Where peers differ", which `heading` begins.
"""
import base64
import copy
import datetime
import ipaddress
import json
import os
import re
from dataclasses import dataclass
from typing import Callable

GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
ORGANIZATIONS = "https://docs.aws.amazon.com/organizations/latest/userguide/"
# Those that hold several values, for the peer always.
LIST_KEYS = {"aws:tagkeys", "aws:calledvia", "aws:principalorgpaths", "aws:resourceorgpaths", "aws:vpceorgpaths", "aws:sourceorgpaths",
             "aws:principalservicenameslist"}
NEGATED = re.compile(r"Not(?!hing)")


@dataclass(frozen=True)
class Difference:
    name: str
    heading: str   # how its line in docs/semantics.md begins
    source: str    # what AWS says of it
    rewrite: Callable  # changes the question in place


def documents(question):
    for layer, value in question["policies"].items():
        if layer in ("scp", "rcp"):
            for level in value:
                yield from ((layer, one) for one in level["policies"])
        else:
            yield from ((layer, one) for one in (value if isinstance(value, list) else [value]))


def statements(question):
    for layer, document in documents(question):
        for statement in document["Statement"]:
            yield layer, document, statement


def change_conditions(question, change):
    """change(operator, key, values, statement, context) answers (operator, values), or None: it holds, and is dropped."""
    context = {key.lower(): value for key, value in question["request"]["context"].items()}
    for _, _, statement in statements(question):
        changed = {}
        for operator, tests in statement.pop("Condition", {}).items():
            for key, values in tests.items():
                kept = change(operator, key, values if isinstance(values, list) else [values], statement, context)
                if kept:
                    # A test that the peer would find twice under one operator stands under another spelling of the key.
                    while key in changed.get(kept[0], {}):
                        key = key.swapcase() if key.islower() else key.lower()
                    changed.setdefault(kept[0], {})[key] = kept[1]
        if changed:
            statement["Condition"] = changed


def binary(question):
    def change(operator, _key, values, _statement, _context):
        if not operator.startswith("BinaryEquals"):
            return operator, values
        return operator.replace("Binary", "String"), [base64.b64decode(one).decode() for one in values]
    change_conditions(question, change)


def iso(value):
    if not re.fullmatch(r"\d+", value):
        return value
    return datetime.datetime.fromtimestamp(int(value), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch(question):
    asked = set()

    def change(operator, key, values, _statement, _context):
        if not operator.startswith("Date"):
            return operator, values
        asked.add(key.lower())
        return operator, [iso(one) for one in values]
    change_conditions(question, change)
    context = question["request"]["context"]
    for key, value in context.items():
        if key.lower() in asked and isinstance(value, str):
            context[key] = iso(value)


def everywhere(question):
    halves = {"0.0.0.0/0": ["0.0.0.0/1", "128.0.0.0/1"]}
    change_conditions(question, lambda operator, _key, values, *_: (
        operator, [part for one in values for part in halves.get(one, [one])]))


def other_family(question):
    def change(operator, key, values, _statement, context):
        actual = context.get(key.lower(), "")
        if not operator.startswith("NotIpAddress") or not isinstance(actual, str) or actual in ("", "nonsense"):
            return operator, values
        alike = [one for one in values if (":" in one) == (":" in actual)]
        return (operator, alike) if alike else None
    change_conditions(question, change)


def no_values(question):
    context = question["request"]["context"]
    for key in [key for key, value in context.items() if value == []]:
        del context[key]


def several_values(question):
    def change(operator, key, values, _statement, context):
        if ":" in operator or operator == "Null" or not isinstance(context.get(key.lower()), list) and key.lower() not in LIST_KEYS:
            return operator, values
        return ("ForAllValues:" if NEGATED.search(operator) else "ForAnyValue:") + operator, values
    change_conditions(question, change)


def absent(key, context):
    return context.get(key.lower()) in (None, [])


def set_if_exists(question):
    change_conditions(question, lambda operator, key, values, _statement, context: (
        None if operator.startswith("ForAnyValue:") and operator.endswith("IfExists") and absent(key, context) else (operator, values)))


def unresolved(value, context):
    return any(", '" not in inner and not isinstance(context.get(inner.lower()), str)
               for inner in re.findall(r"\$\{([^}*?$]+)\}", value))


def unresolved_negation(question):
    def change(operator, _key, values, statement, context):
        doubtful = NEGATED.search(operator) and any(unresolved(one, context) for one in values)
        return None if doubtful and statement["Effect"] == "Deny" else (operator, values)
    change_conditions(question, change)


def unresolved_not_resource(question):
    """Undecided, unless the text before the variable differs already."""
    context = {key.lower(): value for key, value in question["request"]["context"].items()}
    for _, _, statement in statements(question):
        patterns = statement.get("NotResource", [])
        patterns = patterns if isinstance(patterns, list) else [patterns]
        doubtful = [one for one in patterns if unresolved(one, context)]
        if not doubtful:
            continue
        if all(not question["request"]["resource"].startswith(re.split(r"[$*?]", one)[0]) for one in doubtful):
            statement["NotResource"] = [one for one in patterns if one not in doubtful] or ["arn:aws:s3:::nothing"]
            continue
        del statement["NotResource"]
        statement["Resource"] = "*"
        if statement["Effect"] == "Allow":
            statement.pop("NotAction", None)
            statement["Action"] = "cloudwatch:Nothing"


def fits(operator, value):
    family = re.sub(r"^For(All|Any)Values?:|IfExists$", "", operator)
    try:
        if family.startswith("Numeric"):
            float(value)
        elif family.startswith("Date"):
            datetime.datetime.fromisoformat(iso(value).replace("Z", "+00:00"))
        elif "IpAddress" in family:
            ipaddress.ip_address(value)
        elif family.startswith("Arn"):
            return value.count(":") >= 5
        elif family == "Bool":
            return value.lower() in ("true", "false")
    except ValueError:
        return False
    return True


def not_of_its_type(question):
    """A Deny then denies: the test is dropped. An Allow does not allow: the statement asks for what nobody does."""
    def change(operator, key, values, statement, context):
        actual = context.get(key.lower())
        if actual in (None, []) or all(fits(operator, one) for one in (actual if isinstance(actual, list) else [actual])):
            return operator, values
        if statement["Effect"] == "Deny":
            return None
        statement.pop("NotAction", None)
        statement["Action"] = "cloudwatch:Nothing"
        return operator, values
    change_conditions(question, change)


def empty_value(question):
    empty = [key for key, value in question["request"]["context"].items() if value == ""]
    if not empty:
        return
    text = json.dumps(question["policies"])
    for key in empty:
        text = re.sub(r"\$\{" + re.escape(key) + r"(, '[^']*')?\}", "", text)
    question["policies"] = json.loads(text)


def old_version(question):
    for _, document in documents(question):
        if document["Version"] == "2008-10-17":
            changed = json.loads(re.sub(r"\$\{", "${$}{", json.dumps(document)))
            document.update(changed)


def rcp_services(question):
    service = question["request"]["action"].split(":")[0]
    if service not in RCP_SERVICES or question["request"]["action"].lower() == "kms:retiregrant":
        question["policies"].pop("rcp", None)


def _rcp_services():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "authz", "rcp_services.cc")
    with open(path, encoding="utf-8") as file:
        return set(re.findall(r'^    "([a-z0-9-]+)",$', file.read(), re.MULTILINE))


RCP_SERVICES = _rcp_services()


def scp_of_outsiders(question):
    if not question["request"]["principal"].startswith("arn:"):
        question["policies"].pop("scp", None)


def forms(principal):
    """Every form in which NotPrincipal must list a caller to exempt it; of the account either spelling."""
    if not principal.startswith("arn:"):
        return [{principal}] if principal != "anonymous" else [set()]
    account = principal.split(":")[4]
    root = f"arn:aws:iam::{account}:root"
    names = [{account, root}]
    if principal != root:
        names.append({principal})
    if ":assumed-role/" in principal:
        names.append({f"arn:aws:iam::{account}:role/{principal.split('/')[1]}"})
    return names


def not_principal(question):
    for _, _, statement in statements(question):
        if "NotPrincipal" not in statement:
            continue
        listed = {name for names in statement["NotPrincipal"].values() for name in (names if isinstance(names, list) else [names])}
        if not all(form & listed for form in forms(question["request"]["principal"])):
            del statement["NotPrincipal"]
            statement["Principal"] = "*"


def role_and_everyone(question):
    caller = question["request"]["context"].get("aws:PrincipalArn")
    for _, _, statement in statements(question):
        principal = statement.get("Principal")
        names = principal.get("AWS") if isinstance(principal, dict) else None
        if isinstance(names, list) and "*" in names and caller in names and ":role/" in caller:
            principal["AWS"] = [one for one in names if one != "*"]


def role_path(question):
    """Another role whose name, behind its path, is the caller's."""
    caller = question["request"]["context"].get("aws:PrincipalArn", "")
    nobody = "arn:aws:iam::999900001111:role/nobody"
    for _, _, statement in statements(question):
        principal = statement.get("Principal")
        names = principal.get("AWS", []) if isinstance(principal, dict) else []
        names = names if isinstance(names, list) else [names]
        if any(one.count("/") > 1 and ":role/" in one and one != caller for one in names):
            principal["AWS"] = [nobody if one.count("/") > 1 and ":role/" in one and one != caller else one for one in names]


def any_arn(question):
    change_conditions(question, lambda operator, _key, values, *_: (
        operator, ["arn:*:*:*:*:*" if one == "*" and "Arn" in operator else one for one in values]))


def arn_variables(question):
    def change(operator, _key, values, _statement, context):
        if "Arn" not in operator:
            return operator, values
        fill = lambda match: context.get(match[1].lower(), match[0]) if isinstance(context.get(match[1].lower()), str) else match[0]
        return operator, [re.sub(r"\$\{([^},]+)\}", fill, one) for one in values]
    change_conditions(question, change)


def list_variables(question):
    """One value fills a variable; several leave it without one, whatever its default."""
    context = {key.lower(): value for key, value in question["request"]["context"].items()}

    def fill(match):
        value = context.get(match[1].lower())
        if not isinstance(value, list) or not value:
            return match[0]
        return value[0] if len(value) == 1 else "${aws:PrincipalTag/nobody-has-this}"
    question["policies"] = json.loads(re.sub(r"\$\{([^},]+)(?:, '[^']*')?\}", fill, json.dumps(question["policies"])))


def session_named(question):
    """A session policy then limits nothing that it does not deny."""
    if "session" in question["policies"]:
        question["policies"]["session"][0]["Statement"].append({"Effect": "Allow", "Action": "*", "Resource": "*"})


def trust_missing(question):
    request, policies = question["request"], question["policies"]
    if request["action"].startswith("sts:") and "resource" not in policies:
        policies["resource"] = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::999900001111:user/nobody"}}]}


# In the order in which they rewrite.
DIFFERENCES = [
    Difference("old-version", "Variables in version 2008-10-17", GUIDE + "reference_policies_elements_version.html", old_version),
    Difference("binary", "`BinaryEquals` compares", GUIDE + "reference_policies_elements_condition_operators.html#Conditions_Binary", binary),
    Difference("epoch", "Dates in seconds since 1970", GUIDE + "reference_policies_elements_condition_operators.html#Conditions_Date", epoch),
    Difference("everywhere", "`0.0.0.0/0`", GUIDE + "reference_policies_elements_condition_operators.html#Conditions_IPAddress", everywhere),
    Difference("other-family", "`NotIpAddress` with an address", GUIDE + "reference_policies_elements_condition_operators.html#Conditions_IPAddress", other_family),
    Difference("no-values", "A key without values", GUIDE + "reference_policies_condition-single-vs-multi-valued-context-keys.html", no_values),
    Difference("empty-value", "An empty value", GUIDE + "reference_policies_variables.html#policy-vars-no-value", empty_value),
    Difference("list-variables", "A variable of a key with a list", GUIDE + "reference_policies_variables.html", list_variables),
    Difference("arn-variables", "A variable in an ARN condition", GUIDE + "reference_policies_variables.html", arn_variables),
    Difference("any-arn", "`*` alone in an ARN condition",
               GUIDE + "reference_policies_elements_condition_operators.html#Conditions_ARN", any_arn),
    Difference("several-values", "Several values without a set qualifier",
               GUIDE + "reference_policies_condition-single-vs-multi-valued-context-keys.html", several_values),
    Difference("set-if-exists", "`ForAnyValue:…IfExists`",
               GUIDE + "reference_policies_elements_condition_operators.html#Conditions_IfExists", set_if_exists),
    Difference("unresolved-negation", "A variable without a value", GUIDE + "reference_policies_variables.html#policy-vars-no-value",
               unresolved_negation),
    Difference("unresolved-not-resource", "A variable without a value", GUIDE + "reference_policies_variables.html#policy-vars-no-value",
               unresolved_not_resource),
    Difference("not-of-its-type", "A value that is not of the operator's type",
               GUIDE + "reference_policies_elements_condition_operators.html", not_of_its_type),
    Difference("rcp-services", "RCPs bind", ORGANIZATIONS + "orgs_manage_policies_rcps.html#rcp-supported-services", rcp_services),
    Difference("scp-of-outsiders", "SCPs bind", ORGANIZATIONS + "orgs_manage_policies_scps.html", scp_of_outsiders),
    Difference("not-principal", "`NotPrincipal` that lists", GUIDE + "reference_policies_elements_notprincipal.html", not_principal),
    Difference("role-and-everyone", "A statement that lists both a role and `*`",
               GUIDE + "reference_policies_evaluation-logic_policy-eval-denyallow.html", role_and_everyone),
    Difference("role-path", "A role's path", GUIDE + "reference_identifiers.html#identifiers-arns", role_path),
    Difference("session-named", "A session that a resource's policy names",
               GUIDE + "access_policies.html#policies_session", session_named),
    Difference("trust-missing", "A role without a trust policy", GUIDE + "id_roles_update-role-trust-policy.html", trust_missing),
]


def rewritten(question, differences):
    changed = copy.deepcopy(question)
    for one in differences:
        one.rewrite(changed)
    return changed
