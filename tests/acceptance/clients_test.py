"""The same database through other people's clients: the AWS CLI, the SDK for JavaScript.

A client that is not there is reported as skipped, with what to install.
"""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

from harness import BINARY, ROOT, Network, ServerCase, await_gone, await_status, aws_cli, cli_environment

HERE = os.path.dirname(os.path.abspath(__file__))
COMMAND_S_MAX = 180


class ClientsTest(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.network = Network(cls.ringwall)
        cls.environment = cli_environment(cls.ringwall)

    def run_client(self, *command, expect=0, **more):
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_S_MAX,
                              env={**self.environment, **more.pop("environment", {})}, check=False, **more)
        self.assertEqual(done.returncode, expect, f"{command}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done.stdout

    def test_the_aws_cli_has_a_database_from_create_to_delete(self):
        aws, rds = aws_cli(self.ringwall), self.ringwall.client("rds")
        self.run_client(*aws, "rds", "create-db-instance", "--db-instance-identifier", "cli", "--engine", "postgres",
                        "--db-instance-class", "db.t3.micro", "--allocated-storage", "20", "--master-username", "boss",
                        "--master-user-password", "correct-horse-battery", "--db-subnet-group-name", "two",
                        "--storage-encrypted", "--enable-iam-database-authentication", "--tags", "Key=team,Value=shop",
                        "--vpc-security-group-ids", self.network.database)
        arn = await_status(rds, "cli", "available")["DBInstanceArn"]
        query = ["--query", "DBInstances[0].[DBInstanceStatus,StorageEncrypted]", "--output", "text"]
        self.assertEqual(self.run_client(*aws, "rds", "describe-db-instances", "--db-instance-identifier", "cli", *query).split(),
                         ["available", "True"])
        self.run_client(*aws, "rds", "modify-db-instance", "--db-instance-identifier", "cli", "--backup-retention-period", "7")
        self.run_client(*aws, "rds", "add-tags-to-resource", "--resource-name", arn, "--tags", "Key=env,Value=test")
        tags = self.run_client(*aws, "rds", "list-tags-for-resource", "--resource-name", arn, "--query", "TagList[].Key", "--output", "text")
        self.assertEqual(set(tags.split()), {"team", "env"})
        database = rds.describe_db_instances(DBInstanceIdentifier="cli")["DBInstances"][0]["Endpoint"]
        token = self.run_client(*aws, "rds", "generate-db-auth-token", "--hostname", database["Address"], "--port",
                                str(database["Port"]), "--username", "clerk").strip()
        made = self.ringwall.psql(self.network.inside, database["Address"], database["Port"], "boss", "postgres",
                                  "correct-horse-battery", "CREATE ROLE clerk LOGIN; GRANT rds_iam TO clerk;")
        self.assertEqual(made.returncode, 0, made.stderr)
        done = self.ringwall.psql(self.network.inside, database["Address"], database["Port"], "clerk", "postgres", token,
                                  "SELECT current_user")
        self.assertEqual(done.stdout.strip(), "clerk", done.stderr)
        self.run_client(*aws, "rds", "delete-db-instance", "--db-instance-identifier", "cli", "--skip-final-snapshot")
        await_gone(rds, "cli")
        self.assertIn("DBInstanceNotFound", subprocess.run(
            [*aws, "rds", "describe-db-instances", "--db-instance-identifier", "cli"], capture_output=True, text=True,
            env=self.environment, check=False).stderr)

    def test_the_aws_cli_validates_a_policy_as_the_lint_does(self):
        aws = aws_cli(self.ringwall)
        document = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObjekt", "s3:List*", "s3:ListBucket"], "Resource": "*"}]}
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(document, file, indent=2)
            file.flush()
            said = self.run_client(*aws, "accessanalyzer", "validate-policy", "--policy-type", "IDENTITY_POLICY",
                                   "--policy-document", f"file://{file.name}", "--query", "findings[].issueCode", "--output", "json")
            linted = self.run_client(BINARY, "lint", "--type", "identity", "--format", "json", file.name, expect=1)
        codes = [one["code"] for one in json.loads(linted)["files"][0]["findings"]]
        self.assertIn("INVALID_ACTION", codes)
        self.assertEqual(json.loads(said), codes)

    def test_the_sdk_for_javascript_has_a_database_from_create_to_delete(self):
        if not shutil.which("npm"):
            self.skipTest("npm is not installed: apt-get install npm")
        folder = os.path.join(ROOT, "build", "acceptance-node")
        os.makedirs(folder, exist_ok=True)
        shutil.copy(os.path.join(HERE, "javascript", "package.json"), folder)
        shutil.copy(os.path.join(HERE, "javascript", "database.mjs"), folder)
        installed = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=folder, capture_output=True,
                                   text=True, timeout=COMMAND_S_MAX, check=False)
        if installed.returncode != 0:
            self.skipTest(f"@aws-sdk/client-rds could not be had from npm: {installed.stderr.strip()[-200:]}")
        said = self.run_client("node", "database.mjs", self.network.database, cwd=folder)
        self.assertEqual(said.split(), ["creating", "available", "modified", "tagged", "DBInstanceAlreadyExistsFault", "gone"])


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
