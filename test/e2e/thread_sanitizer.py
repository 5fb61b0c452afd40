#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ThreadSanitizer finds nothing in monitored programs that have no race."""

from harness import *

directory = scratch("thread_sanitizer")
for program, arguments in {"every_call": [4, 20_000], "every_kind": []}.items():
    monitored = compile_monitored(f"{program}.cpp", directory / program, "-O1", "-g", "-w",
                                  "-fsanitize=thread")
    database = directory / f"{program}.db"
    done = run([monitored, *arguments], env=environment(database))
    check("ThreadSanitizer" not in done.stderr, done.stderr)
    check(single(database, "SELECT count(*) FROM calls") > 0, f"{program}: nothing is stored")
