# SPDX-License-Identifier: Apache-2.0
"""What was aimed at, and what the last run of each part has measured."""

import statistics

import report


def rows(results):
    """(goal, what is measured, the bound, the figure, whether it holds)."""

    def at_most(goal, what, bound, figure, unit=""):
        yield goal, what, f"≤ {bound:g}{unit}", f"{report.number(figure)}{unit}", figure <= bound

    if "calls" in results:
        calls = results["calls"]["variants"]
        obs = calls["obs"]
        for name, bound in (("obs-unsampled", 1.5), ("obs-unsampled-library", 1.5),
                            ("obs-hundredth", 2)):
            yield from at_most("not sampled", f"{calls[name]['label']}: more than plain", bound,
                               calls[name]["over"], " ns")
        for name in ("obs", "obs-library"):
            yield from at_most("sampled", f"{calls[name]['label']}: to the floor", 1.25,
                               calls[name]["to_floor"])
        # Both are a few whole ticks of the time stamp counter, times what rounds have
        # measured a tick to be.
        yield from at_most("sampled", "p99 of single calls to their median", 2,
                           round(obs["call_p99"] / obs["call_median"], 3))
        def two_to_one(name):
            return statistics.median(two / one for two, one in zip(
                calls[f"{name}-two-threads"]["medians"], calls[name]["medians"]))
        yield from at_most("sampled", "two threads to one (the floor: "
                           f"{report.number(two_to_one('floor'))})", 1.1, two_to_one("obs"))
        yield from at_most("sampled", "first call of a thread, median", 50, obs["first"] / 1000,
                           " µs")
        yield from at_most("sampled", "first call of a thread, most", 50,
                           obs["first_most"] / 1000, " µs")
    if "steady" in results:
        medians = results["steady"]["medians"]
        yield from at_most("sampled", f"{results['steady']['minutes']} minutes: the last 20th to "
                           "the first", 1.1, medians[-1] / medians[0])
    if "growth" in results:
        items = dict(map(tuple, results["growth"]["items"]))
        yield from at_most("growth", "10,000,000 items to 1,001", 1.1, items[10**7] / items[1001])
    for figures in results.get("store", ()):
        what = f"batches of {figures['batch']:,}, every {figures['interval']}"
        yield ("into SQLite", f"{what}: rows/s to SQLite alone", "≥ 0.8",
               report.number(figures["ratio"]), figures["ratio"] >= 0.8)
        yield from at_most("into SQLite", f"{what}: CPU of collector and writer", 2,
                           (figures["collector"] + figures["writer"]) / 1000, " µs")
    if "store" in results:
        yield from at_most("into SQLite", "on disk a record", 110, results["store"][0]["bytes"],
                           " bytes")
    if "unpaced" in results:
        yield from at_most("unpaced", "median of bursts to the floor", 2.5,
                           results["unpaced"]["ratio"])
        yield from at_most("unpaced", "memory to its limit", 1,
                           results["unpaced"]["memory"] / results["unpaced"]["limit"])
    if "memory" in results:
        yield from at_most("memory", "a record that waits", 100, results["memory"]["record"],
                           " bytes")
        yield from at_most("memory", "at rest, more than without obs", 8,
                           results["memory"]["rest"] / 1e6, " MB")
    if "errors" in results:
        for name in ("sampled", "unsampled"):
            label = "sample=1" if name == "sampled" else "sample=0"
            yield from at_most("errors", f"{label}: to a plain frame that rethrows", 1.5,
                               results["errors"][name]["ratio"])
    if "leveldb" in results:
        path = results["leveldb"]["path"]
        for name in ("fillrandom", "readrandom"):
            yield from at_most("whole program", f"{name}, path at sample=0.01: to plain", 1.02,
                               path[f"{name}_ratio"])


def table(results):
    return report.table(["goal", "measured", "bound", "figure", "holds"],
                        [[*row[:4], "yes" if row[4] else "**no**"] for row in rows(results)],
                        text_columns=2)
