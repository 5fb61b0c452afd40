#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""obsctl sites: what was instrumented, in everything that a build makes."""

from harness import *

directory = scratch("sites")
(directory / "rules.txt").write_text("""# of the shop
!shop::internal
shop::Cart::*  sample=0.25, args=false
shop::*
misspelt::*    sample=0.5   # chooses nothing
""")
(directory / "shop.h").write_text("""#pragma once
namespace shop {
int step();
struct Cart {
  int add(int item) { items += item; step(); return items; }
  int count() const { return items; }
  int items = 0;
};
inline int shared(int x) { return x + step(); }
inline int neverUsed() { return step(); }
template <class T> T twice(T x) { step(); return x + x; }
[[obs::monitor(name="checkout \\"é\\"", skip=secret)]] int pay(int secret, int amount);
int other(int x);
}
""")
(directory / "a.cpp").write_text("""#include "shop.h"
namespace shop {
int step() { static int steps; ++steps; return 1; }
int pay(int secret, int amount) { Cart c; return c.add(amount) + c.count() + shared(secret); }
int internal() { return step() + step(); }
}
""")
(directory / "b.cpp").write_text("""#include "shop.h"
namespace shop {
int other(int x) { return shared(x) + twice(x) + Cart().add(x); }
}
""")
(directory / "main.cpp").write_text("""#include "shop.h"
int main() { return shop::other(1) + shop::pay(2, 3) == 0; }
""")


def build(output, *arguments, rules="rules.txt"):
    run([OBS_CXX, "-std=c++20", "-O1", f"-fplugin-arg-obs-functions={rules}", *arguments,
         "-o", output], cwd=directory)
    return directory / output


def ctl(*arguments, expect=0):
    return run([OBSCTL, "sites", *arguments], expect=expect, cwd=directory)


def sites(*arguments):
    return json.loads(ctl("--json", *arguments).stdout)


def names(*arguments):
    return [site["function"] for site in sites(*arguments)]


for unit in ("a", "b", "main"):
    build(f"{unit}.o", "-c", f"{unit}.cpp")
program = build("program", "a.o", "b.o", "main.o")
everything = ["shop::Cart::add", "shop::other", "shop::pay", "shop::shared", "shop::step",
              "shop::twice<int>"]

# An executable: functions of several files, and who asked for them.
found = {site["function"]: site for site in sites("program")}
check_equal(sorted(found), everything, "functions of the program")
pay = found["shop::pay"]
check_equal((pay["file"], pay["line"], pay["signature"], pay["by"], pay["sample_rate"],
             pay["args"], pay["result"], pay["skip"], pay["name"], pay["in"]),
            ("a.cpp", 4, "int shop::pay(int secret, int amount)", {"kind": "attribute"}, 1,
             True, True, ["secret"], 'checkout "é"', ["program"]), "shop::pay")
add = found["shop::Cart::add"]
check_equal((add["file"], add["line"], add["by"], add["sample_rate"], add["args"], add["name"]),
            ("./shop.h", 5, {"kind": "rule", "file": "rules.txt", "line": 3}, 0.25, False, None),
            "shop::Cart::add")

# The linker keeps one of what several object files say.
linked = program.read_bytes()
check_equal(linked.count(b'"function":"shop::shared"'), 1, "entries of an inline function")
check_equal(linked.count(b'"line":5,"text":"misspelt'), 1, "entries of a rule")
check(b"neverUsed" not in linked, "an inline function that nobody uses is listed")

# Object files, archives, shared objects, directories, and all of it at once.
check_equal(names("b.o"), ["shop::Cart::add", "shop::other", "shop::shared", "shop::twice<int>"],
            "functions of an object file")
run(["ar", "rc", "libshop.a", "a.o", "b.o"], cwd=directory)
check_equal(names("libshop.a"), everything, "functions of an archive")
build("libshop.so", "-shared", "-fPIC", "a.cpp", "b.cpp")
check_equal(names("libshop.so"), everything, "functions of a shared object")
shared = next(site for site in sites("a.o", "b.o") if site["function"] == "shop::shared")
check_equal(shared["in"], ["a.o", "b.o"], "files that have shop::shared")
(directory / "tree" / "deep").mkdir(parents=True)
(directory / "tree" / "notes.txt").write_text("no ELF file")
(directory / "tree" / "cycle").symlink_to("..")
shutil.copy(directory / "a.o", directory / "tree")
shutil.copy(directory / "libshop.a", directory / "tree" / "deep")
check_equal(names("tree"), everything, "functions of a directory")
check_equal({origin for site in sites("tree") for origin in site["in"]},
            {"tree/a.o", "tree/deep/libshop.a"}, "files of a directory")

# The section outlives what builds do to files.
for flags in (["-flto", "-fuse-ld=lld-19"], ["-flto=thin", "-fuse-ld=lld-19"],
              ["-Wl,--gc-sections", "-ffunction-sections"], ["-Wl,-s", "-fuse-ld=gold"],
              ["-g", "-fno-integrated-as"]):
    check_equal(names(build("variant", *flags, "a.cpp", "b.cpp", "main.cpp").name), everything,
                f"functions with {flags}")
for options in ([], ["--strip-all"], ["--strip-debug"]):
    shutil.copy(program, directory / "stripped")
    run(["strip", *options, "stripped"], cwd=directory)
    check_equal(names("stripped"), everything, f"functions after strip {options}")
llvm_strip = "/usr/lib/llvm-19/bin/llvm-strip"
run([llvm_strip, "--keep-section=.obs.sites", "stripped"], cwd=directory)
check_equal(names("stripped"), everything, "functions after llvm-strip --keep-section")
run([llvm_strip, "stripped"], cwd=directory)

# It is no part of what is loaded.
run(["objcopy", "-O", "binary", program, "image"], cwd=directory)
check(b'"function":"shop::' not in (directory / "image").read_bytes(), "the section is loaded")

# Each site of the code has its entry, and no entry is without.
(directory / "all.txt").write_text("* accessors=true\n")
build("orders.o", "-c", SOURCE / "examples" / "orders" / "orders.cpp", rules="all.txt")
objects = {line.split()[-1] for line in run(["nm", "orders.o"], cwd=directory).stdout.splitlines()
           if "__obs_site_id" in line}
check(len(objects) > 20, f"only {len(objects)} sites in orders.o")
check_equal(len(names("orders.o")), len(objects), "entries of orders.o")

# Filters
check_equal(names("program", "--function", "Cart::*"), ["shop::Cart::add"], "--function")
check_equal(names("program", "--function", "checkout*"), ["shop::pay"], "--function with a name")
check_equal(names("program", "--rule", "3"), ["shop::Cart::add"], "--rule LINE")
check_equal(names("program", "--rule", "rules.txt:3"), ["shop::Cart::add"], "--rule FILE:LINE")
check_equal(len(names("program", "--rule", "rules.txt")), 5, "--rule FILE")
check_equal(names("program", "--rule", "other.txt"), [], "--rule of another file")
check_equal([(site["function"], site["by"]["line"], site["why"])
             for site in sites("program", "--refused")],
            [("shop::Cart::count", 3, "it is an accessor; accessors=true takes it along")],
            "--refused")

# Rules: one that matches in one file has matched; one that matches nowhere is found.
unmatched = {"file": "rules.txt", "line": 5, "text": "misspelt::*    sample=0.5"}
check_equal(sites("program", "--unmatched"), [unmatched], "rules that matched nothing")
check_equal([rule["line"] for rule in sites("b.o", "--unmatched")], [2, 5],
            "rules that matched nothing in b.o")
check_equal(sites("a.o", "b.o", "main.o", "--unmatched"), [unmatched], "the same in object files")

# For people
table = ctl("program").stdout
check(table.startswith("FUNCTION"), f"no table: {table}")
for text in ("a.cpp:4", "rule rules.txt:3", "args=false", 'skip=(secret), name="checkout "é""',
             "6 functions monitored in 1 file; 1 asked for, but not monitored (--refused",
             "1 of 4 rules matched nothing (--unmatched)"):
    check(text in table, f"{text!r} is not in the table:\n{table}")
check("it is an accessor" in ctl("program", "--refused").stdout, "table of --refused")
table = ctl("program", "--unmatched").stdout
check("rules.txt:5" in table and "misspelt::*" in table and "1 of 4 rules" in table,
      f"table of --unmatched: {table}")
check_equal(ctl("main.o", "--function", "nobody").stdout.splitlines()[0], "No such function.",
            "a function that is not there")


def fails(code, words, *arguments):
    done = ctl(*arguments, expect=code)
    check(words in done.stderr and done.stdout == "", f"{arguments}: {done.stderr!r}")


run([CLANG, "-c", "-Wno-unknown-attributes", "a.cpp", "-o", "plain.o"], cwd=directory)
build("lto.o", "-flto", "-c", "a.cpp")
run(["ar", "rcT", "thin.a", "a.o"], cwd=directory)
(directory / "cut").write_bytes(program.read_bytes()[:3000])
(directory / "empty").mkdir()
section_of = {"damaged": "no JSON", "newer": '{"obs":2,"kind":"monitored"}'}
for name, text in section_of.items():
    (directory / "section").write_bytes(text.encode() + b"\0")
    run(["objcopy", "--update-section", ".obs.sites=section", "a.o", f"{name}.o"], cwd=directory)
fails(3, "cannot open missing.o: No such file", "missing.o")
fails(3, "was it compiled with the plugin".capitalize(), "plain.o")
fails(3, "eu-strip", "stripped")
fails(3, "empty", "empty")
fails(4, "rules.txt is no ELF file", "a.o", "rules.txt")
fails(4, "lto.o is LLVM bitcode", "lto.o")
fails(4, "thin.a is a thin archive", "thin.a")
fails(4, "cut is damaged", "cut")
fails(4, "damaged.o has a damaged section", "damaged.o")
fails(5, "newer obs", "newer.o")
check_equal(ctl(expect=None).returncode, 2, "exit code without a file")
check_equal(names("plain.o", "b.o"), names("b.o"), "a plain file beside others")
