#!/usr/bin/env python3
"""One API call, for `ringwall exec`: prints the reply as JSON, or the error and exits with 1.

    call.py SERVICE OPERATION [JSON PARAMETERS]

Takes what `ringwall exec` and the environment say: AWS_ENDPOINT_URL, AWS_CA_BUNDLE, AWS_REGION and credentials.
"""

import json
import os
import sys

from client import ClientError, Keys, make_client


def main():
    service, operation = sys.argv[1:3]
    parameters = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint:
        sys.exit("no API endpoint in this VPC: make one with `aws ec2 create-vpc-endpoint`")
    keys = Keys(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], os.environ.get("AWS_SESSION_TOKEN"))
    client = make_client(service, endpoint, os.environ["AWS_CA_BUNDLE"], os.environ["AWS_REGION"], keys)
    try:
        reply = getattr(client, operation)(**parameters)
    except ClientError as error:
        sys.exit(f"{error.response['Error']['Code']}: {error.response['Error']['Message']}")
    reply.pop("ResponseMetadata")
    print(json.dumps(reply, default=repr))


if __name__ == "__main__":
    main()
