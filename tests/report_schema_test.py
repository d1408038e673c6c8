#!/usr/bin/env python3
"""The JSON report is what its published schema says, and the schema says enough to tell a wrong report.

usage: report_schema_test.py RW_REPORT_TEST
"""
import copy
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

BINARY = sys.argv.pop(1) if len(sys.argv) > 1 else "rw_report_test"
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool}
KNOWN = {"$schema", "$id", "$defs", "$ref", "title", "description", "type", "additionalProperties", "required", "properties", "items",
         "const", "enum", "minimum", "pattern", "format"}


def faults(value, schema, root, path="$"):
    """What JSON Schema says against the value, as far as our schema uses it."""
    unknown = schema.keys() - KNOWN
    assert not unknown, f"this validator does not know {unknown}"
    if "$ref" in schema:
        target = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        yield from faults(value, target, root, path)
    if "const" in schema and value != schema["const"]:
        yield f"{path} is not {schema['const']}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path} is {value!r}"
    if "type" in schema:
        wanted = TYPES[schema["type"]]
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            yield f"{path} is no {schema['type']}"
            return
    if "minimum" in schema and value < schema["minimum"]:
        yield f"{path} is {value}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{path} is {value!r}"
    if isinstance(value, list) and "items" in schema:
        for at, item in enumerate(value):
            yield from faults(item, schema["items"], root, f"{path}[{at}]")
    if isinstance(value, dict):
        for name in schema.get("required", []):
            if name not in value:
                yield f"{path}.{name} is missing"
        for name, item in value.items():
            if name in schema.get("properties", {}):
                yield from faults(item, schema["properties"][name], root, f"{path}.{name}")
            elif schema.get("additionalProperties") is False:
                yield f"{path}.{name} is not in the schema"
            elif isinstance(schema.get("additionalProperties"), dict):
                yield from faults(item, schema["additionalProperties"], root, f"{path}.{name}")


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([BINARY, "--gtest_brief=1", "--gtest_filter=Samples.*"], env={**os.environ, "RINGWALL_SAMPLES": folder},
                           stdout=subprocess.DEVNULL, check=True)
            files = {path.name: path.read_text() for path in pathlib.Path(folder).iterdir() if path.suffix in [".json", ".sarif"]}
        cls.schema = json.loads(files.pop("schema.json"))
        cls.reports = {name: json.loads(text) for name, text in files.items() if name.endswith(".json")}
        cls.logs = {name: json.loads(text) for name, text in files.items() if name.endswith(".sarif")}

    def test_reports_are_what_it_says(self):
        self.assertGreaterEqual(len(self.reports), 3)
        for name, report in self.reports.items():
            self.assertEqual(list(faults(report, self.schema, self.schema)), [], name)

    def test_wrong_reports_are_told(self):
        def change(edit):
            report = copy.deepcopy(self.reports["leaking.json"])
            edit(report)
            return list(faults(report, self.schema, self.schema))
        self.assertTrue(change(lambda report: report.pop("verdict")))
        self.assertTrue(change(lambda report: report.update(verdict="fine")))
        self.assertTrue(change(lambda report: report.update(more=1)))
        self.assertTrue(change(lambda report: report["leaks"][0]["finding"]["request"].update(context={"a": "b"})))
        self.assertTrue(change(lambda report: report["matrix"][0]["cells"][0].update(leaks=[-1])))

    def test_others_agree(self):
        try:
            from jsonschema import Draft202012Validator
        except ImportError:
            self.skipTest("jsonschema is not installed: apt-get install python3-jsonschema")
        Draft202012Validator.check_schema(self.schema)
        for report in self.reports.values():
            Draft202012Validator(self.schema).validate(report)

    def test_sarif_has_what_its_standard_requires(self):
        for name, log in self.logs.items():
            self.assertEqual(log["version"], "2.1.0", name)
            run, = log["runs"]
            rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
            self.assertEqual(len(set(rules)), len(rules))
            for result in run["results"]:
                self.assertEqual(rules[result["ruleIndex"]], result["ruleId"])
                self.assertIn(result["level"], ["error", "warning", "note"])
                self.assertTrue(result["message"]["text"])
                for location in result["locations"] + result.get("relatedLocations", []):
                    if "physicalLocation" in location:
                        self.assertRegex(location["physicalLocation"]["artifactLocation"]["uri"], r"^[A-Za-z0-9._~%/-]+$")
                        self.assertGreaterEqual(min(location["physicalLocation"]["region"].values()), 1)
                    else:
                        self.assertTrue(location["logicalLocations"][0]["fullyQualifiedName"])


if __name__ == "__main__":
    unittest.main()
