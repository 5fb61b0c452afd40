#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""examples/orders with obs-c++, and every command of obsctl on what it wrote."""

import signal
import time

from harness import *

directory = scratch("obsctl_commands")
database = directory / "orders.db"
orders = SOURCE / "examples" / "orders" / "orders.cpp"
program = directory / "orders"
run([OBS_CXX, "-std=c++20", *FLAGS, "-O2", "-Wall", "-Wextra", "-Werror", orders, "-o", program])

# tail, started before the calls come.
run([program], env=environment(database))
follower = subprocess.Popen(
    [OBSCTL, "--db", database, "--json", "tail", "--limit", "0", "--function", "gateway"],
    stdout=subprocess.PIPE, text=True)
time.sleep(0.5)
printed = run([program], env=environment(database)).stdout
time.sleep(2)  # calls that took long are looked for once a second
follower.send_signal(signal.SIGINT)
tailed = [json.loads(line) for line in follower.communicate(timeout=10)[0].splitlines()]
check_equal(follower.returncode, 0, "exit code of tail after Ctrl-C")
check_equal(len(tailed), 3, "calls that tail showed")
check_equal({row["function"] for row in tailed}, {"gateway"}, "functions that tail showed")

# stat
stats = {row["function"]: row for row in obsctl_json(database, "stat")}
check(len(stats) >= 12, f"only {len(stats)} functions")
check_equal(stats["gateway"]["calls_total"], 6, "calls of gateway")
check_equal(stats["OrderBook::trade"]["sample_rate"], 0.01, "sample rate of trade")
check(stats["OrderBook::trade"]["recorded"] < stats["OrderBook::trade"]["calls_total"] / 20,
      "trade is not sampled")
process = stats["Exchange::process"]
check(0 < process["p50_ns"] <= process["p95_ns"] <= process["p99_ns"] <= process["total_ns"],
      f"percentiles out of order: {process}")
orders_sent, _, refused = (int(word) for word in printed.split("\n")[-2].replace(",", "").split()
                           if word.isdigit())
check_equal(single(database, """SELECT count(*) FROM calls WHERE function = 'Exchange::process'
  AND process_id = (SELECT max(process_id) FROM calls WHERE function = 'gateway' AND started_ns >
  (SELECT max(started_ns) - 3000000000 FROM calls))"""), orders_sent, "orders of the second run")
table = obsctl(database, "stat").stdout
check(table.startswith("FUNCTION"), "stat prints no table")
check("\x1b" not in table, "colours in a pipe")
check("DROPPED because" not in table and all(row["dropped"] == 0 for row in stats.values()),
      "calls were dropped")

# errors
# Errors do not stand for calls that were dropped.
only_errors = directory / "only_errors.db"
shutil.copy(database, only_errors)
with sqlite3.connect(only_errors) as connection:
    connection.execute("DELETE FROM call WHERE status = 0")
    [(count,)] = connection.execute("SELECT count(*) FROM call WHERE status = 1")
    # A sum that a detour by the mean would round down; of few counts there is none.
    spent = next((n for n in range(10**6, 10**6 + 1000) if int(n / count * count) != n), 10**6)
    connection.execute("UPDATE call SET duration_ns = 0")
    connection.execute("UPDATE call SET duration_ns = ? WHERE id = (SELECT min(id) FROM call)",
                       (spent,))
[reserve] = obsctl_json(only_errors, "stat", "--function", "Account::reserve")
check_equal(reserve["total_ns"], spent, "time of a function with errors only")

errors = obsctl_json(database, "errors", "--limit", "0")
check_equal(len(errors), stats["Account::reserve"]["errors"], "errors")
check(refused > 0 and len(errors) > refused, "the errors of two runs")
check("risk limit of" in errors[-1]["error_message"], "message of an error")
check(errors[-1]["args"]["amount"] > 0, "arguments of an error")
[group] = obsctl_json(database, "errors", "--grouped")
check_equal(group["count"], len(errors), "grouped errors")
check("std::runtime_error: risk limit of" in obsctl(database, "errors").stdout, "table of errors")

# calls: each filter against SQL on the documented views
def check_calls(arguments, condition, *values):
    rows = obsctl_json(database, "calls", "--limit", "0", *arguments)
    expected = [row[0] for row in query(
        database, f"SELECT id FROM calls WHERE {condition} ORDER BY id", *values)]
    check(expected, f"{arguments} chooses nothing: the test shows nothing")
    check_equal([row["id"] for row in rows], expected, f"calls {arguments}")


check_calls(["--function", "OrderBook::*"], "function LIKE 'OrderBook::%'")
check_calls(["--function", "submit"], "function = 'OrderBook::submit'")
check_calls(["--status", "error"], "status = 'error'")
check_calls(["--min-duration", "100us"], "duration_ns >= 100000")
check_calls(["--where", "args.order.quantity >= 95 and args.order.side = Buy",
             "--where", "thread > 0"],
            "json_extract(args, '$.order.quantity') >= 95 "
            "AND json_extract(args, '$.order.side') = 'Buy'")
check_calls(["--where", "result[0].price > 10050"], "json_extract(result, '$[0].price') > 10050")
check_calls(["--since", "1h", "--until", "0s", "--function", "gateway"], "function = 'gateway'")
last = obsctl_json(database, "calls", "--limit", "1", "--function", "Account::reserve")[0]
check_equal(obsctl_json(database, "calls", "--id", str(last["id"])), last, "calls --id")
check("called by" in obsctl(database, "calls", "--id", last["id"]).stdout, "the caller is shown")

# health, recover
check("breaker" in obsctl_json(database, "health"), "health")
check_equal(obsctl_json(database, "recover")["processes"], 0, "nothing to recover")

# Errors: clear message on stderr, documented exit code.
def check_fails(code, words, path, *arguments):
    done = obsctl(path, *(arguments or ("stat",)), expect=code)
    check(words in done.stderr, f"{arguments}: {words!r} is not in {done.stderr!r}")
    check(done.stderr.startswith("obsctl: ") and done.stdout == "", f"{arguments}: output")


check_fails(3, "no database at", directory / "missing.db")
check_fails(2, "unknown name `arg`", database, "calls", "--where", "arg.x = 1")
check_fails(2, "--since soon", database, "calls", "--since", "soon")
text = directory / "text.db"
text.write_text("no database at all " * 100)
check_fails(4, "not a database of obs", text)
other = directory / "other.db"
sqlite3.connect(other).execute("CREATE TABLE t (x)").connection.close()
check_fails(4, "not one of obs", other)
newer = directory / "newer.db"
shutil.copy(database, newer)
sqlite3.connect(newer).execute("PRAGMA user_version = 999").connection.close()
check_fails(5, "schema 999", newer)
sqlite3.connect(newer).execute("PRAGMA user_version = 1").connection.close()
check_fails(5, "schema 1 of an older obs", newer)
locker = sqlite3.connect(database, isolation_level=None)
locker.execute("PRAGMA locking_mode = EXCLUSIVE")
locker.execute("BEGIN EXCLUSIVE")
locker.execute("PRAGMA user_version = 1")
check_fails(6, "locked", database)
locker.close()

missing = run([OBSCTL, "stat"], expect=3, cwd=directory,
              env={k: v for k, v in os.environ.items() if not k.startswith("OBS_")})
check("the default" in missing.stderr and str(directory / "obs.db") in missing.stderr,
      f"how the file was chosen: {missing.stderr}")
check_equal(run([OBSCTL, "nonsense"], expect=None).returncode, 2, "exit code of a usage error")

# Any other compiler ignores the attributes.
if shutil.which("g++"):
    run(["g++", "-std=c++20", "-Wno-attributes", "-fsyntax-only", orders])
run([CLANG, "-std=c++20", "-Wno-unknown-attributes", "-fsyntax-only", orders])
