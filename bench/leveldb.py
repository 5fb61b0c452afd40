# SPDX-License-Identifier: Apache-2.0
"""LevelDB's own db_bench, as it is and monitored.

The sources are those that bench.sh has fetched. Nothing in them is changed:
files of rules choose the functions. For the hand-made floor, a copy of them has
one more line in each function of the read and write path (FloorCall)."""

import importlib.util
import os
import random
import re
import resource
import shutil
import statistics
from concurrent.futures import ThreadPoolExecutor

import report
from common import CLANG, HERE, ROOT, Failure, environment, query, remove_database, run

BENCHMARKS = ("fillrandom", "readrandom")
NAMES = {"plain": "plain", "floor": "hand-made floor in the read and write path, 1 in 100",
         "path": "read and write path, sample=0.01",
         "path_zero": "read and write path, sample=0",
         "all": "every function, sample=0.001", "all_zero": "every function, sample=0"}


def mark_leveldb():
    """scripts/mark-leveldb.py, which knows LevelDB's read and write path."""
    spec = importlib.util.spec_from_file_location("mark", ROOT / "scripts" / "mark-leveldb.py")
    mark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(mark)
    return mark


def hot_functions(mark):
    """The path by file."""
    return {file: [name for name, attribute in functions.items() if attribute == mark.HOT]
            for file, functions in mark.FUNCTIONS.items()}


def floor_sources(source, directory):
    """A copy of the sources with a FloorCall in each function of the path."""
    shutil.copytree(source, directory)
    mark = mark_leveldb()
    for file, functions in hot_functions(mark).items():
        text = (directory / file).read_text()
        for function in functions:
            text, count = re.subn(rf"^{mark.definition(function)}[^;{{]*\{{",
                                  r"\g<0> FLOOR_CALL;", text, flags=re.M)
            if count != 1:
                raise Failure(f"{file} has {count} definitions of {function}, not one")
        (directory / file).write_text(f'#include "{HERE}/call/floor_call.h"\n{text}')
    return directory


def build_variant(bench, source, directory, name, rules):
    directory = directory / name
    (directory / "port").mkdir(parents=True)
    (directory / "port" / "port_config.h").write_text("")
    if name == "floor":
        source = floor_sources(source, directory / "source")
    compiler = CLANG
    flags = ["-std=c++17", "-O2", "-DNDEBUG", f"-I{source}", f"-I{source}/include",
             f"-I{directory}", "-DLEVELDB_PLATFORM_POSIX=1", "-DLEVELDB_IS_BIG_ENDIAN=0",
             "-DHAVE_CRC32C=0", "-DHAVE_SNAPPY=0", "-DHAVE_FDATASYNC=1", "-fno-exceptions",
             "-fno-rtti"]
    if rules:
        compiler = bench.obs_cxx
        (directory / "rules").write_text("".join(f"{rule}\n" for rule in rules))
        flags.append(f"-fplugin-arg-obs-functions={directory}/rules")
    sources = [path for folder in ("db", "table", "util") for path in (source / folder).glob("*.cc")
               if not re.search(r"(_test|_bench|_windows|leveldbutil)\.cc$", path.name)]
    sources.append(source / "benchmarks" / "db_bench.cc")

    def compile_one(path):
        output = directory / f"{path.parent.name}-{path.stem}.o"
        run([compiler, *flags, "-c", path, "-o", output])
        return output
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compile_one, sorted(sources)))
    program = directory / "db_bench"
    run([compiler, *objects, "-o", program, "-pthread"])
    return program


def cpu_seconds(usage):
    return usage.ru_utime + usage.ru_stime


def run_once(program, directory, number, **variables):
    """µs an operation by benchmark, and CPU seconds of the process."""
    data, database = directory / "data", directory / "obs.db"
    shutil.rmtree(data, ignore_errors=True)
    remove_database(database)
    before = cpu_seconds(resource.getrusage(resource.RUSAGE_CHILDREN))
    printed = run([program, f"--benchmarks={','.join(BENCHMARKS)}", f"--num={number}",
                   f"--db={data}"], env=environment(database, **variables))
    figures = {"cpu": cpu_seconds(resource.getrusage(resource.RUSAGE_CHILDREN)) - before}
    for name in BENCHMARKS:
        figures[name] = float(re.search(rf"^{name}\s*:\s*([\d.]+) micros/op", printed, re.M)[1])
    shutil.rmtree(data)
    if database.exists():
        figures["calls"], figures["recorded"], figures["dropped"], figures["functions"] = query(
            database, "SELECT sum(calls_total), sum(recorded), sum(dropped), count(*) "
            "FROM functions")[0]
    return figures


def measure(bench):
    source = bench.build / "bench" / "leveldb"
    if not (source / "CMakeLists.txt").exists():
        raise Failure(f"no sources of LevelDB in {source}; scripts/bench.sh fetches them")
    directory = bench.scratch("leveldb-bench")
    path = [f"leveldb::*{name}  sample=0.01" for names in hot_functions(mark_leveldb()).values()
            for name in names]
    rules = {"plain": [], "floor": [], "path": path, "all": ["*  sample=0.001"]}
    programs = {name: build_variant(bench, source, directory, name, r)
                for name, r in rules.items()}
    for name in ("path", "all"):
        programs[f"{name}_zero"] = programs[name]
    samples = {name: [] for name in programs}
    for _ in range(bench.rounds):
        for name in random.sample(sorted(programs), len(programs)):
            samples[name].append(run_once(programs[name], directory,
                                          400_000 if bench.long else 50_000,
                                          **({"OBS_SAMPLE": 0} if name.endswith("_zero") else {})))
    result = {}
    for name in NAMES:
        rounds = samples[name]
        figures = {key: statistics.median(r[key] for r in rounds) for key in rounds[0]}
        for key in (*BENCHMARKS, "cpu"):
            figures[f"{key}_ratio"] = statistics.median(
                a[key] / b[key] for a, b in zip(rounds, samples["plain"]))
            figures[f"{key}_least"] = (min(r[key] for r in rounds) /
                                       min(r[key] for r in samples["plain"]))
        result[name] = figures
    return result


def tables(result):
    head = ["db_bench"]
    for name in (*BENCHMARKS, "CPU"):
        unit = "s" if name == "CPU" else "µs"
        head += [f"{name}, {unit}", "to plain", "least to plain"]
    head += ["functions", "calls", "recorded", "dropped"]
    rows = []
    for name, f in result.items():
        row = [NAMES[name]]
        for key in (*BENCHMARKS, "cpu"):
            row += [report.number(f[key]), report.number(f[f"{key}_ratio"]),
                    report.number(f[f"{key}_least"])]
        row += [report.number(int(f[key])) if key in f else ""
                for key in ("functions", "calls", "recorded", "dropped")]
        rows.append(row)
    return report.table(head, rows)
