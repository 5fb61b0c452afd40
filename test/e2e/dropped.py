#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A call that finds no room is counted as dropped also if it never ends, is
skipped by longjmp, or is still running as the process ends; and one that ends
in an error is recorded instead."""

from harness import *

directory = scratch("dropped")
program = compile_monitored("dropped.cpp", directory / "program", "-O1")
database = directory / "obs.db"
# One chunk of the ring fills at once, and the database is behind.
done = run([program], env=environment(database, OBS_MEMORY_LIMIT="8MB", OBS_QUEUE_NORMAL=100,
                                      OBS_QUEUE_OVERFLOW=100), timeout=120)
made = {name: int(count) for name, count in map(str.split, done.stdout.splitlines())}
books = {name.split("::")[-1]: row for name, *row in query(
    database, "SELECT function, calls_total, recorded, dropped, errors FROM functions")}
for name, count in made.items():
    calls, recorded, dropped, _ = books[name]
    check_equal(calls, count, f"calls of {name}")
    check_equal(recorded + dropped, calls, f"{name}: recorded and dropped")
for name in ("throws", "fails"):
    check_equal(books[name][2:], [0, 100], f"dropped and failed calls of {name}")
for name in ("jumps", "suspends", "neverReturns"):
    check(books[name][2] > 0, f"none of {name} was dropped")
check_equal(books["flood"][0], books["flood"][1] + books["flood"][2], "flood: recorded and dropped")
