#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tasks, generators and tasks that change threads: the program behaves as the
plain one, and each coroutine is one record from its first step to its end."""

import time

from harness import *

directory = scratch("coroutines")
source = PROGRAMS / "coroutines.cpp"

EXPECTED = [  # function, arguments, result, status, suspensions, called by
    ("sum", '{"a":1,"b":2}', "11", "ok", 2, None),
    ("twice", '{"x":1}', "4", "ok", 0, "sum"),
    ("twice", '{"x":2}', "6", "ok", 0, "sum"),
    ("text", '{"name":"you"}', '"hello you"', "ok", 0, None),
    ("text", '{"name":""}', '"nobody"', "ok", 0, None),
    ("counted", '{"x":5}', '{"value":5}', "ok", 0, None),
    ("countedLocal", '{"x":6}', '{"value":6}', "ok", 0, None),
    ("owner", '{"x":8}', "8", "ok", 0, None),
    ("nothing", '{"x":0}', None, "ok", 0, None),
    ("nothing", '{"x":1}', None, "ok", 0, None),
    ("fails", '{"x":1}', "1", "ok", 0, None),
    ("fails", '{"x":3}', None, "error", 0, None),
    ("passesOn", '{"x":4}', None, "error", 1, None),
    ("fails", '{"x":4}', None, "error", 0, "passesOn"),
    ("handles", '{"x":5}', "-1", "ok", 1, None),
    ("fails", '{"x":5}', None, "error", 0, "handles"),
    ("iota", '{"count":3}', None, "ok", 3, None),
    ("repeat<std::basic_string<char>>", '{"value":"again","count":5}', None, "abandoned", 1, None),
    ("moves", None, "8", "ok", 1, None),
    ("sleeps", None, "1", "ok", 1, None),
    ("goesOn", '{"x":1}', "2", "ok", 2, None),
    ("waits", '{"why":"abandoned 0"}', None, "abandoned", 1, "event_loop"),
    ("waits", '{"why":"abandoned 1"}', None, "abandoned", 1, "event_loop"),
    ("waits", '{"why":"abandoned 2"}', None, "abandoned", 1, "event_loop"),
    ("Service::add", '{"x":5}', "15", "ok", 0, None),
    ("unsampled", '{"x":-5,"captured":"at_throw"}', None, "error", None, None),
    ("quiet", None, None, "ok", 0, None),
    ("main::(lambda)", '{"x":1}', "2", "ok", 0, None),
    ("waits", '{"why":"in flight"}', None, "in_flight", None, None),
]
LEAVES = ["twice", "twice", "sum", "iota", "iota", "iota", "moves", "goesOn", "event_loop"]

for name, flags in {
    "O0": ["-O0", "-std=c++20"],
    "O2": ["-O2", "-std=c++23"],
    "asan": ["-O1", *SANITIZED],
    "tsan": ["-O1", "-fsanitize=thread"],
}.items():
    plain = compile_plain(source, directory / f"{name}_plain", *flags)
    monitored = compile_monitored(source, directory / name, "-Wall", "-Wextra", "-Werror",
                                  "-Wno-c++23-lambda-attributes", *flags)
    database = directory / f"{name}.db"
    # What the program leaks by intention: a coroutine that never ends.
    quiet = {"ASAN_OPTIONS": "detect_leaks=0"}
    expected = run([plain], env=environment("/nonexistent", **quiet))
    actual = run([monitored], env=environment(database, **quiet))
    check_equal(actual.stdout, expected.stdout, f"{name}: output")
    check_equal(actual.stderr, expected.stderr, f"{name}: messages")

    rows = query(database, "SELECT c.function, c.args, c.result, c.status, c.suspensions, p.function"
                 " FROM calls c LEFT JOIN calls p ON p.id = c.parent_id"
                 " WHERE c.function NOT IN ('leaf', 'event_loop')")
    for row in EXPECTED:
        found = [r for r in rows if r[0] == row[0] and (row[1] is None or r[1] == row[1])]
        wanted = row if row[1] else (row[0], found[0][1] if found else None, *row[2:])
        check(wanted in found, f"{name}: {wanted} is not among {found}")
    check_equal(len(rows), len(EXPECTED), f"{name}: number of coroutines")
    parents = query(database, "SELECT p.function FROM calls c LEFT JOIN calls p"
                    " ON p.id = c.parent_id WHERE c.function = 'leaf' ORDER BY c.started_ns")
    check_equal([p for (p,) in parents], LEAVES, f"{name}: callers of leaf")

    # Suspended while the other thread starts, running while it sleeps.
    ran, = query(database, "SELECT duration_ns - suspended_ns FROM calls WHERE function = 'sleeps'")
    check(ran[0] > 19_000_000, f"{name}: sleeps ran for {ran[0]} ns")
    threads = single(database, "SELECT count(DISTINCT thread_id) FROM calls"
                     " WHERE function IN ('leaf', 'moves') AND args <> '{\"x\":1}'")
    check(threads >= 2, f"{name}: threads {threads}")

shown = obsctl(directory / "O2.db", "calls", "--id", single(
    directory / "O2.db", "SELECT id FROM calls WHERE function = 'sum'")).stdout
check("suspended 2 times" in shown and "calls       twice(x=1)" in shown, shown)

# --- Coroutines that never end ----------------------------------------------

COUNT = 60_000
program = compile_monitored("suspended.cpp", directory / "suspended", "-O2")
plain = compile_plain("suspended.cpp", directory / "suspended_plain", "-O2")
bytes_plain = int(run([plain, COUNT], input="\n\n").stdout.split()[0])


def start(database):
    process = subprocess.Popen([program, str(COUNT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               env=environment(database), text=True)
    return process, int(process.stdout.readline())


def count(database, status):
    return single(database, "SELECT count(*) FROM calls WHERE status = ?", status)


def go_on(process):
    process.stdin.write("\n")
    process.stdin.flush()


database = directory / "suspended.db"
process, bytes_monitored = start(database)
deadline = time.monotonic() + 60
while count(database, "in_flight") < COUNT and time.monotonic() < deadline:
    time.sleep(0.2)
check_equal(count(database, "in_flight"), COUNT, "suspended ones are in flight while they live")
# Their frames grow; the runtime keeps nothing of them.
check(bytes_monitored < bytes_plain + 1000,
      f"{bytes_monitored} bytes a coroutine, {bytes_plain} in the plain program")
go_on(process)
check_equal(process.stdout.readline(), "resumed\n", "the others go on")
process.kill()
process.wait()
obsctl(database, "recover")
check_equal([count(database, s) for s in ("ok", "error", "in_flight")],
            [COUNT // 2000, COUNT // 2000, COUNT - COUNT // 1000],
            "what had ended when it was killed, and what had not")
check_equal(query(database, "SELECT recorded, errors, dropped FROM functions"),
            [(COUNT, COUNT // 2000, 0)], "the counts")
check_equal(query(database, "SELECT args, error_message, suspensions FROM calls"
                  " WHERE status = 'error' ORDER BY id LIMIT 1"),
            [('{"number":0}', "woken up", 1)], "an error of a parked coroutine")
