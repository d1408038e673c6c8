#!/usr/bin/env python3
"""Makes `old.db`: the store of a server in whose life a document of every kind was written, for stored_test.cc.

usage: tests/stored/make.py FOLDER   (as root; takes about a minute; leaves FOLDER/old.db and FOLDER/old.root.key)

The one that is kept was made by the last version that stored documents without types (docs/decisions/0019). It is not made
anew: it stands for the data folders that are out there. The root key beside it is of that one folder, which exists no more.
"""
import json
import os
import shutil
import sqlite3
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "acceptance"))
import harness  # noqa: E402


def allow(action, **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*", **more}]})


def trust(arn):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}]})


def fill_iam(client, ringwall):
    iam, tags = client("iam"), [{"Key": "team", "Value": "shop"}]
    me = client("sts").get_caller_identity()
    iam.create_account_alias(AccountAlias="acme")
    policy = iam.create_policy(PolicyName="Edge", Description="what may be", PolicyDocument=allow("kms:*"), Tags=tags)["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=allow("iam:*"), SetAsDefault=True)
    iam.create_group(GroupName="Staff")
    iam.put_group_policy(GroupName="Staff", PolicyName="all", PolicyDocument=allow("iam:List*"))
    iam.attach_group_policy(GroupName="Staff", PolicyArn=policy)
    iam.create_user(UserName="Alice", Path="/shop/", PermissionsBoundary=policy, Tags=tags)
    iam.add_user_to_group(GroupName="Staff", UserName="Alice")
    key = iam.create_access_key(UserName="Alice")["AccessKey"]
    client("sts", harness.Keys(key["AccessKeyId"], key["SecretAccessKey"])).get_caller_identity()
    iam.create_role(RoleName="Visitor", AssumeRolePolicyDocument=trust(me["Arn"]), Description="looks round", MaxSessionDuration=7200, Tags=tags)
    iam.put_role_policy(RoleName="Visitor", PolicyName="look", PolicyDocument=allow("iam:ListUsers"))
    iam.create_service_linked_role(AWSServiceName="rds.amazonaws.com")
    visitor = ringwall.assume("arn:aws:iam::" + me["Account"] + ":role/Visitor")
    client("iam", visitor).list_users()
    return me["Account"]


def fill_organizations(client):
    organizations, tags = client("organizations"), [{"Key": "team", "Value": "shop"}]
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="RESOURCE_CONTROL_POLICY")
    unit = organizations.create_organizational_unit(ParentId=root, Name="shops", Tags=tags)["OrganizationalUnit"]["Id"]
    made = organizations.create_account(Email="shop@example.com", AccountName="shop", Tags=tags)["CreateAccountStatus"]["AccountId"]
    gone = organizations.create_account(Email="gone@example.com", AccountName="gone")["CreateAccountStatus"]["AccountId"]
    organizations.create_account(Email="shop@example.com", AccountName="twice")
    organizations.move_account(AccountId=made, SourceParentId=root, DestinationParentId=unit)
    policy = organizations.create_policy(Name="no", Description="", Type="SERVICE_CONTROL_POLICY", Content=allow("*"), Tags=tags)["Policy"]
    organizations.attach_policy(PolicyId=policy["PolicySummary"]["Id"], TargetId=unit)
    organizations.register_delegated_administrator(AccountId=made, ServicePrincipal="access-analyzer.amazonaws.com")
    organizations.put_resource_policy(Content=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": made}, "Action": "organizations:ListAccounts", "Resource": "*"}]}))
    organizations.remove_account_from_organization(AccountId=gone)


def fill_kms(client, account):
    kms, tags = client("kms"), [{"TagKey": "team", "TagValue": "shop"}]
    key = kms.create_key(Description="shop", Tags=tags)["KeyMetadata"]["Arn"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    kms.create_alias(AliasName="alias/shop/main", TargetKeyId=key)
    arn = f"arn:aws:iam::{account}:user/shop/Alice"
    kms.create_grant(KeyId=key, Name="one", GranteePrincipal=arn, RetiringPrincipal=arn, Operations=["Decrypt", "Encrypt"],
                     Constraints={"EncryptionContextSubset": {"table": "orders"}})
    kms.schedule_key_deletion(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], PendingWindowInDays=7)
    return key


def fill_network(client, network):
    ec2 = client("ec2")
    ec2.modify_vpc_attribute(VpcId=network.vpc, EnableDnsHostnames={"Value": True})
    group = ec2.create_security_group(GroupName="peers", Description="peers", VpcId=network.vpc)["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": group, "Description": "each other"}]},
        {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}])
    subnet = network.subnets[0]
    ec2.create_network_interface(SubnetId=subnet, Description="mine", Groups=[group])
    ec2.create_vpc_endpoint(VpcId=network.vpc, VpcEndpointType="Interface", ServiceName="com.amazonaws.us-east-1.kms", SubnetIds=[subnet],
                            PrivateDnsEnabled=True, ClientToken="once", SecurityGroupIds=[group])


def fill_analyzer(client):
    analyzer = client("accessanalyzer")
    arn = analyzer.create_analyzer(analyzerName="look", type="ACCOUNT", tags={"team": "shop"}, archiveRules=[
        {"ruleName": "known", "filter": {"resourceType": {"eq": ["AWS::IAM::Role"]}}}])["arn"]
    client("iam").create_role(RoleName="Open", AssumeRolePolicyDocument=trust("999988887777"))
    client("iam").create_role(RoleName="Wide", AssumeRolePolicyDocument=trust("*"))
    analyzer.list_findings_v2(analyzerArn=arn)


def fill_databases(client, network):
    rds = client("rds")
    network.create_database(rds, "main", Tags=[{"Key": "team", "Value": "shop"}])
    harness.await_status(rds, "main", "available")
    rds.modify_db_instance(DBInstanceIdentifier="main", DBInstanceClass="db.t3.medium", ApplyImmediately=False)
    rds.stop_db_instance(DBInstanceIdentifier="main")
    harness.await_status(rds, "main", "stopped")


def main(folder):
    os.makedirs(folder, exist_ok=True)
    data = os.path.join(folder, "data")
    server = harness.Server(data).start()
    client = server.ringwall.client
    try:
        account = fill_iam(client, server.ringwall)
        fill_organizations(client)
        fill_kms(client, account)
        network = harness.Network(server.ringwall)
        fill_network(client, network)
        fill_databases(client, network)
        fill_analyzer(client)
        time.sleep(1)  # the uses of keys are written behind the answers
    finally:
        server.stop()
    path = os.path.join(folder, "old.db")
    shutil.copy(os.path.join(data, "server", "state.db"), path)
    shutil.copy(os.path.join(data, "server", "root.key"), os.path.join(folder, "old.root.key"))
    with sqlite3.connect(path) as store:
        print(store.execute("SELECT count(*) FROM sqlite_master").fetchone(), os.path.getsize(path), "bytes")


if __name__ == "__main__":
    main(sys.argv[1])
