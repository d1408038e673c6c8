"""A running Ringwall, for scripts: boto3 clients for it, and commands at a place in a VPC.

Written for Debian 12's python3-boto3, which does not read AWS_ENDPOINT_URL: the endpoint is passed on explicitly.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys

try:
    import boto3
    from botocore.config import Config
    from botocore.credentials import Credentials
    from botocore.exceptions import ClientError
    from botocore.model import ServiceId
    from botocore.signers import RequestSigner
except ImportError:
    sys.exit("this needs boto3: apt-get install python3-boto3")

SAMPLE = os.path.dirname(os.path.abspath(__file__))
TOKEN_SECONDS = 900
SYSTEM_FOLDERS = ("/usr/", "/bin/", "/opt/")


class Keys:
    """Credentials: a user's, or temporary ones of a role."""

    def __init__(self, access_key, secret, session_token=None):
        self.access_key, self.secret, self.session_token = access_key, secret, session_token

    @staticmethod
    def of_session(reply):
        found = reply["Credentials"]
        return Keys(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])

    def environment(self):
        variables = {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret}
        if self.session_token:
            variables["AWS_SESSION_TOKEN"] = self.session_token
        return variables


class Place:
    """Where a command runs: a subnet of a VPC, under a security group."""

    def __init__(self, vpc, subnet, group):
        self.vpc, self.subnet, self.group = vpc, subnet, group


def make_client(service, endpoint, certificates, region, keys):
    return boto3.client(service, endpoint_url=endpoint, verify=certificates, region_name=region,
                        aws_access_key_id=keys.access_key, aws_secret_access_key=keys.secret,
                        aws_session_token=keys.session_token,
                        config=Config(retries={"max_attempts": 1}, connect_timeout=5, read_timeout=60))


class Ringwall:
    """A server that runs on a data folder, as `ringwall env` describes it."""

    def __init__(self, binary, data):
        self.binary, self.data = binary, data
        answer = subprocess.run([binary, "env", "--data", data, "--format", "json"], capture_output=True, text=True)
        if answer.returncode != 0:
            raise SystemExit(answer.stderr.strip())
        self.variables = json.loads(answer.stdout)
        self.endpoint, self.region = self.variables["AWS_ENDPOINT_URL"], self.variables["AWS_REGION"]
        self.certificates = self.variables["AWS_CA_BUNDLE"]
        self.administrator = Keys(self.variables["AWS_ACCESS_KEY_ID"], self.variables["AWS_SECRET_ACCESS_KEY"])

    def client(self, service, keys=None):
        return make_client(service, self.endpoint, self.certificates, self.region, keys or self.administrator)

    def assume(self, role, keys=None, session="sample", **more):
        return Keys.of_session(self.client("sts", keys).assume_role(RoleArn=role, RoleSessionName=session, **more))

    def exec_arguments(self, place, command):
        # A program that is not the system's, say a Python in somebody's home, is seen with the host's files only.
        found = shutil.which(command[0]) or command[0]
        view = [] if found.startswith(SYSTEM_FOLDERS) else ["--as", "root", "--host-view"]
        return [self.binary, "exec", "--data", self.data, "--vpc", place.vpc, "--subnet", place.subnet,
                "--security-group", place.group, *view, "--", *command]

    def exec(self, place, command, environment=None, stdin=None, timeout=60):
        """Runs `command` at a place; its exit status and both outputs come back as they are."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PG"))}
        return subprocess.run(self.exec_arguments(place, command), env={**clean, **(environment or {})}, input=stdin,
                              capture_output=True, text=True, timeout=timeout)

    def call_from(self, place, keys, service, operation, **parameters):
        """An API call made inside a VPC, through its endpoint; answers the reply, or raises Refused."""
        environment = {**keys.environment(), "AWS_REGION": self.region, "AWS_CA_BUNDLE": self.certificates}
        # This very interpreter: whichever boto3 drives the sample makes the call inside as well.
        with open(os.path.join(SAMPLE, "call.py"), encoding="utf-8") as file:
            command = [sys.executable, "-c", file.read(), service, operation, json.dumps(parameters)]
        done = self.exec(place, command, environment)
        if done.returncode != 0:
            raise Refused(done.stderr.strip())
        return json.loads(done.stdout)

    def sign_in_token(self, keys, host, port, user, seconds=TOKEN_SECONDS):
        """What `aws rds generate-db-auth-token` makes, with a lifetime of one's own choice."""
        credentials = Credentials(keys.access_key, keys.secret, keys.session_token)
        events = boto3.session.Session(region_name=self.region).events
        signer = RequestSigner(ServiceId("rds-db"), self.region, "rds-db", "v4", credentials, events)
        request = {"method": "GET", "url": f"https://{host}:{port}/?Action=connect&DBUser={user}", "body": {},
                   "headers": {}, "url_path": "/", "query_string": {}, "context": {}}
        signed = signer.generate_presigned_url(request, "connect", expires_in=seconds, signing_name="rds-db")
        return signed[len("https://"):]

    def psql(self, place, host, port, user, database, password, sql, ssl="verify-full", timeout_s=5):
        certificate = f" sslrootcert={shlex.quote(self.certificates)}" if ssl == "verify-full" else ""
        where = (f"host={host} port={port} user={user} dbname={database} sslmode={ssl}{certificate} "
                 f"connect_timeout={timeout_s}")
        command = ["psql", "-X", "-w", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", where]
        return self.exec(place, command, {"PGPASSWORD": password}, stdin=sql)


class Refused(Exception):
    """An API call was answered with an error; its text is `Code: message`."""


def refusal_of(call):
    """The error that `call` meets, as `Code: message`; None if it meets none."""
    try:
        call()
    except ClientError as error:
        return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
    except Refused as error:
        return str(error)
    return None
