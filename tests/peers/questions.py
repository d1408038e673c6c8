"""Random questions that `ringwall authorize` and iam-simulate both take: small policies of every layer over a small
alphabet, so that statements often meet the request."""
import random

OURS, OTHER, ORGANISATION = "111122223333", "444455556666", "o-a1b2c3d4e5"
USER, ROOT = f"arn:aws:iam::{OURS}:user/alice", f"arn:aws:iam::{OURS}:root"
SESSION, ROLE = f"arn:aws:sts::{OURS}:assumed-role/app/run-1", f"arn:aws:iam::{OURS}:role/app"
OUTSIDE_USER = f"arn:aws:iam::{OTHER}:user/carol"
OUTSIDE_SESSION, OUTSIDE_ROLE = f"arn:aws:sts::{OTHER}:assumed-role/partner/p-1", f"arn:aws:iam::{OTHER}:role/partner"
SERVICE = "cloudtrail.amazonaws.com"
PRINCIPALS = [USER] * 5 + [SESSION] * 5 + [OUTSIDE_USER] * 2 + [OUTSIDE_SESSION] * 2 + [SERVICE, "anonymous", ROOT]

ACTIONS = [
    ("s3:GetObject", "arn:aws:s3:::reports/red/q1.csv"), ("s3:PutObject", "arn:aws:s3:::reports/blue/x-y.csv"),
    ("s3:ListBucket", "arn:aws:s3:::reports"), ("dynamodb:GetItem", f"arn:aws:dynamodb:eu-central-1:{OURS}:table/orders"),
    ("sqs:SendMessage", f"arn:aws:sqs:eu-central-1:{OURS}:jobs"), ("ec2:DescribeInstances", "*"),
    ("kms:Decrypt", f"arn:aws:kms:eu-central-1:{OURS}:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
    ("sts:AssumeRole", f"arn:aws:iam::{OURS}:role/deploy"), ("rds:DeleteDBInstance", f"arn:aws:rds:eu-central-1:{OURS}:db:orders"),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:eu-central-1:{OURS}:secret:shop-Ab12Cd"),
    ("lambda:InvokeFunction", f"arn:aws:lambda:eu-central-1:{OURS}:function:resize"),
    ("logs:GetLogEvents", f"arn:aws:logs:eu-central-1:{OURS}:log-group:/app:log-stream:one"),
]
# Those whose resources carry policies.
SHARED = ("s3", "dynamodb", "sqs", "kms", "sts", "secretsmanager", "lambda")

TEXTS = {
    "aws:PrincipalOrgID": [ORGANISATION, "o-zzzzzzzzzz"], "aws:SourceVpc": ["vpc-1", "vpc-2"],
    "aws:PrincipalTag/team": ["red", "blue", "r*d", ""], "aws:ResourceTag/team": ["red", "blue"],
    "aws:RequestedRegion": ["eu-central-1", "us-east-1"], "aws:username": ["alice", "carol"],
    "aws:UserAgent": ["aws-cli/2.15", "Boto3/1.34"],
}
NUMBERS = {"aws:MultiFactorAuthAge": ["0", "300", "3600", "12.5"]}
DATES = {"aws:CurrentTime": ["2026-05-01T09:30:00Z", "2025-12-31T23:59:59Z"], "aws:TokenIssueTime": ["2026-05-01T08:00:00Z"],
         "aws:EpochTime": ["1777627800"]}
BOOLEANS = {"aws:SecureTransport": ["true", "false"], "aws:MultiFactorAuthPresent": ["true", "false"],
            "aws:ViaAWSService": ["false", "true"], "aws:PrincipalIsAWSService": ["false", "true"]}
ADDRESSES = {"aws:SourceIp": ["203.0.113.17", "192.0.2.9", "2001:db8::17"]}
ARNS = {"aws:SourceArn": [f"arn:aws:cloudtrail:eu-central-1:{OURS}:trail/main", f"arn:aws:s3:::{'reports'}"],
        "aws:PrincipalArn": [USER, ROLE, OUTSIDE_USER, OUTSIDE_ROLE]}
LISTS = {"aws:TagKeys": [["team"], ["team", "stage"], ["owner"], []],
         "aws:CalledVia": [["athena.amazonaws.com"], ["athena.amazonaws.com", "glue.amazonaws.com"]]}

LISTED = {
    "Numeric": ["0", "300", "301", "12.5", "-1"],
    "Date": ["2026-05-01T09:30:00Z", "2026-01-01T00:00:00Z", "2026-05-01T11:30:00+02:00", "1777627800", "2025-12-31"],
    "IpAddress": ["203.0.113.0/24", "192.0.2.9", "10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0", "203.0.113.16/30"],
    "Arn": [f"arn:aws:cloudtrail:*:{OURS}:trail/*", "arn:aws:iam::*:user/*", f"arn:aws:iam::{OURS}:role/app",
            "arn:aws:iam::111122223???:*", "arn:aws:s3:::reports", USER, "arn:*:iam::*:*"],
}


class Questions(random.Random):
    """An endless, repeatable supply: `Questions(seed).question()`."""

    def some(self, values, most=2):
        return self.sample(values, self.randint(1, min(most, len(values))))

    def one_or_list(self, values, most=2):
        chosen = self.some(values, most)
        return chosen[0] if len(chosen) == 1 and self.random() < 0.6 else chosen

    def context(self, principal):
        context = {}
        for keys in (TEXTS, NUMBERS, DATES, BOOLEANS, ADDRESSES, ARNS):
            for key, values in keys.items():
                if self.random() < 0.55:
                    context[key] = self.choice(values)
        for key, values in LISTS.items():
            if self.random() < 0.6:
                context[key] = self.choice(values)
        # What follows from the caller is said to both, and alike.
        for key in ("aws:PrincipalArn", "aws:PrincipalIsAWSService", "aws:username"):
            context.pop(key, None)
        if principal.startswith("arn:"):
            context["aws:PrincipalArn"] = {SESSION: ROLE, OUTSIDE_SESSION: OUTSIDE_ROLE}.get(principal, principal)
            context["aws:PrincipalAccount"] = principal.split(":")[4]
            context["aws:PrincipalIsAWSService"] = "false"
        elif principal == SERVICE:
            context["aws:PrincipalIsAWSService"] = "true"
        if ":user/" in principal:
            context["aws:username"] = principal.split("/")[-1]
        if self.random() < 0.02:
            context[self.choice(["aws:MultiFactorAuthAge", "aws:CurrentTime", "aws:SourceIp"])] = "nonsense"
        context["aws:ResourceAccount"] = OURS
        return context

    def text_values(self, key, like):
        values = list(TEXTS.get(key, [])) + ["red", "Red", "${aws:PrincipalTag/team}", "${aws:PrincipalTag/team, 'blue'}",
                                             "${aws:username}", "athena.amazonaws.com", "team", "stage"]
        if like:
            values += ["*", "r?d", "vpc-*", "${*}", "r${*}d", "eu-*-1", "*a*"]
        return self.one_or_list([one for one in values if one != ""], 3)

    def condition(self):
        kind = self.choice(["String"] * 6 + ["Numeric", "Date", "Bool", "IpAddress", "Arn", "Null", "Binary"])
        negated = self.random() < 0.4
        exists = self.choice(["", "", "IfExists"])
        prefix = ""
        if kind == "String":
            key = self.choice(list(TEXTS) + list(LISTS) * 2)
            operator = "String" + ("Not" if negated else "") + self.choice(["Equals", "EqualsIgnoreCase", "Like"])
            if key in LISTS and self.random() < 0.9 or self.random() < 0.05:
                prefix = self.choice(["ForAllValues:", "ForAnyValue:"])
            return prefix + operator + exists, key, self.text_values(key, "Like" in operator)
        if kind == "Numeric":
            operator = kind + self.choice(["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"])
            return operator + exists, self.choice(list(NUMBERS)), self.one_or_list(LISTED[kind])
        if kind == "Date":
            operator = kind + self.choice(["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"])
            return operator + exists, self.choice(list(DATES)), self.one_or_list(LISTED[kind])
        if kind == "Bool":
            return kind + exists, self.choice(list(BOOLEANS)), self.choice(["true", "false"])
        if kind == "IpAddress":
            return ("Not" if negated else "") + kind + exists, self.choice(list(ADDRESSES)), self.one_or_list(LISTED[kind])
        if kind == "Arn":
            operator = kind + ("Not" if negated else "") + self.choice(["Equals", "Like"])
            return operator + exists, self.choice(list(ARNS)), self.one_or_list(LISTED[kind])
        if kind == "Null":
            return kind, self.choice(list(TEXTS) + list(LISTS) + list(ADDRESSES)), self.choice(["true", "false"])
        return "BinaryEquals" + exists, "aws:UserAgent", "YXdzLWNsaS8yLjE1"

    def conditions(self):
        conditions = {}
        for _ in range(self.choice([0, 0, 0, 1, 1, 2])):
            operator, key, values = self.condition()
            conditions.setdefault(operator, {})[key] = values
        return conditions

    def action_patterns(self, action, named_service=False):
        service, name = action.split(":")
        fitting = [action, f"{service}:*", f"{service}:{name[:3]}*", action.lower(), f"{service}:?{name[1:]}"]
        other = [f"{service}:Nothing*", "cloudwatch:*"]
        if not named_service:
            fitting.append("*")
        return self.one_or_list(fitting if self.random() < 0.8 else other)

    def resource_patterns(self, resource):
        if resource == "*":
            return self.choice(["*", "*", "*", ["*", "arn:aws:s3:::reports"]])
        head, tail = resource.rsplit(":", 1)
        fitting = ["*", resource.replace("x-y", "x?y"), f"{head}:{tail[:4]}*", f"{head}:*", f"{head}:{tail[:-1]}?"]
        if "red" in resource:
            fitting += ["arn:aws:s3:::reports/${aws:PrincipalTag/team}/*", "arn:aws:s3:::*/red/*"]
        other = ["arn:aws:s3:::payroll/*", f"{head}:zzz", f"arn:aws:sqs:*:{OTHER}:*"]
        return self.one_or_list(fitting if self.random() < 0.8 else other)

    def statement(self, action, resource, effect=None, plain=False):
        statement = {"Effect": effect or self.choice(["Allow"] * 3 + ["Deny"])}
        negated = not plain and self.random() < 0.1
        statement["NotAction" if negated else "Action"] = self.action_patterns(action, named_service=plain)
        negated = not plain and resource != "*" and self.random() < 0.1
        statement["NotResource" if negated else "Resource"] = self.resource_patterns(resource)
        conditions = self.conditions()
        if conditions:
            statement["Condition"] = conditions
        return statement

    def document(self, action, resource, most=3, **how):
        return {"Version": "2012-10-17" if self.random() < 0.97 else "2008-10-17",
                "Statement": [self.statement(action, resource, **how) for _ in range(self.randint(1, most))]}

    def principal_element(self, principal):
        account = principal.split(":")[4] if principal.startswith("arn:") else OURS
        aws = [account, f"arn:aws:iam::{account}:root", OTHER, USER, SESSION, ROLE, OUTSIDE_ROLE, OUTSIDE_SESSION, OUTSIDE_USER]
        if principal.startswith("arn:"):
            aws += [principal] * 3
        kind = self.choice(["*", "everyone"] + ["AWS"] * 6 + ["Service"] * (6 if principal == SERVICE else 1))
        if kind == "*":
            return "*"
        if kind == "everyone":
            return {"AWS": "*"}
        if kind == "Service":
            return {"Service": self.choice([SERVICE, "sns.amazonaws.com"])}
        return {"AWS": self.one_or_list(aws, 3)}

    def resource_document(self, action, resource, principal, endpoint=False):
        service = action.split(":")[0]
        statements = []
        for _ in range(self.randint(1, 3)):
            statement = self.statement(action, resource, plain=service == "sts")
            if service == "sts" and not endpoint:
                statement["Action"] = self.choice(["sts:AssumeRole", "sts:*", ["sts:AssumeRole", "sts:TagSession"]])
                del statement["Resource"]
            element = self.principal_element(principal)
            if endpoint:
                element = "*"  # the peer takes no other
            spares = statement["Effect"] == "Deny" and not endpoint and service != "sts"  # role trust policies take no NotPrincipal
            if spares and isinstance(element, dict) and "*" not in element.values() and self.random() < 0.3:
                statement["NotPrincipal"] = element
            else:
                statement["Principal"] = element
            statements.append(statement)
        return {"Version": "2012-10-17", "Statement": statements}

    def control_levels(self, kind, action, resource):
        everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        if kind == "rcp":
            everything["Statement"][0]["Principal"] = "*"
        levels = []
        for i in range(self.randint(1, 2)):
            policies = [everything] if kind == "rcp" or self.random() < 0.9 else []
            if self.random() < 0.7 or not policies:
                document = self.document(action, resource, 2, **({"effect": "Deny", "plain": True} if kind == "rcp" else {}))
                document["Version"] = "2012-10-17"
                if kind == "rcp":
                    for statement in document["Statement"]:
                        statement["Principal"] = "*"
                policies.append(document)
            levels.append({"target": f"level-{i}", "policies": policies})
        return levels

    def question(self):
        principal = self.choice(PRINCIPALS)
        action, resource = self.choice(ACTIONS)
        policies = {}
        governed = principal.startswith("arn:")
        if governed and principal != ROOT:  # no policy gives an account's root what it may do
            policies["identity"] = [self.document(action, resource) for _ in range(self.choice([0, 1, 1, 1, 2]))]
            if self.random() < 0.3:
                policies["boundary"] = self.document(action, resource)
            if "assumed-role" in principal and self.random() < 0.3:
                policies["session"] = [self.document(action, resource)]
        if governed and self.random() < 0.3 or principal == SERVICE and self.random() < 0.1:
            policies["scp"] = self.control_levels("scp", action, resource)
        service = action.split(":")[0]
        if service in SHARED and (not governed or self.random() < 0.6 or service in ("kms", "sts")):
            policies["resource"] = self.resource_document(action, resource, principal)
        if self.random() < 0.2 and service in ("s3", "kms", "sqs", "sts", "secretsmanager", "dynamodb", "lambda"):
            policies["rcp"] = self.control_levels("rcp", action, resource)
        if self.random() < 0.1:
            policies["endpoint"] = self.resource_document(action, resource, principal, endpoint=True)
        return {"request": {"principal": principal, "action": action, "resource": resource, "resourceAccount": OURS,
                            "context": self.context(principal)},
                "policies": policies}
