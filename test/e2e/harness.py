# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: compile, run, query. Each test is a script
that ctest runs with the build directory as its argument; a failed check ends it
with a message."""

import atexit
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = HERE / "programs"
SOURCE = HERE.parent.parent
BUILD = pathlib.Path(sys.argv[1]).resolve()
OBS_CXX = BUILD / "bin" / "obs-c++"
OBSCTL = BUILD / "bin" / "obsctl"
CLANG = "clang++-19"
FLAGS = os.environ.get("OBS_TEST_FLAGS", "").split()  # of scripts/test-sanitizers.sh
# Sanitizers that a test has of its own, unless those are given.
SANITIZED = [] if FLAGS else ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
# What an earlier run has left in shared memory for the same paths is not ours.
SHM = tempfile.mkdtemp(prefix="obs-test-", dir="/dev/shm")
atexit.register(shutil.rmtree, SHM, ignore_errors=True)


def scratch(name):
    """A fresh directory for this test, left for looking at afterwards."""
    directory = BUILD / "e2e" / name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def environment(database, **variables):
    """The caller's environment, without settings of its own for obs."""
    result = {k: v for k, v in os.environ.items() if not k.startswith("OBS_")}
    result["OBS_DB"] = str(database)
    result["OBS_SHM_DIR"] = SHM
    result.update({k: str(v) for k, v in variables.items()})
    return result


def run(command, expect=0, **options):
    """Runs the command and returns its completed process."""
    done = subprocess.run([str(c) for c in command], text=True, capture_output=True, **options)
    if expect is not None and done.returncode != expect:
        sys.exit(
            f"{' '.join(map(str, command))}: exit code {done.returncode}, expected {expect}\n"
            f"{done.stdout}{done.stderr}"
        )
    return done


def compile_monitored(source, output, *flags):
    run([OBS_CXX, "-std=c++20", *FLAGS, *flags, PROGRAMS / source, "-o", output, "-pthread"])
    return output


def compile_plain(source, output, *flags):
    run([CLANG, "-std=c++20", "-Wno-unknown-attributes", *FLAGS, *flags, PROGRAMS / source, "-o", output,
         "-pthread"])
    return output


def query(database, sql, *values):
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def single(database, sql, *values):
    return query(database, sql, *values)[0][0]


def obsctl(database, *arguments, expect=0):
    return run([OBSCTL, "--db", database, *arguments], expect=expect, env=environment(database))


def obsctl_json(database, *arguments):
    return json.loads(obsctl(database, "--json", *arguments).stdout)


def check(condition, message):
    if not condition:
        sys.exit(f"FAILED: {message}")


def check_equal(actual, expected, what):
    check(actual == expected, f"{what}: got {actual!r}, expected {expected!r}")
