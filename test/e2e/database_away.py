#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The database locked for 10 s, or its directory read-only: the program runs
on undisturbed, the breaker opens, and all records arrive afterwards."""

import threading
import time

from harness import *

directory = scratch("database_away")
program = compile_monitored("steady.cpp", directory / "program", "-O2")

# For root no directory is read-only, unless it gives up that privilege.
UNPRIVILEGED = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
command = [*(UNPRIVILEGED if os.getuid() == 0 else []), program]


def monitored_run(database, seconds, disturb):
    """Runs the program while disturb() runs beside it; returns what it printed."""
    thread = threading.Thread(target=disturb)
    thread.start()
    done = run([*command, seconds], cwd="/", env=environment(
        database, OBS_BREAKER_FAILURES=2, OBS_BREAKER_TIMEOUT="2s"))
    thread.join()
    calls, errors, longest_us = map(int, done.stdout.split())
    most_us = 1_000_000 if FLAGS else 100_000  # a sanitizer makes threads wait for each other
    check(longest_us < most_us, f"a call took {longest_us} µs while the database was away")
    return calls, errors


def check_complete(database, calls, errors):
    check_equal(single(database, "SELECT count(*) FROM calls"), calls, "rows")
    check_equal(single(database, "SELECT count(*) FROM calls WHERE status = 'error'"), errors,
                "errors")
    check_equal(query(database, "SELECT calls_total, recorded, dropped FROM functions"),
                [(calls, calls, 0)], "functions")


def check_breaker(database):
    text = " ".join(row[0] for row in query(
        database, "SELECT detail FROM health WHERE kind = 'breaker' ORDER BY time"))
    check("Circuit breaker OPEN - 2.0s until retry" in text,
          f"the breaker did not open: {text!r}")
    check('"to":"CLOSED"' in text, f"the breaker did not close again: {text!r}")
    check("breaker" in obsctl(database, "health").stdout, "obsctl health does not show it")


# Locked by another process (this one) for 10 s.
locked = directory / "locked.db"


def lock():
    time.sleep(1)  # the program creates the database
    connection = sqlite3.connect(locked, timeout=10, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    time.sleep(10)
    connection.execute("ROLLBACK")
    connection.close()


calls, errors = monitored_run(locked, 15, lock)
check_complete(locked, calls, errors)
check_breaker(locked)

# The directory read-only at the start, writable after 4 s.
closed = directory / "closed"
closed.mkdir()
closed.chmod(0o555)


def open_later():
    time.sleep(4)
    closed.chmod(0o777)


calls, errors = monitored_run(closed / "obs.db", 9, open_later)
check_complete(closed / "obs.db", calls, errors)
check_breaker(closed / "obs.db")
