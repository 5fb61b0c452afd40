#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Another process locks the database of a running program. The circuit breaker
opens, tries again, and closes when the database is back; the program does not
notice, and no record is lost."""

import pathlib
import statistics
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
from live import *

seconds, directory, build = arguments(__doc__, seconds=24, short=12)
LOCK, UNLOCK = seconds * 0.15, seconds * 0.6
RETRY = 3 if seconds > 20 else 1.5
program = Program(build, directory, seconds, OBS_BREAKER_FAILURES="2",
                  OBS_BREAKER_TIMEOUT=str(RETRY))
panel = Panel("Circuit breaker: the database goes away and comes back")
lock = Lock(program, LOCK, UNLOCK)
seen, timeline = ["CLOSED"], []
opened_at = 0.0
times = {"there": [], "away": []}  # of calls, in ns: (median, greatest of 50)
previous = None

while program.running():
    now = panel.seconds()
    locked = lock.update(now)
    if program.last and program.last[2] != "END":
        calls, errors, state, waiting = program.last[:4]
        if program.last != previous:
            previous = program.last
            times["away" if locked else "there"].append(tuple(map(int, program.last[4:6])))
        if state != seen[-1]:
            seen.append(state)
            opened_at = now
        timeline.append(state)
        if state == "OPEN":
            left = max(0.0, RETRY - (now - opened_at))
            breaker = styled("red", f"Circuit breaker OPEN - {left:.1f}s until retry")
        else:
            breaker = styled("green" if state == "CLOSED" else "yellow", state)
        letters = {"CLOSED": styled("green", "─"), "OPEN": styled("red", "█"),
                   "HALF_OPEN": styled("yellow", "▒")}
        step = max(1, len(timeline) // 60)
        median, greatest = map(int, program.last[4:6])
        panel.draw([
            ("database", styled("red", "locked by another process") if locked
             else styled("green", "there")),
            ("breaker", breaker),
            ("program", f"{int(calls):,} calls, {int(errors):,} errors; of the last 50 calls the "
                        f"median took {median / 1000:.1f} µs, the longest {greatest / 1000:.1f}"),
            ("records", f"{int(waiting):,} wait for the database"),
            ("history", "".join(letters[s] for s in timeline[::step])),
        ])
    time.sleep(0.05)

code = program.wait()
calls, errors = map(int, program.last[:2])
median = {when: statistics.median(m for m, _ in values) for when, values in times.items() if values}
claims = Claims()
claims.check(code == 0, "the program ended well")
claims.check(all(s in seen for s in ("OPEN", "HALF_OPEN")) and seen[-1] == "CLOSED",
             "the breaker went " + " → ".join(seen))
claims.check("Circuit breaker OPEN" in program.messages.read_text(),
             "it said so: " + program.messages.read_text().strip().split("\n")[0])
claims.check("away" in median and median["away"] < 5 * median["there"] + 20_000,
             f"a call took {median.get('there', 0) / 1000:.1f} µs with the database there, and "
             f"{median.get('away', 0) / 1000:.1f} µs without (medians)")
rows = program.query("SELECT count(*) FROM calls")
claims.check(rows == calls, f"{rows:,} records of {calls:,} calls arrived")
rows = program.query("SELECT count(*) FROM calls WHERE status = 'error'")
claims.check(rows == errors, f"{rows:,} of {errors:,} errors among them")
claims.check(program.query("SELECT dropped FROM functions", -1) == 0, "none was dropped")
claims.end(program.database)
