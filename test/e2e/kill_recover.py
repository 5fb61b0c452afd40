#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 in the middle of a run, then `obsctl recover`: every call that had
returned one drain interval before is there, once; the one that had not is in
flight. So it is when the database never came to be."""

import signal
import time

from harness import *

directory = scratch("kill_recover")
program = compile_monitored("endless.cpp", directory / "program", "-O2")


def killed_after(seconds, **variables):
    """The database of a run that is killed; the calls that must be in it."""
    database = directory / f"killed_{seconds}_{len(variables)}.db"
    output = directory / "output"
    with open(output, "w") as out:
        process = subprocess.Popen([program], stdout=out, env=environment(database, **variables))
        while process.poll() is None and not output.stat().st_size:
            time.sleep(0.01)  # it has not begun
        time.sleep(seconds)
        killed_ms = time.time() * 1000
        process.send_signal(signal.SIGKILL)
        process.wait()
    lines = [line.split() for line in output.read_text().splitlines()]
    settled = [int(line[0]) for line in lines if len(line) == 2 and int(line[1]) < killed_ms - 100]
    return database, settled


for database, settled in (killed_after(2), killed_after(1, OBS_DRAIN_INTERVAL="20s"),
                          killed_after(0.5)):
    check(len(settled) > 100, f"only {len(settled)} calls before the kill")
    if database.exists():
        check("obsctl recover" in obsctl(database, "stat").stdout, "stat does not hint at recover")
    report = obsctl_json(database, "recover")
    check_equal(report["processes"], 1, "recovered processes")
    check_equal(report["problems"], [], "problems")

    numbers = [row[0] for row in query(database, """
      SELECT json_extract(args, '$.number') FROM calls
      WHERE function = 'step' AND status = 'ok' ORDER BY 1""")]
    check_equal(len(numbers), len(set(numbers)), "calls stored once")
    missing = set(settled) - set(numbers)
    check(not missing, f"{len(missing)} of {len(settled)} calls are lost: {sorted(missing)[:10]}")
    check_equal(query(database, """
      SELECT status, duration_ns, json_extract(args, '$.why') FROM calls
      WHERE function = 'stuck'"""), [("in_flight", None, "waits for ever")], "the call in flight")
    check_equal(single(database, "PRAGMA integrity_check"), "ok", "integrity")
    again = obsctl_json(database, "recover")
    check_equal((again["processes"], again["calls"]), (0, 0), "a second recovery")
    check("obsctl recover" not in obsctl(database, "stat").stdout, "the hint stays")
