#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Values that are large, deep, or lie about themselves cost little and harm
nothing: the program ends well, and each record says what was seen."""

from harness import *

directory = scratch("memory_pressure")
program = compile_monitored("memory_pressure.cpp", directory / "program", "-O1", "-w")


def end_of(mode, **variables):
    database = directory / f"{mode}.db"
    done = run([program, mode], env=environment(database, **variables), timeout=120)
    check_equal(done.stdout, "end\n", f"{mode}: output")
    return database


def arguments(database, function):
    return json.loads(single(database, "SELECT args FROM calls WHERE function = ?", function))


values = end_of("values")
chain = "..."
for level in reversed(range(3)):
    chain = {"level": level, "next": chain}
TEXT = "l" * 1000
for function, expected in {
    "untouched": {"items": "[Untouchable with 10000000 items]"},
    "untouchedVector": {"items": "[std::vector<long, Pages<long>> with 10000000 items]"},
    "matrix": {"value": "[Matrix 1000000×100]"},
    "more": {"value": [1, 2, 3, "+7 more"], "after": 7},
    "fewer": {"value": [1, 2], "after": 7},
    "thrower": {"value": [0, 1, 2, "+7 more"], "after": 7},
    "sizeThrower": {"value": "..."},
    "blocks": {"value": {"id": 5}},
    "ofItself": {"value": {"items": [{"items": []}, {"items": [{"items": []}]}]}},
    "movedFrom": {"text": "", "items": [], "pointer": None},
    "own": {"a": [1, 2], "b": "[std::vector<int> with 3 items]", "text": "fou... (4 bytes)",
            "deep": {"items": ["..."]}},
}.items():
    actual = arguments(values, function)
    actual.pop("pointer", None) if function == "own" else None
    check_equal(actual, expected, function)
check(arguments(values, "own")["pointer"].startswith("0x"), "pointers=false: an address")

nested, depth = arguments(values, "nested")["value"], 0
while nested != "...":
    check(isinstance(nested, dict) and depth < 10, "nested structures end")
    nested, depth = nested["next"], depth + 1
check(2 <= depth <= 5, f"nested structures end at depth {depth}")

large = arguments(values, "large")
check_equal(large["after"], 7, "what follows a value that does not fit")
shown = large["texts"]
check(shown[0] == TEXT and 50 < len(shown) < 65, f"{len(shown)} texts in 64 KB")
check_equal(shown[-1], f"+{1000 - (len(shown) - 1)} more", "what did not fit")

# Limits of the process.
less = directory / "less.db"
run([program, "values"], env=environment(less, OBS_MAX_ITEMS=2, OBS_MAX_TEXT=3, OBS_MAX_DEPTH=1,
                                         OBS_MAX_RECORD=64, OBS_READ_POINTERS=0))
check_equal(arguments(less, "more"), {"value": "[Items<10> with 10 items]", "after": 7},
            "OBS_MAX_ITEMS")
check_equal(arguments(less, "nested")["value"]["next"], "...", "OBS_MAX_DEPTH")
check_equal(arguments(less, "own")["text"], "fou... (4 bytes)", "a limit of the function's own")

limited = end_of("limited", OBS_MEMORY_LIMIT="16MB")
check_equal(single(limited, "SELECT result FROM calls WHERE function = 'allocates'"),
            str(50 << 20), "an allocation of 50 MB within 100 MB")
check_equal(query(limited, "SELECT status, error_type FROM calls WHERE function = 'tooMuch'"),
            [("error", "std::bad_alloc")], "an allocation of 200 MB")
check_equal(single(limited, "SELECT count(*) FROM calls WHERE function = 'large'"), 100,
            "calls after that")

overflow = end_of("overflow", OBS_QUEUE_NORMAL=100, OBS_QUEUE_OVERFLOW=100)
calls, recorded, dropped = query(
    overflow, "SELECT calls_total, recorded, dropped FROM functions WHERE function = 'large'")[0]
check_equal(calls, 20000, "calls")
check_equal(recorded + dropped, calls, "recorded and dropped")
told = [json.loads(row[0]) for row in query(
    overflow, "SELECT detail FROM health WHERE kind = 'overflow' ORDER BY time")]
check_equal((told[0]["state"], told[-1]["state"]), ("started", "ended"), "overflow events")
ended = [event for event in told if event["state"] == "ended"]
check_equal(sum(event["most"]["large"] for event in ended), dropped, "dropped calls in health")
stat = obsctl(overflow, "stat").stdout
check(f"!! {dropped:,} sampled calls were DROPPED" in stat and "of large" in stat, stat)
