#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Processes and threads that begin and end in every way: forks of all kinds,
exec, clone, short threads, cancelled ones, thread-local and static destructors.
Each call of each of them is counted, and either stored or counted as dropped."""

import contextlib
import sqlite3
import time

from harness import *

directory = scratch("life")
program = compile_monitored("life.cpp", directory / "life", "-O2")

# Programs that start and those that end by exit(): a static object makes one
# call of work() before main, and ten of child() after it. Then the calls that
# main leads to: of child(), of work(), of others.
CASES = {
    "forks": (11, 11, 30 + 10 + 10, 0, {}),
    "nested": (1, 1, 23, 0, {}),
    "vforks": (11, 11, 10 + 20, 0, {}),
    "spawns": (21, 21, 20, 0, {}),
    "daemon": (1, 1, 101, 0, {}),
    "clones": (1, 1, 1001, 0, {}),
    "copies": (1, 1, 10, 0, {"copies": 1}),
    "short_threads": (1, 1, 0, 20_000, {}),
    "many_threads": (1, 1, 0, 500 * 20, {}),
    "cancels": (1, 1, 20, None, {"sleeper": 20, "leaves": 10}),
    "thread_locals": (1, 1, 100 * 3, 100, {}),
    "at_exit": (1, 1, 11, 0, {}),
    "coroutines": (1, 1, 0, 20_000, {"waits": 20_000}),
}


def books(database):
    """Calls by function, once every one of them is known to be accounted for."""
    check_equal(single(database, "PRAGMA integrity_check"), "ok", "integrity")
    for function, calls, recorded, dropped in query(
            database, "SELECT function, calls_total, recorded, dropped FROM functions"):
        check_equal(recorded + dropped, calls, f"{database}: {function}: recorded and dropped")
    stored = dict(query(database, "SELECT function, count(*) FROM calls GROUP BY function"))
    check_equal(stored, dict(query(database, "SELECT function, recorded FROM functions "
                                             "WHERE recorded > 0")), f"{database}: rows")
    return dict(query(database, "SELECT function, calls_total FROM functions"))


for how, (runs, exits, child, work, others) in CASES.items():
    database = directory / f"{how}.db"
    done = run([program, how], env=environment(database), timeout=120)
    obsctl(database, "recover")
    # Each program brings in what those before it left.
    messages = [line for line in done.stderr.splitlines() if "obs: recovered" not in line]
    check_equal(messages, [], f"{how}: messages")
    busy = sum(int(line.split()[1]) for line in done.stdout.splitlines()) // 2
    expected = {"child": child + 10 * exits, "work": (work or 0) + busy + runs, **others}
    if busy:
        expected["outer"] = busy
    calls = books(database)
    if work is None:
        expected["work"] = calls["work"]
    check_equal(calls, expected, f"{how}: calls")
    check_equal(query(database, "SELECT DISTINCT error_type FROM calls WHERE error_type "
                                "IS NOT NULL"),
                [("__cxxabiv1::__foreign_exception",)] if how == "cancels" else [], f"{how}: errors")

# A program that replaces itself has the same process id, and its records do
# not wait for its end.
database = directory / "replaces.db"
process = subprocess.Popen([program, "replaces"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           env=environment(database))
process.stdout.readline()
early, deadline = [], time.monotonic() + 30
while len(early) < 2 and time.monotonic() < deadline:
    time.sleep(0.1)
    with contextlib.suppress(sqlite3.OperationalError):  # before there are tables
        early = query(database, "SELECT args FROM calls WHERE function = 'child' ORDER BY args")
process.communicate(b"\n")
check_equal(early, [('{"n":1}',), ('{"n":2}',)], "calls before and after exec")
check_equal(query(database, "SELECT DISTINCT process_id FROM calls"), [(process.pid,)],
            "processes before and after exec")
check_equal(books(database), {"child": 2 + 10, "work": 2}, "replaces: calls")
