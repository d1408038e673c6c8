#!/usr/bin/env python3
"""From the perimeter file to the proof: `ringwall generate` for an organisation, its policies attached, `ringwall prove`
and `ringwall check`; then each layer is taken away in turn, and exactly the cells fall that it holds.

usage: perimeter_test.py RINGWALL
"""
import glob
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import alterations
import perimeter_estate as estate
from perimeter_estate import APPLICATION, DATA, KEY, MANAGEMENT, REGION, STRANGER, VPC, regional

RINGWALL = sys.argv.pop(1) if len(sys.argv) > 1 else "ringwall"
TODAY = "2026-06-01"
PROVIDER = "registry.terraform.io/hashicorp/aws"
MIRRORS = ("/opt/tf-plugins", "/usr/share/terraform/plugins", os.path.expanduser("~/.terraform.d/plugins"))


def principals(*accounts):
    return {f"arn:aws:iam::{account}:{kind}/{name}" for account in accounts
            for kind, named in [("role", estate.ROLES), ("user", estate.USERS)] for name in named[account]}


PARTNER_ROLE, VENDOR_ROLE = f"arn:aws:iam::{DATA}:role/partner", f"arn:aws:iam::{MANAGEMENT}:role/billing-vendor"
MANAGERS, MEMBERS = principals(MANAGEMENT), principals(APPLICATION, DATA)
ENDPOINTS = {estate.endpoint_id(account, service) for account in VPC for service in estate.ENDPOINT_SERVICES}
ENDPOINT_OF = {estate.endpoint_id(account, service): (account, service) for account in VPC for service in estate.ENDPOINT_SERVICES}
BILLING, TRAIL, IMAGES, SCRATCH = (f"arn:aws:s3:::example-{name}" for name in ["billing", "trail", "images", "scratch"])
NEWS, THE_KEY = regional("sns", APPLICATION, "news"), regional("kms", DATA, f"key/{KEY}")
RESIZE = regional("lambda", APPLICATION, "function:resize")
TABLE, TOKEN = regional("dynamodb", DATA, "table/orders"), regional("secretsmanager", DATA, "secret:api-token-GhIjKl")
ROWS = ["identity/resources", "identity/networks", "resource/principals", "resource/networks", "network/principals", "network/resources", "trust", "perimeter", "agents"]

# What each layer holds that no other does.
FALLS = {
    # SCPs do not bind the management account.
    "identity-guardrail": {"identity/resources": MANAGERS, "identity/networks": MANAGERS, "perimeter": MANAGERS, "agents": MANAGERS},
    # The partner's role may only read one bucket, and that is mine.
    "scp-resources": {"identity/resources": MEMBERS - {PARTNER_ROLE}, "perimeter": MEMBERS - {PARTNER_ROLE}},
    # That bucket refuses other networks itself. A function and some of a topic's actions only the SCP holds: they are excepted
    # from resource/networks, not from the whole.
    "scp-networks": {"identity/networks": MEMBERS, "perimeter": (MEMBERS - {PARTNER_ROLE}) | {RESIZE, NEWS}},
    # The partner's role only reads what is mine, but for a table and a key that let in whoever is mine.
    "scp-agents": {"agents": MEMBERS},
    # Resources without a policy of their own: whoever may use them comes from anywhere. The SCP still holds the whole.
    "rcp": {"resource/networks": {SCRATCH, TABLE, TOKEN}},
    # RCPs reach neither the management account, nor SNS, nor kms:RetireGrant. The whole has the guardrails and SCPs against
    # other networks.
    "resource-statement": {"resource/principals": {BILLING, TRAIL, NEWS}, "resource/networks": {BILLING, TRAIL, NEWS, THE_KEY}, "perimeter": {BILLING, TRAIL, NEWS}},
    # The partner is excepted from trust, not from my endpoints: through one of them it would become a role of mine.
    "endpoint": {"network/principals": ENDPOINTS, "network/resources": ENDPOINTS, "perimeter": ENDPOINTS | {PARTNER_ROLE}},
    # In the member accounts RCPs keep outsiders off every role.
    "trust-statement": {"trust": {VENDOR_ROLE}, "perimeter": {VENDOR_ROLE}},
}


class Perimeter(unittest.TestCase):
    maxDiff = None
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        (cls.folder / "perimeter.yaml").write_text(estate.PERIMETER)
        done = cls.ringwall("generate", "--perimeter", "perimeter.yaml", "--out", "policies", "--as", "json")
        assert done.returncode == 0, done.stderr
        cls.generated = {}
        for path in sorted((cls.folder / "policies").glob("*/*.json")):
            cls.generated.setdefault(path.parent.name, {})[path.stem] = json.loads(path.read_text())

    @classmethod
    def ringwall(cls, *arguments, text=None):
        return subprocess.run([RINGWALL, *arguments], cwd=cls.folder, input=text, capture_output=True, text=True, timeout=240, check=False)

    def estate_without(self, *layers):
        self.assertLessEqual(set(layers), set(self.generated))
        return estate.Estate().attach({layer: made for layer, made in self.generated.items() if layer not in layers})

    def written(self, built):
        name = tempfile.mkdtemp(dir=self.folder)
        for path, content in built.files().items():
            file = pathlib.Path(name, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(content))
        return name

    def prove(self, built, *arguments, perimeter="perimeter.yaml"):
        name = self.written(built)
        done = self.ringwall("prove", "--perimeter", perimeter, "--estate", name, "--today", TODAY, "--format", "json", *arguments)
        self.assertIn(done.returncode, [0, 1], done.stdout[-2000:] + done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["gaps"], [])
        return done.returncode, report

    # What every one of these questions is decided to be.
    def decide(self, questions):
        done = self.ringwall("authorize", "--batch", "--format", "json", "-", text="".join(json.dumps(one) + "\n" for one in questions))
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(len(answers), len(questions), done.stderr)
        for answer, question in zip(answers, questions):
            self.assertIn("verdict", answer, question["request"])
        return [answer["verdict"] for answer in answers]

    def verdict(self, built, request, through=None, **layers):
        question = built.question(request, through)
        question["policies"].update(layers)
        return self.decide([question])[0]


def rows(report):
    return {row["objective"]: row for row in report["matrix"]}


def fallen(report):
    return {objective: found for objective, row in rows(report).items() if (found := {cell["subject"] for cell in row["cells"] if cell["verdict"] != "proved"})}


def guards(report, objective, subject):
    return next(cell["guards"] for cell in rows(report)[objective]["cells"] if cell["subject"] == subject)


# The layers that the leak's row asks, from the organisation as it stands; the others' side is theirs, and may allow everything.
def question_of(built, leak):
    objective, request = leak["objective"], leak["finding"]["request"]
    through = ENDPOINT_OF.get(request["context"].get("aws:sourcevpce", [""])[0])
    question = built.question(request, through)
    layers = question["policies"]
    theirs = {"identity": [estate.FULL], "resource": estate.FULL_ENDPOINT}
    asked = {"identity": ["identity", "scp"], "resource": ["resource", "rcp"], "network": ["endpoint"], "trust": ["resource", "rcp"],
             "perimeter": ["identity", "scp", "resource", "rcp", "endpoint"], "agents": ["identity", "scp"]}[objective.split("/")[0]]
    if objective == "agents" and leak["finding"]["decisions"][0]["layer"] == "resource-based policy":  # it names the caller
        asked = ["identity", "scp", "resource", "rcp"]
    kept = {layer: layers[layer] for layer in asked if layer in layers}
    for side, everything in theirs.items():
        is_mine = request.get("principalAccount" if side == "identity" else "resourceAccount") in estate.ACCOUNTS
        if side not in kept and not (side in asked and is_mine):
            kept[side] = everything
    if request["principal"] == "anonymous" or request["principal"].endswith(":root") or "." in request["principal"]:
        kept.pop("identity", None)
    if ":role/" in request["resource"] and request["action"].startswith("sts:") and kept.get("resource") is estate.FULL_ENDPOINT:
        kept["resource"] = estate.trust("*", "sts:*")
    question["policies"] = kept
    return question


class EndToEnd(Perimeter):
    def test_before_anything_is_attached_every_row_leaks(self):
        status, report = self.prove(estate.Estate(), "--no-depth")
        self.assertEqual(status, 1)
        self.assertEqual(list(fallen(report)), ROWS)

    def test_all_of_it_is_proved_and_the_certificates_hold(self):
        status, report = self.prove(self.estate_without(), "--certificate", "proof.txt")
        self.assertEqual((status, fallen(report), report["leaks"]), (0, {}, []))
        self.assertEqual([row["objective"] for row in report["matrix"]], ROWS)
        for row in report["matrix"]:
            self.assertEqual((row["verdict"], row["proved"]), ("proved", len(row["cells"])))
            self.assertNotEqual(row["cells"], [], row["objective"])
        self.assertEqual({one["name"]: one["uses"] > 0 for one in report["exceptions"]}, {"partner": True, "functions-and-topics": True})
        done = self.ringwall("check", "--today", TODAY, "--perimeter", "perimeter.yaml", "--estate", self.written(self.estate_without()), "proof.txt")
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout[-2000:])
        self.assertRegex(done.stdout, r"(?m)^\d+ certificates hold$")
        cells = sum(len(row["cells"]) for row in report["matrix"])
        self.assertIn(f"proof.txt: {cells} cells are proved, of the files as they are, on {TODAY}\n", done.stdout)

    def test_a_certificate_that_an_exception_held_ends_with_it(self):
        here = self.written(self.estate_without())
        self.prove(self.estate_without(), "--certificate", "proof.txt", "--no-depth")
        on = {day: self.ringwall("check", "--today", day, "--perimeter", "perimeter.yaml", "--estate", here, "proof.txt")
              for day in ("2026-05-31", TODAY, "2098-12-31", "2099-01-01")}
        self.assertEqual([done.returncode for done in on.values()], [1, 0, 0, 1])
        self.assertIn(f"it is dated {TODAY}, which is after 2026-05-31", on["2026-05-31"].stderr)
        self.assertIn("says something else than the files", on["2099-01-01"].stderr)

    def test_a_proof_of_some_objectives_is_one_of_these_alone(self):
        here = self.written(self.estate_without())
        self.prove(self.estate_without(), "--objective", "trust", "--certificate", "trust.txt", "--no-depth")
        check = ["check", "--today", TODAY, "--perimeter", "perimeter.yaml", "--estate", here, "trust.txt"]
        whole = self.ringwall(*check)
        self.assertEqual(whole.returncode, 1)
        self.assertIn("nothing is said of identity/resources of ", whole.stderr)
        alone = self.ringwall(*check, "--objective", "trust")
        self.assertEqual((alone.returncode, alone.stderr), (0, ""))
        self.assertEqual(self.ringwall(*check, "--objective", "truth").returncode, 3)

    def test_no_certificate_that_was_altered_passes(self):
        here = self.written(self.estate_without())
        texts = []
        for number, built in enumerate([self.estate_without(), self.estate_without("resource-statement")]):
            self.prove(built, "--certificate", f"proof-{number}.txt", "--no-depth")
            texts.append((self.folder / f"proof-{number}.txt").read_text())
        every = int(os.environ.get("RINGWALL_ALTERED_EVERY", "48"))
        counts, kept, names = {}, {}, {}
        for number, (kind, text) in enumerate(alterations.altered(texts[0], texts[1], every)):
            names[f"altered-{number}"] = kind
            (self.folder / f"altered-{number}").write_text(text)
        for files in (list(names)[at:at + 200] for at in range(0, len(names), 200)):
            done = self.ringwall("check", "--today", TODAY, "--format", "json", "--perimeter", "perimeter.yaml", "--estate", here, *files)
            self.assertEqual(done.returncode, 1, done.stderr[-2000:])
            alone = self.ringwall("check", "--format", "json", *files)
            for told, bare in zip(json.loads(done.stdout)["files"], json.loads(alone.stdout)["files"]):
                counts[names[told["file"]]] = counts.get(names[told["file"]], 0) + 1
                kept[names[told["file"]]] = kept.get(names[told["file"]], 0) + bare["holds"]
                self.assertFalse(told["holds"], (told["file"], names[told["file"]]))
        for kind, count in counts.items():
            print(f"{kind}: {count} altered, {count} refused; {kept[kind]} of them hold by themselves", file=sys.stderr)
        self.assertGreaterEqual(len(counts), 10)

    def test_without_a_layer_the_cells_fall_that_only_it_holds(self):
        self.assertEqual(set(FALLS) | {"proxy"}, set(self.generated) | {"proxy"})
        whole = self.estate_without()
        for layer, expected in FALLS.items():
            with self.subTest(layer=layer):
                built = self.estate_without(layer)
                status, report = self.prove(built)
                self.assertEqual(status, 1)
                self.assertEqual(fallen(report), expected)
                self.replay(built, whole, report)

    # The layer that is gone is what refuses them.
    def replay(self, built, whole, report):
        for row in report["matrix"]:
            for cell in row["cells"]:
                self.assertEqual(bool(cell["leaks"]), cell["verdict"] == "leak", cell)
                self.assertTrue(all(cell["subject"] in report["leaks"][at]["subjects"] for at in cell["leaks"]), cell)
        for made, verdict in [(built, {"allow"}), (whole, {"explicit-deny", "implicit-deny"})]:
            for leak, answer in zip(report["leaks"], self.decide([question_of(made, leak) for leak in report["leaks"]])):
                self.assertIn(answer, verdict, (leak["objective"], leak["subjects"], leak["finding"]["request"]))

    # Without the statement that holds VPCs to their Region, another Region's VPC of the same id gets in, and nobody else.
    def test_without_its_region_a_vpc_of_the_same_id_gets_in(self):
        built = self.estate_without()
        controls = built.controls["SERVICE_CONTROL_POLICY"]
        for name, document in controls.items():
            controls[name] = {**document, "Statement": [one for one in document["Statement"] if not one.get("Sid", "").startswith("OnlyMyNetworksRegion")]}
        status, report = self.prove(built, "--no-depth")
        found = fallen(report)
        self.assertEqual((status, found["identity/networks"], set(found) - {"perimeter"}), (1, MEMBERS, {"identity/networks"}))
        for leak in report["leaks"]:
            context = {key.lower(): values for key, values in leak["finding"]["request"]["context"].items()}
            self.assertIn(context["aws:sourcevpc"][0], VPC.values())
            self.assertNotEqual(context["aws:requestedregion"], [REGION])

    def test_where_two_layers_hold_a_cell_either_will_do(self):
        held = {"whole": guards(self.prove(self.estate_without())[1], "resource/principals", IMAGES),
                "rcp": guards(self.prove(self.estate_without("rcp"))[1], "resource/principals", IMAGES),
                "resource-statement": guards(self.prove(self.estate_without("resource-statement"))[1], "resource/principals", IMAGES)}
        self.assertEqual(held, {"whole": ["rcp", "resource"], "rcp": ["resource"], "resource-statement": ["rcp"]})

    def test_a_layer_becomes_a_single_point_of_failure_without_the_other(self):
        whole, without = self.prove(self.estate_without())[1], self.prove(self.estate_without("resource-statement"))[1]
        self.assertNotIn("rcp", rows(whole)["resource/principals"]["soleGuards"])
        self.assertIn("rcp", rows(without)["resource/principals"]["soleGuards"])
        self.assertNotIn("rcp", rows(whole)["trust"]["soleGuards"])
        self.assertIn("rcp", rows(self.prove(self.estate_without("trust-statement"))[1])["trust"]["soleGuards"])

    def test_without_both_the_cell_falls(self):
        found = fallen(self.prove(self.estate_without("rcp", "resource-statement"), "--no-depth")[1])
        self.assertIn(IMAGES, found["resource/principals"])
        self.assertIn(IMAGES, found["perimeter"])

    def test_an_exception_that_is_over_excepts_nothing(self):
        (self.folder / "over.yaml").write_text(estate.PERIMETER.replace("2099-01-01", "2026-01-01"))
        status, report = self.prove(self.estate_without(), "--no-depth", perimeter="over.yaml")
        self.assertEqual(status, 1)
        self.assertIn(PARTNER_ROLE, fallen(report)["trust"])


# What agents fetch from AWS's buckets without signing passes the endpoints, and nothing else that nobody signs does.
class Unsigned(Perimeter):
    def test_the_example_lets_agents_fetch_from_awss_buckets_and_is_proved(self):
        example = pathlib.Path(__file__).resolve().parent.parent / "examples" / "unsigned-buckets.yaml"
        exceptions = example.read_text().split("exceptions:\n")[1]
        (self.folder / "unsigned.yaml").write_text(estate.PERIMETER + exceptions)
        done = self.ringwall("generate", "--perimeter", "unsigned.yaml", "--out", "unsigned", "--as", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        made = {}
        for path in sorted((self.folder / "unsigned").glob("*/*.json")):
            made.setdefault(path.parent.name, {})[path.stem] = json.loads(path.read_text())
        built = estate.Estate().attach(made)
        status, report = self.prove(built, "--no-depth", perimeter="unsigned.yaml")
        self.assertEqual((status, fallen(report)), (0, {}))
        fetch = {"principal": "anonymous", "action": "s3:GetObject", "resourceAccount": STRANGER, "context": {
            "aws:PrincipalType": "Anonymous", "aws:PrincipalAccount": "anonymous", "aws:SourceVpc": VPC[DATA], "aws:SourceVpce": estate.endpoint_id(DATA, "s3")}}
        for bucket, verdict in [(f"amazon-ssm-{REGION}", "allow"), ("amazoncloudwatch-agent", "allow"), ("amazon-ssm-eu-north-1", "implicit-deny"), ("strangers", "implicit-deny")]:
            question = built.question({**fetch, "resource": f"arn:aws:s3:::{bucket}/agent.rpm"}, (DATA, "s3"))
            question["policies"]["resource"] = estate.FULL_RESOURCES
            self.assertEqual(self.decide([question]), [verdict], bucket)


class Advice(Perimeter):
    def test_it_names_what_can_be_done(self):
        text = estate.PERIMETER[:estate.PERIMETER.index("  - name: functions-and-topics")]
        (self.folder / "without.yaml").write_text(text)
        self.assertEqual(self.fixes(self.estate_without()), {("lambda", "no policy on the side of "), ("sns", "no policy on the side of ")})
        self.assertIn(("kms", "merge the generated "), self.fixes(self.estate_without("resource-statement")))
        self.assertIn(("s3", "attach the generated "), self.fixes(self.estate_without("rcp")))

    def fixes(self, built):
        report = self.prove(built, "--no-depth", perimeter="without.yaml")[1]
        return {(leak["finding"]["request"]["action"].split(":")[0], leak["fix"].split("`")[0]) for leak in report["leaks"] if leak["objective"] == "resource/networks"}


# What `--as terraform` makes, planned and laid over the organisation before it is deployed.
class Plan(Perimeter):
    def test_the_plan_is_proved_over_the_export(self):
        if not shutil.which("terraform"):
            self.skipTest("terraform is not on the PATH")
        mirror = next((path for path in MIRRORS if glob.glob(os.path.join(path, PROVIDER, "*", "*"))), None)
        if not mirror:
            self.skipTest(f"no mirror with {PROVIDER} in {', '.join(MIRRORS)}")
        done = self.ringwall("generate", "--perimeter", "perimeter.yaml", "--out", "terraform", "--as", "terraform")
        self.assertEqual(done.returncode, 0, done.stderr)
        folder = self.folder / "terraform"
        (folder / "rc").write_text(f'disable_checkpoint = true\nprovider_installation {{\n  filesystem_mirror {{\n    path    = "{mirror}"\n    include = ["{PROVIDER}"]\n  }}\n}}\n')
        # A plan of what is new asks AWS nothing.
        (folder / "provider.tf").write_text(f'provider "aws" {{\n  region = "{REGION}"\n  access_key = "none"\n  secret_key = "none"\n  skip_credentials_validation = true\n'
                                            '  skip_requesting_account_id = true\n  skip_metadata_api_check = true\n  skip_region_validation = true\n}\n')
        (folder / "values.json").write_text(json.dumps({"targets": [estate.ROOT], "endpoints": {one: service for one, (_, service) in ENDPOINT_OF.items()}}))
        environment = {**os.environ, "TF_CLI_CONFIG_FILE": str(folder / "rc"), "TF_IN_AUTOMATION": "1"}
        for command in (["init", "-input=false"], ["plan", "-input=false", "-out=plan.bin", "-var-file=values.json"], ["show", "-json", "plan.bin"]):
            done = subprocess.run(["terraform", *command], cwd=folder, env=environment, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        (self.folder / "plan.json").write_text(done.stdout)
        status, report = self.prove(self.estate_without("scp-resources", "scp-networks", "rcp", "endpoint"), "--estate", "plan.json", "--account", MANAGEMENT)
        self.assertEqual((status, fallen(report)), (0, {}))
        self.assertEqual([len(row["cells"]) for row in report["matrix"]], [len(row["cells"]) for row in self.prove(self.estate_without())[1]["matrix"]])


# A perimeter that refuses everything would be proved as well.
class Intended(Perimeter):
    def test_what_is_meant_to_work_works(self):
        built = self.estate_without()
        mine = {"aws:PrincipalOrgID": estate.ORGANIZATION, "aws:ResourceOrgID": estate.ORGANIZATION, "aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false"}
        vpce = {"aws:RequestedRegion": REGION, "aws:SourceVpc": VPC[APPLICATION], "aws:SourceVpce": estate.endpoint_id(APPLICATION, "s3"), "aws:VpceOrgID": estate.ORGANIZATION}
        shop = {"principal": f"arn:aws:iam::{APPLICATION}:role/shop", "principalAccount": APPLICATION}
        read = {**shop, "action": "s3:GetObject", "resource": IMAGES + "/one", "resourceAccount": APPLICATION}
        self.assertEqual(self.verdict(built, {**read, "context": {**mine, **vpce}}, (APPLICATION, "s3")), "allow")
        self.assertEqual(self.verdict(built, {**read, "context": {**mine, "aws:SourceIp": "192.0.2.7"}}), "allow")
        self.assertEqual(self.verdict(built, {**read, "context": {**mine, "aws:SourceIp": "198.51.100.7"}}), "explicit-deny")
        administrator = {"principal": f"arn:aws:iam::{MANAGEMENT}:role/administrator", "principalAccount": MANAGEMENT, "action": "organizations:ListRoots", "resource": "*",
                         "resourceAccount": MANAGEMENT}
        self.assertEqual(self.verdict(built, {**administrator, "context": {**mine, "aws:SourceIp": "192.0.2.7"}}), "allow")

    def test_instances_start_with_encrypted_volumes_amazons_images_and_public_parameters(self):
        built = self.estate_without()
        mine = {"aws:PrincipalOrgID": estate.ORGANIZATION, "aws:ResourceOrgID": estate.ORGANIZATION, "aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false"}
        office = {"aws:PrincipalOrgID": estate.ORGANIZATION, "aws:SourceIp": "192.0.2.7", "aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false",
                  "aws:RequestedRegion": REGION}
        # EC2 attaches the volume as a role of its own, from a network of its own.
        attach = {"principal": f"arn:aws:sts::{DATA}:assumed-role/aws:ec2-infrastructure/i-0a1b2c3d4e5f60718", "principalAccount": DATA, "action": "kms:Decrypt",
                  "resource": regional("kms", DATA, f"key/{KEY}"), "resourceAccount": DATA}
        role = f"arn:aws:iam::{DATA}:role/aws:ec2-infrastructure"
        scp = built.levels("SERVICE_CONTROL_POLICY", DATA)
        question = {"request": {**attach, "context": {**mine, "aws:SourceIp": "198.51.100.7", "aws:PrincipalArn": role, "aws:RequestedRegion": REGION}},
                    "policies": {"identity": [estate.FULL], "scp": scp, "rcp": built.levels("RESOURCE_CONTROL_POLICY", DATA), "resource": built.policy_of(attach["resource"], DATA)}}
        self.assertEqual(self.decide([question]), ["allow"])
        question["request"]["context"]["aws:PrincipalArn"] = f"arn:aws:iam::{DATA}:role/analyst"
        self.assertEqual(self.decide([question]), ["explicit-deny"])
        # What is AWS's own belongs to no organisation.
        developer = {"principal": f"arn:aws:iam::{APPLICATION}:user/developer", "principalAccount": APPLICATION}
        questions = [
            ("ssm:GetParameter", f"arn:aws:ssm:{REGION}::parameter/aws/service/ami-amazon-linux-latest/al2023", {}, "allow"),
            ("iam:GetPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess", {}, "allow"),
            ("iam:GetPolicy", f"arn:aws:iam::{STRANGER}:policy/theirs", {}, "explicit-deny"),
            ("ec2:RunInstances", f"arn:aws:ec2:{REGION}::image/ami-0a1b2c3d", {"ec2:Owner": "amazon"}, "allow"),
            ("ec2:RunInstances", f"arn:aws:ec2:{REGION}::image/ami-0a1b2c3d", {"ec2:Owner": STRANGER}, "explicit-deny"),
            ("ec2:RunInstances", f"arn:aws:ec2:{REGION}::image/ami-0a1b2c3d", {}, "explicit-deny"),
            ("s3:GetObject", f"arn:aws:s3:::elasticbeanstalk-samples-{REGION}/a", {}, "allow"),
            ("s3:GetObject", "arn:aws:s3:::elasticbeanstalk-samples-us-west-2/a", {}, "explicit-deny"),  # of no Region of mine
            ("s3:GetObject", "arn:aws:s3:::cloudformation-examples/a", {}, "allow"),
            ("s3:PutObject", "arn:aws:s3:::cloudformation-examples-of-theirs/a", {}, "explicit-deny")]
        asked = [{"request": {**developer, "resourceAccount": APPLICATION, "action": action, "resource": resource, "context": {**office, **more}},
                  "policies": {"identity": [estate.FULL], "scp": built.levels("SERVICE_CONTROL_POLICY", APPLICATION)}} for action, resource, more, _ in questions]
        self.assertEqual(self.decide(asked), [verdict for _, _, _, verdict in questions])

    def test_the_trail_is_written_and_on_nobody_elses_behalf(self):
        built = self.estate_without()
        write = {"principal": "cloudtrail.amazonaws.com", "action": "s3:PutObject", "resource": TRAIL + "/log", "resourceAccount": MANAGEMENT}
        keys = {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": "cloudtrail.amazonaws.com", "aws:ResourceOrgID": estate.ORGANIZATION}
        keys["aws:SourceArn"] = f"arn:aws:cloudtrail:{estate.REGION}:{MANAGEMENT}:trail/example"
        self.assertEqual(self.verdict(built, {**write, "context": {**keys, "aws:SourceAccount": MANAGEMENT, "aws:SourceOrgID": estate.ORGANIZATION}}), "allow")
        self.assertEqual(self.verdict(built, {**write, "context": {**keys, "aws:SourceAccount": STRANGER}}), "explicit-deny")

    def test_the_roles_are_assumed_by_those_whom_they_are_for(self):
        built = self.estate_without()
        mine = {"aws:ResourceOrgID": estate.ORGANIZATION, "aws:SourceIp": "198.51.100.7", "aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false"}
        partner = {"principal": f"arn:aws:iam::{estate.PARTNER}:role/reader", "principalAccount": estate.PARTNER, "action": "sts:AssumeRole", "resource": PARTNER_ROLE,
                   "resourceAccount": DATA}
        for external_id, verdict in [("partner-2026", "allow"), ("guessed", "explicit-deny")]:
            self.assertEqual(self.verdict(built, {**partner, "context": {**mine, "sts:ExternalId": external_id}}, identity=[estate.FULL]), verdict)
        deploy = {"principal": f"arn:aws:iam::{APPLICATION}:oidc-provider/{estate.OIDC}", "action": "sts:AssumeRoleWithWebIdentity",
                  "resource": f"arn:aws:iam::{APPLICATION}:role/deploy", "resourceAccount": APPLICATION}
        for subject, verdict in [("repo:example/shop:ref:refs/heads/main", "allow"), ("repo:stranger/shop:ref:refs/heads/main", "implicit-deny")]:
            token = {f"{estate.OIDC}:aud": "sts.amazonaws.com", f"{estate.OIDC}:sub": subject}
            self.assertEqual(self.verdict(built, {**deploy, "context": {**mine, **token}}), verdict)
        function = {"principal": "lambda.amazonaws.com", "action": "sts:AssumeRole", "resource": f"arn:aws:iam::{APPLICATION}:role/shop", "resourceAccount": APPLICATION}
        self.assertEqual(self.verdict(built, {**function, "context": {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": "lambda.amazonaws.com"}}), "allow")


if __name__ == "__main__":
    unittest.main()
