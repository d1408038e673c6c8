#!/usr/bin/env python3
"""Kills and stops Ringwall, puts random older copies of its store back, and checks that no volume and no row is lost.

    soak.py [--rounds N] [--seconds S] [--seed S]    (a thousand rounds unless told otherwise)

A round checks every volume, writes rows, sometimes creates or deletes a database, takes copies of the store on the way, ends
with SIGKILL to the server, its privileged half or an engine, or with a clean stop, and mostly puts an older copy of the
store back. The next start must tell of every volume that the store does not know; each is adopted, and must hold every row
whose insertion was acknowledged. A volume may go only after its deletion was acknowledged; once a start shows it without
that wish, it must stay again. The seed is printed; so are the figures, at the end or at the first loss.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from harness import (BINARY, PASSWORD, ClientError, Network, Server, await_status, engine_processes, host_links, leftovers,
                     require_root_and_binary, run)
from repair_test import copy_store, put_store

VOLUMES_MAX, COPIES_MAX, SETTLE_S_MAX = 2, 12, 90
ROWS_A_ROUND = 400
BUSY = ("creating", "modifying", "starting", "rebooting", "stopping")


class Lost(Exception):
    pass


class Volume:
    """What was acknowledged of it. `doomed`: so was its deletion, so that it may be gone."""

    def __init__(self):
        self.acknowledged, self.doomed = 0, False


class Writer:
    """Checks what is in a database and inserts, one row a commit; counts what the database acknowledged."""

    def __init__(self, soak, volume, database):
        self.volume, self.name, self.fault = volume, database["DBInstanceIdentifier"], None
        self.expected, self.acknowledged = volume.acknowledged, 0
        endpoint = database["Endpoint"]
        self.checked = threading.Event()
        where = (f"host={endpoint['Address']} port={endpoint['Port']} user=boss dbname=shop sslmode=require connect_timeout=20")
        # A backend that was killed makes PostgreSQL recover for a moment, and refuse meanwhile.
        command = ["sh", "-c", 'until pg_isready -q -d "$0"; do sleep 0.1; done; exec stdbuf -oL psql "$@" "$0"', where,
                   "-X", "-w", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        self.process = subprocess.Popen(soak.server.ringwall.exec_arguments(soak.network.inside, command), text=True,
                                        env={**os.environ, "PGPASSWORD": PASSWORD}, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        sql = ("CREATE TABLE IF NOT EXISTS log (n bigint PRIMARY KEY);\n"
               "SELECT count(*) || ' ' || coalesce(max(n), 0) FROM log;\n"
               + "INSERT INTO log SELECT coalesce(max(n), 0) + 1 FROM log RETURNING n;\n" * ROWS_A_ROUND)
        self.process.stdin.write(sql)
        self.process.stdin.close()
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        first = self.process.stdout.readline().split()
        if len(first) == 2:
            count, last = int(first[0]), int(first[1])
            if count != last or last < self.expected:
                self.fault = f"`{self.name}` has {count} rows up to {last}, and {self.expected} were acknowledged"
            self.volume.acknowledged = max(self.volume.acknowledged, last)
            self.checked.set()
        for line in self.process.stdout:
            if line.strip().isdigit():
                self.volume.acknowledged = int(line)
                self.acknowledged += 1

    # With its psql, which would wait for ever for a network that is gone.
    def end(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)
        self.thread.join()
        said = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        if self.fault:
            raise Lost(self.fault)
        return said


class Soak:
    def __init__(self, folder, seed):
        self.folder, self.data = folder, folder + "/data"
        self.server = Server(self.data)
        self.random = random.Random(seed)
        self.volumes, self.copies, self.counter = {}, [], 0
        self.figures = dict.fromkeys(
            ("rounds", "kills of the server", "kills of the privileged half", "kills of an engine", "clean stops",
             "stops beside a foreign mount namespace", "older stores put back", "noticed as older", "databases created",
             "deletions asked for", "deletions outlived", "orphans listed", "orphans adopted", "half-made ones removed", "half-deleted ones removed",
             "rows acknowledged"), 0)

    def count(self, what, more=1):
        self.figures[what] += more

    def start(self):
        self.server.start()
        self.rds, self.kms = self.server.ringwall.client("rds"), self.server.ringwall.client("kms")

    def begin(self):
        self.start()
        self.network = Network(self.server.ringwall)
        self.take_copy()

    def take_copy(self):
        self.counter += 1
        path = f"{self.folder}/copy-{self.counter}.db"
        copy_store(self.data, path)
        if len(self.copies) == COPIES_MAX:
            os.unlink(self.copies.pop(self.random.randrange(COPIES_MAX)))
        self.copies.append(path)

    def rows(self):
        done = run(BINARY, "volumes", "--data", self.data, "--format", "json")
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return {row["id"]: row for row in json.loads(done.stdout)["volumes"]}

    def databases(self):
        return {one["DbiResourceId"]: one for one in self.rds.describe_db_instances()["DBInstances"]}

    def create(self):
        self.counter += 1
        more = {}
        if self.random.random() < 0.5:  # else the account's own key, which old copies may not have either
            more["KmsKeyId"] = self.kms.create_key()["KeyMetadata"]["Arn"]
        database = self.network.create_database(self.rds, f"db{self.counter}", **more)
        self.volumes[database["DbiResourceId"]] = Volume()
        self.count("databases created")
        return database["DBInstanceIdentifier"]

    # Everything that was there is there, told of, and its own again.
    def settle(self):
        databases, rows = self.databases(), self.rows()
        for identifier, volume in list(self.volumes.items()):
            row = rows.get(identifier)
            if row is None or row["state"] == "missing":
                if not volume.doomed and volume.acknowledged:
                    raise Lost(f"the volume `{identifier}` is gone; listed: {sorted(rows)}")
                if row is None and identifier not in databases:
                    del self.volumes[identifier]  # it was deleted, or never made
            elif volume.doomed and "its image is missing" in row.get("problem", ""):
                self.drop(identifier, "half-deleted ones removed")
                del rows[identifier]
            elif row["state"] not in ("in-use", "orphan"):
                raise Lost(f"the volume `{identifier}` is `{row['state']}`: {row.get('problem')}")
            elif volume.doomed and databases.get(identifier, {}).get("DBInstanceStatus") != "deleting":
                volume.doomed = False
                self.count("deletions outlived")
        for identifier, row in rows.items():
            if (row["state"] == "orphan") != (identifier not in databases):
                raise Lost(f"`{identifier}` is listed as `{row['state']}`, and the store's databases are {sorted(databases)}")
            # A store in which it was being created makes it again, also after it was deleted.
            self.volumes.setdefault(identifier, Volume())
            if row["state"] == "orphan":
                self.count("orphans listed")
                if "never finished" in row.get("problem", "") and not self.volumes[identifier].acknowledged:
                    self.drop(identifier)
                else:
                    self.adopt(identifier)
        for identifier, database in self.databases().items():
            name = database["DBInstanceIdentifier"]
            if database["DBInstanceStatus"] == "deleting":
                continue
            if rows.get(identifier, {}).get("state") == "missing":
                self.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
            elif database["DBInstanceStatus"] in ("stopped", "stopping"):
                await_status(self.rds, name, "stopped", SETTLE_S_MAX)
                self.rds.start_db_instance(DBInstanceIdentifier=name)

    # It was being created, or deleted, when its server was killed.
    def drop(self, identifier, what="half-made ones removed"):
        done = run(BINARY, "volumes", "remove", identifier, "--yes", "--data", self.data)
        if done.returncode != 0:
            raise Lost(f"`{identifier}` cannot be removed: {done.stderr}")
        del self.volumes[identifier]
        self.count(what)

    def adopt(self, identifier):
        self.counter += 1
        deadline = time.monotonic() + SETTLE_S_MAX
        while True:
            done = run(BINARY, "volumes", "adopt", identifier, "--yes", "--data", self.data, "--identifier", f"db{self.counter}")
            if done.returncode == 0:
                self.count("orphans adopted")
                return
            if "is open" not in done.stderr or time.monotonic() > deadline:  # it is being set aside
                raise Lost(f"`{identifier}` cannot be adopted: {done.stderr}")
            time.sleep(0.05)

    def round(self):
        self.settle()
        if len(self.volumes) < VOLUMES_MAX and (not self.volumes or self.random.random() < 0.15):
            self.create()
        if self.random.random() < 0.3:
            self.take_copy()
        writers = []
        for identifier, database in self.databases().items():
            if identifier in self.volumes and not self.volumes[identifier].doomed and database["DBInstanceStatus"] != "deleting":
                database = await_status(self.rds, database["DBInstanceIdentifier"], "available", SETTLE_S_MAX)
                writers.append(Writer(self, self.volumes[identifier], database))
        for writer in writers:
            if not writer.checked.wait(SETTLE_S_MAX):
                raise Lost(f"`{writer.name}` cannot be read: {writer.end()}")
        if self.random.random() < 0.5:
            self.take_copy()
        if self.random.random() < 0.1 and len(self.volumes) == VOLUMES_MAX:
            self.delete()
        self.end(writers)
        if self.random.random() < 0.75:
            put_store(self.data, self.random.choice(self.copies))
            self.count("older stores put back")
        for identifier, volume in self.volumes.items():
            if os.path.exists(f"{self.data}/host/volumes/{identifier}.img"):
                continue
            if not volume.doomed and volume.acknowledged:
                raise Lost(f"the volume `{identifier}` is gone")
            volume.acknowledged = 0  # a copy in which it is being created makes another under its name
        self.start()
        if self.server.status()["store"] != "current":
            self.count("noticed as older")
        self.count("rounds")

    def delete(self):
        identifier, database = self.random.choice(list(self.databases().items()))
        try:
            self.rds.delete_db_instance(DBInstanceIdentifier=database["DBInstanceIdentifier"], SkipFinalSnapshot=True)
        except ClientError:
            return  # refused: it is being deleted already
        self.count("deletions asked for")
        if identifier in self.volumes:
            self.volumes[identifier].doomed = True
        if self.random.random() < 0.7:
            self.take_copy()  # with the wish in it

    def end(self, writers):
        time.sleep(self.random.random() * 0.3)
        how = self.random.choice(("server", "helper", "engine", "stop"))
        if how == "engine":
            engines = engine_processes(self.data)
            if engines:
                os.kill(engines[0], signal.SIGKILL)
            self.count("kills of an engine")
        if how == "stop":
            status = self.server.stop()
            if status == 0:
                self.count("clean stops")
            elif self.server.said().strip().endswith("another mount namespace keeps it mounted"):
                self.count("stops beside a foreign mount namespace")  # of whatever else runs on this machine
            else:
                raise AssertionError(f"a clean stop ended with {status}: {self.server.said()}")
        elif how == "helper":
            self.server.kill(self.server.process.pid)
            self.count("kills of the privileged half")
        else:
            self.server.kill(self.server.server_pid())
            self.count("kills of the server")
        for writer in writers:
            writer.end()
            self.count("rows acknowledged", writer.acknowledged)

    # Its last word: everything is deleted by request, and nothing is left over.
    def finish(self):
        self.settle()
        for database in self.databases().values():
            if database["DBInstanceStatus"] in BUSY:
                await_status(self.rds, database["DBInstanceIdentifier"], "available", SETTLE_S_MAX)
            if database["DBInstanceStatus"] != "deleting":
                self.rds.delete_db_instance(DBInstanceIdentifier=database["DBInstanceIdentifier"], SkipFinalSnapshot=True)
        deadline = time.monotonic() + SETTLE_S_MAX
        while self.databases() and time.monotonic() < deadline:
            time.sleep(0.05)
        if self.rows():
            raise Lost(f"left over: {sorted(self.rows())}")


def main():
    parser = argparse.ArgumentParser(description="see the top of this file")
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no round after so long")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    arguments = parser.parse_args()
    require_root_and_binary()
    print(f"seed {arguments.seed}", flush=True)
    links = host_links()
    folder = os.path.realpath(tempfile.mkdtemp(prefix="ringwall-soak-"))
    soak, begun, fault = Soak(folder, arguments.seed), time.monotonic(), None
    try:
        soak.begin()
        while soak.figures["rounds"] < arguments.rounds and time.monotonic() - begun < arguments.seconds:
            soak.round()
        soak.finish()
    except (Lost, AssertionError, ClientError) as error:
        fault = f"{type(error).__name__}: {error}\nthe server said: {soak.server.said()}"
    for what, number in soak.figures.items():
        print(f"{number:8} {what}")
    print(f"{time.monotonic() - begun:8.0f} seconds")
    if fault is None and soak.server.stop() != 0:
        fault = f"the last stop failed: {soak.server.said()}"
    if fault is None and (left := leftovers(soak.data, links)):
        fault = f"left over: {left}"
    if fault is not None:
        print(f"{fault}\nkept for a look: {folder}")
        soak.server.stop()
        return 1
    shutil.rmtree(folder)
    print("       0 volumes lost\n       0 acknowledged rows lost\n       0 orphans not listed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
