#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds and runs what torture.sh has fetched, and compares.

usage: torture.py BUILD_DIRECTORY PROGRAM…
"""

import collections
import hashlib
import json
import os
import pathlib
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
import xml.etree.ElementTree

RULES = "# Everything, one-line accessors included.\n* accessors=true\n"
# Seconds for one test. With each call recorded, LevelDB's longest takes minutes.
TEST_TIMEOUT = 3600

SANITIZE = "-fsanitize=address,undefined -fno-sanitize-recover=all"

# The options of CMake, whether there is a build with sanitizers, what is set for
# the tests, and what besides while each call is recorded.
Program = collections.namedtuple(
    "Program", "options sanitized environment each_call", defaults=[{}, {}]
)
# For programs that make billions of calls: with full rings most of them take
# the short way of a call that is dropped.
BILLIONS = {"OBS_MEMORY_LIMIT": "8MB", "OBS_READ_POINTERS": "0"}
PROGRAMS = {
    # C++20 has renamed an enumerator that it uses.
    "leveldb": Program(
        ["-DCMAKE_CXX_STANDARD=17", "-DLEVELDB_BUILD_BENCHMARKS=OFF"],
        sanitized=False,
        # All but one, which looks for what a compaction in the background leaves.
        # Beside anything else that is often too early, not monitored either.
        environment={"GTEST_FILTER": "-DBTest.HiddenValuesAreRemoved"},
        each_call=BILLIONS,
    ),
    "jsoncpp": Program(
        [
            "-DBUILD_SHARED_LIBS=OFF",
            "-DBUILD_OBJECT_LIBS=OFF",
            "-DJSONCPP_WITH_POST_BUILD_UNITTEST=OFF",
        ],
        sanitized=True,
    ),
    "tinyxml2": Program(["-DCMAKE_CXX_STANDARD=20"], sanitized=True),
    "pugixml": Program(
        ["-DCMAKE_CXX_STANDARD=20", "-DPUGIXML_BUILD_TESTS=ON"], sanitized=False
    ),
    "re2": Program(["-DCMAKE_CXX_STANDARD=20"], sanitized=False, each_call=BILLIONS),
    "fmt": Program(
        ["-DCMAKE_CXX_STANDARD=20", "-DFMT_DOC=OFF", "-DFMT_PEDANTIC=ON"], sanitized=False
    ),
}

# What googletest, tinyxml2, jsoncpp and re2 print about each of their cases, and
# pugixml about all of them.
CASE = re.compile(
    r"^(?:\[ +(?P<gtest>OK|FAILED|SKIPPED) +\] (?P<gtest_name>[\w./]+)"
    r"|\[(?P<tinyxml2>pass|fail)\] (?P<tinyxml2_name>.*)"
    r"|(?:Testing|TESTING:) (?P<jsoncpp_name>\S+?):? (?P<jsoncpp>OK|FAILED)"
    r"|(?P<pugixml>Success|FAILURE): (?P<pugixml_name>.*tests.*)"
    r"|(?P<re2_name>[A-Za-z]\w*\.[A-Za-z]\w*))(?: \(\d+ ms\))?\s*$",
    re.M,
)

# Clang looks at what a constexpr function returns before it warns of this, and
# cannot do so of one that is monitored (docs/limitations.md).
FOLDING = "implicit conversion changes signedness"

Run = collections.namedtuple("Run", "tests cases cpu wall")


class Failures:
    def __init__(self):
        self.count = 0

    def add(self, text):
        self.count += 1
        print(f"DIFFERENT: {text}", file=sys.stderr, flush=True)


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def compiler_key(obs):
    """What a monitored build depends on, besides its own source."""
    digest = hashlib.sha256(RULES.encode())
    headers = sorted((obs / "include").resolve().rglob("*.h"))
    for path in [*sorted(obs.glob("lib/*.so")), obs / "bin/obs-c++", *headers]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


class Build:
    """One program, plain or monitored, with or without sanitizers."""

    def __init__(self, obs, name, monitored, sanitized):
        self.obs, self.name, self.monitored = obs, name, monitored
        self.label = ("monitored" if monitored else "plain") + (
            ", sanitized" if sanitized else ""
        )
        home = obs / "torture" / name
        self.source = home / "source"
        self.directory = home / self.label.replace(", ", "-")
        flags = "-O2"
        if sanitized:
            flags += " " + SANITIZE
        if monitored:
            rules = obs / "torture" / "all.rules"
            rules.write_text(RULES)
            flags += f" -fplugin-arg-obs-functions={rules}"
        compiler = obs / "bin/obs-c++" if monitored else "clang++-19"
        self.configuration = [
            "cmake", "-G", "Ninja", "-S", str(self.source), "-B", str(self.directory),
            "-DCMAKE_BUILD_TYPE=None", "-DCMAKE_C_COMPILER=clang-19",
            f"-DCMAKE_CXX_COMPILER={compiler}", f"-DCMAKE_CXX_FLAGS={flags}",
            *PROGRAMS[name].options,
        ]  # fmt: skip
        self.environment = {**os.environ, "CCACHE_DISABLE": "1"}

    def make(self):
        """Builds it, unless that has been done; sets `cpu`, in seconds."""
        stamp = self.directory / "torture.json"
        key = json.dumps(self.configuration) + (
            compiler_key(self.obs) if self.monitored else ""
        )
        if stamp.exists():
            done = json.loads(stamp.read_text())
            if done["key"] == key:
                self.cpu, self.warnings = done["cpu"], done["warnings"]
                return
        shutil.rmtree(self.directory, ignore_errors=True)
        print(f"   building {self.name}, {self.label}", flush=True)
        self.run(self.configuration)
        before = cpu_seconds()
        output = self.run(["ninja", "-C", str(self.directory)])
        self.cpu = cpu_seconds() - before
        self.warnings = sorted(set(re.findall(r"^.* warning: .*$", output, re.M)))
        stamp.write_text(
            json.dumps({"key": key, "cpu": self.cpu, "warnings": self.warnings})
        )

    def run(self, command):
        done = subprocess.run(
            command, env=self.environment, text=True, errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if done.returncode:
            sys.exit(f"{done.stdout[-5000:]}\nerror: {self.name}, {self.label}: {command[0]}")
        return done.stdout

    def binaries(self):
        """The executables and shared libraries of the build."""
        for path in sorted(self.directory.rglob("*")):
            if not path.is_file() or path.is_symlink() or "CMakeFiles" in path.parts:
                continue
            if os.access(path, os.X_OK) or ".so" in path.suffixes:
                if path.open("rb").read(4) == b"\x7fELF":
                    yield str(path)

    def size(self):
        """Bytes of code and data."""
        listed = self.run(["size", *self.binaries()]).splitlines()[1:]
        return sum(int(field) for line in listed for field in line.split()[:2])

    def functions(self):
        listed = self.run(
            [str(self.obs / "bin/obsctl"), "--json", "sites", *self.binaries()]
        )
        return len(json.loads(listed))

    def test(self, database=None, sample=1):
        """Runs all tests of the program, one after the other."""
        report = self.directory / "torture.xml"
        report.unlink(missing_ok=True)
        environment = {**self.environment, **PROGRAMS[self.name].environment}
        if database:
            for old in database.parent.glob(database.name + "*"):
                old.unlink()
            # A long run, of which the totals are wanted.
            environment.update(
                OBS_DB=str(database), OBS_SAMPLE=str(sample), OBS_RETENTION_SIZE="256MB"
            )
            if sample == 1:
                environment.update(PROGRAMS[self.name].each_call)
        started, before = time.monotonic(), cpu_seconds()
        subprocess.run(
            ["ctest", "--test-dir", str(self.directory), "--output-junit", str(report),
             "--test-output-size-passed", "100000000",
             "--test-output-size-failed", "100000000", "--timeout", str(TEST_TIMEOUT)],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        cpu, wall = cpu_seconds() - before, time.monotonic() - started
        tests, cases = {}, collections.Counter()
        for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
            tests[case.get("name")] = case.get("status")
            for found in CASE.finditer(case.findtext("system-out") or ""):
                cases[(case.get("name"), *filter(None, found.groups()))] += 1
        return Run(tests, cases, cpu, wall)


def check_same(what, plain, run, failures):
    for name in sorted({*plain.tests, *run.tests}):
        if plain.tests.get(name) != run.tests.get(name):
            failures.add(
                f"{what}: test {name}: {plain.tests.get(name)} plain,"
                f" {run.tests.get(name)} monitored"
            )
    for case in sorted({*plain.cases, *run.cases}):
        if plain.cases[case] != run.cases[case]:
            failures.add(
                f"{what}: {' '.join(case)}: {plain.cases[case]} × plain,"
                f" {run.cases[case]} × monitored"
            )


def check_books(what, obs, database, every_call, failures):
    """Returns calls, recorded and dropped, after having compared them."""
    # Tests that end by a signal leave their last calls in shared memory.
    subprocess.run(
        [str(obs / "bin/obsctl"), "--db", str(database), "recover"],
        stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    store = sqlite3.connect(database)
    rows = store.execute(
        "SELECT function, calls_total, recorded, dropped FROM functions"
    ).fetchall()
    for function, calls, recorded, dropped in rows:
        known = recorded + dropped
        if known != calls if every_call else known > calls:
            failures.add(
                f"{what}: {function}: {calls} calls,"
                f" {recorded} recorded, {dropped} dropped"
            )
    if not rows:
        failures.add(f"{what}: nothing was recorded")
    return [f"{sum(column):,}" for column in list(zip(*rows))[1:]] or "000"


def ratio(value, plain):
    return f"{value / plain:.2f}" if plain else "-"


def torture(obs, name, sanitized, failures):
    """The rows of the table for one program."""
    plain = Build(obs, name, monitored=False, sanitized=sanitized)
    monitored = Build(obs, name, monitored=True, sanitized=sanitized)
    plain.make()
    monitored.make()
    for warning in sorted({*monitored.warnings} - {*plain.warnings}):
        if FOLDING in warning:
            continue
        failures.add(f"{name}: {warning}")
    plain_run = plain.test()
    plain_size = plain.size()
    suffix = ", sanitized" if sanitized else ""

    def row(label, functions, run, books, cpu, size):
        passed = sum(status == "run" for status in run.tests.values())
        return [
            name, label + suffix, functions, f"{passed}/{len(run.tests)}",
            f"{sum(run.cases.values()):,}", *books,
            f"{cpu:.1f}", ratio(cpu, plain.cpu), f"{size:,}", ratio(size, plain_size),
            f"{run.cpu:.1f}", ratio(run.cpu, plain_run.cpu),
            f"{run.wall:.1f}", ratio(run.wall, plain_run.wall),
        ]  # fmt: skip

    rows = [row("plain", "-", plain_run, "---", plain.cpu, plain_size)]
    for sample in (1, 0.01):
        what = f"{name}, sample={sample}{suffix}"
        print(f"   testing {what}", flush=True)
        database = monitored.directory / f"sample-{sample}.db"
        run = monitored.test(database, sample)
        check_same(what, plain_run, run, failures)
        books = check_books(what, obs, database, sample == 1, failures)
        rows.append(
            row(f"sample={sample}", f"{monitored.functions():,}", run, books,
                monitored.cpu, monitored.size())
        )  # fmt: skip
    return rows


HEADER = [
    "PROGRAM", "BUILD", "FUNCTIONS", "TESTS", "CASES", "CALLS", "RECORDED", "DROPPED",
    "COMPILE CPU s", "×", "BYTES", "×", "RUN CPU s", "×", "WALL s", "×",
]  # fmt: skip


def print_table(rows):
    rows = [HEADER, *rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    for row in rows:
        cells = [
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths))
        ]
        print("  ".join(cells).rstrip())


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    obs = pathlib.Path(sys.argv[1]).resolve()
    failures = Failures()
    rows = []
    for name in sys.argv[2:]:
        print(f"\n== {name}", flush=True)
        for sanitized in [False, True] if PROGRAMS[name].sanitized else [False]:
            rows += torture(obs, name, sanitized, failures)
    print()
    print_table(rows)
    if failures.count:
        sys.exit(f"\n{failures.count} differences")
    print("\nno difference")


if __name__ == "__main__":
    main()
