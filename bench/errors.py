# SPDX-License-Identifier: Apache-2.0
"""Throw and catch through a monitored frame, and through a plain one."""

import statistics

import limits
import report
from common import HERE, Failure, books, build, environment, remove_database, run_json

NAMES = {"direct": "no frame between", "rethrown": "plain frame that catches and rethrows",
         "sampled": "monitored frame, sample=1", "unsampled": "monitored frame, sample=0"}


def measure(bench):
    directory = bench.scratch("errors")
    program = build(bench.obs_cxx, directory / "errors", HERE / "errors.cpp")
    database = directory / "obs.db"
    bursts = 50 if bench.long else 15
    rounds = []
    for _ in range(bench.rounds):
        remove_database(database)
        rounds.append(run_json([program, bursts], env=environment(database)))
        for function in ("errorSampled", "errorUnsampled"):
            made = 500 * (bursts + 1)
            _, recorded, dropped, errors = books(database, function)
            if (recorded, dropped, errors) != (made, 0, made):
                raise Failure(f"{function}: {recorded} recorded, {errors} of them as errors, "
                              f"expected {made}")
    remove_database(database)
    result = {}
    for name in NAMES:
        medians = [statistics.median(r[name]) for r in rounds]
        plain = [statistics.median(r["rethrown"]) for r in rounds]
        result[name] = {"median": statistics.median(medians),
                        "minimum": min(min(r[name]) for r in rounds),
                        "ratio": statistics.median(a / b for a, b in zip(medians, plain))}
    return result


def tables(result):
    rows = [[NAMES[name], *(report.number(f[key]) for key in ("median", "ratio", "minimum")),
             report.number(f["minimum"] / result["rethrown"]["minimum"])]
            for name, f in result.items()]
    return report.table(["ns an error", "median", "to plain frame", "least", "to plain frame"],
                        rows)


def missed(result):
    for name in ("sampled", "unsampled"):
        ratio = result[name]["minimum"] / result["rethrown"]["minimum"]
        if ratio > limits.ERRORS:
            yield (f"an error takes {ratio:.2f} times as long through a {NAMES[name]}, "
                   f"at most {limits.ERRORS} is expected")
