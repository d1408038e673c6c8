"""A database from create to delete, and what survives the deaths of those that keep it."""

import glob
import os
import shutil
import signal
import time
import unittest

from harness import BINARY, PASSWORD, STATUS_S_MAX, Keys, Network, ServerCase, await_gone, await_status, engine_processes

MARKER = "the-marker-" + "x7Qp" * 16  # long enough never to be there by chance


def files_under(folder):
    return [path for path in glob.glob(os.path.join(glob.escape(folder), "**"), recursive=True) if os.path.isfile(path)]


def holds(path, text):
    """Whether the bytes of `text` are in the file. Reads what is allocated of it: images are sparse."""
    wanted, kept = text.encode(), b""
    with open(path, "rb") as file:
        position, end = 0, os.fstat(file.fileno()).st_size
        while position < end:
            try:
                position = os.lseek(file.fileno(), position, os.SEEK_DATA)
            except OSError:
                return False  # nothing but a hole is left
            hole = os.lseek(file.fileno(), position, os.SEEK_HOLE)
            while position < hole:
                block = os.pread(file.fileno(), min(1 << 24, hole - position), position)
                if not block or wanted in kept + block:
                    return bool(block)
                kept = block[-len(wanted):]
                position += len(block)
    return False


def plain_image(folder):
    """An image that does hold the marker, to show that the search would find it."""
    path = os.path.join(folder, "plain.img")
    with open(path, "wb") as file:
        file.truncate(1 << 30)
        file.seek((1 << 24) - 10 + 4096)
        file.write(MARKER.encode())
    return path


class DatabaseTest(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.network = Network(cls.ringwall)
        cls.rds = cls.ringwall.client("rds")
        cls.key = cls.ringwall.client("kms").create_key()["KeyMetadata"]["Arn"]
        cls.network.create_database(cls.rds, "main", KmsKeyId=cls.key, Tags=[{"Key": "team", "Value": "shop"}])
        cls.database = await_status(cls.rds, "main", "available")

    def psql(self, sql, user="boss", password=PASSWORD, **more):
        endpoint = self.database["Endpoint"]
        return self.ringwall.psql(self.network.inside, endpoint["Address"], endpoint["Port"], user, "shop", password, sql, **more)

    def query(self, sql, **more):
        done = self.psql(sql, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def engine(self):
        return self.server.engine_pid(self.database["DbiResourceId"])

    def test_a_token_opens_it_for_members_of_rds_iam_whom_a_policy_lets(self):
        endpoint = self.database["Endpoint"]
        self.query("CREATE ROLE clerk LOGIN; GRANT rds_iam TO clerk;")
        token = self.client("rds").generate_db_auth_token(DBHostname=endpoint["Address"], Port=endpoint["Port"], DBUsername="clerk")
        self.assertEqual(self.query("SELECT current_user", user="clerk", password=token), "clerk")
        ours = self.ringwall.sign_in_token(self.ringwall.administrator, endpoint["Address"], endpoint["Port"], "clerk")
        self.assertEqual(self.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", user="clerk", password=ours), "t")
        iam = self.client("iam")
        iam.create_user(UserName="nobody")
        key = iam.create_access_key(UserName="nobody")["AccessKey"]
        unable = self.ringwall.sign_in_token(Keys(key["AccessKeyId"], key["SecretAccessKey"]), endpoint["Address"], endpoint["Port"], "clerk")
        for password in (unable, token[:-1], "", token.replace("clerk", "boss")):
            refused = self.psql("SELECT 1", user="clerk", password=password or "empty")
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn("PAM authentication failed", refused.stderr)

    def test_the_master_is_no_superuser_and_gets_no_way_to_the_files(self):
        self.assertEqual(self.query("SELECT rolsuper FROM pg_roles WHERE rolname = 'boss'"), "f")
        for sql in ("COPY (SELECT 1) TO PROGRAM 'id'", "GRANT pg_execute_server_program TO boss", "ALTER SYSTEM SET ssl = off",
                    "SELECT pg_read_file('/etc/passwd')", "CREATE ROLE more SUPERUSER"):
            with self.subTest(sql):
                self.assertNotEqual(self.psql(sql).returncode, 0)

    def test_plain_text_and_wrong_passwords_are_refused_by_the_engine(self):
        self.assertIn("no encryption", self.psql("SELECT 1", ssl="disable").stderr)
        self.assertIn("password authentication failed", self.psql("SELECT 1", password="wrong").stderr)

    def test_nothing_written_to_a_table_is_in_the_raw_image(self):
        self.query(f"CREATE TABLE marked AS SELECT '{MARKER}' || i AS text FROM generate_series(1, 2000) i; CHECKPOINT;")
        images = glob.glob(self.data + "/host/volumes/*.img")
        self.assertTrue(images)
        os.sync()
        self.assertEqual([path for path in images if holds(path, MARKER)], [])
        self.assertTrue(holds(plain_image(self.folder), MARKER))
        self.assertEqual(self.query("SELECT count(*) FROM marked"), "2000")

    def test_the_files_are_unreadable_without_the_key_and_there_again_with_it(self):
        self.query("CREATE TABLE kept AS SELECT 1 AS one")
        kms = self.client("kms")
        kms.disable_key(KeyId=self.key)
        await_status(self.rds, "main", "inaccessible-encryption-credentials-recoverable")
        self.assertEqual(engine_processes(self.data), [])
        self.assertEqual([p for p in files_under(self.data + "/host/mounts") if holds(p, "PostgreSQL")], [])
        kms.enable_key(KeyId=self.key)
        await_status(self.rds, "main", "available")
        self.assertEqual(self.query("SELECT one FROM kept"), "1")

    def test_a_new_master_password_replaces_the_old(self):
        self.rds.modify_db_instance(DBInstanceIdentifier="main", MasterUserPassword="another-long-one", ApplyImmediately=True)
        await_status(self.rds, "main", "available")
        self.assertIn("password authentication failed", self.psql("SELECT 1").stderr)
        self.query("SELECT 1", password="another-long-one")
        self.rds.modify_db_instance(DBInstanceIdentifier="main", MasterUserPassword=PASSWORD, ApplyImmediately=True)
        await_status(self.rds, "main", "available")
        self.query("SELECT 1")

    def test_it_stops_and_starts_and_reboots(self):
        self.query("CREATE TABLE before_stop AS SELECT 1 AS one")
        self.rds.stop_db_instance(DBInstanceIdentifier="main")
        self.refused("InvalidDBInstanceState", self.rds.stop_db_instance, DBInstanceIdentifier="main")
        await_status(self.rds, "main", "stopped")
        self.assertIsNone(self.engine())
        self.rds.start_db_instance(DBInstanceIdentifier="main")
        await_status(self.rds, "main", "available")
        self.assertEqual(self.query("SELECT one FROM before_stop"), "1")
        first = self.engine()
        self.rds.reboot_db_instance(DBInstanceIdentifier="main")
        await_status(self.rds, "main", "available")
        self.assertNotEqual(self.engine(), first)
        self.query("SELECT 1")

    def test_its_security_groups_decide_who_reaches_it_from_one_packet_to_the_next(self):
        self.rds.modify_db_instance(DBInstanceIdentifier="main", VpcSecurityGroupIds=[self.network.application], ApplyImmediately=True)
        await_status(self.rds, "main", "available")
        closed = self.psql("SELECT 1", timeout_s=2)
        self.rds.modify_db_instance(DBInstanceIdentifier="main", VpcSecurityGroupIds=[self.network.database], ApplyImmediately=True)
        await_status(self.rds, "main", "available")
        self.assertIn("timeout expired", closed.stderr)
        self.query("SELECT 1")

    def test_it_is_tagged_filtered_and_protected(self):
        arn = self.database["DBInstanceArn"]
        self.assertEqual(self.rds.list_tags_for_resource(ResourceName=arn)["TagList"], [{"Key": "team", "Value": "shop"}])
        self.rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "env", "Value": "test"}])
        self.rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["env"])
        self.assertEqual(self.rds.list_tags_for_resource(ResourceName=arn)["TagList"], [{"Key": "team", "Value": "shop"}])
        found = self.rds.describe_db_instances(Filters=[{"Name": "dbi-resource-id", "Values": [self.database["DbiResourceId"]]}])
        self.assertEqual([d["DBInstanceIdentifier"] for d in found["DBInstances"]], ["main"])
        self.rds.modify_db_instance(DBInstanceIdentifier="main", DeletionProtection=True)
        self.assertIn("protected", self.refused("InvalidParameterCombination", self.rds.delete_db_instance,
                                                DBInstanceIdentifier="main", SkipFinalSnapshot=True))
        self.rds.modify_db_instance(DBInstanceIdentifier="main", DeletionProtection=False)
        self.refused("DBInstanceAlreadyExists", self.network.create_database, self.rds, "main")

    def test_deleting_leaves_nothing(self):
        before = set(os.listdir(self.data + "/host/volumes"))
        self.network.create_database(self.rds, "brief")
        resource = await_status(self.rds, "brief", "available")["DbiResourceId"]
        self.assertIsNotNone(self.server.engine_pid(resource))
        self.rds.delete_db_instance(DBInstanceIdentifier="brief", SkipFinalSnapshot=True)
        await_gone(self.rds, "brief")
        self.assertIsNone(self.server.engine_pid(resource))
        self.assertEqual(set(os.listdir(self.data + "/host/volumes")), before)
        interfaces = self.client("ec2").describe_network_interfaces(
            Filters=[{"Name": "description", "Values": ["RDSNetworkInterface"]}])["NetworkInterfaces"]
        self.assertEqual(len(interfaces), len(self.rds.describe_db_instances()["DBInstances"]))

    # The deaths.
    def test_a_crashed_engine_is_started_again(self):
        self.query("CREATE TABLE before_crash AS SELECT 1 AS one")
        first = self.engine()
        os.kill(first, signal.SIGKILL)
        deadline = time.monotonic() + STATUS_S_MAX
        while self.engine() in (None, first) and time.monotonic() < deadline:
            time.sleep(0.02)
        await_status(self.rds, "main", "available")
        self.assertEqual(self.query("SELECT one FROM before_crash"), "1")
        self.assertNotEqual(self.engine(), first)

    # The port is another one now, so every client is made anew.
    def start_again(self):
        self.server.start()
        type(self).ringwall = self.server.ringwall
        type(self).rds = self.ringwall.client("rds")

    def killed(self, half):
        first = self.engine()
        server = self.server
        server.kill(server.server_pid() if half == "server" else server.process.pid)
        self.assertEqual(self.engine(), first)
        self.start_again()
        await_status(self.rds, "main", "available")
        self.assertEqual(self.engine(), first)
        self.query("SELECT 1")

    def test_the_servers_death_leaves_it_serving_and_the_next_start_adopts_it(self):
        self.killed("server")

    def test_the_privileged_halfs_death_leaves_it_serving_and_the_next_start_adopts_it(self):
        self.killed("host")

    def test_a_clean_stop_that_keeps_databases_is_adopted_too(self):
        first = self.engine()
        self.assertEqual(self.server.stop(), 0)
        self.assertEqual(engine_processes(self.data), [])
        self.server.arguments = ["--on-stop", "keep"]
        self.start_again()
        await_status(self.rds, "main", "available")
        second = self.engine()
        self.assertNotEqual(second, first)
        self.assertEqual(self.server.stop(), 0)
        self.assertEqual(self.engine(), second)
        self.server.arguments = []
        self.start_again()
        self.assertEqual(self.engine(), second)
        self.query("SELECT 1")


class PrivateFolderTest(ServerCase):
    """A clone in root's home: below a folder that the server's own user cannot enter."""

    @classmethod
    def binary(cls):
        own = os.path.join(cls.folder, "ringwall")
        shutil.copy2(BINARY, own)
        shutil.copytree(os.path.join(os.path.dirname(BINARY), "lib"), os.path.join(cls.folder, "lib"))
        return own

    def test_a_database_becomes_available(self):
        self.assertEqual(os.stat(self.folder).st_mode & 0o777, 0o700)
        rds = self.ringwall.client("rds")
        Network(self.ringwall).create_database(rds, "private")
        await_status(rds, "private", "available")
        rds.delete_db_instance(DBInstanceIdentifier="private", SkipFinalSnapshot=True)
        await_gone(rds, "private")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
