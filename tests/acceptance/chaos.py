#!/usr/bin/env python3
"""Kills Ringwall at random moments of create, modify and delete, and checks what is left of what was acknowledged.

    chaos.py [--rounds N] [--seed S]

Each round starts the server, sets requests going, and after a random time kills the server or its privileged half with
SIGKILL. The next start must have every acknowledged database as it was asked for and none that was never asked for;
databases that were serving must have served on, under the same process. At the end, after everything is deleted and the
server has stopped, nothing may be left over. The seed is printed; the moments of the kills follow from it.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import threading
import time

from harness import (PASSWORD, ClientError, Network, Server, engine_processes, host_links, leftovers,
                     require_root_and_binary)

DATABASES_MAX = 4
KILL_AFTER_S_MAX = 3.0
SETTLE_S_MAX = 60
BUSY = ("creating", "modifying", "deleting", "starting", "rebooting")


class Wish:
    """What a database should be, as far as it was acknowledged; `maybe` is what an unanswered request asked for."""

    def __init__(self):
        self.exists, self.may_exist = False, False
        self.tag, self.may_tag = None, None
        self.password, self.may_password = None, None


class Chaos:
    def __init__(self, data, seed):
        self.server = Server(data)
        self.random = random.Random(seed)
        self.wishes = {}  # by identifier
        self.counter = 0
        self.serving = {}  # identifier -> process, of databases that were available before a kill
        self.faults = []
        self.kills = 0

    def start(self):
        self.server.start()
        self.rds = self.server.ringwall.client("rds")
        self.network.ec2 = self.server.ringwall.client("ec2")

    # One thread asks while the main one waits to kill; every answer is noted before the next request.
    def ask(self, actions):
        for action in actions:
            try:
                action()
            except ClientError as error:
                if error.response["Error"]["Code"] not in ("InvalidDBInstanceState", "DBInstanceNotFound"):
                    self.faults.append(f"unexpected refusal: {error}")
            except Exception:  # the connection died with the server: what was asked may or may not be done
                return

    def create(self):
        self.counter += 1
        name = f"db{self.counter}"
        wish = self.wishes[name] = Wish()
        wish.may_exist, wish.may_password = True, PASSWORD
        self.network.create_database(self.rds, name)
        wish.exists, wish.password = True, PASSWORD

    def modify(self, name):
        wish = self.wishes[name]
        self.counter += 1
        wish.may_password = f"password-{self.counter}"
        try:
            self.rds.modify_db_instance(DBInstanceIdentifier=name, MasterUserPassword=wish.may_password, ApplyImmediately=True)
        except ClientError:
            wish.may_password = wish.password
            raise
        wish.password = wish.may_password

    def tag(self, name):
        wish = self.wishes[name]
        self.counter += 1
        wish.may_tag = str(self.counter)
        database = self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
        self.rds.add_tags_to_resource(ResourceName=database["DBInstanceArn"], Tags=[{"Key": "n", "Value": wish.may_tag}])
        wish.tag = wish.may_tag

    def delete(self, name):
        wish = self.wishes[name]
        wish.exists = False  # may or may not be there until it is acknowledged
        self.serving.pop(name, None)
        try:
            self.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
        except ClientError:
            wish.exists = wish.may_exist  # refused because it is being deleted already: then that was acknowledged
            raise
        wish.may_exist = False

    def plan(self):
        names = [name for name, wish in self.wishes.items() if wish.exists]
        actions = []
        for _ in range(self.random.randint(1, 4)):
            choice = self.random.choice(("create", "modify", "tag", "delete"))
            if choice == "create" and len(names) < DATABASES_MAX:
                actions.append(self.create)
                names.append("")
            elif names and names[0]:
                name = self.random.choice([name for name in names if name])
                actions.append(lambda do=getattr(self, choice if choice != "create" else "tag"), name=name: do(name))
        return actions or [self.create]

    def round(self):
        self.note_serving()
        actions = self.plan()
        asking = threading.Thread(target=self.ask, args=(actions,))
        asking.start()
        time.sleep(self.random.uniform(0, KILL_AFTER_S_MAX))  # the moment is what is random here
        half = self.random.choice(("server", "host"))
        self.server.kill(self.server.server_pid() if half == "server" else self.server.process.pid)
        self.kills += 1
        asking.join()
        alive = set(engine_processes(self.server.data))
        for name, (_, pid) in self.serving.items():
            if pid not in alive:
                self.faults.append(f"`{name}` did not serve on when {half} was killed")
        self.start()
        self.check()

    def note_serving(self):
        self.serving = {}
        for database in self.rds.describe_db_instances()["DBInstances"]:
            if database["DBInstanceStatus"] == "available":
                pid = self.server.engine_pid(database["DbiResourceId"])
                self.serving[database["DBInstanceIdentifier"]] = (database["DbiResourceId"], pid)

    def settled(self):
        deadline = time.monotonic() + SETTLE_S_MAX
        while True:
            found = {one["DBInstanceIdentifier"]: one for one in self.rds.describe_db_instances()["DBInstances"]}
            if not any(one["DBInstanceStatus"] in BUSY for one in found.values()):
                return found
            if time.monotonic() > deadline:
                self.faults.append(f"not settled: { {name: one['DBInstanceStatus'] for name, one in found.items()} }")
                return found
            time.sleep(0.05)

    def check(self):
        found = self.settled()
        for name, wish in list(self.wishes.items()):
            if name not in found:
                if wish.exists:
                    self.faults.append(f"`{name}` was acknowledged and is gone")
                del self.wishes[name]
            elif not wish.may_exist:
                self.faults.append(f"`{name}` was deleted, acknowledged, and is there")
            else:
                wish.exists = True
                self.check_one(name, wish, found[name])
        for name in found.keys() - self.wishes.keys():
            self.faults.append(f"`{name}` was never asked for")

    def check_one(self, name, wish, database):
        if database["DBInstanceStatus"] != "available":
            self.faults.append(f"`{name}` is `{database['DBInstanceStatus']}`")
            return
        tag = next((tag["Value"] for tag in database["TagList"] if tag["Key"] == "n"), None)
        if tag not in (wish.tag, wish.may_tag):
            self.faults.append(f"`{name}` has the tag {tag}, not {wish.tag}")
        wish.tag = wish.may_tag = tag
        endpoint = database["Endpoint"]
        for password in dict.fromkeys((wish.password, wish.may_password)):
            if password is None:
                continue
            done = self.server.ringwall.psql(self.network.inside, endpoint["Address"], endpoint["Port"], "boss", "shop",
                                             password, "SELECT 1")
            if done.returncode == 0:
                wish.password = wish.may_password = password
                return
        self.faults.append(f"`{name}` does not take its password: {done.stderr.strip()}")

    def run(self, rounds):
        self.server.start()
        self.network = Network(self.server.ringwall)
        self.rds = self.server.ringwall.client("rds")
        for i in range(rounds):
            self.round()
            if self.faults:
                print(f"round {i + 1}: {self.faults}", file=sys.stderr)
                break
            if (i + 1) % 10 == 0:
                print(f"{i + 1} rounds, {len(self.wishes)} databases there", flush=True)
        for name in list(self.wishes):
            self.delete(name)
        for name in self.settled():
            self.faults.append(f"`{name}` cannot be deleted")
        volumes = self.server.data + "/host/volumes"
        self.faults += [f"orphaned: {name}" for name in os.listdir(volumes)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(2**32)
    print(f"seed {seed}", flush=True)
    require_root_and_binary()
    links = host_links()
    folder = os.path.realpath(tempfile.mkdtemp(prefix="ringwall-chaos-"))
    chaos = Chaos(os.path.join(folder, "data"), seed)
    try:
        chaos.run(arguments.rounds)
    finally:
        status = chaos.server.stop()
        left = leftovers(chaos.server.data, links)
    if status != 0 or left or chaos.faults:
        print(f"seed {seed}: status {status}, left over {left}, faults {chaos.faults}\n{chaos.server.said()}", file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    print(f"{chaos.kills} kills, nothing acknowledged lost, nothing orphaned")
    return 0


if __name__ == "__main__":
    sys.exit(main())
