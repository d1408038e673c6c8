"""Whatever is wrong gets AWS's own error, or at the command line a sentence with the remedy, and loses nothing."""

import contextlib
import datetime
import glob
import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import time
import unittest
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from harness import (BINARY, Network, Ringwall, Server, ServerCase, await_gone, await_status, host_links, leftovers,
                     require_root_and_binary, run)

FORM = "application/x-www-form-urlencoded; charset=utf-8"
WHO = "Action=GetCallerIdentity&Version=2011-06-15"
LONG_AGO = datetime.timedelta(minutes=16)
START_S_MAX = 30


class WrongRequestTest(ServerCase):
    def send(self, service, body, *, headers=None, sign=True, shift=datetime.timedelta(), tamper=None, method="POST"):
        """One request, signed as botocore signs it; `tamper` may change headers or body afterwards."""
        url = urllib.parse.urlsplit(self.ringwall.endpoint)
        request = AWSRequest(method, self.ringwall.endpoint + "/", headers={"Content-Type": FORM, **(headers or {})}, data=body)
        if sign:
            keys = self.ringwall.administrator
            SigV4Auth(Credentials(keys.access_key, keys.secret), service, self.ringwall.region).add_auth(request)
        if shift:
            request = self.signed_at(service, body, headers or {}, datetime.datetime.now(datetime.timezone.utc) + shift)
        sent = dict(request.headers)
        if tamper:
            body = tamper(sent, body)
        trust = ssl.create_default_context(cafile=self.ringwall.certificates)
        connection = http.client.HTTPSConnection(url.hostname, url.port, context=trust, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, "/", body, sent)
            reply = connection.getresponse()
            return reply.status, reply.read().decode()

    # botocore signs for now; another time goes in the way it put its own.
    def signed_at(self, service, body, headers, when):
        class Shifted(SigV4Auth):
            def add_auth(self, request):
                request.context["timestamp"] = when.strftime("%Y%m%dT%H%M%SZ")
                self._modify_request_before_signing(request)
                string = self.string_to_sign(request, self.canonical_request(request))
                self._inject_signature_to_request(request, self.signature(string, request))

        keys = self.ringwall.administrator
        request = AWSRequest("POST", self.ringwall.endpoint + "/", headers={"Content-Type": FORM, **headers}, data=body)
        Shifted(Credentials(keys.access_key, keys.secret), service, self.ringwall.region).add_auth(request)
        return request

    def test_a_right_request_is_answered(self):
        status, body = self.send("sts", WHO)
        self.assertEqual(status, 200, body)
        self.assertIn("<Account>", body)

    def test_unsigned_requests_are_refused(self):
        status, body = self.send("sts", WHO, sign=False)
        self.assertEqual(status, 403)
        self.assertIn("MissingAuthenticationToken", body)

    def test_a_changed_body_or_signature_is_refused(self):
        def other_body(_, body):
            return body.replace("2011-06-15", "2011-06-15&x=y")

        def other_signature(headers, body):
            headers["Authorization"] = headers["Authorization"][:-1] + ("0" if headers["Authorization"][-1] != "0" else "1")
            return body

        for tamper in (other_body, other_signature):
            status, body = self.send("sts", WHO, tamper=tamper)
            self.assertEqual(status, 403)
            self.assertIn("SignatureDoesNotMatch", body)

    def test_an_unknown_key_is_refused(self):
        def other_key(headers, body):
            headers["Authorization"] = headers["Authorization"].replace(self.ringwall.administrator.access_key, "AKIA" + "A" * 16)
            return body

        status, body = self.send("sts", WHO, tamper=other_key)
        self.assertEqual(status, 403)
        self.assertIn("InvalidClientTokenId", body)

    def test_clocks_off_by_more_than_a_quarter_of_an_hour_are_refused_and_by_less_are_not(self):
        for shift in (-LONG_AGO, LONG_AGO):
            status, body = self.send("sts", WHO, shift=shift)
            self.assertEqual(status, 403, body)
            self.assertIn("Signature", body)
        for shift in (datetime.timedelta(minutes=-14), datetime.timedelta(minutes=14)):
            status, body = self.send("sts", WHO, shift=shift)
            self.assertEqual(status, 200, body)

    def test_unknown_operations_and_services_are_named(self):
        status, body = self.send("sts", "Action=MakeTea&Version=2011-06-15")
        self.assertEqual(status, 400)
        self.assertIn("InvalidAction", body)
        status, body = self.send("kms", "{}", headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.MakeTea"})
        self.assertEqual(status, 400)
        self.assertIn("UnknownOperationException", body)
        status, body = self.send("s3", WHO)
        self.assertEqual(status, 403)

    def test_malformed_bodies_are_refused(self):
        json_headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.DescribeKey"}
        for body in ("{", "[]", '{"KeyId":1}', '{"KeyId":"a"} x', "\x00"):
            with self.subTest(body):
                status, answer = self.send("kms", body, headers=json_headers)
                self.assertEqual(status, 400, answer)
                self.assertRegex(answer, "SerializationException|ValidationException")
        for body in ("Action=AssumeRole&Version=2011-06-15", "Action=AssumeRole&Version=2011-06-15&RoleArn=%zz",
                     "Action=GetSessionToken&Version=2011-06-15&DurationSeconds=soon"):
            with self.subTest(body):
                status, answer = self.send("sts", body)
                self.assertEqual(status, 400, answer)

    def test_plain_http_is_told_to_come_by_https(self):
        url = urllib.parse.urlsplit(self.ringwall.endpoint)
        with contextlib.closing(http.client.HTTPConnection(url.hostname, url.port, timeout=5)) as connection:
            connection.request("POST", "/", WHO, {"Content-Type": FORM})
            reply = connection.getresponse()
            self.assertEqual(reply.status, 400)
            self.assertIn("https://", reply.read().decode())

    def test_a_request_that_was_signed_for_another_host_is_refused(self):
        status, body = self.send("sts", WHO, headers={"Host": "sts.amazonaws.com"})
        self.assertEqual(status, 403, body)
        self.assertIn("--host-name", body)

    def test_ambiguous_framing_is_refused_and_the_server_lives_on(self):
        url = urllib.parse.urlsplit(self.ringwall.endpoint)
        trust = ssl.create_default_context(cafile=self.ringwall.certificates)
        head = f"POST / HTTP/1.1\r\nHost: {url.netloc}\r\n"
        for rest in ("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
                     "Transfer-Encoding: xchunked\r\n\r\n", " folded: yes\r\n\r\n", f"Host: {url.netloc}\r\n\r\n"):
            with self.subTest(rest), socket.create_connection((url.hostname, url.port), timeout=5) as raw:
                with trust.wrap_socket(raw, server_hostname=url.hostname) as tls:
                    tls.sendall((head + rest).encode())
                    answer = tls.recv(4096).decode()
                    self.assertRegex(answer.split("\r\n", maxsplit=1)[0], "HTTP/1.1 (400|501)")
        self.assertEqual(self.send("sts", WHO)[0], 200)


class OtherNamesTest(ServerCase):
    """A server on an IPv6 address that clients reach by names of their own."""

    server_listen = "[::1]:0"
    server_arguments = ("--host-name", "api.example.com", "--host-name", "*.amazonaws.com")

    def answer_to(self, host):
        url = urllib.parse.urlsplit(self.ringwall.endpoint)
        keys, headers = self.ringwall.administrator, {"Content-Type": FORM, "Host": host}
        request = AWSRequest("POST", self.ringwall.endpoint + "/", headers=headers, data=WHO)
        SigV4Auth(Credentials(keys.access_key, keys.secret), "sts", self.ringwall.region).add_auth(request)
        trust = ssl.create_default_context(cafile=self.ringwall.certificates)
        with contextlib.closing(http.client.HTTPSConnection(url.hostname, url.port, context=trust, timeout=10)) as connection:
            connection.request("POST", "/", WHO, dict(request.headers))
            return connection.getresponse().status

    def test_clients_come_by_the_address_and_by_each_name(self):
        self.assertRegex(self.ringwall.endpoint, r"^https://\[::1\]:\d+$")
        self.assertEqual(len(self.client("sts").get_caller_identity()["Account"]), 12)
        for host in ("[::1]:1", "localhost", "api.example.com:443", "iam.amazonaws.com", f"kms.{self.ringwall.region}.ringwall.internal"):
            self.assertEqual(self.answer_to(host), 200, host)
        for host in ("evil.example", "kms.us-east-1.amazonaws.com", "127.0.0.2"):
            self.assertEqual(self.answer_to(host), 403, host)


class WrongStartTest(unittest.TestCase):
    """Starts that must fail, each with a sentence, and leave everything as it was."""

    def setUp(self):
        require_root_and_binary()
        self.links_before = host_links()
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="ringwall-test-"))
        self.data = os.path.join(self.folder, "data")
        self.addCleanup(self.end)
        self.server = Server(self.data)

    def end(self):
        self.server.stop()
        left = leftovers(self.data, self.links_before)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.assertEqual(left, [])

    def fails(self, says, *arguments, data=None, command=None):
        command = command or [BINARY, "serve", "--data", data or self.data, "--listen", "127.0.0.1:0", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=START_S_MAX, check=False)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn(says, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertLess(len(done.stderr.strip().splitlines()), 4, done.stderr)
        if self.server.process is None:
            self.assertEqual(leftovers(self.data, self.links_before), [])

    # A user and a key whose being there again shows that nothing was lost.
    def make_something(self):
        self.server.start()
        self.server.ringwall.client("iam").create_user(UserName="kept")
        self.assertEqual(self.server.stop(), 0, self.server.said())

    def assert_still_there(self):
        self.server.start()
        self.assertEqual(self.server.ringwall.client("iam").get_user(UserName="kept")["User"]["UserName"], "kept")

    def test_a_taken_port(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.fails(f"{port}", command=[BINARY, "serve", "--data", self.data, "--listen", f"127.0.0.1:{port}"])

    def test_wrong_flags(self):
        self.fails("--listen", command=[BINARY, "serve", "--data", self.data, "--listen", "nowhere"])
        self.fails("70000", command=[BINARY, "serve", "--data", self.data, "--listen", "127.0.0.1:70000"])
        self.fails("nobody-here", "--user", "nobody-here")
        self.fails("no host name", "--host-name", "https://api.example.com")

    def test_without_root_every_command_says_so(self):
        self.server.start()
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        open_binary = os.path.join("/tmp", f"ringwall-{os.getpid()}")  # the build may be where nobody may go
        shutil.copy(BINARY, open_binary)
        self.addCleanup(os.unlink, open_binary)
        os.chmod(open_binary, 0o755)
        os.chmod(self.folder, 0o755)
        self.fails("root", command=[*nobody, open_binary, "serve", "--data", self.data, "--listen", "127.0.0.1:0"])
        for subcommand in ("env", "status"):
            self.fails("sudo", command=[*nobody, open_binary, subcommand, "--data", self.data])
        self.fails("root", command=[*nobody, open_binary, "exec", "--data", self.data, "--vpc", "v", "--subnet", "s", "--", "true"])

    def test_no_server(self):
        for subcommand in ("env", "status"):
            done = run(BINARY, subcommand, "--data", self.data)
            self.assertEqual(done.returncode, 3)
            self.assertIn("ringwall serve", done.stderr)

    def test_a_second_server_on_the_same_folder(self):
        self.server.start()
        network = Network(self.server.ringwall)
        pin = os.path.join(self.data, "host", "netns", network.vpc, "network")
        before = os.stat(pin)
        self.fails("another ringwall")
        self.server.ringwall.client("sts").get_caller_identity()
        self.assertEqual(os.stat(pin), before)

    def test_a_server_that_aborts_or_is_told_to_keep_databases_leaves_nothing_when_there_are_none(self):
        self.server.start()
        Network(self.server.ringwall)
        os.kill(self.server.server_pid(), signal.SIGABRT)
        self.assertNotEqual(self.server.process.wait(START_S_MAX), 0)
        self.server.process.stdout.close()
        self.server.process = None
        self.assertEqual(leftovers(self.data, self.links_before), [])
        self.server.arguments = ["--on-stop", "keep"]
        self.server.start()
        self.assertEqual(self.server.stop(), 0, self.server.said())
        self.assertEqual(leftovers(self.data, self.links_before), [])

    def test_servers_on_two_folders_have_different_uids(self):
        self.server.start()
        other = Server(os.path.join(self.folder, "other"))
        other.start()
        try:
            uids = [os.stat(f"/proc/{server.server_pid()}").st_uid for server in (self.server, other)]
            owners = [os.stat(os.path.join(server.data, "server", "root.key")).st_uid for server in (self.server, other)]
        finally:
            self.assertEqual(other.stop(), 0)
        self.assertNotEqual(uids[0], uids[1])
        self.assertEqual(uids, owners)

    def test_a_damaged_store(self):
        self.make_something()
        store = os.path.join(self.data, "server", "state.db")
        shutil.copy(store, store + ".kept")
        shutil.chown(store + ".kept", os.stat(store).st_uid, os.stat(store).st_gid)
        size = os.path.getsize(store)
        with open(store, "r+b") as file:
            file.seek(0)
            file.write(os.urandom(min(size, 4096)))
        self.fails("state.db")
        os.replace(store + ".kept", store)
        self.assert_still_there()

    def test_a_store_of_a_newer_version(self):
        self.make_something()
        store = os.path.join(self.data, "server", "state.db")
        with contextlib.closing(sqlite3.connect(store)) as database:
            version = database.execute("PRAGMA user_version").fetchone()[0]
            database.execute(f"PRAGMA user_version = {version + 1000}")
            database.commit()
        self.fails("newer")
        with contextlib.closing(sqlite3.connect(store)) as database:
            database.execute(f"PRAGMA user_version = {version}")
            database.commit()
        self.assert_still_there()

    def test_a_root_key_that_is_gone_or_known_to_others(self):
        self.make_something()
        key = os.path.join(self.data, "server", "root.key")
        os.chmod(key, 0o644)
        self.fails("chmod 600")
        os.chmod(key, 0o600)
        os.rename(key, key + ".away")
        self.fails("missing")
        self.assertFalse(os.path.exists(key))
        with open(key, "wb") as file:
            file.write(b"x" * 31)
        os.chmod(key, 0o600)
        shutil.chown(key, os.stat(key + ".away").st_uid)
        self.fails("32 bytes")
        os.replace(key + ".away", key)
        self.assert_still_there()

    def test_a_data_folder_of_another_user(self):
        os.mkdir(self.data)
        os.chown(self.data, 65534, 65534)
        self.fails("chown")


class RuleFilesTest(unittest.TestCase):
    """`ringwall authorize --cases`: exit status 0, 1 or 2, and where it went wrong."""

    RULE = """rule: Ann reads the ledger
given: {"request": {"principal": "arn:aws:iam::111122223333:user/ann", "action": "s3:GetObject",
                    "resource": "arn:aws:s3:::ledger/1"},
        "policies": {"identity": ["reader.json"]}}
case: reading
  expect: allow by identity-based policy statement Read of reader.json
case: writing
  with: {"request": {"action": "s3:PutObject"}}
  expect: %s
"""
    READER = ('{"Version": "2012-10-17", "Statement": {"Sid": "Read", "Effect": "Allow", '
              '"Action": "s3:Get*", "Resource": "*"}}')

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="ringwall-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        os.mkdir(os.path.join(self.folder, "policies"))
        self.write("policies/reader.json", self.READER)
        self.write("policies/right.rule", self.RULE % "implicit-deny by identity-based policy")

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def cases(self, *arguments):
        return subprocess.run([BINARY, "authorize", *arguments], capture_output=True, text=True, cwd=self.folder,
                              timeout=START_S_MAX, check=False)

    def test_all_pass(self):
        done = self.cases("--cases", "policies", "policies/right.rule")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, "4 of 4 cases pass, in 2 files\n")

    def test_some_fail(self):
        self.write("policies/wrong.rule", self.RULE % "allow")
        done = self.cases("--cases", "policies")
        self.assertEqual(done.returncode, 1)
        self.assertIn("policies/wrong.rule:7: writing\n  expected  allow\n"
                      "  got       implicit-deny by identity-based policy\n", done.stdout)
        self.assertIn("3 of 4 cases pass, in 2 files\n", done.stdout)
        done = self.cases("--format", "json", "--cases", "policies/wrong.rule")
        self.assertEqual(done.returncode, 1)
        said = json.loads(done.stdout)
        self.assertEqual((said["cases"], said["passed"], said["failed"]), (2, 1, 1))
        self.assertEqual(said["failures"], [{"file": "policies/wrong.rule", "line": 7, "case": "writing", "expected": "allow",
                                             "got": "implicit-deny by identity-based policy"}])

    def test_what_cannot_be_read(self):
        self.write("policies/wrong.rule", self.RULE % "perhaps")
        os.mkdir(os.path.join(self.folder, "empty"))
        for path, says in [("policies", "policies/wrong.rule: line 9: a case expects"), ("empty", "holds no `*.rule` file"),
                           ("absent.rule", "absent.rule")]:
            done = self.cases("--cases", path)
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertIn(says, done.stderr)
        self.assertEqual(self.cases().returncode, 2)

    def test_as_many_files_as_a_folder_may_hold_and_one_more(self):
        os.mkdir(os.path.join(self.folder, "many"))
        for i in range(10_000):
            self.write(f"many/{i}.rule", "")
        done = self.cases("--cases", "many")
        self.assertIn("10000 could not be read", done.stdout)
        self.write("many/more.rule", "")
        done = self.cases("--cases", "many")
        self.assertEqual(done.returncode, 2)
        self.assertIn("more than 10000 rule files", done.stderr)

    def test_a_question_or_cases(self):
        self.assertEqual(self.cases("question.json", "--cases", "policies").returncode, 2)


class FullDiskTest(unittest.TestCase):
    """A data folder with hardly any room: writes are refused as such, and nothing acknowledged is lost."""

    def setUp(self):
        require_root_and_binary()
        self.links_before = host_links()
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="ringwall-test-"))
        self.disk = os.path.join(self.folder, "disk")
        os.mkdir(self.disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", self.disk], check=True)
        self.data = os.path.join(self.disk, "data")
        self.server = Server(self.data)
        self.server.log = os.path.join(self.folder, "log")
        self.addCleanup(self.end)

    def end(self):
        self.server.stop()
        left = leftovers(self.data, self.links_before)
        subprocess.run(["umount", "-l", self.disk], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.assertEqual(left, [])

    def test_writes_are_refused_while_the_disk_is_full_and_go_on_afterwards(self):
        self.server.start()
        iam = self.server.ringwall.client("iam")
        iam.create_user(UserName="before")
        filler = os.path.join(self.disk, "filler")
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(b"x" * 65536)
        acknowledged, refused = [], 0
        for i in range(200):
            try:
                acknowledged.append(iam.create_user(UserName=f"u{i}")["User"]["UserName"])
            except Exception as error:  # the kind of refusal is not what this is about
                refused += 1
                self.assertRegex(str(error), "full|cannot|unavailable|Unavailable|Internal|failed")
                if refused > 3:
                    break
        self.assertGreater(refused, 0, "a full disk took 200 users")
        os.unlink(filler)
        self.server.stop()
        self.server.start()
        names = {user["UserName"] for page in self.server.ringwall.client("iam").get_paginator("list_users").paginate()
                 for user in page["Users"]}
        self.assertLessEqual({"before", *acknowledged}, names)

    def test_a_database_that_does_not_fit_says_so_and_does_when_there_is_room(self):
        self.server.start()
        network = Network(self.server.ringwall)
        rds = self.server.ringwall.client("rds")
        network.create_database(rds, "big")
        await_status(rds, "big", "insufficient-capacity")
        subprocess.run(["mount", "-o", "remount,size=1g", self.disk], check=True)
        await_status(rds, "big", "available")
        self.assertIn("volumes are sparse, the disk may promise more than it has", self.server.status()["degraded"])
        self.assertIn("degraded: volumes are sparse", self.server.said())

    def test_a_database_whose_storage_the_disk_cannot_set_aside_is_refused_and_nothing_half_made_stays(self):
        subprocess.run(["mount", "-o", "remount,size=512m", self.disk], check=True)
        self.server.storage = "reserved"
        self.server.start()
        self.assertEqual(self.server.status()["degraded"], [])
        network = Network(self.server.ringwall)
        rds = self.server.ringwall.client("rds")
        network.create_database(rds, "big")
        await_status(rds, "big", "insufficient-capacity")
        self.assertEqual(glob.glob(os.path.join(self.data, "host", "volumes", "*.img*")), [])
        self.assertIn("20.0 GiB more are wanted", self.server.status()["databases"][0]["message"])
        rds.delete_db_instance(DBInstanceIdentifier="big", SkipFinalSnapshot=True)
        await_gone(rds, "big")
        self.assertEqual(os.listdir(os.path.join(self.data, "host", "volumes")), [])  # its label too

    def test_a_stop_takes_everything_down_though_a_databases_disk_failed_it_and_it_comes_back_with_room(self):
        subprocess.run(["mount", "-o", "remount,size=512m", self.disk], check=True)
        self.server.start()
        network = Network(self.server.ringwall)
        rds = self.server.ringwall.client("rds")
        network.create_database(rds, "big")
        await_status(rds, "big", "available")
        volume, = glob.glob(os.path.join(self.data, "host", "mounts", "db-*"))
        filler = os.path.join(self.disk, "filler")
        for path in (filler, os.path.join(volume, "much")):  # the second until the file system gives up
            with contextlib.suppress(OSError), open(path, "wb", buffering=0) as file:
                while True:
                    file.write(b"x" * 65536)
                    os.fsync(file.fileno())
        self.assertEqual(self.server.stop(), 0, self.server.said())
        self.assertEqual(leftovers(self.data, self.links_before), [])
        os.unlink(filler)
        self.server.start()
        await_status(self.server.ringwall.client("rds"), "big", "available")

    def test_store_and_audit_have_room_while_others_fill_the_disk(self):
        subprocess.run(["mount", "-o", "remount,size=128m", self.disk], check=True)
        self.server.start()
        iam, sts = self.server.ringwall.client("iam"), self.server.ringwall.client("sts")
        filler = os.path.join(self.disk, "filler")
        for size in (65536, 512):
            with contextlib.suppress(OSError), open(filler, "ab", buffering=0) as file:
                while True:
                    file.write(b"x" * size)
        no_space = "the disk is full, or was: no space is kept for store and audit log"
        self.assertNotIn(no_space, self.server.status()["degraded"])
        for i in range(30):
            sts.get_caller_identity()
            iam.create_user(UserName=f"u{i}")
        self.assertIn(no_space, self.server.status()["degraded"])
        self.assertIn("the space kept for store and audit log was given up", self.server.said())
        os.unlink(filler)
        deadline = time.monotonic() + START_S_MAX
        while no_space in self.server.status()["degraded"]:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        self.assertIn("there is room on the disk again", self.server.said())


class EngineAbsentTest(unittest.TestCase):
    """A machine without PostgreSQL, as seen from a mount namespace where its programs are covered."""

    def test_it_starts_and_refuses_databases_with_the_reason(self):
        require_root_and_binary()
        with tempfile.TemporaryDirectory(prefix="ringwall-test-") as folder:
            data = os.path.join(os.path.realpath(folder), "data")
            links = host_links()
            covered = ["unshare", "--mount", "sh", "-c",
                       'mount -t tmpfs none /usr/lib/postgresql && exec "$@"', "sh", BINARY]
            server = Server(data)
            process = subprocess.Popen([*covered, "serve", "--data", data, "--listen", "127.0.0.1:0"],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            server.process = process
            try:
                self.assertIn(b"listening on", process.stdout.readline())
                rds = Ringwall(BINARY, data).client("rds")
                self.assertEqual(rds.describe_db_engine_versions()["DBEngineVersions"], [])
                with self.assertRaisesRegex(Exception, "not installed"):
                    rds.create_db_instance(DBInstanceIdentifier="x", Engine="postgres", DBInstanceClass="db.t3.micro",
                                           AllocatedStorage=20, MasterUsername="boss", MasterUserPassword="long-enough-1")
            finally:
                self.assertEqual(server.stop(), 0)
            self.assertEqual(leftovers(data, links), [])


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
