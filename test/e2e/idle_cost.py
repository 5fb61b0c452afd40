#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A program whose monitored functions are not called pays nothing: no thread,
no file, no memory. With the first call, all of them are there."""

from harness import *

directory = scratch("idle_cost")
plain = compile_plain("idle.cpp", directory / "plain", "-O2")
monitored = compile_monitored("idle.cpp", directory / "monitored", "-O2")
shared = directory / "shared"
shared.mkdir()
database = directory / "obs.db"


def threads_and_heap(program, *arguments):
    done = run([program, *arguments], env=environment(database, OBS_SHM_DIR=shared))
    check_equal(done.stderr, "", "messages")
    return tuple(map(int, done.stdout.split()))


before = threads_and_heap(plain)
threads, heap = threads_and_heap(monitored)
check_equal(threads, 1, "threads")
# The libraries beside the runtime have static objects: the C library makes its
# list of destructors longer, by a block of 32.
check(heap - before[1] in (0, 1056), f"bytes of the heap: {heap}, without obs {before[1]}")
check(not database.exists(), "there is a database")
check_equal(list(shared.iterdir()), [], "files in shared memory")

check_equal(threads_and_heap(monitored, "call")[0], 4, "threads with a call")
check(database.exists(), "no database after a call")
