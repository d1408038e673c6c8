"""docs/howto/repair.md, walked through: what is lost is noticed and said, and no volume goes with it."""

import glob
import os
import shutil
import sqlite3
import subprocess
import unittest

from harness import (BINARY, PASSWORD, Network, Server, ServerCase, await_status, host_links, leftovers, run)


class Walk(ServerCase):
    """One server with one database serves every walk; each ends with the server running on the newest store."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.older = os.path.join(cls.folder, "older.db")
        cls.copy_store(cls.older)
        cls.network = Network(cls.ringwall)
        cls.rds = cls.ringwall.client("rds")
        cls.network.create_database(cls.rds, "main")
        cls.database = await_status(cls.rds, "main", "available")
        cls.query(cls, "CREATE TABLE kept AS SELECT 'rows' AS text")

    @classmethod
    def copy_store(cls, to):
        """A consistent copy, also while the server writes."""
        with sqlite3.connect(f"file:{cls.data}/server/state.db?mode=ro", uri=True) as source, sqlite3.connect(to) as target:
            source.backup(target)
        source.close()
        target.close()

    def query(self, sql):
        endpoint = self.database["Endpoint"]
        done = self.ringwall.psql(self.network.inside, endpoint["Address"], endpoint["Port"], "boss", "shop", PASSWORD, sql)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def put_store(self, copy):
        """What stands in docs/howto/repair.md: the copy in place, and nothing of the old one's log beside it."""
        folder = self.data + "/server"
        for name in ("state.db", "state.db-wal", "state.db-shm"):
            if os.path.exists(f"{folder}/{name}"):
                os.unlink(f"{folder}/{name}")
        if copy is None:
            return
        shutil.copyfile(copy, f"{folder}/state.db")
        owner = os.stat(folder)
        os.chown(f"{folder}/state.db", owner.st_uid, owner.st_gid)
        os.chmod(f"{folder}/state.db", 0o600)

    def images(self):
        return sorted(os.path.basename(path) for path in glob.glob(self.data + "/host/volumes/*.img"))

    def start(self):
        self.server.start()
        type(self).ringwall = self.server.ringwall
        type(self).rds = self.ringwall.client("rds")

    def refused(self):
        """What a start says that does not come to serve."""
        done = subprocess.run([BINARY, "serve", "--data", self.data, "--listen", "127.0.0.1:0"], capture_output=True,
                              text=True, timeout=30, check=False)
        self.assertNotEqual(done.returncode, 0)
        return done.stderr

    def test_a_lost_store_is_not_replaced_and_its_backup_brings_everything_back(self):
        self.assertEqual(self.server.stop(), 0)
        newest, images = os.path.join(self.folder, "newest.db"), self.images()
        self.copy_store(newest)
        for empty in (False, True):
            with self.subTest(empty=empty):
                self.put_store(None)
                if empty:
                    with open(self.data + "/server/state.db", "wb"):
                        pass
                said = self.refused()
                self.assertIn("is empty" if empty else "is missing", said)
                self.assertIn("its root key, its audit log, its administrator's credentials, 1 volume", said)
                self.assertIn("ringwall new-store", said)
                self.assertEqual(self.images(), images)
        self.put_store(newest)
        self.start()
        await_status(self.rds, "main", "available")
        self.assertEqual(self.query("SELECT text FROM kept"), "rows")

    def test_a_store_that_is_older_than_a_volume_leaves_it_alone(self):
        newest = os.path.join(self.folder, "newest.db")
        images = self.images()
        self.assertEqual(self.server.stop(), 0)
        self.copy_store(newest)
        self.put_store(self.older)
        self.start()
        self.assertIn(f"volumes without a document in the store: `{self.database['DbiResourceId']}`", self.server.said())
        self.assertEqual(self.images(), images)
        self.assertEqual(self.server.stop(), 0)
        self.assertEqual(self.images(), images)
        self.put_store(newest)
        self.start()
        await_status(self.rds, "main", "available")
        self.assertEqual(self.query("SELECT text FROM kept"), "rows")


if __name__ == "__main__":
    unittest.main()
