#!/usr/bin/env python3
"""The report's page in Chromium: quiet, complete, readable in every light, and unmoved by hostile names (page/page.mjs).

usage: report_page_test.py RW_REPORT_TEST

Exit code 77 (skipped) where Chromium, node, npm or the registry cannot be had.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
HERE = pathlib.Path(__file__).resolve().parent / "page"


def skip(why):
    print(f"skipped: {why}")
    return SKIPPED


def main():
    browser = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    if browser is None:
        return skip("Chromium is not installed: apt-get install chromium")
    for program in ["node", "npm"]:
        if shutil.which(program) is None:
            return skip(f"{program} is not installed: apt-get install {program}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file in HERE.iterdir():
            shutil.copy(file, folder)
        installed = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=folder, capture_output=True, text=True,
                                   timeout=90, check=False)
        if installed.returncode != 0:
            return skip(f"playwright-core could not be had from npm: {installed.stderr.strip()[-200:]}")
        pages = folder / "pages"
        pages.mkdir()
        subprocess.run([sys.argv[1], "--gtest_brief=1", "--gtest_filter=Samples.*"], env={**os.environ, "RINGWALL_SAMPLES": str(pages)},
                       stdout=subprocess.DEVNULL, check=True)
        return subprocess.run(["node", "page.mjs", browser, str(pages)], cwd=folder, timeout=200, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
