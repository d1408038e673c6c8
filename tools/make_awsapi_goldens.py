#!/usr/bin/env python3
"""Makes src/awsapi/testdata/{requests,replies,signatures,signin_tokens}.json with botocore as the oracle.

requests: what botocore's serializer sends for inputs that use every member, and what decoding
must give. replies: bodies written here by shape, kept only after botocore's own parser has read
them back unchanged; our encoder must write the same bytes. signatures: what botocore's signers
give. Needs python3-botocore; the tests need only the files.
"""

import datetime
import json
import os
import re
from base64 import b64encode
from xml.sax.saxutils import escape

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.parsers
import botocore.serialize
import botocore.session

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TESTDATA = os.path.join(ROOT, "src", "awsapi", "testdata")
TIME = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
MILLIS = int(TIME.timestamp() * 1000)
REQUESTS = {
    "sts": "AssumeRole GetCallerIdentity GetSessionToken",
    "iam": "CreateUser CreateRole CreatePolicy TagRole SimulateCustomPolicy GetAccountAuthorizationDetails ListUsers UpdateRole",
    "organizations": "CreateAccount CreatePolicy AttachPolicy ListChildren TagResource DescribeOrganization",
    "kms": "CreateKey Encrypt Decrypt GenerateDataKey CreateGrant ListKeys ScheduleKeyDeletion",
    "ec2": "CreateVpc DescribeVpcs CreateSubnet AuthorizeSecurityGroupIngress CreateNetworkInterface CreateVpcEndpoint"
           " ModifyVpcAttribute CreateTags ModifySecurityGroupRules ModifyNetworkInterfaceAttribute",
    "rds": "CreateDBInstance DescribeDBInstances ModifyDBInstance CreateDBSubnetGroup AddTagsToResource DescribeEvents",
    "accessanalyzer": "ValidatePolicy",
}
REPLIES = {
    "sts": "AssumeRole GetCallerIdentity",
    "iam": "GetUser ListRoles GetAccountSummary CreateAccessKey DeleteUser",
    "organizations": "DescribeOrganization ListRoots CreateAccount AttachPolicy",
    "kms": "CreateKey Encrypt GenerateDataKey ListGrants CreateAlias",
    "ec2": "CreateVpc DescribeSubnets DescribeSecurityGroups DescribeNetworkInterfaces DeleteVpc DescribeVpcAttribute",
    "rds": "DescribeDBInstances CreateDBSubnetGroup DeleteDBSubnetGroup DescribeCertificates ListTagsForResource",
    "accessanalyzer": "ValidatePolicy",
}
CANDIDATES = ["a&b <c>\u00e9+%/=", "Ab-1", "alias/abc", "/a/", "123456789012", "arn:aws:iam::123456789012:policy/x", "abcdefghij",
              "o-abcdefghij", "r-abcd", "p-abcdefgh", "ou-abcd-abcdefgh", "a@example.com", "1" * 16, "a" * 20, "a" * 32, "123456",
              "iam.amazonaws.com", "arn:aws:backup:us-east-1:123456789012:recovery-point:a1", "cluster-abcdefghijklm", "us-east-1", "v1", "{\"a\":1}"]


def string_for(shape):
    if getattr(shape, "enum", None):
        return shape.enum[0]
    traits = shape.metadata
    pattern = shape._shape_model.get("pattern", "[\\s\\S]*")
    pattern = pattern.replace("\\p{L}\\p{Z}\\p{N}", "a-zA-Z0-9 ").replace("\\u10000-\\u10FFFF", "")
    for text in CANDIDATES:
        if traits.get("min", 0) <= len(text) <= traits.get("max", 1 << 20) and re.fullmatch(pattern, text):
            return text
    return CANDIDATES[0]  # outputs are not validated; make_requests' own test refuses it in an input


def value_for(shape, depth):
    """A botocore value that uses every member, and the Json it stands for."""
    kind = shape.type_name
    if kind == "structure":
        members = dict(shape.members.items() if depth < 6 else ())
        if getattr(shape, "is_tagged_union", False):  # one member, and never none
            members = dict([next(iter(shape.members.items()))])
        pairs = {name: value_for(member, depth + 1) for name, member in members.items()}
        return {n: p[0] for n, p in pairs.items()}, {n: p[1] for n, p in pairs.items()}
    if kind == "list":
        count = 2 if depth < 3 else 1
        items = [value_for(shape.member, depth + 1) for _ in range(max(count, shape.metadata.get("min", 0)))]
        return [i[0] for i in items], [i[1] for i in items]
    if kind == "map":
        key, value = string_for(shape.key), value_for(shape.value, depth + 1)
        return {key: value[0]}, {key: value[1]}
    if kind == "string":
        text = string_for(shape)
        return text, text
    if kind in ("integer", "long"):
        number = min(max(7, shape.metadata.get("min", 7)), shape.metadata.get("max", 7))
        number = max(number, shape.metadata.get("min", number))
        return number, number
    if kind in ("double", "float"):
        return 1.5, 1.5
    if kind == "boolean":
        return True, True
    if kind == "timestamp":
        return TIME, MILLIS
    if kind == "blob":
        return b"blob?>", "blob?>"
    raise SystemExit(f"no value for {kind}")


def xml_of(shape, value, protocol):
    kind = shape.type_name
    if kind == "structure":
        return "".join(xml_element(member.serialization.get("name", name), member, value[name], protocol)
                       for name, member in shape.members.items() if name in value)
    if kind == "list":
        name = shape.member.serialization.get("name", "item" if protocol == "ec2" else "member")
        return "".join(xml_element(name, shape.member, item, protocol) for item in value)
    if kind == "map":
        return "".join(f"<entry>{xml_element('key', shape.key, k, protocol)}{xml_element('value', shape.value, v, protocol)}</entry>"
                       for k, v in value.items())
    if kind == "blob":
        return b64encode(value).decode()
    if kind == "timestamp":
        return "2026-01-02T03:04:05Z"
    if kind == "boolean":
        return "true" if value else "false"
    return escape(str(value), {'"': "&quot;"})


def xml_element(name, shape, value, protocol):
    inner = xml_of(shape, value, protocol)
    return f"<{name}>{inner}</{name}>" if inner else f"<{name}/>"


def body_of(model, operation, value):
    protocol, output = model.metadata["protocol"], operation.output_shape
    namespace = model.metadata.get("xmlNamespace", "").rstrip("/") + "/"
    if protocol == "query":
        result = ""
        if output is not None:
            wrapper = output.serialization.get("resultWrapper", operation.name + "Result")
            result = f"<{wrapper}>{xml_of(output, value, protocol)}</{wrapper}>"
        return (f'<{operation.name}Response xmlns="{namespace}">{result}'
                f"<ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></{operation.name}Response>")
    if protocol == "ec2":
        inner = xml_of(output, value, protocol) if output is not None else "<return>true</return>"
        return ('<?xml version="1.0" encoding="UTF-8"?>\n'
                f'<{operation.name}Response xmlns="{namespace}"><requestId>id-1</requestId>{inner}</{operation.name}Response>')
    return "" if output is None else json.dumps(json_of(output, value), separators=(",", ":"), ensure_ascii=False)


def json_of(shape, value):
    kind = shape.type_name
    if kind == "structure":
        return {member.serialization.get("name", name): json_of(member, value[name]) for name, member in shape.members.items() if name in value}
    if kind == "list":
        return [json_of(shape.member, item) for item in value]
    if kind == "map":
        return {key: json_of(shape.value, item) for key, item in value.items()}
    if kind == "timestamp":
        return int(value.timestamp())
    return b64encode(value).decode() if kind == "blob" else value


def make_requests(session):
    out = []
    for service, names in REQUESTS.items():
        model = session.get_service_model(service)
        serializer = botocore.serialize.create_serializer(model.metadata["protocol"])
        for name in names.split():
            operation = model.operation_model(name)
            given, expected = value_for(operation.input_shape, 0) if operation.input_shape else ({}, {})
            sent = serializer.serialize_to_request(given, operation)
            body = sent["body"]
            where = {}
            if model.metadata["protocol"] == "rest-json":
                query = botocore.awsrequest.AWSRequest(sent["method"], "https://x/", params=sent["query_string"]).prepare().url.partition("?")[2]
                where = {"method": sent["method"], "path": sent["url_path"], "query": query}
            if isinstance(body, dict):
                body = botocore.awsrequest.AWSRequest("POST", "https://x/", data=body).prepare().body
            body = body.decode() if isinstance(body, bytes) else body
            headers = {key.lower(): value for key, value in sent["headers"].items()}
            out.append({"service": service, "operation": name, **where, "headers": headers, "body": body, "input": expected})
    return out


def make_replies(session):
    out = []
    for service, names in REPLIES.items():
        model = session.get_service_model(service)
        parser = botocore.parsers.create_parser(model.metadata["protocol"])
        for name in names.split():
            operation = model.operation_model(name)
            given, stored = value_for(operation.output_shape, 0) if operation.output_shape else ({}, {})
            body = body_of(model, operation, given)
            read = parser.parse({"status_code": 200, "headers": {"x-amzn-requestid": "id-1"}, "body": body.encode()}, operation.output_shape)
            metadata = read.pop("ResponseMetadata")
            assert read == given, f"{service} {name}: botocore read something else"
            assert metadata["RequestId"] == "id-1", metadata
            out.append({"service": service, "operation": name, "output": stored, "body": body})
    return out


CREDENTIALS = {"access_key": "AKIDEXAMPLE", "secret": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
SIGNED = [
    ("GET", "https://example.amazonaws.com/", {}, "", "service", ""),
    ("POST", "https://rds.us-east-1.amazonaws.com/", {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
     "Action=DescribeDBInstances&Version=2014-10-31", "rds", ""),
    ("POST", "https://kms.eu-west-3.amazonaws.com/", {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.ListKeys"},
     "{}", "kms", "session/token+with=marks"),
    ("GET", "https://example.amazonaws.com/?b=2&a=%2F%20x&a=1&A=3&empty=&c", {}, "", "service", ""),
    ("GET", "https://example.amazonaws.com/a%20b/./c/../d//e/", {}, "", "service", ""),
    ("GET", "https://example.amazonaws.com/%E1%88%B4/..", {}, "", "service", ""),
    ("PUT", "https://example.amazonaws.com:8443/x", {"My-Header": "  a   b\t c  ", "X-Amz-Meta": "v"}, "body", "service", ""),
    ("GET", "https://bucket.s3.amazonaws.com/a%20b/../c//d", {}, "", "s3", ""),
]


def header_list(headers):
    return [[name.lower(), value] for name, value in headers.items()]


def sign_one(auth_class, case):
    method, url, headers, body, service, token = case
    credentials = botocore.credentials.Credentials(CREDENTIALS["access_key"], CREDENTIALS["secret"], token or None)
    request = botocore.awsrequest.AWSRequest(method, url, headers=dict(headers), data=body.encode())
    request.context["payload_signing_enabled"] = True
    auth_class(credentials, service, "us-east-1").add_auth(request)
    prepared = botocore.awsrequest.AWSRequest(method, request.url, headers=dict(request.headers)).prepare()
    rest = prepared.url.split("://", 1)[1]
    host, _, target = rest.partition("/")
    path, _, query = target.partition("?")
    sent = [pair for pair in header_list(dict(request.headers)) if pair[0] != "host"]
    return {"method": method, "path": "/" + path, "query": query, "headers": sent + [["host", host]], "body": body,
            "service": service, "token": token}


def make_signatures(session):
    botocore.auth.get_current_datetime = lambda *_, **__: TIME.replace(tzinfo=None)
    cases = [sign_one(botocore.auth.S3SigV4Auth if case[4] == "s3" else botocore.auth.SigV4Auth, case) for case in SIGNED]
    url = "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    for token in ("", "session/token+with=marks"):
        cases.append(sign_one(botocore.auth.SigV4QueryAuth, ("GET", url, {}, "", "sts", token)))
    return cases


def make_signin_tokens(session):
    out = []
    for user, token in (("app_user", ""), ("Jane Doe+x/\u00e9", "session/token+with=marks")):
        client = session.create_client("rds", region_name="eu-west-3", aws_access_key_id=CREDENTIALS["access_key"],
                                       aws_secret_access_key=CREDENTIALS["secret"], aws_session_token=token or None)
        out.append({"user": user, "session": token,
                    "token": client.generate_db_auth_token("Shop.example.internal", 5432, user, Region="eu-west-3")})
    return out


def write(name, values):
    path = os.path.join(TESTDATA, name)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write("[" + ",\n".join(json.dumps(value, separators=(",", ":"), ensure_ascii=False) for value in values) + "]\n")
    print(f"{name}: {len(values)} cases, {os.path.getsize(path)} bytes")


def main():
    os.makedirs(TESTDATA, exist_ok=True)
    session = botocore.session.get_session()
    write("requests.json", make_requests(session))
    write("replies.json", make_replies(session))
    write("signatures.json", make_signatures(session))
    write("signin_tokens.json", make_signin_tokens(session))


if __name__ == "__main__":
    main()
