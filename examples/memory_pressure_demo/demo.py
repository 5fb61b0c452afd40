#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A program in 100 MB of address space records large values while its database
is away. Normal records give way and are counted, errors go to a file, memory
stays bounded; in the end every error is in the database."""

import pathlib
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
from live import *

seconds, directory, build = arguments(__doc__, seconds=20, short=8)
LOCK, UNLOCK = seconds * 0.1, seconds * 0.75
LIMIT = 8 << 20
program = Program(build, directory, seconds, OBS_MEMORY_LIMIT=str(LIMIT), OBS_QUEUE_NORMAL="1000",
                  OBS_QUEUE_OVERFLOW="2000", OBS_BREAKER_TIMEOUT="1")
panel = Panel("Memory pressure: 100 MB, large values, no database")
lock = Lock(program, LOCK, UNLOCK)
memory, waiting = [], []
spilled = resident = 0

while program.running():
    now = panel.seconds()
    locked = lock.update(now)
    if program.last:
        calls, errors, dropped, normal, failed, spilled, held, resident = map(int, program.last)
        memory.append(held)
        waiting.append(normal + failed)
        panel.draw([
            ("database", styled("red", "locked by another process") if locked
             else styled("green", "there")),
            ("program", f"{calls:,} calls with 8 MB arguments, {errors:,} errors; "
                        f"{megabytes(resident)} resident"),
            ("memory", f"{megabytes(held)} of {megabytes(LIMIT)} for monitoring"),
            ("", graph(memory, greatest=LIMIT)),
            ("waiting", f"{normal:,} normal records, {failed:,} errors; {spilled:,} errors in a "
                        "file"),
            ("", graph(waiting)),
            ("dropped", f"{dropped:,} normal records, the oldest, each one counted"),
        ])
    time.sleep(0.05)

code = program.wait()
calls, errors = map(int, program.last[:2])
claims = Claims()
claims.check(code == 0, "the program ended well")
claims.check(max(memory) <= LIMIT,
             f"monitoring held {megabytes(max(memory))} at most, of {megabytes(LIMIT)}")
claims.check(spilled > 0, f"{spilled:,} errors went to a file for a while")
rows = program.query("SELECT count(*) FROM calls WHERE status = 'error'")
claims.check(rows == errors, f"{rows:,} of {errors:,} errors are in the database")
books = "SELECT calls_total || ' ' || recorded || ' ' || dropped FROM functions"
total, recorded, dropped = map(int, str(program.query(books, "0 0 0")).split())
claims.check(total == calls == recorded + dropped and dropped > 0,
             f"{total:,} calls are {recorded:,} recorded and {dropped:,} dropped ones")
shown = program.query("SELECT args FROM calls ORDER BY id DESC LIMIT 1", "")
claims.check('"samples":"[std::vector<int> with 2000000 items]"' in shown.replace('": "', '":"'),
             "a vector of 8 MB is stored as [std::vector<int> with 2000000 items]")
claims.end(program.database)
