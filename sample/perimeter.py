#!/usr/bin/env python3
"""The sample: an organisation, a database inside a perimeter, one intended request, and every unintended one refused.

    perimeter.py --ringwall BINARY --data DIR [--make-only]

Makes what is missing, so running it again does not start over; what it made is noted in DIR/sample.json. Ends with
status 1, and says so, if the intended request fails or anything unintended succeeds.
"""

import argparse
import json
import os
import re
import secrets
import subprocess
import sys
import time

import policies
from client import Keys, Place, Refused, Ringwall, refusal_of

DATABASE, DATABASE_NAME, MASTER, APPLICATION = "orders", "shop", "boss", "app"
ROLE = "shop-app"
AVAILABLE_S_MAX = 60
SCHEMA = f"""CREATE TABLE orders (id int PRIMARY KEY, item text NOT NULL);
INSERT INTO orders VALUES (1, 'a lighthouse'), (2, 'forty metres of wall');
CREATE ROLE {APPLICATION} LOGIN;
GRANT rds_iam TO {APPLICATION};
GRANT SELECT, INSERT ON orders TO {APPLICATION};
"""


class Notes:
    """What was made, by name, on disk after every step: the next run goes on where this one ended."""

    def __init__(self, path):
        self.path = path
        self.made = {}
        self.found_whole = True
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.made = json.load(file)

    def once(self, name, make):
        if name not in self.made:
            self.found_whole = False
            self.made[name] = make()
            with open(os.open(self.path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(self.made, file, indent=1)
            os.replace(self.path + ".new", self.path)
        return self.made[name]


class Sample:
    """The organisation with an account of ours, somebody else's account, and what each has."""

    def __init__(self, ringwall):
        self.ringwall = ringwall
        self.notes = Notes(os.path.join(ringwall.data, "sample.json"))

    def make(self):
        self.make_organization()
        self.make_outsider()
        self.make_network()
        self.make_key()
        self.make_database()
        self.make_application()
        self.draw_boundaries()

    def make_organization(self):
        organizations = self.ringwall.client("organizations")
        organization = organizations.describe_organization()["Organization"]
        self.organization, self.management_account = organization["Id"], organization["MasterAccountId"]
        root = organizations.list_roots()["Roots"][0]["Id"]
        self.unit = self.notes.once("unit", lambda: organizations.create_organizational_unit(
            ParentId=root, Name="workloads")["OrganizationalUnit"]["Id"])
        self.account = self.notes.once("account", lambda: self.new_account("shop"))
        self.notes.once("account placed", lambda: bool(organizations.move_account(
            AccountId=self.account, SourceParentId=root, DestinationParentId=self.unit)))
        self.ours = self.as_administrator_of(self.account)

    def new_account(self, name):
        organizations = self.ringwall.client("organizations")
        status = organizations.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]
        if status["State"] != "SUCCEEDED":
            raise Refused(f"account `{name}`: {status.get('FailureReason')}")
        return status["AccountId"]

    def as_administrator_of(self, account):
        return self.ringwall.assume(f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole")

    # An account that has left the organisation, with a user, and then a key open to everyone and a network of its own:
    # one that has something of its own cannot leave.
    def make_outsider(self):
        self.stranger_account = self.notes.once("outsider", lambda: self.new_account("outsider"))
        theirs = self.as_administrator_of(self.stranger_account)
        made = self.notes.once("outsider's user", lambda: self.new_outsider(theirs))
        self.stranger = Keys(made["AccessKeyId"], made["SecretAccessKey"])
        self.notes.once("outsider left", lambda: bool(self.ringwall.client("organizations").remove_account_from_organization(
            AccountId=self.stranger_account)))
        self.stranger_key = self.notes.once("outsider's key", lambda: self.ringwall.client("kms", self.stranger).create_key(
            Policy=policies.open_to_everyone(), Description="open to everyone")["KeyMetadata"]["Arn"])
        self.elsewhere = Place(*self.notes.once("outsider's network", lambda: self.new_outside_network(self.stranger)))

    def new_outsider(self, theirs):
        iam = self.ringwall.client("iam", theirs)
        iam.create_user(UserName="mallory")
        iam.put_user_policy(UserName="mallory", PolicyName="everything", PolicyDocument=policies.everything())
        return {name: value for name, value in iam.create_access_key(UserName="mallory")["AccessKey"].items()
                if name in ("AccessKeyId", "SecretAccessKey")}

    def new_outside_network(self, theirs):
        ec2 = self.ringwall.client("ec2", theirs)
        vpc, subnets = self.new_vpc(ec2, "10.99.0.0/16", ["10.99.0.0/24"])
        group = ec2.create_security_group(GroupName="theirs", Description="theirs", VpcId=vpc)["GroupId"]
        self.allow(ec2, group, 443, group)
        self.new_endpoint(ec2, vpc, subnets, group)
        return [vpc, subnets[0], group]

    def new_vpc(self, ec2, cidr, subnet_cidrs):
        vpc = ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
        zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]]
        subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=one, AvailabilityZone=zone)["Subnet"]["SubnetId"]
                   for one, zone in zip(subnet_cidrs, zones)]
        return vpc, subnets

    def new_endpoint(self, ec2, vpc, subnets, group, **more):
        return ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{self.ringwall.region}.ringwall",
                                       VpcEndpointType="Interface", SubnetIds=subnets, SecurityGroupIds=[group],
                                       **more)["VpcEndpoint"]["VpcEndpointId"]

    @staticmethod
    def allow(ec2, group, port, source):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{
            "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": [{"GroupId": source}]}])

    def make_network(self):
        ec2 = self.ringwall.client("ec2", self.ours)
        self.vpc, self.subnets = self.notes.once("network", lambda: self.new_vpc(
            ec2, "10.20.0.0/16", ["10.20.1.0/24", "10.20.2.0/24"]))
        self.groups = {name: self.notes.once(f"group {name}", lambda name=name: ec2.create_security_group(
            GroupName=name, Description=f"the {name} tier", VpcId=self.vpc)["GroupId"])
            for name in ("application", "database", "endpoint", "printers")}
        self.notes.once("rules", self.open_ports)
        self.notes.once("endpoint", lambda: self.new_endpoint(
            ec2, self.vpc, self.subnets, self.groups["endpoint"],
            PolicyDocument=policies.endpoint_policy(self.organization)))
        self.inside = Place(self.vpc, self.subnets[0], self.groups["application"])
        self.beside = Place(self.vpc, self.subnets[0], self.groups["printers"])

    # The database answers the application's group and nobody else; so does the endpoint.
    def open_ports(self):
        ec2 = self.ringwall.client("ec2", self.ours)
        self.allow(ec2, self.groups["database"], 5432, self.groups["application"])
        self.allow(ec2, self.groups["endpoint"], 443, self.groups["application"])
        return True

    def make_key(self):
        kms = self.ringwall.client("kms", self.ours)
        self.key = self.notes.once("key", lambda: kms.create_key(
            Description="the shop's data",
            Policy=policies.key_policy(self.account, self.organization, self.vpc))["KeyMetadata"]["Arn"])

    def make_database(self):
        rds = self.ringwall.client("rds", self.ours)
        self.notes.once("subnet group", lambda: bool(rds.create_db_subnet_group(
            DBSubnetGroupName="shop", DBSubnetGroupDescription="two zones", SubnetIds=self.subnets)))
        password = self.notes.once("master password", lambda: secrets.token_urlsafe(24))
        begun = time.monotonic()
        is_new = "database" not in self.notes.made
        self.notes.once("database", lambda: bool(rds.create_db_instance(
            DBInstanceIdentifier=DATABASE, Engine="postgres", DBInstanceClass="db.t3.micro", AllocatedStorage=20,
            MasterUsername=MASTER, MasterUserPassword=password, DBName=DATABASE_NAME, DBSubnetGroupName="shop",
            VpcSecurityGroupIds=[self.groups["database"]], StorageEncrypted=True, KmsKeyId=self.key,
            EnableIAMDatabaseAuthentication=True)))
        self.database = self.await_database(rds)
        if is_new:
            print(f"  the database was available after {time.monotonic() - begun:.1f} s")
        self.host, self.port = self.database["Endpoint"]["Address"], self.database["Endpoint"]["Port"]
        self.notes.once("schema", self.make_schema)

    @staticmethod
    def await_database(rds):
        deadline = time.monotonic() + AVAILABLE_S_MAX
        while True:
            database = rds.describe_db_instances(DBInstanceIdentifier=DATABASE)["DBInstances"][0]
            if database["DBInstanceStatus"] == "available":
                return database
            if time.monotonic() > deadline:
                raise Refused(f"the database is `{database['DBInstanceStatus']}` after {AVAILABLE_S_MAX} s")
            time.sleep(0.1)

    def make_schema(self):
        done = self.ringwall.psql(self.inside, self.host, self.port, MASTER, DATABASE_NAME,
                                  self.notes.made["master password"], SCHEMA)
        if done.returncode != 0:
            raise Refused(f"the schema could not be made: {done.stderr.strip()}")
        return True

    def make_application(self):
        iam = self.ringwall.client("iam", self.ours)
        self.role = self.notes.once("role", lambda: iam.create_role(
            RoleName=ROLE, AssumeRolePolicyDocument=policies.trust_of_organization(self.organization))["Role"]["Arn"])
        self.notes.once("role's policy", lambda: bool(iam.put_role_policy(
            RoleName=ROLE, PolicyName="shop", PolicyDocument=policies.application(
                self.ringwall.region, self.account, self.database["DbiResourceId"], APPLICATION))))
        self.application = self.ringwall.assume(self.role)

    def draw_boundaries(self):
        for name, content in (("network-boundary", policies.network_boundary(self.ringwall.region, self.vpc)),
                              ("resource-boundary", policies.resource_boundary())):
            self.notes.once(name, lambda name=name, content=content: self.attach(name, content))

    def attach(self, name, content):
        organizations = self.ringwall.client("organizations")
        policy = organizations.create_policy(Name=name, Description=name, Type="SERVICE_CONTROL_POLICY",
                                             Content=content)["Policy"]["PolicySummary"]["Id"]
        organizations.attach_policy(PolicyId=policy, TargetId=self.unit)
        return policy

    # The application's way in; every refusal below changes one thing about it.
    def connect(self, place=None, token=None, ssl="verify-full", user=APPLICATION, timeout_s=5):
        token = token or self.ringwall.sign_in_token(self.application, self.host, self.port, user)
        return self.ringwall.psql(place or self.inside, self.host, self.port, user, DATABASE_NAME, token,
                                  "SELECT count(*) || ' orders, over ' || version FROM orders, pg_stat_ssl "
                                  "WHERE pid = pg_backend_pid() GROUP BY version;", ssl, timeout_s)


def psql_refusal(done, *, says):
    """What psql was told, if it failed for the reason expected; a failure of another kind proves nothing."""
    if done.returncode == 0:
        return None
    lines = [line for line in done.stderr.strip().splitlines() if says in line]
    if not lines:
        raise Refused(f"psql failed for another reason: {done.stderr.strip()}")
    return lines[0].split("FATAL:  ")[-1].split("failed: ")[-1]


def sign_in_refusal(sample, token):
    """PostgreSQL tells the client no more than that sign-in failed; the audit log has the reason."""
    said = psql_refusal(sample.connect(token=token), says="PAM authentication failed")
    folder = os.path.join(sample.ringwall.data, "server", "audit")
    with open(os.path.join(folder, max(os.listdir(folder))), encoding="utf-8") as file:
        reasons = [record["errorMessage"] for record in map(json.loads, file)
                   if record["eventName"] == "connect" and "errorMessage" in record]
    return said and f"{said} ({reasons[-1] if reasons else 'no reason is in the audit log'})"


def expired_token(sample):
    token = sample.ringwall.sign_in_token(sample.application, sample.host, sample.port, APPLICATION, seconds=1)
    time.sleep(2.1)  # what is shown is that its time is over
    return sign_in_refusal(sample, token)


def short(said):
    return re.sub(r"User: \S+ is not authorized to perform: (\S+) on resource: \S+ ", r"\1 ", said)


def unintended(sample):
    """(what is tried, the layer that must refuse, words that only this layer's refusal has, the attempt)."""
    ringwall, kms = sample.ringwall, sample.ringwall.client("kms", sample.application)
    encrypt = {"Plaintext": "the shop's orders"}
    return [
        ("a packet to the database from another security group", "network: security group", "timeout expired",
         lambda: psql_refusal(sample.connect(place=sample.beside, timeout_s=2), says="timeout expired")),
        ("our application's credentials used from another network", "identity: service control policy",
         "service control policy",
         lambda: refusal_of(lambda: ringwall.call_from(sample.elsewhere, sample.application, "kms", "describe_key",
                                                       KeyId=sample.key))),
        ("an outsider uses our key", "resource: key policy", "resource-based policy",
         lambda: refusal_of(lambda: ringwall.client("kms", sample.stranger).encrypt(KeyId=sample.key, **encrypt))),
        ("an outsider assumes our role", "resource: trust policy", "AccessDenied",
         lambda: refusal_of(lambda: ringwall.assume(sample.role, sample.stranger))),
        ("an outsider's credentials used inside our network", "network: VPC endpoint policy", "VPC endpoint policy",
         lambda: refusal_of(lambda: ringwall.call_from(sample.inside, sample.stranger, "sts", "assume_role",
                                                       RoleArn=sample.role, RoleSessionName="mallory"))),
        ("our application writes to an outsider's key, which allows everyone", "identity: service control policy",
         "service control policy", lambda: refusal_of(lambda: kms.encrypt(KeyId=sample.stranger_key, **encrypt))),
        ("the same from inside our network", "network: VPC endpoint policy", "VPC endpoint policy",
         lambda: refusal_of(lambda: ringwall.call_from(sample.inside, sample.application, "kms", "encrypt",
                                                       KeyId=sample.stranger_key, **encrypt))),
        ("a connection to the database in plain text", "engine: pg_hba.conf", "no encryption",
         lambda: psql_refusal(sample.connect(ssl="disable"), says="no encryption")),
        ("a sign-in token whose time is over", "engine: IAM sign-in", "PAM authentication failed",
         lambda: expired_token(sample)),
        ("a sign-in token for another database user", "engine: IAM sign-in", "PAM authentication failed",
         lambda: sign_in_refusal(sample, ringwall.sign_in_token(
             sample.application, sample.host, sample.port, MASTER))),
    ]


def show(sample):
    """The perimeter at work. Answers how many things went otherwise than intended."""
    done = sample.connect()
    if done.returncode != 0:
        print(f"  ✘ the intended request failed: {done.stderr.strip()}", file=sys.stderr)
        return 1
    inside = sample.ringwall.call_from(sample.inside, sample.application, "kms", "describe_key", KeyId=sample.key)
    print(f"  ✔ the application, from inside, with an IAM token over TLS: {done.stdout.strip()}")
    print(f"  ✔ the application, from inside, through the endpoint: its key is {inside['KeyMetadata']['KeyState']}\n")
    wrong = 0
    for what, layer, words, attempt in unintended(sample):
        try:
            said = attempt()
        except Refused as error:
            said = f"(not a refusal) {error}"
        if said is None:
            print(f"  ✘ {what}: SUCCEEDED, and {layer} should have refused it", file=sys.stderr)
        elif words not in said:
            print(f"  ✘ {what}: {layer} should have refused it, but: {said}", file=sys.stderr)
        else:
            print(f"  refused  {what}\n           by {layer}: {short(said)}")
            continue
        wrong += 1
    return wrong


def prove(sample):
    """The same, said of every request there is: nothing crosses, or what does. Answers how many things are not proved."""
    data = sample.ringwall.data
    path = {name: os.path.join(data, name) for name in ("perimeter.yaml", "perimeter.html", "perimeter.proof")}
    with open(path["perimeter.yaml"], "w", encoding="utf-8") as file:
        file.write(policies.perimeter(sample.organization, sample.management_account, sample.ringwall.region, sample.vpc))
    binary = sample.ringwall.binary
    proved = subprocess.run([binary, "prove", "--perimeter", path["perimeter.yaml"], "--live", "--data", data,
                             "--page", path["perimeter.html"], "--certificate", path["perimeter.proof"]], check=False)
    if proved.returncode != 0:
        return 1
    checked = subprocess.run([binary, "check", "--perimeter", path["perimeter.yaml"], "--live", "--data", data, path["perimeter.proof"]],
                             check=False, capture_output=True, text=True)
    if checked.returncode != 0:
        print(checked.stdout + checked.stderr, file=sys.stderr)
        return 1
    print(f"  its proof was verified step by step, against the policies as they are (ringwall check --perimeter FILE --live {path['perimeter.proof']})\n"
          f"  the circle, drawn: file://{path['perimeter.html']}")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--ringwall", default="ringwall", help="the binary")
    parser.add_argument("--data", default="/var/lib/ringwall", help="the data folder of the running server")
    parser.add_argument("--make-only", action="store_true", help="make what is missing and show nothing")
    arguments = parser.parse_args()
    sample = Sample(Ringwall(arguments.ringwall, os.path.abspath(arguments.data)))
    print("Making the sample: an organisation, a network, a key, a database", flush=True)
    try:
        sample.make()
    except Refused as error:
        sys.exit(f"the sample could not be made: {error}")
    if sample.notes.found_whole:
        print("  all of it is there already")
    if arguments.make_only:
        return 0
    print("The perimeter at work", flush=True)
    wrong = show(sample)
    print("\nThe perimeter proved", flush=True)
    wrong += prove(sample)
    if wrong:
        print(f"{wrong} of the above went otherwise than intended", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
