#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments under load: each call that had returned is stored,
once, whoever recovers it (the next start, or obsctl), the books balance, and
the database is whole. OBS_TEST_KILLS: how many (30; the long form: 200)."""

import random
import signal
import struct
import time

from harness import *

KILLS = int(os.environ.get("OBS_TEST_KILLS", "30"))
PER_DATABASE = 10

directory = scratch("killed_at_random")
program = compile_monitored("under_load.cpp", directory / "program", "-O2")
seed = int.from_bytes(os.urandom(4), "little")
print(f"seed {seed}")
chance = random.Random(seed)


def killed(database, run):
    """Kills a run; returns how many calls of each thread had returned."""
    state = directory / "state"
    process = subprocess.Popen([program, state, str(run)], env=environment(
        database, OBS_DRAIN_INTERVAL=chance.choice(["1ms", "10ms", "100ms", "10s"])))
    while FLAGS and not state.exists():
        time.sleep(0.01)  # a sanitizer begins slowly
    time.sleep(chance.uniform(0.02, 0.3))
    process.send_signal(signal.SIGKILL)
    process.wait()
    data = state.read_bytes() if state.exists() else b""
    state.unlink(missing_ok=True)
    return struct.unpack("4q", data) if len(data) == 32 else (0, 0, 0, 0)


def check_whole(database, what):
    # One that may write: whoever is next rolls back what was half done.
    connection = sqlite3.connect(database, timeout=10)
    check_equal(connection.execute("PRAGMA integrity_check").fetchone()[0], "ok", what)
    connection.close()


for first in range(0, KILLS, PER_DATABASE):
    # A name that no run before had, which may have left something for it.
    database = directory / f"{seed}_{first}.db"
    returned = {}
    for run in range(first, min(first + PER_DATABASE, KILLS)):
        returned[run] = killed(database, run)
        if chance.random() < 0.5:
            obsctl(database, "recover")
        if database.exists():
            check_whole(database, f"run {run}")
    obsctl(database, "recover")
    stored = {}
    for run, thread, rows, different, least, most in query(database, """
      SELECT json_extract(args, '$.run') AS run, json_extract(args, '$.thread') AS thread,
             count(*), count(DISTINCT json_extract(args, '$.number')),
             min(json_extract(args, '$.number')), max(json_extract(args, '$.number'))
      FROM calls WHERE status <> 'in_flight' GROUP BY run, thread"""):
        check_equal(rows, different, f"run {run}, thread {thread}: calls stored once")
        check_equal((least, rows), (0, most + 1), f"run {run}, thread {thread}: none is missing")
        stored[run, thread] = rows
    for run, counts in returned.items():
        for thread, count in enumerate(counts):
            # One more may have ended without the program knowing it.
            check(stored.get((run, thread), 0) - count in (0, 1),
                  f"run {run}, thread {thread}: {count} calls had returned, "
                  f"{stored.get((run, thread), 0)} are stored")
    calls, recorded, dropped = query(
        database, "SELECT calls_total, recorded, dropped FROM functions")[0]
    # Of each thread, the last call may have been killed before it was recorded.
    check(0 <= calls - recorded - dropped <= 4 * PER_DATABASE,
          f"{calls} calls, {recorded} recorded, {dropped} dropped")
    check_equal(dropped, 0, "dropped calls")
    check_whole(database, "in the end")
    check_equal(single(database, "SELECT count(*) FROM health WHERE kind = 'id_clash'"), 0,
                "clashes of ids")
