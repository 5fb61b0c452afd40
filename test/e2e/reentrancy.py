#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Monitored functions that are called from within others' work: by SQLite, as
its allocator and callbacks, and by signal handlers under load. No recursion, no
deadlock, and every call that is counted is stored or counted as dropped."""

from harness import *

directory = scratch("reentrancy")


def totals(database):
    for function, calls, recorded, dropped in query(
            database, "SELECT function, calls_total, recorded, dropped FROM functions"):
        check_equal(recorded + dropped, calls, f"{database}: {function}")
    check_equal(single(database, "PRAGMA integrity_check"), "ok", "integrity")
    return dict(query(database, "SELECT function, calls_total FROM functions"))


host = compile_monitored("sqlite_host.cpp", directory / "sqlite_host", "-O2", "-w",
                         "-Wl,--whole-archive", "/usr/lib/x86_64-linux-gnu/libsqlite3.a",
                         "-Wl,--no-whole-archive", "-lm")
database = directory / "sqlite_host.db"
done = run([host], env=environment(database), timeout=60)
check_equal(done.stderr, "", "sqlite_host: messages")
calls = totals(database)
check_equal(sum(calls.values()), int(done.stdout), "sqlite_host: calls")
check_equal(set(calls), {"allocate", "release", "reallocate", "twice", "compare", "updated",
                         "committed"}, "sqlite_host: functions")

signals = compile_monitored("signals.cpp", directory / "signals", "-O2", "-w")
database = directory / "signals.db"
done = run([signals, 300_000], env=environment(database), timeout=120)
work, handled = map(int, done.stdout.split())
# The books of handled are not exact: docs/limitations.md, signal handlers.
calls = dict(query(database, "SELECT function, calls_total FROM functions"))
books = dict(query(database, "SELECT function, recorded + dropped FROM functions"))
check_equal(calls["work"], work, "signals: calls of work")
check_equal(books["work"], work, "signals: recorded and dropped calls of work")
check_equal(single(database, "PRAGMA integrity_check"), "ok", "signals: integrity")
# Refused where an event is being written; those are not counted.
check(100 < calls["handled"] <= handled,
      f"signals: {calls['handled']} of {handled} calls in the handler")
