"""The smallest question on which each known difference shows, by the difference's name."""
from questions import OURS, ROLE, SESSION, USER

OBJECT = "arn:aws:s3:::reports/red/q1.csv"


def document(*statements, version="2012-10-17"):
    return {"Version": version, "Statement": list(statements)}


def statement(effect="Allow", condition=None, **others):
    made = {"Effect": effect, "Action": "s3:GetObject", "Resource": "*"} | others
    return made | ({"Condition": condition} if condition else {})


def question(context=None, principal=USER, action="s3:GetObject", on=OBJECT, **policies):
    return {"request": {"principal": principal, "action": action, "resource": on, "resourceAccount": OURS,
                        "context": context or {}},
            "policies": policies}


def allowed_if(condition, **context):
    return question({key.replace("_", ":", 1): value for key, value in context.items()},
                    identity=[document(statement(condition=condition))])


def denied_if(condition, context):
    return question(context, identity=[document(statement(), statement("Deny", condition))])


EVERYTHING = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
RCP_ALL = document({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})

WITNESSES = {
    "old-version": question({"aws:username": "alice"}, on="arn:aws:s3:::reports/alice", identity=[
        document(statement(Resource="arn:aws:s3:::reports/${aws:username}"), version="2008-10-17")]),
    "binary": allowed_if({"BinaryEquals": {"aws:UserAgent": "YXdzLWNsaS8yLjE1"}}, aws_UserAgent="aws-cli/2.15"),
    "epoch": allowed_if({"DateLessThan": {"aws:CurrentTime": "1777627800"}}, aws_CurrentTime="2025-12-31T23:59:59Z"),
    "everywhere": allowed_if({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, aws_SourceIp="203.0.113.17"),
    "other-family": denied_if({"NotIpAddress": {"aws:SourceIp": "192.0.2.9"}}, {"aws:SourceIp": "2001:db8::17"}),
    "no-values": denied_if({"Null": {"aws:TagKeys": "true"}}, {"aws:TagKeys": []}),
    "empty-value": question({"aws:PrincipalTag/team": ""}, identity=[
        document(statement(Resource="arn:aws:s3:::reports/${aws:PrincipalTag/team, 'blue'}red/*"))]),
    "several-values": allowed_if({"StringEquals": {"aws:TagKeys": "team"}}, aws_TagKeys=["team", "stage"]),
    "set-if-exists": allowed_if({"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "team"}}),
    "unresolved-negation": denied_if({"StringNotEquals": {"aws:SourceVpc": "${aws:PrincipalTag/vpc}"}}, {"aws:SourceVpc": "vpc-1"}),
    "unresolved-not-resource": question(identity=[document(statement(), {
        "Effect": "Deny", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::reports/${aws:PrincipalTag/team}/*"})]),
    "not-of-its-type": denied_if({"NumericGreaterThan": {"aws:MultiFactorAuthAge": "300"}}, {"aws:MultiFactorAuthAge": "nonsense"}),
    "rcp-services": question(action="rds:DeleteDBInstance", on=f"arn:aws:rds:eu-central-1:{OURS}:db:orders", identity=[EVERYTHING], rcp=[
        {"target": "r-root", "policies": [RCP_ALL, document({"Effect": "Deny", "Principal": "*", "Action": "rds:*", "Resource": "*"})]}]),
    "scp-of-outsiders": question(principal="cloudtrail.amazonaws.com", scp=[
        {"target": "r-root", "policies": [EVERYTHING, document(statement("Deny"))]}],
        resource=document(statement(Principal={"Service": "cloudtrail.amazonaws.com"}))),
    "not-principal": question(principal=SESSION, identity=[document(statement())], resource=document(
        statement("Deny", NotPrincipal={"AWS": [SESSION, OURS]}))),
    "list-variables": question({"aws:TagKeys": ["red"]}, identity=[
        document(statement(Resource="arn:aws:s3:::reports/${aws:TagKeys}/*"))]),
    "arn-variables": allowed_if({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:${aws:PrincipalAccount}:*"}},
                                aws_SourceArn=f"arn:aws:sns:eu-central-1:{OURS}:news", aws_PrincipalAccount=OURS),
    "any-arn": allowed_if({"ArnLike": {"aws:SourceArn": "*"}}, aws_SourceArn="arn:aws:s3:::reports"),
    "role-and-everyone": question({"aws:PrincipalArn": ROLE}, principal=SESSION,
                                  boundary=document(statement(Action="s3:PutObject")),
                                  resource=document(statement(Principal={"AWS": [ROLE, "*"]}))),
    "role-path": question({"aws:PrincipalArn": ROLE}, principal=SESSION, resource=document(
        statement(Principal={"AWS": f"arn:aws:iam::{OURS}:role/team/app"}))),
    "session-named": question(principal=SESSION, session=[document(statement(Action="s3:PutObject"))], resource=document(
        statement(Principal={"AWS": SESSION}))),
    "trust-missing": question(principal=SESSION, action="sts:AssumeRole", on=f"arn:aws:iam::{OURS}:role/deploy", identity=[EVERYTHING]),
}
