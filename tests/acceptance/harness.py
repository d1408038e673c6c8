"""A really started server in a folder of its own, for the acceptance tests.

Every test class that starts one also checks, at its end, that nothing of it is left: no mount, loop device, cgroup,
process, network link or namespace.
"""

import glob
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "sample"))

from client import ClientError, Keys, Place, Refused, Ringwall, make_client, refusal_of  # noqa: E402,F401

BINARY = os.environ.get("RINGWALL", os.path.join(ROOT, "build", "release", "ringwall"))
START_S_MAX, STOP_S_MAX, STATUS_S_MAX = 20, 40, 30
ENGINE_UID_MIN, ENGINE_UID_MAX = 0x20000000, 0x3FFFFFFF
PASSWORD = "correct-horse-battery"


def require_root_and_binary():
    if os.geteuid() != 0:
        raise unittest.SkipTest("needs root: run ./test with sudo")
    if not os.access(BINARY, os.X_OK):
        raise AssertionError(f"`{BINARY}` is missing: build it with tools/build release")


class Server:
    """`ringwall serve` on a data folder. Output goes to DATA.log, shown when something fails."""

    def __init__(self, data, *, binary=BINARY, listen="127.0.0.1:0", arguments=()):
        self.data, self.binary, self.listen, self.arguments = data, binary, listen, list(arguments)
        self.process = None
        self.storage = "sparse"  # a machine that only tests has no 20 GiB for each database
        self.log = data + ".log"

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.binary, "serve", "--data", self.data, "--listen", self.listen,
                                             "--storage", self.storage, *self.arguments], stdout=subprocess.PIPE, stderr=log)
        ready, _, _ = select.select([self.process.stdout], [], [], START_S_MAX)
        self.greeting = self.process.stdout.readline().decode() if ready else ""
        if "listening on" not in self.greeting:
            status = self.process.poll()
            raise AssertionError(f"the server did not start (status {status}): {self.said()}")
        answered = time.monotonic()
        self.ringwall = Ringwall(BINARY, self.data)
        self.environment_ms = (time.monotonic() - answered) * 1000
        return self

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()[-4000:]

    # The helper is what was started; its only child that lives on is the server.
    def server_pid(self):
        for pid in children_of(self.process.pid):
            with open(f"/proc/{pid}/status", encoding="utf-8") as file:
                uid = next(line for line in file if line.startswith("Uid:")).split()[1]
            if uid != "0":
                return pid
        raise AssertionError("the server's process is not there")

    def kill(self, pid):
        """Ends one half, and with it the other; databases are to serve on."""
        server = os.pidfd_open(self.server_pid())
        os.kill(pid, signal.SIGKILL)
        self.process.wait(STOP_S_MAX)
        ended, _, _ = select.select([server], [], [], STOP_S_MAX)
        os.close(server)
        if not ended:
            raise AssertionError("the server outlived its privileged half")
        self.process.stdout.close()
        self.process = None

    def stop(self):
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(STOP_S_MAX)
        self.process.stdout.close()
        self.process = None
        return status

    def status(self):
        done = run(BINARY, "status", "--data", self.data, "--format", "json")
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return json.loads(done.stdout)

    def engine_pid(self, resource_id):
        """The first process of a database's cgroup."""
        for pid in engine_processes(self.data):
            with open(f"/proc/{pid}/cgroup", encoding="utf-8") as file:
                if not file.read().strip().endswith("/" + resource_id):
                    continue
            with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
                if "/postgres\0-D" in file.read():
                    return pid
        return None


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, timeout=more.pop("timeout", 60), **more)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
        return [int(word) for word in file.read().split()]


def cgroup_name(data):
    """The folder of a data folder's cgroups: FNV-1a of DATA/host, as the helper names it."""
    value = 0xCBF29CE484222325
    for byte in os.fsencode(os.path.realpath(data) + "/host"):
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"ringwall/{value:016x}"


def engine_processes(data):
    name, found = "/" + cgroup_name(data) + "/", []
    for folder in glob.glob("/proc/[0-9]*"):
        try:
            with open(folder + "/stat", encoding="utf-8") as file:
                if file.read().rsplit(")", maxsplit=1)[1].split()[0] == "Z":
                    continue  # it has ended, and its new parent takes its time to hear of it
            with open(folder + "/cgroup", encoding="utf-8") as file:
                if name in file.read():
                    found.append(int(folder[6:]))
        except OSError:
            continue  # it ended meanwhile
    return sorted(found)


def host_links():
    return set(os.listdir("/sys/class/net"))


def leftovers(data, links_before):
    """What a clean stop should have taken with it and did not."""
    found = []
    with open("/proc/self/mounts", encoding="utf-8") as file:
        found += [f"mount {line.split()[1]}" for line in file if line.split()[1].startswith(data + "/")]
    found += [f"loop device {line}" for line in run("losetup", "-l", "-n", "-O", "NAME,BACK-FILE").stdout.splitlines()
              if data in line]
    found += [f"process {pid}" for pid in engine_processes(data)]
    # Of version 2, and of version 1's controllers.
    for mount in ("/sys/fs/cgroup", "/sys/fs/cgroup/*", data + "/host/cgroup", data + "/host/cgroup-*"):
        found += [f"cgroup {path}" for path in glob.glob(f"{mount}/{cgroup_name(data)}/*/")]
    found += [f"link {name}" for name in host_links() - links_before]
    found += [f"pin {path}" for path in glob.glob(data + "/host/netns/*/*")]
    for folder in glob.glob("/proc/[0-9]*"):
        try:
            with open(folder + "/cmdline", encoding="utf-8", errors="replace") as file:
                if f"serve\0--data\0{data}\0" in file.read():
                    found.append(f"server process {folder[6:]}")
        except OSError:
            continue
    return found


class ServerCase(unittest.TestCase):
    """One server for all tests of a class."""

    server_arguments = ()
    server_listen = "127.0.0.1:0"

    @classmethod
    def setUpClass(cls):
        require_root_and_binary()
        cls.links_before = host_links()
        cls.folder = os.path.realpath(tempfile.mkdtemp(prefix="ringwall-test-"))
        cls.data = os.path.join(cls.folder, "data")
        cls.server = Server(cls.data, binary=cls.binary(), listen=cls.server_listen, arguments=cls.server_arguments)
        cls.addClassCleanup(cls.end)
        cls.server.start()
        cls.ringwall = cls.server.ringwall

    @classmethod
    def binary(cls):
        return BINARY

    @classmethod
    def end(cls):
        status = cls.server.stop()
        left = leftovers(cls.data, cls.links_before)
        log = cls.server.said() if os.path.exists(cls.server.log) else ""
        for pid in engine_processes(cls.data):
            os.kill(pid, signal.SIGKILL)
        if not left:
            shutil.rmtree(cls.folder, ignore_errors=True)
        assert status == 0, f"the server ended with {status}: {log}"
        assert not left, f"left over: {left}; the server said: {log}"

    def client(self, service, keys=None):
        return self.ringwall.client(service, keys)

    def refused(self, code, call, *arguments, **parameters):
        """Asserts the error code of a boto3 call and answers the error's message."""
        with self.assertRaises(ClientError) as caught:
            call(*arguments, **parameters)
        self.assertEqual(caught.exception.response["Error"]["Code"], code,
                         caught.exception.response["Error"].get("Message"))
        return caught.exception.response["Error"]["Message"]


def aws_cli(ringwall):
    """The AWS CLI, told where the server is. It reads AWS_ENDPOINT_URL since 2.13 (and 1.29); version 1 puts a name of AWS's
    in its place for `rds` in us-east-1, so it is told on the command line."""
    found = shutil.which("aws")
    if not found:
        raise unittest.SkipTest("the AWS CLI is not on the PATH")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    major, minor = (int(part) for part in version.split("/")[1].split(" ")[0].split(".")[:2])
    if (major, minor) < ((2, 13) if major == 2 else (1, 29)):
        raise unittest.SkipTest(f"{version.strip()} does not read AWS_ENDPOINT_URL: 2.13 does")
    return [found, "--endpoint-url", ringwall.endpoint] if major == 1 else [found]


def cli_environment(ringwall):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
    return {**clean, **ringwall.variables, "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true"}


def await_status(rds, identifier, wanted, seconds=STATUS_S_MAX):
    """Polls as AWS's waiters do, only faster."""
    deadline = time.monotonic() + seconds
    while True:
        database = rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]
        if database["DBInstanceStatus"] == wanted:
            return database
        if time.monotonic() > deadline:
            raise AssertionError(f"`{identifier}` is `{database['DBInstanceStatus']}`, not `{wanted}`, after {seconds} s")
        time.sleep(0.05)


def await_gone(rds, identifier, seconds=STATUS_S_MAX):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if refusal_of(lambda: rds.describe_db_instances(DBInstanceIdentifier=identifier)):
            return
        time.sleep(0.05)
    raise AssertionError(f"`{identifier}` is still there after {seconds} s")


class Network:
    """A VPC with two subnets and the groups `application` and `database`, in the administrator's account."""

    def __init__(self, ringwall, cidr="10.30", subnet_group="two"):
        self.subnet_group = subnet_group
        ec2 = self.ec2 = ringwall.client("ec2")
        self.vpc = ec2.create_vpc(CidrBlock=f"{cidr}.0.0/16")["Vpc"]["VpcId"]
        ec2.modify_vpc_attribute(VpcId=self.vpc, EnableDnsHostnames={"Value": True})
        zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]][:2]
        self.subnets = [ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"{cidr}.{i}.0/24", AvailabilityZone=zone)
                        ["Subnet"]["SubnetId"] for i, zone in enumerate(zones)]
        self.application, self.database = (ec2.create_security_group(
            GroupName=name, Description=name, VpcId=self.vpc)["GroupId"] for name in ("application", "database"))
        ec2.authorize_security_group_ingress(GroupId=self.database, IpPermissions=[{
            "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432,
            "UserIdGroupPairs": [{"GroupId": self.application}]}])
        self.inside = Place(self.vpc, self.subnets[0], self.application)
        ringwall.client("rds").create_db_subnet_group(
            DBSubnetGroupName=subnet_group, DBSubnetGroupDescription="two zones", SubnetIds=self.subnets)

    def create_database(self, rds, identifier, **more):
        return rds.create_db_instance(**{
            "DBInstanceIdentifier": identifier, "Engine": "postgres", "DBInstanceClass": "db.t3.micro",
            "AllocatedStorage": 20, "MasterUsername": "boss", "MasterUserPassword": PASSWORD, "DBName": "shop",
            "DBSubnetGroupName": self.subnet_group, "VpcSecurityGroupIds": [self.database], "StorageEncrypted": True,
            "EnableIAMDatabaseAuthentication": True, **more})["DBInstance"]
