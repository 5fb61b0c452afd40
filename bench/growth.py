# SPDX-License-Identifier: Apache-2.0
"""How the cost of a recorded call grows with what is recorded, and how much of it.

The sources are written here; growth/harness.h measures their cases in turn."""

import os
from concurrent.futures import ThreadPoolExecutor

import limits
import report
from common import CLANG, HERE, Failure, build, environment, query, remove_database, run_json

SOURCES = HERE / "growth"
INCLUDE = f"-I{SOURCES}"
LENGTHS = (0, 4, 8, 12, 16, 24, 32, 64, 128, 256, 512, 1000, 2000, 10000)
ITEMS = (0, 1, 10, 100, 1000, 1001, 10**4, 10**5, 10**6, 10**7)
NESTING = (1, 2, 4, 8, 16, 32, 64)
SITES = (1, 10, 100, 1000, 10000)
THREADS = (1, 2, 5, 10, 50, 100, 200, 500)
MONITORED = "[[gnu::noinline, obs::monitor]]"

# series: what its places are; whether they go up by factors
SERIES = {"arguments": ("int arguments", False), "text": ("bytes of a std::string", True),
          "items": ("items of a std::vector<int>", True),
          "depth": ("structs around a struct of two ints", False),
          "nesting": ("calls inside of each other", True),
          "sites": ("functions called in turn", True),
          "sites, sample=0": ("functions called in turn", True),
          "sites, plain": ("functions called in turn", True),
          "threads": ("threads", True), "first": ("threads", True)}


def cases():
    """Arguments, text, items, depth and nesting, in one program."""
    lines, adds = [], []
    for count in range(17):
        parameters = ", ".join(f"int a{i}" for i in range(count))
        total = " + ".join([f"a{i}" for i in range(count)] or ["1"])
        lines.append(f"{MONITORED} int64_t arguments{count}({parameters}) {{ return {total}; }}")
        values = ", ".join(f"i + {i}" for i in range(count))
        adds.append(f'add("arguments", {count}, [](int i) {{ (void)i; '
                    f"return arguments{count}({values}); }});")
    lines.append(f"{MONITORED} int64_t text(const std::string &t) {{ return int64_t(t.size()); }}")
    for length in LENGTHS:
        adds.append(f'add("text", {length}, [t = std::string({length}, \'x\')](int) '
                    "{ return text(t); });")
    lines.append(f"{MONITORED} int64_t items(const std::vector<int> &v) "
                 "{ return int64_t(v.size()); }")
    for count in ITEMS:
        adds.append(f'add("items", {count}, [v = std::make_shared<std::vector<int>>({count})]'
                    "(int) { return items(*v); });")
    lines.append("struct S0 { int a = 1, b = 2; };")
    for depth in range(1, 9):
        lines.append(f"struct S{depth} {{ S{depth - 1} inner; int c = 3; }};")
    for depth in range(9):
        lines.append(f"{MONITORED} int64_t depth{depth}(const S{depth} &s) "
                     "{ return int64_t(sizeof(s)); }")
        adds.append(f'add("depth", {depth}, [s = S{depth}()](int) {{ return depth{depth}(s); }});')
    lines.append(f"{MONITORED} int64_t nest(int depth) "
                 "{ return depth <= 1 ? 1 : 1 + nest(depth - 1); }")
    for depth in NESTING:
        adds.append(f"""cases().push_back({{"nesting", {depth}, 640, [](int calls) {{
    int64_t sum = 0;
    for (int i = 0; i < calls; i += {depth})
      sum += nest({depth});
    return sum;
  }}, {{}}}});""")
    return "\n".join(['#include "harness.h"', "#include <memory>", "using namespace growth;",
                      "namespace {", *lines, "} // namespace", "int main(int, char **argv) {",
                      *adds, "run(std::stoi(argv[1]));", "}"]) + "\n"


def site_sources(directory, parts=10):
    """SITES[-1] functions in files of equal size, and one that calls them."""
    each = SITES[-1] // parts
    paths = []
    for part in range(parts):
        names = range(part * each, (part + 1) * each)
        path = directory / f"sites{part}.cpp"
        path.write_text("".join(
            f"{MONITORED} long site{i}(long a, int b) {{ return a * {i} + b; }}\n" for i in names)
            + f"using F = long (*)(long, int);\nextern const F part{part}[] = {{"
            + ", ".join(f"site{i}" for i in names) + "};\n")
        paths.append(path)
    main = directory / "sites.cpp"
    lines = ['#include "harness.h"', "using F = long (*)(long, int);",
             *(f"extern const F part{i}[];" for i in range(parts)),
             "int main(int, char **argv) {", "static std::vector<F> sites;",
             *(f"sites.insert(sites.end(), part{i}, part{i} + {each});" for i in range(parts))]
    for count in SITES:
        lines.append(f"""growth::cases().push_back({{"sites", {count}, 10000, [](int calls) {{
    int64_t sum = 0;
    for (int i = 0; i < calls; ++i)
      sum += sites[size_t(i) % {count}](i, 1);
    return sum;
  }}, {{}}}});""")
    main.write_text("\n".join([*lines, "growth::run(std::stoi(argv[1]));", "}"]) + "\n")
    return [*paths, main]


def build_sites(bench, directory):
    sources = site_sources(directory)
    programs = {}
    for name, compiler, flags in (("monitored", bench.obs_cxx, []),
                                  ("plain", CLANG, ["-DPLAIN", "-Wno-unknown-attributes"])):
        def compile_one(source):
            return build(compiler, directory / f"{source.stem}-{name}.o", "-c", source, *flags,
                         INCLUDE)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            objects = list(pool.map(compile_one, sources))
        programs[name] = build(compiler, directory / f"sites-{name}", *objects)
    return programs


def nothing_dropped(database):
    if query(database, "SELECT sum(dropped) FROM functions") != [(0,)]:
        raise Failure(f"{database}: calls were dropped, which costs something else")


def measure(bench):
    directory = bench.scratch("growth")
    database = directory / "obs.db"
    turns = 15 if bench.long else 3

    def run_program(*command, **variables):
        remove_database(database)
        figures = run_json(command, env=environment(database, **variables))
        figures.pop("sum")
        if database.exists():
            nothing_dropped(database)
        return figures

    source = directory / "cases.cpp"
    source.write_text(cases())
    program = build(bench.obs_cxx, directory / "cases", source, INCLUDE)
    result = run_program(program, turns)
    sites = build_sites(bench, directory)
    result["sites"] = run_program(sites["monitored"], turns)["sites"]
    result["sites, sample=0"] = run_program(sites["monitored"], turns, OBS_SAMPLE=0)["sites"]
    result["sites, plain"] = run_program(sites["plain"], turns)["sites"]
    program = build(bench.obs_cxx, directory / "threads", SOURCES / "threads.cpp")
    threads = {count: run_program(program, count) for count in THREADS}
    result["threads"] = [[count, f["ns"]] for count, f in threads.items()]
    result["first"] = [[count, f["first"]] for count, f in threads.items()]
    result["memory"] = [[count, f["mb"]] for count, f in threads.items()]
    remove_database(database)
    return result


def row(result, name, label, unit="ns"):
    return report.table([label, *(f"{place:,}" for place, _ in result[name])],
                        [[unit, *(report.number(value) for _, value in result[name])]])


def tables(result):
    text = []
    for name in ("arguments", "text", "items", "depth", "nesting"):
        text += [row(result, name, SERIES[name][0], "ns a call"), ""]
    sites = [["ns a call, sample=1", "sites"], ["sample=0", "sites, sample=0"],
             ["plain", "sites, plain"]]
    text += [report.table(["functions called in turn", *(f"{p:,}" for p, _ in result["sites"])],
                          [[label, *(report.number(v) for _, v in result[name])]
                           for label, name in sites]), ""]
    threads = [["ns a call", "threads"], ["µs of a thread's first call", "first"],
               ["MB resident", "memory"]]
    text += [report.table(["threads", *(f"{p:,}" for p, _ in result["threads"])],
                          [[label, *(report.number(v) for _, v in result[name])]
                           for label, name in threads])]
    return "\n".join(text)


def plot(result, directory):
    panels = [("", SERIES[name][0], "ns a call", SERIES[name][1], {name: result[name]})
              for name in ("arguments", "text", "items", "depth", "nesting")]
    panels.append(("", "functions called in turn", "ns a call", True,
                   {"sample=1": result["sites"], "sample=0": result["sites, sample=0"],
                    "plain": result["sites, plain"]}))
    panels.append(("", "threads", "ns a call", True, {"threads": result["threads"]}))
    panels.append(("", "threads", "µs of the first call", True, {"threads": result["first"]}))
    panels.append(("", "threads", "MB resident", True, {"threads": result["memory"]}))
    return [report.curves(directory, "growth", panels)]


def missed(result):
    """Beyond the limit of items, a container costs no more than one within it."""
    items = dict(map(tuple, result["items"]))
    if items[10**7] > limits.ITEMS * items[1001]:
        yield (f"a vector of 10,000,000 items costs {items[10**7]:.0f} ns, one of 1,001 "
               f"{items[1001]:.0f}")
