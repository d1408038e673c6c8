"""An organisation as `ringwall collect` would have exported it, before and after the generated policies are attached.

A management account and two member accounts in two units: applications with broad identity policies, resources whose
policies are open in the ways that happen, roles that trust more than they should. Nothing in it holds a perimeter by itself.
"""
import copy
import fnmatch
import json

ORGANIZATION, ROOT = "o-a1b2c3d4e5", "r-ab12"
MANAGEMENT, APPLICATION, DATA = "111122223333", "222233334444", "555566667777"
ACCOUNTS = {MANAGEMENT: "management", APPLICATION: "shop", DATA: "warehouse"}
UNITS = {"ou-ab12-11111111": ("workloads", APPLICATION), "ou-ab12-22222222": ("data", DATA)}
PARTNER, VENDOR, STRANGER = "777788889999", "888899990000", "999900001111"
REGION = "eu-west-1"
VPC = {APPLICATION: "vpc-0a1b2c3d4e5f60718", DATA: "vpc-0f1e2d3c4b5a69788"}
KEY = "0f0f0f0f-1111-2222-3333-444444444444"
OIDC = "token.actions.githubusercontent.com"
SERVICES = ["s3", "kms", "sqs", "sns", "secretsmanager", "lambda", "dynamodb"]
ENDPOINT_SERVICES = ["s3", "kms", "sts", "sqs", "sns", "secretsmanager", "dynamodb", "logs", "ec2", "execute-api"]

PERIMETER = f"""organization: {ORGANIZATION}
management_account: "{MANAGEMENT}"
regions: [{REGION}]
networks:
  cidrs: [192.0.2.0/24]
  vpcs: [{REGION}/{VPC[APPLICATION]}, {REGION}/{VPC[DATA]}]
services:
  - principal: cloudtrail.amazonaws.com
    actions: [s3:PutObject, s3:GetBucketAcl]
    resources: ["arn:aws:s3:::example-trail", "arn:aws:s3:::example-trail/*"]
  - principal: config.amazonaws.com
    actions: [s3:PutObject]
    resources: ["arn:aws:s3:::example-warehouse/config/*"]
agents:
  services: [s3, sqs]
aws_owned:
  - resources: ["arn:aws:s3:::al2023-repos-{REGION}-de612dc2/*"]
    actions: [s3:GetObject]
exceptions:
  - name: partner
    owner: sales@example.com
    reason: The partner assumes a role of ours, with an external id.
    expires: 2099-01-01
    objectives: [trust]
    principals: ["{PARTNER}"]
    actions: [sts:AssumeRole]
    resources: ["arn:aws:iam::{DATA}:role/partner"]
    external_id: partner-2026
  - name: functions-and-topics
    owner: platform@example.com
    reason: No policy on these resources' side can tell networks apart; the SCP does.
    expires: 2099-01-01
    objectives: [resource/networks]
    actions: ["lambda:*", sns:ConfirmSubscription, sns:CreateTopic, sns:GetDataProtectionPolicy, sns:GetSubscriptionAttributes, sns:ListTagsForResource,
              sns:PutDataProtectionPolicy, sns:SetSubscriptionAttributes, sns:TagResource, sns:Unsubscribe, sns:UntagResource]
"""


def statement(effect="Allow", action="*", resource="*", principal=None, sid=None, condition=None):
    made = {"Sid": sid} if sid else {}
    made["Effect"] = effect
    if principal is not None:
        made["Principal"] = principal
    made["Action"] = action
    if resource is not None:
        made["Resource"] = resource
    if condition:
        made["Condition"] = condition
    return made


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust(principal, action="sts:AssumeRole", condition=None):
    return policy(statement(action=action, resource=None, principal=principal, condition=condition))


FULL = policy(statement())
ROLES = {  # account: {name: (trust, identity policies)}
    MANAGEMENT: {
        "administrator": (trust({"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}), FULL),
        # A vendor's, from before there was a perimeter: nothing excepts it.
        "billing-vendor": (trust({"AWS": f"arn:aws:iam::{VENDOR}:root"}), policy(statement(action=["ce:*", "s3:Get*", "s3:List*"]))),
    },
    APPLICATION: {
        "OrganizationAccountAccessRole": (trust({"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}), FULL),
        "shop": (trust({"Service": "lambda.amazonaws.com"}), policy(statement(action=["s3:*", "sqs:*", "sns:*", "dynamodb:*", "kms:*", "secretsmanager:*"]))),
        "deploy": (trust({"Federated": f"arn:aws:iam::{APPLICATION}:oidc-provider/{OIDC}"}, "sts:AssumeRoleWithWebIdentity",
                         {"StringEquals": {f"{OIDC}:aud": "sts.amazonaws.com"}, "StringLike": {f"{OIDC}:sub": "repo:example/shop:*"}}), FULL),
        "anyone": (trust("*", ["sts:AssumeRole", "sts:TagSession"]), policy(statement(action="ec2:Describe*"))),
    },
    DATA: {
        "OrganizationAccountAccessRole": (trust({"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}), FULL),
        "analyst": (trust({"AWS": f"arn:aws:iam::{DATA}:root"}), policy(statement(action=["s3:*", "athena:*", "glue:*", "sts:AssumeRole"]))),
        # Wider than what is excepted: a partner of before, and no external id.
        "partner": (trust({"AWS": [f"arn:aws:iam::{PARTNER}:root", f"arn:aws:iam::{VENDOR}:root"]}, ["sts:AssumeRole", "sts:TagSession"]),
                    policy(statement(action="s3:GetObject", resource="arn:aws:s3:::example-warehouse/*"))),
    },
}
USERS = {MANAGEMENT: {"break-glass": FULL}, APPLICATION: {"developer": policy(statement(action=["s3:*", "ec2:*", "iam:Get*", "sts:*"]))}, DATA: {}}


def bucket(name, *more):
    return policy(*more) if more else None


def everything_below(name):
    return [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]


CLOUDTRAIL = statement(action=["s3:PutObject", "s3:GetBucketAcl"], resource=everything_below("example-trail"), principal={"Service": "cloudtrail.amazonaws.com"},
                       condition={"StringEquals": {"aws:SourceArn": f"arn:aws:cloudtrail:{REGION}:{MANAGEMENT}:trail/example"}})
# On whomever's behalf, and for a service that is declared elsewhere only.
ACL = statement(action="s3:GetBucketAcl", resource="arn:aws:s3:::example-trail", principal={"Service": ["cloudtrail.amazonaws.com", "config.amazonaws.com"]},
                condition={"StringLike": {"aws:SourceAccount": "*"}})
BUCKETS = {
    MANAGEMENT: {"example-trail": policy(CLOUDTRAIL, ACL), "example-billing": policy(statement(action="s3:GetObject", resource="arn:aws:s3:::example-billing/*", principal={"AWS": f"arn:aws:iam::{VENDOR}:root"}))},
    APPLICATION: {"example-images": policy(statement(action=["s3:GetObject", "s3:PutObject", "s3:GetBucketAcl"], resource=everything_below("example-images"), principal="*")), "example-scratch": None},
    DATA: {"example-warehouse": policy(statement(action="s3:*", resource=everything_below("example-warehouse"), principal={"AWS": f"arn:aws:iam::{APPLICATION}:root"}),
                                      statement(action="s3:PutObject", resource="arn:aws:s3:::example-warehouse/config/*", principal={"Service": ["config.amazonaws.com", "delivery.logs.amazonaws.com"]},
                                                condition={"StringLike": {"aws:SourceAccount": "*"}}))},
}


def regional(service, account, name):
    return f"arn:aws:{service}:{REGION}:{account}:{name}"


REGIONAL = {  # (service, account): {ARN: policy or None}
    ("kms", DATA): {regional("kms", DATA, f"key/{KEY}"): policy(
        statement(action="kms:*", principal={"AWS": f"arn:aws:iam::{DATA}:root"}, sid="EnableIam"),
        statement(action="kms:Decrypt", principal={"AWS": "*"}))},
    ("sqs", APPLICATION): {regional("sqs", APPLICATION, "orders"): policy(
        statement(action="sqs:SendMessage", resource=regional("sqs", APPLICATION, "orders"), principal="*"))},
    ("sns", APPLICATION): {regional("sns", APPLICATION, "news"): policy(
        statement(action=["sns:Publish", "sns:Subscribe"], resource=regional("sns", APPLICATION, "news"), principal={"AWS": "*"}))},
    ("secretsmanager", DATA): {
        regional("secretsmanager", DATA, "secret:db/main-AbCdEf"): policy(
            statement(action="secretsmanager:GetSecretValue", principal={"AWS": f"arn:aws:iam::{VENDOR}:root"})),
        regional("secretsmanager", DATA, "secret:api-token-GhIjKl"): None},
    ("dynamodb", DATA): {regional("dynamodb", DATA, "table/orders"): None, regional("dynamodb", DATA, "table/carts"): policy(
        statement(action="dynamodb:GetItem", resource=regional("dynamodb", DATA, "table/carts"), principal="*"))},
    ("lambda", APPLICATION): {regional("lambda", APPLICATION, "function:resize"): policy(
        statement(action="lambda:InvokeFunction", resource=regional("lambda", APPLICATION, "function:resize"),
                  principal={"AWS": f"arn:aws:iam::{DATA}:root"}))},
}


class Estate:
    """What is there; `attach` adds what was generated, layer by layer."""

    def __init__(self):
        self.roles, self.users = copy.deepcopy(ROLES), copy.deepcopy(USERS)
        self.buckets, self.regional = copy.deepcopy(BUCKETS), copy.deepcopy(REGIONAL)
        self.endpoints = {}  # (account, service): policy
        for account in VPC:
            for service in ENDPOINT_SERVICES:
                self.endpoints[account, service] = FULL_ENDPOINT
        self.controls = {"SERVICE_CONTROL_POLICY": {"p-FullAWSAccess": FULL}, "RESOURCE_CONTROL_POLICY": {"p-RCPFullAWSAccess": FULL_RESOURCES}}
        self.managed = {}  # policies that the management account's principals have

    # generated: {layer: {name: document}}, as `ringwall generate` writes them.
    def attach(self, generated):
        for layer in ["scp-resources", "scp-networks", "scp-agents"]:
            self.attach_controls("SERVICE_CONTROL_POLICY", generated.get(layer, {}))
        self.attach_controls("RESOURCE_CONTROL_POLICY", generated.get("rcp", {}))
        self.managed = generated.get("identity-guardrail", {})
        self.merge_into_resources(generated.get("resource-statement", {}))
        self.merge_into_trusts(generated.get("trust-statement", {}))
        endpoints = generated.get("endpoint", {})
        for account, service in self.endpoints if endpoints else []:
            self.endpoints[account, service] = endpoints.get(f"ringwall-endpoint-{service}", endpoints["ringwall-endpoint"])
        return self

    def attach_controls(self, kind, documents):
        for name, document in documents.items():
            self.controls[kind][f"p-{name.removeprefix('ringwall-').replace('-', '')}"] = document

    def merge_into_resources(self, statements):
        if not statements:
            return
        for buckets in self.buckets.values():
            for name, document in buckets.items():
                if document is not None:
                    self.merge(document, statements["ringwall-resource-statement-s3"], everything_below(name))
        for (service, _), resources in self.regional.items():
            made = statements.get(f"ringwall-resource-statement-{service}")
            for arn, document in resources.items():
                if document is not None and made is not None:
                    self.merge(document, made, arn if service in ("sqs", "sns") else "*")

    def merge_into_trusts(self, statements):
        if not statements:
            return
        for account, roles in self.roles.items():
            for name, (document, _) in roles.items():
                self.merge(document, statements["ringwall-trust-statement-partner" if (account, name) == (DATA, "partner") else "ringwall-trust-statement"])

    # A bucket's policy names the bucket, a queue's the queue.
    @staticmethod
    def merge(document, statements, resource=None):
        for one in copy.deepcopy(statements["Statement"]):
            if resource is not None and one.get("Resource") == "*":
                one["Resource"] = resource
            document["Statement"].append(one)

    def files(self):
        return {**self.organization(), **self.policies(), **{path: content for number in ACCOUNTS for path, content in self.account(number)},
                "export.json": {"Regions": [REGION], "Services": ["organizations", "iam", "ec2", *SERVICES]}}

    def organization(self):
        arn = f"arn:aws:organizations::{MANAGEMENT}"
        accounts = {number: {"Id": number, "Arn": f"{arn}:account/{ORGANIZATION}/{number}", "Email": f"{name}@example.com", "Name": name, "Status": "ACTIVE",
                             "JoinedMethod": "CREATED", "JoinedTimestamp": "2026-01-01T00:00:00+00:00"} for number, name in ACCOUNTS.items()}
        units = [{"Id": unit, "Arn": f"{arn}:ou/{ORGANIZATION}/{unit}", "Name": name} for unit, (name, _) in UNITS.items()]
        types = [{"Type": kind, "Status": "ENABLED"} for kind in self.controls]
        files = {
            "organization.json": {"Organization": {"Id": ORGANIZATION, "Arn": f"{arn}:organization/{ORGANIZATION}", "FeatureSet": "ALL", "MasterAccountId": MANAGEMENT,
                                                   "MasterAccountArn": accounts[MANAGEMENT]["Arn"], "MasterAccountEmail": "management@example.com", "AvailablePolicyTypes": []}},
            "roots.json": {"Roots": [{"Id": ROOT, "Arn": f"{arn}:root/{ORGANIZATION}/{ROOT}", "Name": "Root", "PolicyTypes": types}]},
            "accounts.json": {"Accounts": list(accounts.values())},
            f"tree/{ROOT}/organizational-units.json": {"OrganizationalUnits": units}, f"tree/{ROOT}/accounts.json": {"Accounts": [accounts[MANAGEMENT]]},
        }
        for unit, (_, account) in UNITS.items():
            files[f"tree/{unit}/organizational-units.json"] = {"OrganizationalUnits": []}
            files[f"tree/{unit}/accounts.json"] = {"Accounts": [accounts[account]]}
        return files

    def policies(self):
        files, arn = {}, f"arn:aws:organizations::{MANAGEMENT}"
        for kind, documents in self.controls.items():
            summaries = [{"Id": identity, "Arn": f"{arn}:policy/{ORGANIZATION}/{kind.lower()}/{identity}", "Name": identity, "Description": "", "Type": kind,
                          "AwsManaged": "FullAWSAccess" in identity} for identity in documents]
            files[f"policies/{kind}.json"] = {"Policies": summaries}
            for summary in summaries:
                files[f"policies/{summary['Id']}.json"] = {"Policy": {"PolicySummary": summary, "Content": json.dumps(documents[summary["Id"]])}}
                # AWS attaches its own to every unit and account as well.
                targets = [(ROOT, "ROOT")] + ([*((unit, "ORGANIZATIONAL_UNIT") for unit in UNITS), *((number, "ACCOUNT") for number in ACCOUNTS)] if summary["AwsManaged"] else [])
                files[f"policies/{summary['Id']}.targets.json"] = {"Targets": [
                    {"TargetId": target, "Arn": f"{arn}:{type_.lower()}/{ORGANIZATION}/{target}", "Name": target, "Type": type_} for target, type_ in targets]}
        return files

    def account(self, number):
        folder = f"accounts/{number}"
        yield f"{folder}/authorization-details.json", self.authorization_details(number)
        yield f"{folder}/{REGION}/vpcs.json", {"Vpcs": [{"VpcId": VPC[number], "OwnerId": number, "CidrBlock": "10.20.0.0/16", "State": "available"}] if number in VPC else []}
        yield f"{folder}/{REGION}/vpc-endpoints.json", {"VpcEndpoints": [
            {"VpcEndpointId": endpoint_id(account, service), "VpcEndpointType": "Gateway" if service in ("s3", "dynamodb") else "Interface", "VpcId": VPC[account],
             "ServiceName": f"com.amazonaws.{REGION}.{service}", "State": "available", "PolicyDocument": json.dumps(document), "OwnerId": account}
            for (account, service), document in self.endpoints.items() if account == number]}
        yield f"{folder}/s3/buckets.json", {"Buckets": [{"Name": name, "CreationDate": "2026-01-01T00:00:00+00:00"} for name in self.buckets[number]], "Owner": {"ID": "0" * 64}}
        for name, document in self.buckets[number].items():
            yield f"{folder}/s3/{name}.policy.json", as_answered("s3", None, document)
        for service in SERVICES[1:]:
            resources = self.regional.get((service, number), {})
            yield f"{folder}/{REGION}/{service}/{LISTS[service][0]}.json", listed(service, resources)
            for arn, document in resources.items():
                yield f"{folder}/{REGION}/{service}/{name_of(service, arn).replace('/', '%2F')}.policy.json", as_answered(service, arn, document)

    def authorization_details(self, number):
        attached = [{"PolicyName": name, "PolicyArn": f"arn:aws:iam::{number}:policy/{name}"} for name in self.managed] if number == MANAGEMENT else []
        common = {"Path": "/", "CreateDate": "2026-01-01T00:00:00+00:00", "AttachedManagedPolicies": attached, "Tags": []}
        roles = [{**common, "RoleName": name, "RoleId": identity_of("AROA", name), "Arn": f"arn:aws:iam::{number}:role/{name}", "AssumeRolePolicyDocument": trusts,
                  "InstanceProfileList": [], "RolePolicyList": [{"PolicyName": "work", "PolicyDocument": work}]} for name, (trusts, work) in self.roles[number].items()]
        users = [{**common, "UserName": name, "UserId": identity_of("AIDA", name), "Arn": f"arn:aws:iam::{number}:user/{name}", "GroupList": [],
                  "UserPolicyList": [{"PolicyName": "work", "PolicyDocument": work}]} for name, work in self.users[number].items()]
        policies = [{"PolicyName": one["PolicyName"], "PolicyId": identity_of("ANPA", one["PolicyName"]), "Arn": one["PolicyArn"], "Path": "/", "DefaultVersionId": "v1",
                     "AttachmentCount": 1, "PermissionsBoundaryUsageCount": 0, "IsAttachable": True, "CreateDate": "2026-01-01T00:00:00+00:00",
                     "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": self.managed[one["PolicyName"]]}]} for one in attached]
        return {"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": roles, "Policies": policies, "IsTruncated": False}

    # The layers that apply to a request, as `ringwall authorize` takes them.
    def question(self, request, through=None):
        layers = {}
        principal, account = request["principal"], request.get("principalAccount", "")
        if account in ACCOUNTS:
            name = principal.split("/")[1] if "assumed-role/" in principal else principal.rsplit("/", 1)[-1]
            own = self.roles[account][name][1] if "role/" in principal else self.users[account][name]
            layers["identity"] = [own, *(self.managed.values() if account == MANAGEMENT else [])]
            if account != MANAGEMENT:
                layers["scp"] = self.levels("SERVICE_CONTROL_POLICY", account)
        owner = request.get("resourceAccount", "")
        if owner in ACCOUNTS and owner != MANAGEMENT:
            layers["rcp"] = self.levels("RESOURCE_CONTROL_POLICY", owner)
        if owner in ACCOUNTS and (own := self.policy_of(request["resource"], owner)) is not None:
            layers["resource"] = own
        if through is not None:
            layers["endpoint"] = self.endpoints[through]
        return {"request": request, "policies": layers}

    def levels(self, kind, account):
        documents = self.controls[kind]
        full = [document for identity, document in documents.items() if "FullAWSAccess" in identity]
        unit = next(unit for unit, (_, one) in UNITS.items() if one == account)
        return [{"target": ROOT, "policies": list(documents.values())}, {"target": unit, "policies": full}, {"target": account, "policies": full}]

    def policy_of(self, arn, owner):
        if arn.startswith("arn:aws:s3:::"):
            return self.buckets[owner].get(arn.removeprefix("arn:aws:s3:::").split("/")[0])
        if ":role/" in arn:
            return self.roles[owner].get(arn.rsplit("/", 1)[-1], (None,))[0]
        for (_, account), resources in self.regional.items():
            for one, document in resources.items():
                if account == owner and fnmatch.fnmatchcase(arn, one + "*"):
                    return document
        return None


FULL_ENDPOINT = policy(statement(principal="*"))
FULL_RESOURCES = policy(statement(principal="*"))
LISTS = {"kms": ("keys", "Keys"), "sqs": ("queues", "QueueUrls"), "sns": ("topics", "Topics"), "secretsmanager": ("secrets", "SecretList"),
         "lambda": ("functions", "Functions"), "dynamodb": ("tables", "TableNames")}


def endpoint_id(account, service):
    return f"vpce-{account[0] * 8}{list(ENDPOINT_SERVICES).index(service):09x}"


def identity_of(prefix, name):
    return prefix + name.upper().replace("-", "").ljust(16, "0")[:16]


def name_of(service, arn):
    last = arn.split(":", 5)[5]
    return last.split("/", 1)[1] if service in ("kms", "dynamodb") else last.split(":", 1)[-1]


def listed(service, arns):
    item = {"kms": lambda arn: {"KeyId": name_of("kms", arn), "KeyArn": arn}, "sqs": lambda arn: f"https://sqs.{REGION}.amazonaws.com/{arn.split(':')[4]}/{name_of('sqs', arn)}",
            "sns": lambda arn: {"TopicArn": arn}, "secretsmanager": lambda arn: {"ARN": arn, "Name": name_of(service, arn).rsplit("-", 1)[0]},
            "lambda": lambda arn: {"FunctionName": name_of(service, arn), "FunctionArn": arn}, "dynamodb": lambda arn: name_of(service, arn)}[service]
    return {LISTS[service][1]: [item(arn) for arn in arns]}


def as_answered(service, arn, document):
    if service == "sqs":
        return {"Attributes": {"QueueArn": arn, **({"Policy": json.dumps(document)} if document else {})}}
    if service == "sns":
        return {"Attributes": {"TopicArn": arn, "Owner": arn.split(":")[4], "Policy": json.dumps(document)}}
    if service == "secretsmanager":
        return {"ARN": arn, "Name": name_of(service, arn).rsplit("-", 1)[0], **({"ResourcePolicy": json.dumps(document)} if document else {})}
    return {"Policy": json.dumps(document)} if document else {}
