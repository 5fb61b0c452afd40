#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The work of scripts/bench.sh: measures, prints tables, draws plots, and writes
both into docs/performance.md."""

import argparse
import json
import sys

import calls
import errors
import goals
import growth
import instructions
import leveldb
import memory
import report
import steady
import store
import unpaced
from common import Bench, Failure

PARTS = {"calls": calls, "instructions": instructions, "store": store,
         "errors": errors, "unpaced": unpaced, "memory": memory, "growth": growth,
         "leveldb": leveldb, "steady": steady}
LONG_ONLY = ("growth", "leveldb", "steady")


def kept(bench, name):
    """The figures of the last run of a part."""
    return bench.build / "bench" / f"{name}.json"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", help="the build tree")
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help=f"{', '.join(PARTS)}; none: those of the mode")
    parser.add_argument("--long", action="store_true", help="more rounds, and all parts")
    parser.add_argument("--rounds", type=int, help="so many of each variant")
    parser.add_argument("--check", action="store_true",
                        help="one round, without other tools and plots; keep nothing")
    parser.add_argument("--write", action="store_true",
                        help="put the tables and plots into docs/performance.md")
    arguments = parser.parse_intermixed_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"no part '{unknown.pop()}'; there are: {', '.join(PARTS)}")
    rounds = 1 if arguments.check else arguments.rounds
    bench = Bench(arguments.build, arguments.long, rounds, peers=not arguments.check)
    parts = arguments.parts or [p for p in PARTS if bench.long or p not in LONG_ONLY]

    missed = []
    for name in parts:
        part = PARTS[name]
        print(f"\n== {name}: {part.__doc__.splitlines()[0]}\n", flush=True)
        try:
            result = part.measure(bench)
        except Failure as failure:
            sys.exit(f"error: {failure}")
        text = part.tables(result)
        print(text, flush=True)
        missed += part.missed(result) if hasattr(part, "missed") else []
        if arguments.check:
            continue
        kept(bench, name).write_text(json.dumps(result, indent=1))
        images = report.IMAGES if arguments.write else bench.build / "bench" / "plots"
        for path in part.plot(result, images) if hasattr(part, "plot") else []:
            print(f"plot: {path}")
        if arguments.write:
            report.write_section(name, text)
    if not arguments.check:
        results = {name: json.loads(kept(bench, name).read_text()) for name in PARTS
                   if kept(bench, name).exists()}
        text = goals.table(results)
        print(f"\n== goals, by the last run of each part\n\n{text}")
        if arguments.write:
            report.write_section("goals", text)
    for line in missed:
        print(f"MISSED: {line}")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
