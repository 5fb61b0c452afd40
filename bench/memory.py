# SPDX-License-Identifier: Apache-2.0
"""Memory at rest, and of a record that waits for the database."""

import json
import sqlite3
import subprocess

import limits
import report
from common import CLANG, HERE, Failure, build, environment, remove_database

CALLS = 50_000  # of 60,000 that the queue holds
BATCH = 100  # that the writer may have in hand


def ask(program, database):
    """What the program prints at rest, and with CALLS waiting for a database
    that someone else has locked."""
    process = subprocess.Popen([program, str(CALLS)], stdin=subprocess.PIPE, text=True,
                               stdout=subprocess.PIPE, env=environment(database))
    try:
        rest = json.loads(process.stdout.readline())
        connection = sqlite3.connect(database, isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        process.stdin.write("\n")
        process.stdin.flush()
        full = json.loads(process.stdout.readline())
        connection.close()
    finally:
        process.communicate("\n")
    if process.returncode != 0:
        raise Failure(f"{program} ends with {process.returncode}")
    return rest, full


def measure(bench):
    directory = bench.scratch("memory")
    source, database = HERE / "memory.cpp", directory / "obs.db"
    monitored = build(bench.obs_cxx, directory / "monitored", source)
    plain = build(CLANG, directory / "plain", source, "-DPLAIN", "-Wno-unknown-attributes")
    rest, full = ask(monitored, database)
    without, _ = ask(plain, directory / "none.db")
    if not CALLS - BATCH <= full[2] <= CALLS:
        raise Failure(f"{full[2]} calls wait, expected {CALLS}")
    remove_database(database)
    return {"rest": rest[0] - without[0], "rest_books": rest[1],
            "record": (full[0] - rest[0]) / CALLS, "record_books": (full[1] - rest[1]) / CALLS}


def tables(result):
    return report.table(
        ["memory", "resident", "by its own books"],
        [["MB at rest, more than without obs", report.number(result["rest"] / 1e6),
          report.number(result["rest_books"] / 1e6)],
         ["bytes a record that waits", report.number(result["record"]),
          report.number(result["record_books"])]])


def missed(result):
    if result["record"] > limits.MEMORY:
        yield f"a record that waits takes {result['record']:.0f} bytes, at most {limits.MEMORY} is expected"
