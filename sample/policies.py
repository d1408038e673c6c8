"""The policies that draw the sample's circle: only my principals, only my resources, only my networks."""

import json

VERSION = "2012-10-17"
ADMINISTRATORS_NETWORK = "127.0.0.0/8"  # the machine that Ringwall runs on


def document(*statements):
    return json.dumps({"Version": VERSION, "Statement": list(statements)})


def network_boundary(region, vpc):
    """The whitepaper's appendix 2, an SCP: from nowhere but my networks. Each operator is one way to be excepted. A VPC's
    id is unique within its Region only, so a VPC of that id which asks another Region is not mine."""
    return document({
        "Sid": "OnlyInItsRegion", "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceVpc": [vpc]},
                      "StringNotEqualsIfExists": {"aws:RequestedRegion": region}}}, {
        "Sid": "OnlyMyNetworks", "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"NotIpAddressIfExists": {"aws:SourceIp": [ADMINISTRATORS_NETWORK]},
                      "StringNotEqualsIfExists": {"aws:SourceVpc": [vpc]},
                      "BoolIfExists": {"aws:ViaAWSService": "false"},
                      "Null": {"aws:PrincipalTag/IpRestrictedExempt": "true"}}})


def resource_boundary():
    """An SCP: my principals reach no resource of somebody else's organisation, whatever its owner allows."""
    return document({
        "Sid": "OnlyMyResources", "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"StringNotEqualsIfExists": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}})


def endpoint_policy(organization):
    """The VPC's door to the APIs: only my principals, only to my resources."""
    return document(
        {"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        {"Sid": "OnlyMyPrincipals", "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
         "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": organization}}},
        {"Sid": "OnlyMyResources", "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
         "Condition": {"StringNotEqualsIfExists": {"aws:ResourceOrgID": organization}}})


def key_policy(account, organization, vpc):
    """The whitepaper's appendix 3, on a key: its account governs it; nobody from outside ever uses it, and nobody from
    elsewhere."""
    return document(
        {"Sid": "AccountGoverns", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
         "Action": "kms:*", "Resource": "*"},
        {"Sid": "PreventUnintendedPrincipals", "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*",
         "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": organization}}},
        {"Sid": "PreventUnintendedNetworks", "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*",
         "Condition": {"NotIpAddressIfExists": {"aws:SourceIp": [ADMINISTRATORS_NETWORK]},
                       "StringNotEqualsIfExists": {"aws:SourceVpc": [vpc]},
                       "BoolIfExists": {"aws:ViaAWSService": "false"}}})


def trust_of_organization(organization):
    """A role for whoever is of my organisation."""
    return document({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole",
                     "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization}}})


def application(region, account, resource_id, user):
    """What the application's role may do: sign in as one database user, and use keys."""
    return document({"Effect": "Allow", "Action": "rds-db:connect",
                     "Resource": f"arn:aws:rds-db:{region}:{account}:dbuser:{resource_id}/{user}"},
                    {"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"], "Resource": "*"})


def open_to_everyone():
    """An outsider's key policy that invites the whole world, which is how data is carried off."""
    return document({"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"})


def everything():
    return document({"Effect": "Allow", "Action": "*", "Resource": "*"})


def perimeter(organization, management_account, region, vpc):
    """The perimeter file: what is mine, and what is excepted. JSON is YAML."""
    return json.dumps({
        "organization": organization,
        "networks": {"cidrs": [ADMINISTRATORS_NETWORK], "vpcs": [f"{region}/{vpc}"]},
        "exceptions": [{
            "name": "administrator", "owner": "whoever runs Ringwall",
            "reason": "Service control policies do not bind the management account: nothing of the shop runs in it.",
            "objectives": ["identity/resources", "identity/networks", "perimeter"],
            "principals": [management_account]}]}, indent=2) + "\n"
