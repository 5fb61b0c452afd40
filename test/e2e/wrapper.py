#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""obs-c++ in the place of clang++: whatever it is asked for."""

from harness import *

directory = scratch("wrapper")
plain = directory / "plain.cpp"
plain.write_text("int twice(int x) { return x + x; }\n")
main = directory / "main.cpp"
main.write_text("int twice(int);\nint main() { return twice(3) - 6; }\n")
marked = directory / "marked.cpp"
marked.write_text("[[obs::monitor]] int twice(int x) { return x + x; }\n")
strict = ["-Wall", "-Wextra", "-Werror"]


def same_as_clang(*arguments):
    ours = run([OBS_CXX, *arguments], expect=None, cwd=directory)
    theirs = run([CLANG, *arguments], expect=None, cwd=directory)
    check_equal((ours.returncode, ours.stdout, ours.stderr),
                (theirs.returncode, theirs.stdout, theirs.stderr), f"obs-c++ {arguments}")


same_as_clang("--version")
same_as_clang("-dumpversion")
same_as_clang("-print-search-dirs")
same_as_clang("-M", plain)
same_as_clang("-MM", *strict, plain)
same_as_clang("-S", *strict, plain, "-o", "-")
same_as_clang("-fsyntax-only", *strict, plain)
same_as_clang("-E", "-P", plain)
same_as_clang("-E", "-x", "c", *strict, "/dev/null")
same_as_clang("-c", *strict, plain, "-o", "plain.o")
same_as_clang()


def needs_libobs(file):
    return "libobs" in run(["readelf", "-d", file]).stdout.split("RUNPATH")[0]


def works(*arguments, expect_libobs):
    run([OBS_CXX, *strict, *arguments], cwd=directory)
    output = directory / arguments[arguments.index("-o") + 1]
    check_equal(needs_libobs(output), expect_libobs, f"{arguments}: depends on libobs")
    return output


# Without a marked function nothing depends on the runtime.
run([works(plain, main, "-o", "unmarked", expect_libobs=False)])
database = directory / "obs.db"
run([works(marked, main, "-o", "program", expect_libobs=True)], env=environment(database))
check_equal(query(database, "SELECT function, args, result FROM calls"),
            [("twice", '{"x":3}', "6")], "the call")

# The interface of the runtime and the macro are found.
api = directory / "api.cpp"
api.write_text("""#include <obs/attributes.h>
#include <obs/obs.h>
OBS_MONITOR(sample=1) static int f(int x) { return x; }
int main() {
  obs::Config config;
  config.database = "configured.db";
  if (!obs::configure(config))
    return 1;
  f(1);
  return obs::flush(std::chrono::seconds(5)) ? 0 : 2;
}
""")
run([works("-std=c++17", api, "-o", "api", expect_libobs=True)], cwd=directory,
    env=environment("unused.db"))
check_equal(single(directory / "configured.db", "SELECT count(*) FROM calls"), 1, "configure()")

# Compiled and linked apart, as a shared library, from standard input, by a link
# in another directory.
run([OBS_CXX, *strict, "-c", marked, "-o", "marked.o"], cwd=directory)
run([works("marked.o", main, "-o", "apart", expect_libobs=True)], env=environment(database))
works("-shared", "-fPIC", marked, "-o", "libmarked.so", expect_libobs=True)
run([works(main, "-L.", "-lmarked", "-Wl,-rpath,$ORIGIN", "-o", "shared", expect_libobs=False)],
    env=environment(database))
run([OBS_CXX, *strict, "-x", "c++", "-", "-c", "-o", "stdin.o"], input=marked.read_text(),
    cwd=directory)
link = directory / "link"
link.symlink_to(OBS_CXX)
run([link, marked, main, "-o", directory / "linked"])
run([directory / "linked"], env=environment(database))
check_equal(single(database, "SELECT count(*) FROM calls"), 4, "calls")

# The compiler can be chosen; one that is not there is named.
run([OBS_CXX, "--version"], env={**os.environ, "OBS_CLANG": shutil.which(CLANG)})
absent = run([OBS_CXX, "--version"], expect=1, env={**os.environ, "OBS_CLANG": "no-such-clang"})
check("no-such-clang" in absent.stderr, "the missing compiler is not named")
