"""A backup of a running Ringwall, and what a restore does and never does."""

import os
import subprocess
import unittest

from harness import BINARY, PASSWORD, Network, Server, ServerCase, await_status, run

PHRASE = "correct horse battery staple"


class BackupTest(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.network = Network(cls.ringwall)
        cls.rds = cls.ringwall.client("rds")
        cls.network.create_database(cls.rds, "main")
        cls.database = await_status(cls.rds, "main", "available")
        cls.phrase = os.path.join(cls.folder, "phrase")
        with open(cls.phrase, "w", encoding="utf-8") as file:
            file.write(PHRASE + "\n")
        cls.key, cls.recipient = os.path.join(cls.folder, "key.pem"), os.path.join(cls.folder, "certificate.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", cls.key, "-out",
                        cls.recipient, "-subj", "/CN=backup"], check=True, capture_output=True)

    def query(self, sql, ringwall=None):
        endpoint = self.database["Endpoint"]
        done = (ringwall or self.server.ringwall).psql(self.network.inside, endpoint["Address"], endpoint["Port"], "boss", "shop",
                                                PASSWORD, sql)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def backup(self, *arguments):
        done = run(BINARY, "backup", os.path.join(self.folder, "backups"), "--data", self.data, *arguments, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        path = done.stdout.strip()
        self.addCleanup(os.remove, path)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        return path

    def restore(self, source, data, *arguments):
        return run(BINARY, "restore", source, "--data", data, *arguments, timeout=120)

    def serving(self, data):
        server = Server(data, arguments=self.server_arguments)
        self.addCleanup(server.stop)
        return server.start()

    def test_all_of_it_comes_back_in_another_folder(self):
        self.query("CREATE TABLE kept (n int); INSERT INTO kept SELECT generate_series(1, 1000)")
        path = self.backup("--passphrase-file", self.phrase, "--volumes")
        self.query("INSERT INTO kept VALUES (0)")
        elsewhere = os.path.join(self.folder, "elsewhere")
        done = self.restore(path, elsewhere, "--passphrase-file", self.phrase)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.server.stop(), 0)  # its names and addresses are to be the other's
        try:
            other = self.serving(elsewhere)
            await_status(other.ringwall.client("rds"), "main", "available")
            self.assertEqual(self.query("SELECT count(*) FROM kept", other.ringwall), "1000")
            self.assertEqual(other.stop(), 0)
        finally:
            self.server.start()
        await_status(self.server.ringwall.client("rds"), "main", "available")
        self.assertEqual(self.query("SELECT count(*) FROM kept"), "1001")

    def test_a_store_that_is_older_than_a_volume_loses_no_row_and_no_volume(self):
        self.query("CREATE TABLE before (n int)")
        path = self.backup("--recipient", self.recipient)
        self.query("CREATE TABLE after (n int); INSERT INTO after VALUES (7)")
        self.network.create_database(self.server.ringwall.client("rds"), "younger")
        younger = await_status(self.server.ringwall.client("rds"), "younger", "available")["DbiResourceId"]
        self.assertEqual(self.server.stop(), 0, self.server.said())
        try:
            refused = self.restore(path, self.data, "--key", self.key)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("--replace", refused.stderr)
            done = self.restore(path, self.data, "--key", self.key, "--replace")
            self.assertEqual(done.returncode, 0, done.stderr)
        finally:
            self.server.start()
        await_status(self.server.ringwall.client("rds"), "main", "available")
        self.assertEqual(self.query("SELECT n FROM after"), "7")
        self.assertTrue(os.path.exists(f"{self.data}/host/volumes/{younger}.img"))
        with open(f"{self.data}/server/audit/" + sorted(os.listdir(f"{self.data}/server/audit"))[-1], encoding="utf-8") as file:
            self.assertIn("younger", file.read())  # the audit is not set back

    def test_a_backup_at_rest_needs_no_server(self):
        self.assertEqual(self.server.stop(), 0, self.server.said())
        try:
            refused = run(BINARY, "backup", "-", "--data", self.data, "--passphrase-file", self.phrase, "--volumes")
            self.assertEqual(refused.returncode, 1)
            path = self.backup("--passphrase-file", self.phrase)
        finally:
            self.server.start()
        checked = self.restore(path, self.data, "--check", "--passphrase-file", self.phrase)
        self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_what_is_wrong_is_said_and_nothing_is_touched(self):
        path = self.backup("--passphrase-file", self.phrase)
        wrong = os.path.join(self.folder, "wrong")
        with open(wrong, "w", encoding="utf-8") as file:
            file.write("incorrect horse battery\n")
        fresh = os.path.join(self.folder, "fresh")
        with open(path, "rb") as file:
            whole = file.read()
        damaged = os.path.join(self.folder, "damaged")
        for size in (0, 100, len(whole) // 2, len(whole) - 20_000):
            with open(damaged, "wb") as file:
                file.write(whole[:max(size, 0)])
            self.assertEqual(self.restore(damaged, fresh, "--passphrase-file", self.phrase).returncode, 1)
        for arguments, words in ((("--passphrase-file", wrong), "passphrase is wrong"), (("--key", self.key), "passphrase"),
                                 (("--passphrase-file", "/nowhere"), "/nowhere")):
            refused = self.restore(path, fresh, *arguments)
            self.assertEqual(refused.returncode, 1)
            self.assertIn(words, refused.stderr)
        self.assertFalse(os.path.exists(fresh))
        running = self.restore(path, self.data, "--passphrase-file", self.phrase, "--replace")
        self.assertEqual(running.returncode, 1)
        self.assertIn("stop it first", running.stderr)
        for arguments in ((), ("--recipient", "/etc/hostname"), ("--passphrase-file", "/dev/null")):
            done = run(BINARY, "backup", "-", "--data", self.data, *arguments, stdin=subprocess.DEVNULL, start_new_session=True)
            self.assertEqual(done.returncode, 1, arguments)

    def test_the_root_key_is_in_no_backup_in_the_clear_and_tar_and_openssl_open_it(self):
        with open(f"{self.data}/server/root.key", "rb") as file:
            root_key = file.read()
        path = self.backup("--recipient", self.recipient)
        with open(path, "rb") as file:
            self.assertNotIn(root_key, file.read())
        sealed = subprocess.run(["tar", "-xOf", path, "root.key.cms"], check=True, capture_output=True).stdout
        opened = subprocess.run(["openssl", "cms", "-decrypt", "-inform", "PEM", "-inkey", self.key, "-binary"], input=sealed,
                                check=True, capture_output=True).stdout
        self.assertEqual(opened, root_key)


if __name__ == "__main__":
    unittest.main(verbosity=2)
