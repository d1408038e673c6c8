#!/usr/bin/env python3
"""Prints the commands that go on from the sample: as its account, and into its database with psql."""

import argparse
import json
import os
import sys

from client import Ringwall
from perimeter import APPLICATION, DATABASE, DATABASE_NAME, ROLE


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ringwall", required=True, help="the binary")
    parser.add_argument("--data", required=True, help="the data folder of the running server")
    arguments = parser.parse_args()
    ringwall = Ringwall(arguments.ringwall, arguments.data)
    with open(os.path.join(arguments.data, "sample.json"), encoding="utf-8") as file:
        made = json.load(file)
    administrator = f"arn:aws:iam::{made['account']}:role/OrganizationAccountAccessRole"
    ours = ringwall.assume(administrator)
    database = ringwall.client("rds", ours).describe_db_instances(DBInstanceIdentifier=DATABASE)["DBInstances"][0]
    host, port = database["Endpoint"]["Address"], database["Endpoint"]["Port"]
    place = (f"--vpc {made['network'][0]} --subnet {made['network'][1][0]} "
             f"--security-group {made['group application']}")
    print(f"""  # as an administrator of the sample's account:
  aws sts assume-role --role-arn {administrator} --role-session-name me
  # into its database, as an instance in its network, by the IAM role `{ROLE}` that may:
  aws sts assume-role --role-arn {made['role']} --role-session-name me   # export its three credentials
  PGPASSWORD="$(aws rds generate-db-auth-token --hostname {host} --port {port} --username {APPLICATION})" \\
    build/release/ringwall exec --data {arguments.data} {place} -- \\
    psql "host={host} port={port} user={APPLICATION} dbname={DATABASE_NAME} sslmode=verify-full" """)
    return 0


if __name__ == "__main__":
    sys.exit(main())
