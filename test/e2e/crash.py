#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""obsctl crash, the post-mortem view: whatever ended a process, it tells what
each of its threads was doing, with the arguments, and the last errors."""

import signal

from harness import *

directory = scratch("crash")
program = compile_monitored("crashing.cpp", directory / "program", "-O2")
CASES = {"abort": -signal.SIGABRT, "segv": -signal.SIGSEGV, "kill": -signal.SIGKILL,
         "_exit": 3, "quick_exit": 3, "terminate": -signal.SIGABRT}



def die(database, how):
    """A sanitizer that the program is built with leaves the signals alone."""
    options = {name: os.environ.get(name, "") + ":handle_segv=0:handle_abort=0"
               for name in ("ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS")}
    run([program, how], expect=CASES[how], env=environment(database, **options))


for how in CASES:
    database = directory / f"{how}.db"
    die(database, how)
    # Recovers by itself what the process left.
    text = obsctl(database, "crash").stdout
    crash, = obsctl_json(database, "crash")
    pid = crash["process_id"]
    check(crash["executable"].endswith("/program"), f"{how}: {crash['executable']}")
    ran_ns = crash["ended_ns"] - crash["started_ns"]
    check(200e6 < ran_ns < 20e9, f"{how}: ran for {ran_ns} ns")
    stacks, last = {}, []
    for thread in crash["threads"]:
        stacks[tuple(call["function"] for call in thread["in_flight"])] = thread
        if thread["last"]:
            last.append((thread["last"]["function"], thread["last"]["args"]))
    check_equal(set(stacks), {("serve", "handle"), ("waits",), ()}, f"{how}: calls in flight")
    main = stacks["serve", "handle"]
    check_equal(main["thread_id"], pid, f"{how}: the main thread")
    check_equal([call["args"] for call in main["in_flight"]],
                [{"port": 8080, "how": how}, {"id": 7, "how": how}], f"{how}: arguments")
    check_equal(main["in_flight"][1]["parent_id"], main["in_flight"][0]["id"], f"{how}: parent")
    check(main["in_flight"][0]["in_call_ns"] < 150e6, f"{how}: time in the call")
    waiting, = stacks["waits",]["in_flight"]
    check_equal(waiting["args"], {"why": "a signal"}, f"{how}: a waiting thread")
    check(waiting["in_call_ns"] > 150e6, f"{how}: time in a long call")
    check_equal(last, [("tick", {"number": 2})], f"{how}: a thread in no call")
    check_equal([error["args"]["code"] for error in crash["last_errors"]], [3, 4, 5, 6, 7],
                f"{how}: last errors")
    for shown in (f"process {pid} ended abruptly", "thread", "serve(port=8080", "  handle(id=7",
                  'waits(why="a signal")', "in no call; the last one: tick(number=2)",
                  "last errors", "code 7"):
        check(shown in text, f"{how}: no {shown!r} in\n{text}")

# A process that ends as it should is none of them; several are told apart.
database = directory / "several.db"
run([program, "return"], env=environment(database))
check_equal(obsctl_json(database, "crash"), [], "a clean end")
check("No process ended abruptly" in obsctl(database, "crash").stdout, "a clean end, as text")
for how in ("kill", "abort"):
    die(database, how)
both = obsctl_json(database, "crash", "--limit", "0")
check_equal([crash["threads"][0]["in_flight"][0]["args"]["how"] for crash in both],
            ["kill", "abort"], "both, in order")
check_equal(len(obsctl_json(database, "crash")), 1, "the last one only")
chosen, = obsctl_json(database, "crash", "--process", both[0]["process_id"], "--errors", "0")
check_equal((chosen["process_id"], chosen["last_errors"]), (both[0]["process_id"], []), "--process")
