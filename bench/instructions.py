#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Instructions of a call, counted by callgrind on the calling thread only.

usage: instructions.py BUILD [--print | --renew]

Fails if one is more than 10 % above what instructions.json says, or if the cost
of a container grows with its size. --print only shows them, --renew writes them
there."""

import argparse
import json
import pathlib
import re
import sys

import limits
import report
from common import HERE, Bench, Failure, build, environment, query, run

EXPECTED = HERE / "instructions.json"

CASES = {
    "plain": "plain call (int64, double, string)",
    "unsampled": "the same, sample=0",
    "hundredth": "the same, sample=0.01",
    "sampled": "the same, sample=1",
    "scalars": "(int, double), sample=1",
    "items_10": "vector<int> of 10 items, sample=1",
    "items_1000": "vector<int> of 1,000 items, sample=1",
    "items_10000000": "vector<int> of 10,000,000 items, sample=1",
    "rethrown": "error, caught and rethrown by a plain frame",
    "error_sampled": "error through a monitored frame, sample=1",
    "error_unsampled": "error through a monitored frame, sample=0",
}


def prepare(bench, directory):
    """The program, and a runtime without debug information: callgrind takes
    that of clang 19 to be damaged."""
    library = directory / "libobs.so"
    run(["objcopy", "--strip-debug", bench.build / "lib" / "libobs.so", library])
    program = build(bench.obs_cxx, directory / "instructions", HERE / "instructions.cpp")
    needed = run(["readelf", "-d", program])
    soname = re.search(r"\[(libobs\.so[^]]*)\]", needed)[1]
    if soname != library.name:
        library.rename(directory / soname)
    return program


def measure(bench):
    program = prepare(bench, bench.scratch("instructions"))
    out = program.parent / "out"
    # A part of the profile ends where the next case warms up.
    printed = run(["valgrind", "--tool=callgrind", "--separate-threads=yes",
                   "--toggle-collect=*counted*", "--dump-before=*warmUp*",
                   f"--callgrind-out-file={out}", program],
                  env=environment(f"{out}.db", LD_LIBRARY_PATH=program.parent))
    if query(f"{out}.db", "SELECT count(*) FROM functions WHERE dropped > 0") != [(0,)]:
        raise Failure("calls were dropped, which takes other instructions")
    cases = [line.split() for line in printed.splitlines()]
    # Part 1 is what comes before the first case; the last one has no number.
    parts = [f"{out}.{i + 2}-01" for i in range(len(cases) - 1)] + [f"{out}-01"]
    result = {}
    for (name, calls), part in zip(cases, parts):
        total = re.search(r"^totals: (\d+)", pathlib.Path(part).read_text(), re.M)
        result[name] = int(total[1]) / int(calls)
    if list(result) != list(CASES):
        raise Failure(f"{program} has the cases {list(result)}, expected {list(CASES)}")
    return result


def tables(result):
    expected = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}
    rows = [[CASES[name], f"{figure:,.1f}", report.number(expected.get(name))]
            for name, figure in result.items()]
    return report.table(["instructions a call", "counted", "expected"], rows)


def missed(result):
    expected = json.loads(EXPECTED.read_text())
    for name, figure in result.items():
        if figure > limits.INSTRUCTIONS * expected[name]:
            yield (f"{CASES[name]}: {figure:,.1f} instructions, {expected[name]:,.1f} are "
                   f"expected. If that is as it should be: python3 bench/instructions.py BUILD "
                   f"--renew")
    if result["items_10000000"] > limits.INSTRUCTIONS * result["items_10"]:
        yield "a vector of 10,000,000 items costs more than one of 10"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="the build tree")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--print", action="store_true", help="compare with nothing")
    choice.add_argument("--renew", action="store_true", help=f"write {EXPECTED.name}")
    arguments = parser.parse_args()
    try:
        result = measure(Bench(arguments.build))
    except Failure as failure:
        sys.exit(f"error: {failure}")
    if arguments.renew:
        EXPECTED.write_text(json.dumps({n: round(f, 1) for n, f in result.items()}, indent=2)
                            + "\n")
    print(tables(result))
    lines = [] if arguments.print else list(missed(result))
    for line in lines:
        print(f"FAILED: {line}")
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main())
