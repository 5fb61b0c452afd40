#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""obsctl ps, sample, on and off change running processes within one drain
interval, refuse clearly what they cannot do, and leave all counts exact."""

import signal
import time

from harness import *

directory = scratch("control")
program = compile_monitored("controlled.cpp", directory / "controlled", "-O2")
DRAIN = 0.1


def start(name, threads, **variables):
    return subprocess.Popen([program, str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            text=True, env=environment(directory / f"{name}.db", **variables))


def control(*arguments, expect=0):
    return run([OBSCTL, *map(str, arguments)], expect=expect, env=environment("no.db"))


def processes():
    listed = json.loads(control("--json", "ps").stdout)
    return {process["pid"]: process for process in listed}


def until(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        check(time.monotonic() < deadline, what)
        time.sleep(0.02)


def end(process):
    """The number of rounds that the program says it made."""
    return int(process.communicate()[0])


def rows(name, where):
    return single(directory / f"{name}.db", f"SELECT count(*) FROM calls WHERE {where}")


one, other = start("one", 3), start("other", 1)
until(lambda: {one.pid, other.pid} <= processes().keys(), "obsctl ps lists both")
until(lambda: processes()[one.pid]["calls_per_second"] > 100, "rates of calls")
shown = processes()[one.pid]
check_equal(shown["executable"], str(program), "executable")
check_equal(shown["database"], str(directory / "one.db"), "database")
check_equal((shown["state"], shown["breaker"]), ("on", "CLOSED"), "state")
check("controlled" in control("ps").stdout, "the table names the program")

# From one call in ten thousand to each, in the middle of a gap, and back.
said = control("sample", one.pid, "Book::*", 1).stdout
check_equal(said, f"controlled ({one.pid}): 2 of 3 functions now sampled at 1\n", "sample")
until(lambda: rows("one", "function = 'Book::cancel' AND sample_rate = 1") > 100, "rate 1", 5)
control("sample", one.pid, "cancel", 0.25)
answered = time.time_ns()
time.sleep(10 * DRAIN)
last = single(directory / "one.db", "SELECT max(started_ns) FROM calls WHERE function = "
              "'Book::cancel' AND sample_rate = 1")
check(last <= answered + DRAIN * 1e9, "the old rate ends within a drain interval")
until(lambda: rows("one", "function = 'Book::cancel' AND sample_rate = 0.25") > 0, "the new rate")

# Off: not even errors. The other process is not touched.
until(lambda: rows("one", "status = 'error'") > 0, "errors are recorded at rate 0")
check("recording is off" in control("off", one.pid).stdout, "off")
off = time.time_ns() + int(DRAIN * 1e9)
time.sleep(5 * DRAIN)
check_equal(processes()[one.pid]["state"], "off", "ps: off")
check_equal(processes()[other.pid]["state"], "on", "ps: the other is on")
check("Recording is off: obsctl on" in control("sample", one.pid, "add", 0.5).stdout,
      "sample while off")
on = time.time_ns()
control("on", one.pid)
until(lambda: rows("one", "function = 'Book::add' AND sample_rate = 0.5") > 0,
      "the rate given while it was off", 5)
check(json.loads(control("--json", "on", one.pid).stdout)["recording"], "on twice")

# What cannot be done.
message = control("sample", one.pid, "Bok::*", 1, expect=3).stderr
check("none of the 3 functions" in message and "'Bok::*'" in message, message)
check("there is no process" in control("off", 4194303, expect=3).stderr, "no such process")
check("is not monitored" in control("off", os.getpid(), expect=3).stderr, "not monitored")
for rate in 2, -0.5, "half", "nan":
    message = control("sample", one.pid, "add", rate, expect=2).stderr
    check(f"'{rate}' is no rate from 0 (no call) to 1 (each call)" in message, message)
for pid in 0, "controlled", 1 << 40:
    message = control("sample", pid, "add", 1, expect=2).stderr
    check(f"'{pid}' is no process ID; obsctl ps lists them" in message, message)
check("rate is required" in control("sample", one.pid, "add", expect=2).stderr, "no rate")
control("sample", one.pid, "a" * 600, 1, expect=2)
other.send_signal(signal.SIGSTOP)
message = control("off", other.pid, expect=6).stderr
check("does not answer" in message, message)
check_equal(processes()[other.pid]["state"], "silent", "ps: a stopped process")
other.send_signal(signal.SIGCONT)

# Without shared memory there is no way in; with it, only for its user.
hidden = start("hidden", 1, OBS_SHM_DIR="/proc/none")
until(lambda: (directory / "hidden.db").exists(), "the process without shared memory runs")
check("no shared memory" in control("off", hidden.pid, expect=3).stderr, "no shared memory")
end(hidden)
if os.getuid() == 0:
    nobody = run(["setpriv", "--reuid=65534", "--clear-groups", OBSCTL, "off", str(one.pid)],
                 expect=1, env=environment("no.db"), cwd="/").stderr
    check("belongs to user root: only that user and root may" in nobody, nobody)

# All calls, at whatever rate, are in the books.
for name, process in {"one": one, "other": other}.items():
    rounds = end(process)
    for function in "Book::add", "Book::cancel", "check":
        database = directory / f"{name}.db"
        check_equal(single(database, "SELECT sum(calls_total) FROM functions WHERE function = ?",
                           function), rounds, f"calls of {function} in {name}")
        check_equal(query(database, "SELECT calls_total, recorded, dropped FROM functions WHERE "
                          "sample_rate = 1 AND function = ? AND calls_total <> recorded + dropped",
                          function), [], f"rate 1 of {function} in {name}")
check_equal(rows("one", f"started_ns BETWEEN {off} AND {on}"), 0, "recorded while it was off")
check(rows("one", f"started_ns > {on} AND status = 'error'") > 0, "errors once it was on again")
check(one.pid not in processes(), "obsctl ps: it has ended")
