# SPDX-License-Identifier: Apache-2.0
"""A recorded call through ten minutes, with retention at work.

The program of `calls`, at sample=1; the file may have 64 MB, so most of the
time retention deletes as much as is written."""

import statistics

import calls
import report
from common import Failure, books, environment, query, remove_database, run_json

SIZE_CAP = 64 << 20


def measure(bench):
    directory = bench.scratch("steady")
    [[obs], _] = calls.compile_all(bench, directory, calls.named("obs"))
    database = directory / "obs.db"
    minutes = 10 if bench.long else 1
    bursts = minutes * 60_000 // (2 * calls.PAUSE_MS)
    figures = run_json([obs.program, bursts, calls.PAUSE_MS, 1], timeout=1200,
                       env=environment(database, OBS_RETENTION_SIZE=SIZE_CAP))
    total, recorded, dropped, _ = books(database, "work")
    if total != figures["calls_made"] or recorded + dropped != total:
        raise Failure(f"{total} calls counted of {figures['calls_made']}, {recorded} recorded and "
                      f"{dropped} dropped")
    kept = query(database, "SELECT count(*) FROM calls")[0][0]
    size = database.stat().st_size
    remove_database(database)
    # Parts of equal length, so many that each has a fair median.
    each = len(figures["bursts"]) // 20
    medians = [statistics.median(figures["bursts"][i * each:(i + 1) * each]) for i in range(20)]
    return {"minutes": minutes, "medians": medians, "calls": total, "dropped": dropped,
            "kept": kept, "size": size}


def tables(result):
    medians = result["medians"]
    return report.table(
        [f"{result['minutes']} minutes", ""],
        [["ns a call, median of the first 20th", report.number(medians[0])],
         ["of the last", report.number(medians[-1])],
         ["least and most of all 20ths",
          f"{report.number(min(medians))} to {report.number(max(medians))}"],
         ["calls, all recorded", report.number(result["calls"])],
         ["dropped", report.number(result["dropped"])],
         ["rows that retention has left", report.number(result["kept"])],
         ["MB of the file at the end", report.number(result["size"] / 1e6)]])


def plot(result, directory):
    points = [((i + 0.5) * result["minutes"] / 20, m) for i, m in enumerate(result["medians"])]
    return [report.curves(directory, "steady",
                          [("", "minutes", "ns a call, median", False, {"obs": points})])]


def missed(result):
    if result["dropped"]:
        yield f"{result['dropped']} calls were dropped at a pace that leaves the writer time"
