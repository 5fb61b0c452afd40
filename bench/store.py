# SPDX-License-Identifier: Apache-2.0
"""From the call to the committed row, against SQLite alone.

store/recording.cpp makes calls that are all recorded; store/raw.cpp inserts the
same rows, read back from what the first one wrote, with the same pragmas and
batches. Both run in turn, on the same disk."""

import statistics

import limits
import report
from common import (CLANG, HERE, ROOT, Failure, books, build, environment, remove_database,
                    run_json)

SOURCES = HERE / "store"
# Records of a transaction, and the drain interval: the defaults, then without
# the pauses that the program's pace has between two drains, then with the batch
# that config.h advises where there is much to write.
SETTINGS = ((100, "100ms"), (100, "10ms"), (1000, "10ms"))


def measure(bench):
    directory = bench.scratch("store")
    recording = build(bench.obs_cxx, directory / "recording", SOURCES / "recording.cpp")
    raw = build(CLANG, directory / "raw", SOURCES / "raw.cpp", f"-I{ROOT}/runtime",
                "-lsqlite3")
    calls = 500_000
    database, copy = directory / "obs.db", directory / "raw.db"
    samples = {setting: [] for setting in SETTINGS}
    for _ in range(bench.rounds):
        for batch, interval in SETTINGS:
            remove_database(database)
            ours = run_json([recording, calls],
                            env=environment(database, OBS_BATCH_SIZE=batch,
                                            OBS_DRAIN_INTERVAL=interval))
            total, recorded, dropped, _ = books(database, "work")
            if (total, recorded, dropped) != (calls, calls, 0):
                raise Failure(f"{recorded} recorded and {dropped} dropped of {total} calls, "
                              f"expected {calls}")
            remove_database(copy)
            theirs = run_json([raw, database, copy, batch])
            if theirs["rows"] != calls:
                raise Failure(f"{theirs['rows']} rows read back, expected {calls}")
            samples[batch, interval].append({
                "obs": calls / ours["seconds"], "raw": calls / theirs["seconds"],
                **{name: ours["cpu"][f"obs-{name}"] / calls
                   for name in ("collector", "writer")},
                "raw_cpu": theirs["cpu"] / calls,
                "bytes": database.stat().st_size / calls,
                "raw_bytes": copy.stat().st_size / calls,
            })
    remove_database(database)
    remove_database(copy)
    return [{"batch": batch, "interval": interval,
             "ratio": statistics.median(r["obs"] / r["raw"] for r in rounds),
             **{key: statistics.median(r[key] for r in rounds) for key in rounds[0]}}
            for (batch, interval), rounds in samples.items()]


def tables(result):
    keys = ("obs", "raw", "ratio", "collector", "writer", "raw_cpu", "bytes", "raw_bytes")
    rows = [[f"batches of {f['batch']:,}, every {f['interval']}",
             *(report.number(f[key]) for key in keys)] for f in result]
    return report.table(["", "rows/s", "SQLite alone", "ratio", "ns CPU of the collector",
                         "of the writer", "of SQLite alone", "bytes a record", "SQLite alone"],
                        rows)


def missed(result):
    for figures in result:
        if figures["ratio"] < limits.STORE:
            yield (f"{figures['ratio']:.2f} of SQLite's rows/s in batches of {figures['batch']}, "
                   f"at least {limits.STORE} is expected")
