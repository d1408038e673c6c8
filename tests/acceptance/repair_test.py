"""docs/howto/repair.md, walked through: what is lost is noticed and said, and no volume goes with it."""

import glob
import json
import os
import shutil
import sqlite3
import subprocess
import unittest

from harness import BINARY, PASSWORD, Network, ServerCase, await_status, run

SUPERBLOCK_AT, SUPERBLOCK_BYTES = 1024, 1024


def copy_store(data, to):
    """A consistent copy, also while the server writes: it holds the file for itself, so file and log are read until they
    are of one moment, and SQLite makes one file of the two."""
    paths = [data + "/server/state.db", data + "/server/state.db-wal"]

    def content():
        found = []
        for path in paths:
            try:
                with open(path, "rb") as file:
                    found.append(file.read())
            except FileNotFoundError:
                found.append(b"")
        return found

    seen = content()
    while (again := content()) != seen:
        seen = again
    for path, part in zip((to, to + "-wal"), seen):
        with open(path, "wb") as file:
            file.write(part)
    copy = sqlite3.connect(to)
    copy.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    copy.close()


def put_store(data, copy):
    """The copy in place, or nothing; and nothing of the old store's log beside it."""
    folder = data + "/server"
    for name in ("state.db", "state.db-wal", "state.db-shm"):
        if os.path.exists(f"{folder}/{name}"):
            os.unlink(f"{folder}/{name}")
    if copy is not None:
        run("install", "-m", "600", "-o", str(os.stat(folder).st_uid), "-g", str(os.stat(folder).st_gid), copy, folder + "/state.db")


class Walk(ServerCase):
    """One server with one database serves every walk, and each leaves the database serving. They go by their numbers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.older, cls.newest = os.path.join(cls.folder, "older.db"), os.path.join(cls.folder, "newest.db")
        copy_store(cls.data, cls.older)
        cls.networks = 0
        cls.make_network()
        cls.rds = cls.ringwall.client("rds")
        cls.network.create_database(cls.rds, "main")
        cls.database = await_status(cls.rds, "main", "available")
        cls.id = cls.database["DbiResourceId"]
        cls.query(cls, "CREATE TABLE kept AS SELECT 'rows' AS text")

    @classmethod
    def make_network(cls):
        cls.networks += 1
        cls.network = Network(cls.ringwall, cidr=f"10.{40 + cls.networks}", subnet_group=f"group{cls.networks}")

    def query(self, sql):
        endpoint = self.database["Endpoint"]
        done = self.ringwall.psql(self.network.inside, endpoint["Address"], endpoint["Port"], "boss", "shop", PASSWORD, sql)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def assert_rows(self, identifier="main"):
        type(self).database = await_status(self.rds, identifier, "available")
        self.assertEqual(self.query("SELECT text FROM kept"), "rows")

    def images(self):
        return sorted(os.path.basename(path) for path in glob.glob(self.data + "/host/volumes/*.img"))

    def start(self):
        self.server.start()
        type(self).ringwall = self.server.ringwall
        type(self).rds = self.ringwall.client("rds")

    def stop(self):
        self.assertEqual(self.server.stop(), 0, self.server.said())

    def refused_start(self):
        """What a start says that does not come to serve."""
        done = subprocess.run([BINARY, "serve", "--data", self.data, "--listen", "127.0.0.1:0"], capture_output=True,
                              text=True, timeout=30, check=False)
        self.assertNotEqual(done.returncode, 0)
        return done.stderr

    def volumes(self, *words, status=0):
        done = run(BINARY, "volumes", *words, "--data", self.data)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def row(self):
        rows = json.loads(self.volumes("--format", "json"))["volumes"]
        self.assertEqual([row["id"] for row in rows], [self.id])
        return rows[0]

    def place(self):
        return ("--db-subnet-group-name", self.network.subnet_group, "--vpc-security-group-ids", self.network.database)

    def audited(self):
        lines = []
        for path in glob.glob(self.data + "/server/audit/*.jsonl"):
            with open(path, encoding="utf-8") as file:
                lines += [json.loads(line) for line in file]
        return [(line["eventName"], line.get("errorCode")) for line in lines if line["eventSource"] == "ringwall.control"]

    def test_1_a_lost_store_is_not_replaced_and_a_copy_brings_everything_back(self):
        self.assertEqual(self.row()["state"], "in-use")
        images = self.images()
        self.stop()
        self.assertIn("no server is running", self.volumes(status=3))
        copy_store(self.data, self.newest)
        for empty in (False, True):
            with self.subTest(empty=empty):
                put_store(self.data, None)
                if empty:
                    with open(self.data + "/server/state.db", "wb"):
                        pass
                said = self.refused_start()
                self.assertIn("is empty" if empty else "is missing", said)
                self.assertIn("its root key, its audit log, its administrator's credentials, 1 volume", said)
                self.assertIn("ringwall new-store", said)
                self.assertEqual(self.images(), images)
        put_store(self.data, self.newest)
        self.start()
        self.assertEqual(self.server.status()["store"], "current")
        self.assert_rows()

    def test_2_a_store_older_than_the_volumes_loses_none_and_adopts_them(self):
        images = self.images()
        self.stop()
        put_store(self.data, self.older)
        self.start()
        self.assertIn(f"volumes without a document in the store: `{self.id}`", self.server.said())
        status = self.server.status()
        self.assertIn("older than what ran here", status["store"])
        self.assertEqual([row["state"] for row in status["volumes"]], ["orphan"])
        self.assertEqual((self.row()["identifier"], self.row().get("problem")), ("main", None))
        self.stop()
        self.assertEqual(self.images(), images)
        self.start()
        self.assertIn("--db-subnet-group-name", self.volumes("adopt", self.id, "--yes", status=1))
        self.assertIn("needs a confirmation", self.volumes("adopt", self.id, status=1))
        self.make_network()
        self.assertIn("under the KMS key", self.volumes("adopt", self.id, "--yes", *self.place(), "--identifier", "again"))
        self.assert_rows("again")
        self.assertEqual(self.row()["state"], "in-use")
        self.assertIn("in use", self.volumes("remove", self.id, "--yes", status=1))

    def test_3_an_export_brings_a_volume_back_that_was_removed(self):
        archive = os.path.join(self.folder, "volume.tar")
        self.assertIn("is open", self.volumes("export", self.id, archive, status=1))
        self.stop()
        put_store(self.data, self.older)
        self.start()
        self.volumes("export", self.id, archive)
        self.assertIn("cannot make", self.volumes("export", self.id, archive, status=1))
        self.assertLess(os.path.getsize(archive), 1 << 30)
        self.assertIn("needs a confirmation", self.volumes("remove", self.id, status=1))
        self.assertEqual(self.images(), [self.id + ".img"])
        self.volumes("remove", self.id, "--yes")
        self.assertEqual(os.listdir(self.data + "/host/volumes"), [])
        self.assertIn("there is no volume", self.volumes("adopt", self.id, "--yes", status=1))
        self.stop()
        self.assertEqual(run("tar", "-xSf", archive, "-C", self.data + "/host/volumes").returncode, 0)
        self.start()
        self.make_network()
        self.volumes("adopt", self.id, "--yes", *self.place(), "--identifier", "main")
        self.assert_rows()
        self.assertEqual(self.audited()[-5:], [("ExportVolume", None), ("ExportVolume", None), ("RemoveVolume", None),
                                               ("AdoptVolume", "Refused"), ("AdoptVolume", None)])

    def test_4_without_the_root_key_nothing_opens_and_with_it_everything(self):
        self.stop()
        copy_store(self.data, self.newest)
        key = self.data + "/server/root.key"
        shutil.move(key, self.folder + "/root.key")
        self.assertIn("the root key", self.refused_start())
        put_store(self.data, None)
        done = run(BINARY, "new-store", "--data", self.data)
        self.assertEqual(done.returncode, 1)
        self.assertIn("needs a confirmation", done.stderr)
        done = run(BINARY, "new-store", "--data", self.data, "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.start()
        row = self.row()
        self.assertEqual((row["state"], row["identifier"]), ("damaged", "main"))
        self.assertIn("under this root key", row["problem"])
        self.assertIn("cannot be adopted", self.volumes("adopt", self.id, "--yes", status=1))
        self.stop()
        put_store(self.data, self.newest)
        shutil.move(self.folder + "/root.key", key)
        self.start()
        self.assert_rows()

    def test_5_a_damaged_image_is_said_and_kept_and_repaired(self):
        self.rds.stop_db_instance(DBInstanceIdentifier="main")
        await_status(self.rds, "main", "stopped")
        self.stop()
        image = f"{self.data}/host/volumes/{self.id}.img"
        with open(image, "r+b") as file:
            file.seek(SUPERBLOCK_AT)
            file.write(b"x" * SUPERBLOCK_BYTES)
        self.start()
        self.rds.start_db_instance(DBInstanceIdentifier="main")
        await_status(self.rds, "main", "failed")
        self.assertEqual(self.images(), [self.id + ".img"])
        self.stop()
        self.assertIn(run("e2fsck", "-f", "-y", image).returncode, (0, 1))
        self.start()
        self.assert_rows()


if __name__ == "__main__":
    unittest.main()
