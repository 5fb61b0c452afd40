#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A program records thousands of calls a second with a window of three seconds
(two with --short). Old calls are deleted as new ones come: rows and file size
level off."""

import pathlib
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
from live import *

seconds, directory, build = arguments(__doc__, seconds=24, short=10)
WINDOW = 3 if seconds > 20 else 2
PER_SECOND = 2000
program = Program(build, directory, seconds, PER_SECOND, OBS_RETENTION_AGE=f"{WINDOW}s")
panel = Panel(f"Retention: a window of {WINDOW} s, {PER_SECOND:,} calls a second")
rows, sizes = [], []
OLDEST = ("SELECT (julianday('now') - 2440587.5) * 86400 - min(started_ns) / 1e9 FROM calls "
          "WHERE id = (SELECT min(id) FROM calls)")
oldest = 0.0

while program.running():
    count = program.query("SELECT count(*) FROM calls", None)
    if count is not None and program.last:
        rows.append(count)
        sizes.append(program.database.stat().st_size)
        oldest = program.query(OLDEST, oldest) or 0.0
        panel.draw([
            ("program", f"{int(program.last[0]):,} calls"),
            ("rows", f"{rows[-1]:,}, the oldest {oldest:.1f} s old"),
            ("", graph(rows)),
            ("file", megabytes(sizes[-1])),
            ("", graph(sizes)),
        ])
    time.sleep(0.1)

code = program.wait()
calls = int(program.last[0])
claims = Claims()
claims.check(code == 0, "the program ended well")
recorded = program.query("SELECT recorded + dropped FROM functions")
claims.check(recorded == calls, f"{calls:,} calls were recorded in all")
middle, last = max(sizes[len(sizes) // 3:len(sizes) // 2]), sizes[-1]
claims.check(last <= 1.3 * middle,
             f"the file levelled off: {megabytes(middle)} in the first half, {megabytes(last)} "
             "at the end")
claims.check(max(rows) <= 2.5 * WINDOW * PER_SECOND,
             f"never more than {max(rows):,} rows: {WINDOW} s are {WINDOW * PER_SECOND:,}")
deleted = recorded - rows[-1]
claims.check(deleted > 0.4 * calls, f"{deleted:,} calls have been deleted, the oldest first")
claims.end(program.database)
