#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One program of several files, built in the ways that projects build theirs:
it prints what the plain one does, and its calls are stored. The second argument
picks a part."""

import concurrent.futures
import os

from harness import *

PART = sys.argv[2]
directory = scratch(f"builds_{PART}")
HOME = PROGRAMS / "builds"
FILES = [HOME / "library.cpp", HOME / "main.cpp"]
PLAIN = [CLANG, "-Wno-unknown-attributes"]

CALLS = [
    ("library::Animal::Animal", {"name": "Rex"}, None),
    ("library::Dog::speak", {"times": 2}, "Rex: woof woof"),
    ("library::inHeader", {"a": 1}, 2),
    ("library::checked", {"a": 2}, 3),
    ("library::inHeader", {"a": 2}, 3),
    ("library::twice<int>", {"value": 21}, 42),
    ("library::checked", {"a": -1}, "std::out_of_range: below zero"),
]
OUTPUT = "Rex: woof woof\n2 3\n42\nbelow zero\n"


def check_program(program, without=(), output=OUTPUT, calls=CALLS, **variables):
    """Runs the program and compares what it prints and what is stored."""
    database = program.parent / f"{program.name}.db"
    done = run([program], env=environment(database, **variables), cwd=program.parent)
    check_equal(done.stdout, output, f"{program.name}: output")
    rows = query(database, "SELECT function, args, result, error_type, error_message FROM calls")
    key = lambda call: (call[0], json.dumps(call[1]))
    stored = sorted(((function, json.loads(args),
                      f"{kind}: {message}" if kind else json.loads(result or "null"))
                     for function, args, result, kind, message in rows), key=key)
    expected = sorted((call for call in calls if call not in without), key=key)
    check_equal(stored, expected, f"{program.name}: calls")


def together(jobs):
    """Two at a time: what fails ends the test."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for job in [pool.submit(*job) for job in jobs]:
            job.result()


# --- Flags --------------------------------------------------------------------

FLAGS = {
    "cxx17": ["-std=c++17"], "cxx20": ["-std=c++20"], "cxx23": ["-std=c++23"],
    "cxx26": ["-std=c++2c"], "gnu17": ["-std=gnu++17"], "gnu20": ["-std=gnu++20"],
    "gnu23": ["-std=gnu++23", "-O2"],
    "libcxx": ["-std=c++20", "-stdlib=libc++"],
    "no_rtti": ["-std=c++17", "-fno-rtti"],
    "hidden": ["-std=c++17", "-fvisibility=hidden", "-fvisibility-inlines-hidden"],
    "lto": ["-std=c++20", "-O2", "-flto", "-fuse-ld=lld"],
    "thin_lto": ["-std=c++20", "-O2", "-flto=thin", "-fuse-ld=lld"],
    "sanitized": ["-std=c++20", "-g", *SANITIZED],
    "intel_syntax": ["-std=c++17", "-O2", "-masm=intel"],
    "external_assembler": ["-std=c++17", "-O2", "-fno-integrated-as"],
    "profiled": ["-std=c++17", "-O2", f"-fprofile-generate={directory}"],
    "save_temps": ["-std=c++17", "-save-temps=obj"],
    "strict": ["-std=c++20", "-Wall", "-Wextra", "-pedantic", "-Werror", "-Wshadow",
               "-Werror=unknown-attributes", "-Werror=return-type"],
}


def check_flags(name, flags):
    program = directory / name
    run([OBS_CXX, *flags, *FILES, "-o", program])
    check_program(program)


def flags():
    together([(check_flags, *entry) for entry in FLAGS.items()])
    # No exceptions: none is recorded.
    program = directory / "no_exceptions"
    run([OBS_CXX, "-std=c++17", "-fno-exceptions", *FILES, "-o", program])
    check_program(program, without=CALLS[-1:], output=OUTPUT.replace("below zero\n", ""))
    # No elision: results of class type are not captured.
    program = directory / "no_elision"
    run([OBS_CXX, "-std=c++17", "-fno-elide-constructors", *FILES, "-o", program])
    run([program], env=environment(directory / "no_elision.db"))
    check_equal(query(directory / "no_elision.db", "SELECT function, result FROM calls "
                      "WHERE function IN ('library::Dog::speak', 'library::checked') "
                      "AND status = 'ok' ORDER BY function"),
                [("library::Dog::speak", None), ("library::checked", "3")], "without elision")


# --- Steps between source and object ------------------------------------------


def compiled(name, *commands, without=()):
    """Each command makes main.o or library.o in a directory of its own."""
    where = directory / name
    where.mkdir()
    for command in commands:
        run(command, cwd=where, env={**os.environ, "CCACHE_DISABLE": "1"})
    run([OBS_CXX, "library.o", "main.o", "-o", "program"], cwd=where)
    check_program(where / "program", without)


def check_shared():
    where = directory / "shared"
    where.mkdir()
    run([OBS_CXX, "-std=c++20", "-fPIC", "-shared", "-fvisibility=hidden", FILES[0],
         "-o", "libanimals.so"], cwd=where)
    run([OBS_CXX, "-std=c++20", "-fPIE", "-pie", FILES[1], "libanimals.so",
         "-Wl,-rpath,$ORIGIN", "-o", "program"], cwd=where)
    check_program(where / "program")


def check_preprocessed(name, *flags):
    compiled(name, *[command for file in ("library", "main") for command in (
        [OBS_CXX, "-std=c++20", "-E", *flags, HOME / f"{file}.cpp", "-o", f"{file}.ii"],
        [OBS_CXX, "-std=c++20", "-c", f"{file}.ii", "-o", f"{file}.o"])])


def check_precompiled(name, header_compiler, without=()):
    compiled(name, [*header_compiler, "-std=c++20", "-x", "c++-header", HOME / "library.h",
                    "-o", "library.pch"],
             *[[OBS_CXX, "-std=c++20", "-include-pch", "library.pch", "-c",
                HOME / f"{file}.cpp", "-o", f"{file}.o"] for file in ("library", "main")],
             without=without)


def check_dependencies():
    where = directory / "dependencies"
    where.mkdir()
    for option, ours in (("-MD", True), ("-MMD", False)):
        texts = []
        for compiler in ([OBS_CXX], PLAIN):
            run([*compiler, "-std=c++20", option, "-MF", "out.d", "-c", FILES[0], "-o", "out.o"],
                cwd=where)
            texts.append(sorted((where / "out.d").read_text().replace("\\\n", " ").split()))
        added = [name for name in texts[0] if name not in texts[1]]
        check(all("/obs/detail/" in name for name in added), f"{option} adds {added}")
        check(ours or not added, f"{option} adds {added}")
        check_equal([n for n in texts[0] if n not in added], texts[1], option)


def check_ccache():
    where = directory / "ccache"
    where.mkdir()
    settings = {**{k: v for k, v in os.environ.items() if not k.startswith("CCACHE_")},
                "CCACHE_DIR": str(where / "cache")}
    source = where / "f.cpp"

    def build(text):
        source.write_text(text)
        run(["ccache", "--zero-stats"], env=settings)
        run(["ccache", OBS_CXX, "-std=c++20", "-c", source, "-o", "f.o"], cwd=where, env=settings)
        stats = run(["ccache", "--print-stats"], env=settings).stdout.split("\n")
        counts = dict(line.split("\t") for line in stats if "\t" in line)
        sites = obsctl_json(where / "none.db", "sites", where / "f.o")
        return int(counts["direct_cache_hit"]) + int(counts["preprocessed_cache_hit"]), \
            [site["sample_rate"] if "sample_rate" in site else site["sample"] for site in sites]

    text = "[[obs::monitor(sample=0.5)]] int f(int x) { return x; }\n"
    check_equal(build(text), (0, [0.5]), "ccache: the first build")
    (where / "f.o").unlink()
    check_equal(build(text), (1, [0.5]), "ccache: the second build")
    check_equal(build(text.replace("0.5", "0.25")), (0, [0.25]), "ccache: another attribute")


def check_syntax_only():
    """What editors run: of a broken file its own errors, and nothing else."""
    where = directory / "syntax"
    where.mkdir()
    (where / "broken.cpp").write_text("""struct S { [[obs::monitor]] int f(Missing m) { return m; } };
[[obs::monitor]] int g(int a) { return b; }
[[obs::monitor]] auto h(auto x) { return x.y; }
int i = h(1)
[[obs::monitor]] int unfinished(int a) { if (a) {
""")
    messages = [run([*compiler, "-std=c++20", "-fsyntax-only", "broken.cpp"], expect=1,
                    cwd=where).stderr for compiler in ([OBS_CXX], PLAIN)]
    check_equal(messages[0], messages[1], "the errors of a broken file")


def check_analysis():
    """What looks at the source sees the user's code, as without the plugin."""
    plugin = BUILD / "lib" / "obs-plugin-19.so"
    few = "clang-diagnostic-*,readability-braces*"
    many = f"{few},clang-analyzer-*,bugprone-*,cppcoreguidelines-*,modernize-*,performance-*"

    def tidy(checks, flags, *options):
        return run(["clang-tidy-19", "--quiet", f"-checks=-*,{checks}", *options, *FILES, "--",
                    "-std=c++20", *flags]).stdout

    expected = tidy(many, PLAIN[1:])
    check(expected.count("warning:") > 10, "clang-tidy finds nothing")
    check_equal(tidy(many, [f"-fplugin={plugin}"]), expected, "clang-tidy")
    # It is the analyzer that loads plugins.
    check_equal(tidy(few, [f"-fplugin={plugin}"], f"--load={plugin}"), tidy(few, PLAIN[1:]),
                "clang-tidy without the analyzer")
    messages = [run([*compiler, "-std=c++20", "--analyze", "-Xclang", "-analyzer-output=text",
                     "-Xclang", "-analyzer-checker=optin,deadcode,debug.Stats", FILES[0]],
                    cwd=directory).stderr for compiler in ([OBS_CXX], PLAIN)]
    check("-> Total CFGBlocks" in messages[1], f"the analyzer says nothing: {messages[1]}")
    check_equal(messages[0], messages[1], "the analyzer")


def steps():
    together([
        (check_shared,),
        (check_preprocessed, "preprocessed"),
        (check_preprocessed, "includes_rewritten", "-frewrite-includes"),
        (check_precompiled, "precompiled", [OBS_CXX]),
        # What the header marks is lost there, not what the sources do.
        (check_precompiled, "precompiled_plain", PLAIN,
         [call for call in CALLS if call[0] not in ("library::Dog::speak", "library::checked")]),
        (check_dependencies,), (check_ccache,), (check_syntax_only,),
        (check_analysis,),
    ])


# --- Coverage -----------------------------------------------------------------


def line_counts(report):
    """line: count, of the lines that have one."""
    for line in report.splitlines():
        number, *count = line.split("|")
        if number.strip().isdigit() and count[0].strip():
            yield int(number), count[0].strip()


def coverage():
    counts = {}
    for name, compiler in {"plain": PLAIN, "monitored": [OBS_CXX]}.items():
        where = directory / name
        where.mkdir()
        run([*compiler, "-std=c++20", "-fprofile-instr-generate", "-fcoverage-mapping", *FILES,
             "-o", "program"], cwd=where)
        run([where / "program"], env=environment(where / "obs.db", LLVM_PROFILE_FILE="raw"),
            cwd=where)
        run(["llvm-profdata-19", "merge", "raw", "-o", "data"], cwd=where)
        report = run(["llvm-cov-19", "show", "program", "-instr-profile=data", "-show-regions=false",
                      FILES[0]], cwd=where).stdout
        counts[name] = dict(line_counts(report))
    check(len(counts["plain"]) > 10, "no coverage")
    # Constructors whose initializers can throw count twice or more, as clang
    # does with function-try-blocks; the line where a function opens counts the
    # exceptions that left it, too.
    constructor = next(n for n, line in enumerate(FILES[0].read_text().splitlines(), 1)
                       if "Animal::Animal(" in line)
    for each in counts.values():
        each.pop(constructor)
    opens = next(n for n, line in enumerate(FILES[0].read_text().splitlines(), 1) if "checked(" in line)
    check_equal(int(counts["monitored"].pop(opens)), int(counts["plain"].pop(opens)) + 1,
                "the opening line")
    check_equal(counts["monitored"], counts["plain"], "line counts")


# --- Modules ------------------------------------------------------------------

MODULES = PROGRAMS / "modules"
# In the order in which they need each other; what has no interface comes last.
INTERFACES = {"measures": "shapes:measures", "hidden": "shapes:hidden", "shapes": "shapes",
              "plain": "plain"}
MODULE_CALLS = [
    ("shapes::exported", {"a": 1}, 4),
    ("shapes::notExported", {"a": 1}, 3),
    ("shapes::hidden", {"a": 1}, 2),
    ("own", {"a": 2}, 3),
    ("shapes::inlined", {"a": 2}, 3),
    ("shapes::twice<int>", {"value": 21}, 42),
    ("shapes::halved<int>", {"value": 84}, 42),
    ("shapes::Square::Square", {"name": "square", "side": 3}, None),
    ("shapes::Square::name", {}, "square!"),
    ("shapes::Square::area", {}, 9),
    ("shapes::Square::area", {}, 9),
    ("shapes::Square::scaled", {"factor": 2}, 18),
    ("shapes::Box<int>::get", {"times": 3}, 6),
    ("shapes::inMetres", {"value": 5}, {"value": 5, "unit": "m"}),
    ("inInterface", {"a": 1}, 2),
    ("inImplementation", {"a": 1}, 3),
    ("inInterface", {"a": 1}, 2),
    ("shapes::constant", {"a": 4}, 16),
    ("shapes::checked", {"a": -1}, "std::out_of_range: below zero"),
]
MODULES_OUTPUT = "4 3\n42 42\nsquare! 9 18\n6\n5m\n2 3\n16\nbelow zero\n"


def check_modules(name, interface_commands, *flags):
    """Each command makes `{pcm}`, `{object}` or both of an interface `{source}`."""
    where = directory / name
    where.mkdir()
    compiler = [OBS_CXX, "-std=c++20", *flags, "-fprebuilt-module-path=."]
    objects = []
    for file, module in INTERFACES.items():
        names = {"source": MODULES / f"{file}.cppm", "object": f"{file}_interface.o",
                 "pcm": f"{module.replace(':', '-')}.pcm"}
        objects.append(names["object"])
        for command in interface_commands:
            run([*compiler, *[word.format(**names) for word in command.split()]], cwd=where)
    for file in ("shapes", "plain", "main"):
        objects.append(f"{file}.o")
        run([*compiler, "-c", MODULES / f"{file}.cpp", "-o", objects[-1]], cwd=where)
    run([*compiler, *objects, "-o", "program"], cwd=where)
    check_program(where / "program", output=MODULES_OUTPUT, calls=MODULE_CALLS)
    listed = obsctl_json(where / "none.db", "sites", where / "program")
    check_equal(sorted(site["function"] for site in listed),
                sorted({function for function, *_ in MODULE_CALLS}), f"{name}: sites")


def modules():
    two_steps = ["--precompile {source} -o {pcm}", "-c {pcm} -o {object}"]
    preprocessed = ["-E {source} -o {pcm}.iim", "--precompile {pcm}.iim -o {pcm}",
                    "-c {pcm} -o {object}"]
    one_step = ["-fmodule-output={pcm} -c {source} -o {object}"]
    together([
        (check_modules, "two_steps", two_steps, "-g"),
        (check_modules, "one_step", one_step, "-O2"),
        (check_modules, "save_temps", one_step, "-save-temps=obj"),
        (check_modules, "preprocessed", preprocessed),
    ])


{"flags": flags, "steps": steps, "coverage": coverage, "modules": modules}[PART]()
