"""Terraform with its AWS provider: applies, sees no change afterwards, destroys.

Needs `terraform` and a file system mirror with the provider; reported as skipped where either is missing. The provider
waits a minute at a time whatever it is told, so this takes minutes of doing nothing.
"""

import glob
import os
import shutil
import subprocess
import tempfile
import unittest

from harness import ServerCase

HERE = os.path.dirname(os.path.abspath(__file__))
PROVIDER = "registry.terraform.io/hashicorp/aws"
MIRRORS = ("/opt/tf-plugins", "/usr/share/terraform/plugins", os.path.expanduser("~/.terraform.d/plugins"))
COMMAND_S_MAX = 280


class TerraformTest(ServerCase):
    def run_terraform(self, arguments, folder, variables, expect):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
        environment = {**clean, **self.ringwall.variables, "AWS_EC2_METADATA_DISABLED": "true", **variables}
        done = subprocess.run(["terraform", *arguments], capture_output=True, text=True, timeout=COMMAND_S_MAX,
                              env=environment, cwd=folder, check=False)
        self.assertEqual(done.returncode, expect, f"{arguments}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done.stdout

    def test_it_applies_sees_no_change_and_destroys(self):
        if not shutil.which("terraform"):
            self.skipTest("terraform is not on the PATH")
        mirror = next((path for path in MIRRORS if glob.glob(os.path.join(path, PROVIDER, "*", "*"))), None)
        if not mirror:
            self.skipTest(f"no mirror with {PROVIDER} in {', '.join(MIRRORS)}")
        with tempfile.TemporaryDirectory(prefix="ringwall-terraform-") as folder:
            shutil.copy(os.path.join(HERE, "terraform", "main.tf"), folder)
            configuration = os.path.join(folder, "terraformrc")
            with open(configuration, "w", encoding="utf-8") as file:
                file.write('disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n'
                           f'    path    = "{mirror}"\n    include = ["{PROVIDER}"]\n  }}\n}}\n')
            variables = {"TF_CLI_CONFIG_FILE": configuration, "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}

            def terraform(*arguments, expect=0):
                return self.run_terraform([*arguments, "-no-color"], folder, variables, expect)

            terraform("init")
            terraform("apply", "-auto-approve")
            terraform("plan", "-detailed-exitcode")
            self.assertIn("orders.", terraform("output", "endpoint"))
            terraform("destroy", "-auto-approve")
        self.assertEqual(self.ringwall.client("rds").describe_db_instances()["DBInstances"], [])


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
