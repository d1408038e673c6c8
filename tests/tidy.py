#!/usr/bin/env python3
"""Holds the tree to ROOMS and to the bans of CONTRIBUTING.md. Prints one line per finding.

usage: tidy.py [ROOT | --write]   (--write renews the table in CONTRIBUTING.md, and lowers the counts in tests/untyped.txt)
"""
import collections
import pathlib
import re
import sys

# What only some rooms may name. A header (or its folder) -> the library it belongs to.
LIBRARIES = {
    "simdjson": r"simdjson\.h",
    "OpenSSL": r"openssl/.*",
    "SQLite3": r"sqlite3\.h",
    "CaDiCaL": r"cadical\.hpp",
    "yaml-cpp": r"yaml-cpp/.*",
    "Boost": r"boost/.*",
    "nftables": r"nftables/.*",
    "PostgreSQL": r"libpq-fe\.h|postgres\.h",
}

# What no source of ours may say: what it is called, a pattern, what to say instead, and a line that says it (tidy_test.py shows
# that each is found). Tests included. A line that must say it gives its reason in a comment of its own: `// tidy: the kernel
# offers nothing to wait for`.
Ban = collections.namedtuple("Ban", "name pattern instead example")
BANS = [
    Ban("sleeping", r"\bstd::(this_thread::sleep_for|this_thread::sleep_until)|\bu?sleep\(|\bnanosleep\(", "wait for the event, not for time",
        "std::this_thread::sleep_for(1s);"),
    Ban("`strcpy` and relatives", r"\b(strcpy|strncpy|stpcpy|strcat|strncat|sprintf|vsprintf|strtok|gets)\(", "use std::string and fmt", "strcpy(to, from);"),
    Ban("`rand`", r"\brand\(|\bsrand\(|\bstd::rand\b", "take a Random port", "int one = rand();"),
    Ban("ownerless to-dos", r"\b(TODO|FIXME|XXX|HACK)\b", "file an issue, or do it", "// TODO: later"),
    Ban("`throw`", r"\bthrow\b", "return a Result", "void f() { throw 1; }"),
    Ban("`<regex>`", r"#include <regex>", "use the parsers of room text", "#include <regex>"),
    Ban("`<iostream>`", r"#include <iostream>", "print with fmt or std::printf: it initialises streams in every program", "#include <iostream>"),
    Ban("include guards", r"#ifndef \w+_H_?\b", "use #pragma once", "#ifndef A_H"),
    Ban("running a shell", r"\bstd::system\(|\bpopen\(", "run programs through room host", 'std::system("ls");'),
    Ban("`assert`", r"\bassert\(", "use RW_CHECK, which holds in every build", "assert(x);"),
    Ban("`using namespace`", r"\busing namespace (?!(std::(literals|\w+_literals)|detail);)", "name what is used, or open the namespace (a room's own `detail` is its own)", "using namespace std;"),
]

# A file that is a program of its own may open the namespace it works in; elsewhere names say where they are from.
MAIN_FILE = re.compile(r"_(fuzz|bench)\.cc$")

# Rings 0 and 1 make no system calls and know neither clock nor thread.
PURE = {"base", "text", "policy", "catalogue", "lint", "authz", "estate", "checker", "prover", "recheck", "yaml", "loaders", "perimeter",
        "generate", "report", "awsapi", "dns"}
IMPURE = [
    Ban("system calls and threads in a pure room", r"#include <(thread|mutex|shared_mutex|fstream|unistd\.h|sys/.*|fcntl\.h)>",
        "a pure room makes no system calls", "#include <thread>"),
    Ban("clocks in a pure room", r"(system|steady|high_resolution)_clock::now", "take a Clock port", "auto t = std::chrono::system_clock::now();"),
]

INCLUDE = re.compile(r'^\s*#include\s+(?:"([^"]+)"|<([^>]+)>)')


def read_rooms(root):
    """ROOMS as {room: (set of rooms, set of libraries)}, and findings about the file itself."""
    rooms, findings = {}, []
    for number, line in enumerate((root / "ROOMS").read_text().splitlines(), 1):
        if not re.match(r"^[a-z]", line):
            continue
        parts = [part.strip() for part in line.split(":", 3)]
        if len(parts) != 4:
            findings.append(f"ROOMS:{number}: not `room : rooms : libraries : promise`")
            continue
        inner = set() if parts[1] == "-" else set(parts[1].split())
        for unknown in sorted(inner - rooms.keys()):
            findings.append(f"ROOMS:{number}: `{parts[0]}` names `{unknown}`, which is not an inner room")
        rooms[parts[0]] = (inner, set() if parts[2] == "-" else set(parts[2].split()))
    return rooms, findings


def room_of(path, rooms):
    """The room a path below src/ lies in; the longest name wins."""
    fitting = [room for room in rooms if path.startswith(room + "/")]
    return max(fitting, key=len, default=None)


def check_includes(name, text, room, rooms, is_test):
    inner, libraries = rooms[room]
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        ours, system = match.groups()
        if ours:
            other = room_of(ours, rooms)
            if other is None:
                yield f"{name}:{number}: `{ours}` is in no room: include from src/, as \"room/file.h\""
            elif other != room and other not in inner and not is_test:
                yield f"{name}:{number}: room `{room}` may not include `{other}`: see ROOMS"
        else:
            for library, pattern in LIBRARIES.items():
                if re.fullmatch(pattern, system) and library not in libraries and not is_test:
                    yield f"{name}:{number}: room `{room}` may not name {library}: see ROOMS"


def check_bans(name, text, pure):
    bans = BANS + (IMPURE if pure else [])
    for number, line in enumerate(text.splitlines(), 1):
        code = re.sub(r'"(\\.|[^"\\])*"', '""', line)
        code, _, comment = code.partition("//")
        for ban in bans:
            if "using namespace" in ban.name and MAIN_FILE.search(name):
                continue
            found = re.search(ban.pattern, line if "TODO" in ban.pattern else code)
            if found and "tidy: " not in comment:
                yield f"{name}:{number}: `{found.group(0)}`: {ban.instead}"


# A room that is named is one whose names the code says. Everything stands on `base`, whose names have no namespace of their own.
def check_grants(rooms, texts):
    for room, (inner, _) in rooms.items():
        for other in sorted(inner - {"base"}):
            if f'"{other}/' not in texts[room] and not re.search(rf"\b{other.split('/')[-1]}::", texts[room]):
                yield f"ROOMS: room `{room}` names `{other}` and uses nothing of it"


BANNED_LIST = re.compile(r"(?s)<!-- bans: from tests/tidy.py -->\n(.*?)<!-- /bans -->")


def banned_list():
    """CONTRIBUTING's table of what is banned."""
    lines = ["| banned | instead |", "|---|---|"]
    return "".join(line + "\n" for line in lines + [f"| {ban.name} | {ban.instead} |" for ban in BANS + IMPURE])


def check_contributing(root):
    path = root / "CONTRIBUTING.md"
    if not path.exists():
        return
    told = BANNED_LIST.search(path.read_text())
    if told is None or told.group(1) != banned_list():
        yield "CONTRIBUTING.md: its table of bans is not that of tests/tidy.py: `tests/tidy.py --write` renews it"


# Stored documents are types (docs/decisions/0019): outside tables nobody asks the store for a document and nobody spells a key,
# so that no stored member is read by a name. What is not there yet is counted in tests/untyped.txt, which may only shrink:
# calls of the store, keys spelt, members named of anything but an operation's input.
STORE_CALL = re.compile(r"\b\w*(?:transaction|store)_?(?:\.|->)(?:(?:put|list|erase|contains)\(|get\((?!\)))")
INPUT = re.compile(r"\binput(?:\[[^\]]*\])*(?:\.(?:text|str|contains|find)\()?")
MEMBER = re.compile(r'(?:\.|->)(?:text|str|contains|find)\("[A-Za-z_]|\["[A-Za-z_]')
TABLE = re.compile(r'records::Table<[^>]*> \w+\{"([a-z0-9-]+)')
UNTYPED = ("calls of the store", "keys of the store", "members by name")


def untyped(root, rooms):
    """{file: how many of each of UNTYPED}, of those that have any."""
    texts = {}
    for path in sorted((root / "src").rglob("*.h")) + sorted((root / "src").rglob("*.cc")):
        room = room_of(str(path.relative_to(root / "src")), rooms)
        is_test = re.search(r"_(test|bench|fuzz)\.|/testing|plain_twin", str(path)) is not None
        if room not in (None, "store", "records") and rooms[room][0] & {"store", "records"} and not is_test:
            texts[str(path.relative_to(root))] = path.read_text()
    tables = {name for text in texts.values() for name in TABLE.findall(text)}
    key = re.compile(r'"(?:%s)/' % "|".join(sorted(tables))) if tables else None
    counts = {}
    for name, text in texts.items():
        lines = [line for line in text.splitlines() if "tidy: " not in line and not line.lstrip().startswith(("//", "#include"))]
        if name.endswith("/records.h"):
            continue
        code = "\n".join(lines)
        count = (len(STORE_CALL.findall(code)), len(key.findall(code)) if key else 0, len(MEMBER.findall(INPUT.sub("", code))))
        if any(count):
            counts[name] = count
    return counts


def untyped_text(counts):
    head = "# What is not typed yet, counted: tests/tidy.py holds it, and it may only shrink. file: " + ", ".join(UNTYPED) + "\n"
    total = tuple(sum(column) for column in zip(*counts.values())) or (0, 0, 0)
    return head + "".join("%s: %d %d %d\n" % (name, *count) for name, count in [*sorted(counts.items()), ("all", total)])


def check_untyped(root, rooms):
    path = root / "tests" / "untyped.txt"
    told = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        if not line.startswith("#"):
            name, count = line.split(": ")
            told[name] = tuple(int(word) for word in count.split())
    found = untyped(root, rooms)
    for name in sorted(found.keys() | told.keys() - {"all"}):
        was, now = told.get(name, (0, 0, 0)), found.get(name, (0, 0, 0))
        for what, before, after in zip(UNTYPED, was, now):
            if after > before:
                yield f"{name}: {after} {what}, not {before}: go through a table, and read a record (src/records/README.md)"
        if now != was and all(after <= before for before, after in zip(was, now)):
            yield f"{name}: fewer than tests/untyped.txt counts: `tests/tidy.py --write` lowers it"


def check(root):
    root = pathlib.Path(root)
    rooms, findings = read_rooms(root)
    for room in rooms:
        if not (root / "src" / room).is_dir():
            findings.append(f"ROOMS: room `{room}` has no folder src/{room}")
        elif not (root / "src" / room / "README.md").is_file():
            findings.append(f"src/{room}: a room has a README.md: what it promises, refuses, where to start")
    findings += check_contributing(root)
    texts = collections.defaultdict(str)
    files = sorted((root / "src").rglob("*.h")) + sorted((root / "src").rglob("*.cc"))
    for path in files:
        name = str(path.relative_to(root))
        text = path.read_text()
        room = room_of(str(path.relative_to(root / "src")), rooms)
        is_test = re.search(r"_(test|bench|fuzz)\.cc$|/testing", name) is not None
        if room is None:
            findings.append(f"{name}: in no room of ROOMS")
            continue
        if path.suffix == ".h" and "#pragma once" not in text.splitlines()[:3]:
            findings.append(f"{name}:1: a header begins with #pragma once")
        if not is_test:
            texts[room] += text
        findings += check_includes(name, text, room, rooms, is_test)
        findings += check_bans(name, text, room in PURE and not is_test)
    findings += check_grants(rooms, texts)
    findings += check_untyped(root, rooms)
    for path in sorted((root / "apps").rglob("*.cc")):
        findings += check_bans(str(path.relative_to(root)), path.read_text(), False)
    return findings


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    if sys.argv[1:] == ["--write"]:
        path = root / "CONTRIBUTING.md"
        table = f"<!-- bans: from tests/tidy.py -->\n{banned_list()}<!-- /bans -->"
        path.write_text(BANNED_LIST.sub(lambda _: table, path.read_text()))
        if not any("go through a table" in finding for finding in check_untyped(root, read_rooms(root)[0])):
            (root / "tests" / "untyped.txt").write_text(untyped_text(untyped(root, read_rooms(root)[0])))
    elif len(sys.argv) > 1:
        root = sys.argv[1]
    findings = check(root)
    for finding in findings:
        print(finding)
    print(f"tidy: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
