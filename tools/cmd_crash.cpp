// SPDX-License-Identifier: Apache-2.0
// `obsctl crash`: what the threads of killed processes were doing.
#include "calls_query.h"
#include "concat.h"
#include "ids.h"
#include "recovery.h"
#include "units.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace obs::ctl {
namespace {

constexpr int64_t kSecondNs = 1'000'000'000;
// Of a thread that was in no call, the last one is shown if it is as young.
constexpr int64_t kRecentNs = 60 * kSecondNs;

struct Options {
  int64_t process = 0; // 0: any
  int64_t limit = 1;
  int64_t errors = 5;
};

struct Process {
  int64_t pid = 0;
  std::string executable;
  int64_t startedNs = 0;
  int64_t endedNs = 0; // the last sign of life
  int64_t calls = 0;   // recovered
  int64_t errors = 0;
  int64_t inFlight = 0;
};

struct Thread {
  std::vector<CallRow> open; // the outermost first
  std::vector<CallRow> last; // one at most, if none is open
};

struct Crash {
  Process process;
  std::map<int64_t, Thread> threads;
  std::vector<CallRow> errors; // the newest last
};

absl::StatusOr<std::vector<Process>> readProcesses(rt::Database &database,
                                                   const Options &options) {
  auto statement = database.prepare(
      "SELECT json_extract(detail, '$.pid'),"
      " json_extract(detail, '$.executable'),"
      " json_extract(detail, '$.started'), json_extract(detail, '$.last_seen'),"
      " json_extract(detail, '$.calls'), json_extract(detail, '$.errors'),"
      " json_extract(detail, '$.in_flight') FROM health"
      " WHERE kind = 'recovery' AND json_extract(detail, '$.killed')"
      " AND (?1 = 0 OR json_extract(detail, '$.pid') = ?1)"
      " ORDER BY json_extract(detail, '$.last_seen') DESC LIMIT ?2");
  if (!statement.ok())
    return statement.status();
  statement->bind(1, options.process);
  statement->bind(2, options.limit > 0 ? options.limit : int64_t{-1});
  std::vector<Process> processes;
  const absl::Status read = statement->forEachRow([&] {
    processes.push_back({statement->int64(0), std::string(statement->text(1)),
                         statement->int64(2), statement->int64(3),
                         statement->int64(4), statement->int64(5),
                         statement->int64(6)});
  });
  if (!read.ok())
    return read;
  std::reverse(processes.begin(), processes.end());
  return processes;
}

// Those of the process that meet `more`. Pids are used again, so its lifetime
// is asked for, too.
std::vector<Condition> callsOf(const Process &process, Condition more) {
  const int64_t from = process.startedNs - kSecondNs;
  return {{"id >= ?", {rt::firstIdAt(from)}},
          {"process_id = ?", {process.pid}},
          {"started_ns BETWEEN ? AND ?", {from, process.endedNs + kSecondNs}},
          std::move(more)};
}

absl::StatusOr<Crash> readCrash(rt::Database &database, const Process &process,
                                const Options &options) {
  Crash crash{process, {}, {}};
  auto open =
      selectCalls(database, callsOf(process, {"status = 'in_flight'", {}}), 0);
  if (!open.ok())
    return open.status();
  for (CallRow &row : *open)
    crash.threads[row.threadId].open.push_back(std::move(row));
  auto last = selectCalls(
      database,
      callsOf(process,
              {"id IN (SELECT max(id) FROM calls WHERE id >= ? AND "
               "process_id = ? GROUP BY thread_id)",
               {rt::firstIdAt(process.endedNs - kRecentNs), process.pid}}),
      0);
  if (!last.ok())
    return last.status();
  for (CallRow &row : *last)
    if (Thread &thread = crash.threads[row.threadId]; thread.open.empty())
      thread.last = {std::move(row)};
  if (options.errors > 0) {
    auto errors = selectCalls(
        database, callsOf(process, {"status = 'error'", {}}), options.errors);
    if (!errors.ok())
      return errors.status();
    crash.errors = *std::move(errors);
  }
  return crash;
}

int64_t beforeTheEnd(const Process &process, int64_t unixNs) {
  return std::max<int64_t>(process.endedNs - unixNs, 0);
}

Json toJson(const Crash &crash) {
  const Process &process = crash.process;
  Json threads = Json::array();
  for (const auto &[id, thread] : crash.threads) {
    Json calls = Json::array();
    for (const CallRow &row : thread.open) {
      Json call = ctl::toJson(row);
      call["in_call_ns"] = beforeTheEnd(process, row.startedNs);
      calls.push_back(std::move(call));
    }
    threads.push_back(
        {{"thread_id", id},
         {"in_flight", std::move(calls)},
         {"last", thread.last.empty() ? Json(nullptr)
                                      : ctl::toJson(thread.last.front())}});
  }
  Json errors = Json::array();
  for (const CallRow &row : crash.errors)
    errors.push_back(ctl::toJson(row));
  return {{"process_id", process.pid},       {"executable", process.executable},
          {"started_ns", process.startedNs}, {"ended_ns", process.endedNs},
          {"calls", process.calls},          {"errors", process.errors},
          {"in_flight", process.inFlight},   {"threads", std::move(threads)},
          {"last_errors", std::move(errors)}};
}

std::string signatureOf(const CallRow &row) {
  return printable(concat(row.function, "(", argumentsText(row), ")"));
}

void show(const Context &context, const std::string &text, Style style) {
  const int width = context.screen.width;
  print(
      styled(context.screen, style, width > 0 ? shortened(text, width) : text));
  print("\n");
}

void showThread(const Context &context, const Process &process, int64_t id,
                const Thread &thread) {
  print(concat("\nthread ", id, id == process.pid ? " (main)" : "", "\n"));
  // What a call that was not recorded has called stands beside its caller.
  std::unordered_map<int64_t, size_t> depths;
  for (const CallRow &row : thread.open) {
    const auto parent =
        row.parentId ? depths.find(*row.parentId) : depths.end();
    const size_t depth = parent == depths.end() ? 0 : parent->second + 1;
    depths[row.id] = depth;
    show(context,
         concat("  ", std::string(2 * depth, ' '), signatureOf(row), "  ",
                row.file, ":", row.line, "  for ",
                formatDuration(beforeTheEnd(process, row.startedNs))),
         Style::Bold);
  }
  for (const CallRow &row : thread.last)
    show(context,
         concat("  in no call; the last one: ", signatureOf(row), ", ",
                row.status, ", ",
                formatDuration(beforeTheEnd(
                    process, row.startedNs + row.durationNs.value_or(0))),
                " before the end"),
         Style::Dim);
}

void showCrash(const Context &context, const Crash &crash) {
  const Process &process = crash.process;
  print(styled(context.screen, Style::Red,
               concat("process ", process.pid, " ended abruptly at ",
                      formatTime(process.endedNs, /*dateToo=*/true))));
  print(concat("\n  ", printable(process.executable), ", started ",
               formatTime(process.startedNs, /*dateToo=*/true), ", ran ",
               formatDuration(process.endedNs - process.startedNs), "\n  ",
               formatCount(process.inFlight), " calls in flight; ",
               formatCount(process.calls), " recovered, ",
               formatCount(process.errors), " of them errors\n"));
  for (const auto &[id, thread] : crash.threads)
    showThread(context, process, id, thread);
  if (crash.errors.empty())
    return;
  print("\nlast errors\n");
  for (const CallRow &row : crash.errors)
    show(context,
         concat("  ", formatDuration(beforeTheEnd(process, row.startedNs)),
                " before the end  ", signatureOf(row), "  ",
                printable(outcome(row).text)),
         Style::Plain);
}

// What was killed since the last recovery belongs to the picture.
void recoverFirst(const Context &context) {
  const std::string path = databasePath(context);
  if (rt::listLeftovers(path).empty())
    return;
  if (const auto report = rt::recoverAll(path); !report.ok())
    std::fprintf(stderr,
                 "obsctl: cannot recover what killed processes left: %s\n",
                 std::string(report.status().message()).c_str());
}

absl::Status runCrash(const Context &context, const Options &options) {
  recoverFirst(context);
  auto database = openDatabase(context);
  if (!database.ok())
    return database.status();
  const auto processes = readProcesses(*database, options);
  if (!processes.ok())
    return processes.status();
  Json document = Json::array();
  bool isFirst = true;
  for (const Process &process : *processes) {
    const auto crash = readCrash(*database, process, options);
    if (!crash.ok())
      return crash.status();
    if (context.json) {
      document.push_back(toJson(*crash));
      continue;
    }
    print(isFirst ? "" : "\n");
    isFirst = false;
    showCrash(context, *crash);
  }
  if (context.json)
    printJson(document);
  else if (processes->empty())
    print(options.process != 0
              ? concat("No process ", options.process, " ended abruptly.\n")
              : std::string("No process ended abruptly.\n"));
  return absl::OkStatus();
}

} // namespace

void addCrash(CLI::App &app, Context &context) {
  auto options = std::make_shared<Options>();
  CLI::App *command = app.add_subcommand(
      "crash", "what the threads of a process were doing when it was killed");
  command->add_option("--process", options->process, "only this process id")
      ->check(CLI::PositiveNumber);
  addLimitOption(*command, options->limit,
                 "how many processes, the newest ones (default 1; 0: all)");
  command
      ->add_option("--errors", options->errors,
                   "how many of the last errors (default 5)")
      ->check(CLI::NonNegativeNumber);
  command->callback([options, &context] {
    context.run = [options, &context] { return runCrash(context, *options); };
  });
}

} // namespace obs::ctl
