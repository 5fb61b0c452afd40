#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The end of a call is told from its beginning however far it is from there."""

from harness import *

directory = scratch("durations")
program = compile_monitored("durations.cpp", directory / "durations", "-O2")
database = directory / "durations.db"
run([program], env=environment(database))


def calls(function):
    return query(database, "SELECT id, duration_ns, status, result, parent_id FROM calls "
                 "WHERE function LIKE ? ORDER BY id", f"%{function}")


short, long = calls("sleeping")
check(1e6 <= short[1] < 1e9, f"1 ms took {short[1]} ns")
check(2.5e9 <= long[1] < 4e9, f"2.5 s took {long[1]} ns")
check_equal([call[2:4] for call in (short, long)], [("ok", "-1"), ("ok", "-2500")], "sleeping")

few, many = calls("outer")
inner = calls("inner")
check_equal(len(inner), 10_010, "inner calls")
for outer, own, total in ((few, inner[:10], 45), (many, inner[10:], 49_995_000)):
    check_equal(outer[2:4], ("ok", str(total)), "outer")
    check_equal({call[4] for call in own}, {outer[0]}, "the parent of inner calls")
    check_equal([call[2:4] for call in own], [("ok", str(n)) for n in range(len(own))], "inner")
    check(sum(call[1] for call in own) <= outer[1], "inner calls take longer than the outer one")

check_equal([call[2:4] for call in calls("nothing")], [("ok", None)], "nothing")
