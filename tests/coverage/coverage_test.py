#!/usr/bin/env python3
"""Holds tools/coverage to what it says, on reports made here."""
import importlib.machinery
import importlib.util
import pathlib
import unittest

TOOL = pathlib.Path(__file__).resolve().parent.parent.parent / "tools/coverage"
loader = importlib.machinery.SourceFileLoader("coverage_tool", str(TOOL))
coverage = importlib.util.module_from_spec(importlib.util.spec_from_loader("coverage_tool", loader))
loader.exec_module(coverage)


def unreached(source, line=1):
    return {"file": "a.cc", "line": line, "column": 1, "missed": "never true", "source": source}


class Counting(unittest.TestCase):
    def test_instantiations_of_a_template_add_up(self):
        data = {"branches": [[3, 5, 3, 9, 1, 0, 0, 0, 4], [3, 5, 3, 9, 0, 2, 0, 0, 4], [4, 1, 4, 2, 0, 7, 0, 0, 4]], "expansions": []}
        self.assertEqual([(one.line, one.missed) for one in coverage.branches_of_clang("a.cc", data)], [(3, ""), (4, "never true")])

    def test_a_macros_branch_stands_where_it_is_used_and_checks_do_not_count(self):
        def used(line, header):
            return {"source_region": [line, 3, line, 9, 1, 0, 1, 1], "filenames": ["a.cc", header], "branches": [[58, 1, 58, 9, 0, 0, 1, 0, 4]]}
        data = {"branches": [], "expansions": [used(7, "/r/src/base/result.h"), used(8, "/r/src/base/check.h")]}
        self.assertEqual([(one.line, one.missed) for one in coverage.branches_of_clang("a.cc", data)], [(7, "never asked")])

    def test_the_table_counts_outcomes(self):
        branches = [coverage.Branch("a.cc", 1, 1, missed, 2) for missed in ("", "never true", "never asked")]
        self.assertEqual(coverage.table_of({"a.cc": (8, 9)}, branches), [("a.cc", 8, 9, 3, 6), ("all", 8, 9, 3, 6)])


class Checking(unittest.TestCase):
    listed = coverage.read_list("# Why.\n\n== a.cc\nif (x) {\n    it cannot,\n    ever\n")

    def test_a_list_is_files_lines_and_reasons(self):
        self.assertEqual(self.listed, {("a.cc", "if (x) {"): "it cannot, ever"})
        for wrong in ("if (x) {\n    no file\n", "== a.cc\nif (x) {\n", "== a.cc\n    no line\n"):
            with self.assertRaises(ValueError, msg=wrong):
                coverage.read_list(wrong)

    def test_what_is_listed_passes_and_what_is_not_fails_with_its_place(self):
        self.assertEqual(list(coverage.check([unreached("if (x) {")], self.listed, {"a.cc"})), [])
        self.assertEqual(list(coverage.check([unreached("if (x) {"), unreached("if (y) {", 9)], self.listed, {"a.cc"})),
                         ["a.cc:9: never true: if (y) {"])

    def test_what_is_listed_and_reached_fails_where_its_file_was_measured_or_is_gone(self):
        here = coverage.read_list("== tools/coverage\nif (x) {\n    why\n")
        self.assertEqual(list(coverage.check([], here, {"tools/coverage"})), ["tools/coverage: listed, but reached or gone: if (x) {"])
        self.assertEqual(list(coverage.check([], here, {"b.cc"})), [])
        self.assertEqual(list(coverage.check([], self.listed, {"b.cc"})), ["a.cc: listed, but reached or gone: if (x) {"])

    def test_the_list_itself_can_be_read(self):
        self.assertTrue(coverage.read_list(coverage.LIST.read_text()))


if __name__ == "__main__":
    unittest.main()
