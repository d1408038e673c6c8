#!/usr/bin/env python3
"""One API call, for `ringwall exec`: prints the reply as JSON, or the error and exits with 1.

    call.py SERVICE OPERATION [JSON PARAMETERS]

Takes what `ringwall exec` and the environment say: AWS_ENDPOINT_URL, AWS_CA_BUNDLE, AWS_REGION and credentials.
client.py passes it as text, because a command at such a place sees the system's files and not these.
"""

import json
import os
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def main():
    service, operation = sys.argv[1:3]
    parameters = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint:
        sys.exit("no API endpoint in this VPC: make one with `aws ec2 create-vpc-endpoint`")
    client = boto3.client(service, endpoint_url=endpoint, region_name=os.environ["AWS_REGION"],
                          config=Config(retries={"max_attempts": 1}, connect_timeout=5, read_timeout=60))
    try:
        reply = getattr(client, operation)(**parameters)
    except ClientError as error:
        sys.exit(f"{error.response['Error']['Code']}: {error.response['Error']['Message']}")
    reply.pop("ResponseMetadata")
    print(json.dumps(reply, default=repr))


if __name__ == "__main__":
    main()
