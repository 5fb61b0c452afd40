# SPDX-License-Identifier: Apache-2.0
"""A loop of monitored calls without a pause, more than can be written.

Against the floor in bursts, which loses nothing."""

import statistics

import calls
import limits
import report
from common import HERE, Failure, books, build, environment, remove_database, run_json


def measure(bench):
    directory = bench.scratch("unpaced")
    program = build(bench.obs_cxx, directory / "unpaced", HERE / "unpaced.cpp")
    [[floor], _] = calls.compile_all(bench, directory, calls.named("floor"))
    database = directory / "obs.db"
    rounds = []
    for _ in range(bench.rounds):
        floor_ns = statistics.median(floor.measure(20, calls.PAUSE_MS)["bursts"])
        remove_database(database)
        figures = run_json([program, 10 if bench.long else 1], env=environment(database))
        total, recorded, dropped, _ = books(database, "work")
        if total != figures["calls"] or recorded + dropped != total:
            raise Failure(f"{total} calls counted of {figures['calls']}, {recorded} recorded and "
                          f"{dropped} dropped")
        rounds.append({**figures, "floor": floor_ns, "dropped": dropped,
                       "ratio": figures["median"] / floor_ns,
                       "mean_ratio": figures["mean"] / floor_ns})
    remove_database(database)
    return {key: statistics.median(r[key] for r in rounds) for key in rounds[0]}


def tables(result):
    r = result
    return report.table(
        ["unpaced", "", "to floor"],
        [["ns a call, median of bursts", report.number(r["median"]), report.number(r["ratio"])],
         ["p99 of bursts", report.number(r["p99"]), ""],
         ["mean of all", report.number(r["mean"]), report.number(r["mean_ratio"])],
         ["calls", report.number(int(r["calls"])), ""],
         ["dropped, each one counted", f"{100 * r['dropped'] / r['calls']:.1f} %", ""],
         ["MB resident at most, the whole program", report.number(r["resident"] / 1e6), ""],
         ["MB held at most, by its own books", report.number(r["memory"] / 1e6), ""],
         ["MB that may be held", report.number(r["limit"] / 1e6), ""]])


def missed(result):
    if result["ratio"] > limits.UNPACED:
        yield (f"unpaced calls take {result['ratio']:.2f} times the floor, at most {limits.UNPACED} is "
               f"expected")
    if result["memory"] > result["limit"]:
        yield f"{result['memory']:.0f} bytes are held of {result['limit']:.0f}"
