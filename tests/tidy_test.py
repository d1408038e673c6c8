#!/usr/bin/env python3
"""Shows that the tidy test catches what it says it catches."""
import pathlib
import tempfile
import unittest

import tidy

ROOMS = "base : - : - : words\nworld : base : SQLite3 : files\nother : base : - : more\n"


def tree(**files):
    root = pathlib.Path(tempfile.mkdtemp())
    (root / "apps").mkdir()
    for room in ("base", "world", "other"):
        (root / "src" / room).mkdir(parents=True)
        (root / "src" / room / "README.md").write_text("What it promises.\n")
    (root / "ROOMS").write_text(ROOMS)
    for name, text in files.items():
        path = root / "src" / name.replace("__", "/").replace("_DOT_", ".")
        path.write_text(text)
    return root


class Tidy(unittest.TestCase):
    def findings(self, **files):
        return tidy.check(tree(**files))

    def test_a_clean_tree_has_no_findings(self):
        self.assertEqual(self.findings(world__a_DOT_cc='#include "base/b.h"\n#include <sqlite3.h>\n'), [])

    def test_an_inner_room_may_not_include_an_outer_one(self):
        self.assertEqual(len(self.findings(base__a_DOT_cc='#include "world/a.h"\n')), 1)

    def test_siblings_may_not_include_each_other(self):
        self.assertEqual(len(self.findings(other__a_DOT_cc='#include "world/a.h"\n')), 1)

    def test_only_one_room_names_a_library(self):
        self.assertEqual(len(self.findings(other__a_DOT_cc="#include <sqlite3.h>\n")), 1)

    def test_a_pure_room_has_no_clock(self):
        self.assertEqual(len(self.findings(base__a_DOT_cc="auto t = std::chrono::system_clock::now();\n")), 1)

    def test_each_ban_finds_its_example(self):
        for ban in tidy.BANS + tidy.IMPURE:
            with self.subTest(ban.name):
                found = self.findings(base__a_DOT_cc=ban.example + "\n")
                self.assertEqual([one for one in found if ban.instead in one], found)
                self.assertNotEqual(found, [])

    def test_a_program_of_its_own_may_open_a_namespace(self):
        self.assertEqual(self.findings(world__a_fuzz_DOT_cc="using namespace ringwall;\n"), [])
        self.assertEqual(self.findings(world__a_DOT_cc="using namespace std::chrono_literals;\n"), [])
        self.assertEqual(len(self.findings(world__a_test_DOT_cc="using namespace std;\n")), 1)

    def untyped(self, told, text, name="world/a.cc"):
        root = tree()
        (root / "ROOMS").write_text("base : - : - : words\nstore : base : - : files\nworld : base store : - : files\nother : base : - : more\n")
        (root / "src" / "store").mkdir()
        (root / "src" / "store" / "README.md").write_text("What it promises.\n")
        (root / "src" / "world" / "use.cc").write_text("int i = store::a;\n")
        (root / "src" / "world" / "records.h").write_text('#pragma once\ninline constexpr records::Table<Key, 2> keys{"kms2/*/key/*"};\n')
        (root / "src" / name).write_text(text)
        (root / "tests").mkdir()
        (root / "tests" / "untyped.txt").write_text(told)
        return tidy.check(root)

    def test_one_more_call_of_the_store_key_or_member_by_name_is_found(self):
        told = "# counted\nworld/a.cc: 1 1 1\n".replace("world", "src/world")
        one = 'auto a = call.transaction.get("kms2/" + id);\nauto b = a->text("KeyId");\n'
        self.assertEqual(self.untyped(told, one), [])
        for more in ('auto c = store_->list(prefix);\n', 'auto c = "kms2/x";\n', 'auto c = (*a)["KeyId"];\n', 'auto c = a->str("KeyId");\n'):
            found = self.untyped(told, one + more)
            self.assertEqual(len(found), 1, found)
            self.assertIn("go through a table", found[0])
        self.assertEqual(len(self.untyped("", one)), 3)

    def test_what_became_fewer_may_not_become_more_again(self):
        found = self.untyped("src/world/a.cc: 1 1 2\n", 'auto a = call.transaction.get("kms2/" + id);\nauto b = a->text("KeyId");\n')
        self.assertEqual(len(found), 1, found)
        self.assertIn("--write", found[0])

    def test_an_operations_input_tables_and_other_rooms_are_free(self):
        free = 'auto a = call.input.text("KeyId");\nauto b = call.input["Tags"].items();\nauto c = tables::keys.get(call.transaction, id);\n'
        self.assertEqual(self.untyped("", free), [])
        self.assertEqual(self.untyped("", 'auto a = store.get("kms2/x");\n', "other/a.cc"), [])
        self.assertEqual(self.untyped("", 'auto a = store.get("kms2/x");\n', "world/a_test.cc"), [])

    def test_a_room_that_is_named_is_used(self):
        root = tree(world__a_DOT_cc='#include "base/b.h"\n')
        (root / "ROOMS").write_text("base : - : - : words\nother : base : - : more\nworld : base other : - : files\n")
        self.assertEqual(len(tidy.check(root)), 1)
        (root / "src" / "world" / "b.cc").write_text("int b() { return other::c(); }\n")
        self.assertEqual(tidy.check(root), [])

    def test_contributing_tells_the_bans_that_there_are(self):
        root = tree()
        told = "<!-- bans: from tests/tidy.py -->\n%s<!-- /bans -->\n"
        (root / "CONTRIBUTING.md").write_text(told % tidy.banned_list())
        self.assertEqual(tidy.check(root), [])
        (root / "CONTRIBUTING.md").write_text(told % "")
        self.assertEqual(len(tidy.check(root)), 1)

    def test_bans_hold_in_code_and_not_in_strings(self):
        self.assertEqual(len(self.findings(world__a_DOT_cc="void f() { throw 1; }\n")), 1)
        self.assertEqual(self.findings(world__a_DOT_cc='auto s = "throw";  // never throw\n'), [])

    def test_a_line_may_give_its_reason(self):
        self.assertEqual(self.findings(world__a_DOT_cc="void f() { throw 1; }  // tidy: a library wants it\n"), [])

    def test_a_header_without_pragma_once_is_found(self):
        self.assertEqual(len(self.findings(world__a_DOT_h="int f();\n")), 1)

    def test_rooms_names_only_inner_rooms(self):
        root = tree()
        (root / "ROOMS").write_text("base : world : - : words\nworld : base : - : files\nother : - : - : x\n")
        self.assertEqual(len([one for one in tidy.check(root) if "not an inner room" in one]), 1)


if __name__ == "__main__":
    unittest.main()
