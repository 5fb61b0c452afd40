// SPDX-License-Identifier: Apache-2.0
// `obsctl ps`: the monitored processes that run now.
#include "command.h"

#include "circuit_breaker.h"
#include "concat.h"
#include "live_arena.h"
#include "units.h"

#include <cmath>
#include <string>
#include <unistd.h>

namespace obs::ctl {
namespace {

struct Process {
  int64_t pid = 0;
  std::string executable;
  std::string database;
  int64_t uptimeNs = 0;
  std::string state; // "on", "off" or "silent"
  double callsPerSecond = 0;
  double recordedPerSecond = 0;
  double droppedPerSecond = 0;
  int64_t calls = 0;
  int64_t recorded = 0;
  int64_t dropped = 0;
  int64_t queued = 0;
  int64_t memory = 0;
  int64_t memoryLimit = 0;
  std::string breaker;
  int64_t resident = 0; // 0: not known
  double cpu = 0;       // cores
  double runtimeCpu = 0;
};

Process look(const rt::LiveArena &arena) {
  const rt::LiveFigures &figures = arena.header().figures;
  const auto of = [](const auto &figure) {
    return figure.load(std::memory_order_relaxed);
  };
  Process process;
  process.pid = arena.header().pid;
  process.executable = arena.executable();
  process.database = arena.database();
  process.uptimeNs = nowNs() - arena.header().startedNs;
  process.state = !arena.responds()       ? "silent"
                  : of(figures.recording) ? "on"
                                          : "off";
  process.callsPerSecond = of(figures.callsPerSecond);
  process.recordedPerSecond = of(figures.writtenPerSecond);
  process.droppedPerSecond = of(figures.droppedPerSecond);
  process.calls = int64_t(of(figures.calls));
  process.recorded = int64_t(of(figures.written));
  process.dropped = int64_t(of(figures.dropped));
  process.queued = int64_t(of(figures.queued));
  process.memory = int64_t(of(figures.memoryBytes));
  process.memoryLimit = int64_t(of(figures.memoryLimitBytes));
  process.breaker =
      rt::breakerStateName(rt::BreakerState(of(figures.breaker) % 3));
  process.resident = int64_t(of(figures.residentBytes));
  process.cpu = of(figures.cpu);
  process.runtimeCpu = of(figures.runtimeCpu);
  return process;
}

Json toJson(const Process &process) {
  return {{"pid", process.pid},
          {"executable", process.executable},
          {"database", process.database},
          {"uptime_ns", process.uptimeNs},
          {"state", process.state},
          {"calls_per_second", process.callsPerSecond},
          {"recorded_per_second", process.recordedPerSecond},
          {"dropped_per_second", process.droppedPerSecond},
          {"calls", process.calls},
          {"recorded", process.recorded},
          {"dropped", process.dropped},
          {"queued", process.queued},
          {"memory_bytes", process.memory},
          {"memory_limit_bytes", process.memoryLimit},
          {"breaker", process.breaker},
          {"resident_bytes", process.resident},
          {"cpu_percent", 100 * process.cpu},
          {"monitoring_cpu_percent", 100 * process.runtimeCpu}};
}

std::string rate(double perSecond) {
  return formatCount(std::llround(perSecond));
}

std::string percent(double share) {
  return concat(formatRate(std::round(1000 * share) / 10), " %");
}

std::string baseName(const std::string &path) {
  return path.substr(path.rfind('/') + 1);
}

absl::Status runPs(const Context &context) {
  const rt::LiveArenas live = rt::liveArenas();
  if (context.json) {
    Json document = Json::array();
    for (const auto &arena : live.arenas)
      document.push_back(toJson(look(*arena)));
    printJson(document);
    return absl::OkStatus();
  }
  using enum Table::Align;
  Table table({{"PID", Right},
               {"PROGRAM", Left, true},
               {"UP", Right},
               {"STATE"},
               {"CALLS/S", Right},
               {"RECORDED/S", Right},
               {"DROPS/S", Right},
               {"QUEUE", Right},
               {"MEMORY", Right},
               {"OBS CPU", Right},
               {"RESIDENT", Right},
               {"CPU", Right},
               {"BREAKER"},
               {"DATABASE", Left, true}});
  for (const auto &arena : live.arenas) {
    const Process process = look(*arena);
    table.add(
        {{std::to_string(process.pid)},
         {baseName(process.executable), Style::Bold},
         {formatDuration(process.uptimeNs)},
         {process.state, process.state == "on" ? Style::Green : Style::Yellow},
         {rate(process.callsPerSecond)},
         {rate(process.recordedPerSecond)},
         {rate(process.droppedPerSecond),
          process.droppedPerSecond > 0 ? Style::Red : Style::Plain},
         {formatCount(process.queued)},
         {formatBytes(process.memory)},
         {percent(process.runtimeCpu)},
         {process.resident ? formatBytes(process.resident) : "-"},
         {percent(process.cpu)},
         {process.breaker,
          process.breaker == "CLOSED" ? Style::Plain : Style::Red},
         {process.database, Style::Dim}});
  }
  if (table.empty())
    print(concat("No monitored process of ",
                 geteuid() == 0 ? "any user" : "this user",
                 " runs, or none with shared memory.\n"));
  else
    print(table.render(context.screen));
  for (const int64_t pid : live.otherVersions)
    print(concat("Process ", pid, " runs with another version of obs.\n"));
  return absl::OkStatus();
}

} // namespace

void addPs(CLI::App &app, Context &context) {
  app.add_subcommand("ps", "monitored processes that run now: rates of calls, "
                           "queue, memory, circuit breaker")
      ->callback(
          [&context] { context.run = [&context] { return runPs(context); }; });
}

} // namespace obs::ctl
