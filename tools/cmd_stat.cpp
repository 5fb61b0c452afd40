// SPDX-License-Identifier: Apache-2.0
// `obsctl stat`: the functions by the time they took.
#include "command.h"

#include "concat.h"
#include "recovery.h"
#include "units.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace obs::ctl {
namespace {

struct Options {
  std::string function;
  std::string sort = "total";
  int64_t limit = 0;
};

// The view `calls` does not tell the signatures at one place of one name apart.
using FunctionPlace = std::tuple<std::string, std::string, int64_t, double>;

struct FunctionStat {
  std::string function;
  std::string file;
  int64_t line = 0;
  std::string signature;
  double sampleRate = 1;
  int64_t calls = 0;
  int64_t recorded = 0;
  int64_t errors = 0;
  int64_t dropped = 0;
  std::vector<int64_t> durations; // of the calls still stored; sorted

  struct Time { // of the calls still stored
    double sum = 0;
    int64_t count = 0;

    void add(int64_t duration) {
      sum += static_cast<double>(duration);
      ++count;
    }
    double scaledTo(int64_t all) const {
      return count == 0 ? 0
                        : sum * (static_cast<double>(all) /
                                 static_cast<double>(count));
    }
  };
  Time succeeded;
  Time failed;
  double totalNs = 0; // scaled from the stored calls to all of them

  bool totalIsEstimate() const {
    return static_cast<int64_t>(durations.size()) != calls;
  }

  // Nearest rank. REQUIRES: there are durations.
  int64_t percentile(double share) const {
    double rank = share * static_cast<double>(durations.size());
    size_t index = static_cast<size_t>(rank + 0.999999);
    return durations[std::clamp<size_t>(index, 1, durations.size()) - 1];
  }
};

absl::StatusOr<std::vector<FunctionStat>>
readFunctions(rt::Database &database, const Options &options) {
  auto statement = database.prepare(
      "SELECT function, file, line, signature, sample_rate, calls_total, "
      "recorded, errors, dropped FROM functions "
      "WHERE ?1 = '' OR function = ?1 OR function GLOB ?1 "
      "OR function GLOB '*::' || ?1");
  if (!statement.ok())
    return statement.status();
  statement->bind(1, std::string_view(options.function));
  std::map<FunctionPlace, FunctionStat> byPlace;
  absl::Status read = statement->forEachRow([&] {
    FunctionPlace place(statement->text(0), statement->text(1),
                        statement->int64(2), statement->real(4));
    FunctionStat &stat = byPlace[place];
    std::tie(stat.function, stat.file, stat.line, stat.sampleRate) = place;
    stat.signature = statement->text(3);
    stat.calls += statement->int64(5);
    stat.recorded += statement->int64(6);
    stat.errors += statement->int64(7);
    stat.dropped += statement->int64(8);
  });
  if (!read.ok())
    return read;

  // Millions of rows look for their function: by views of its texts.
  absl::flat_hash_map<
      std::tuple<absl::string_view, absl::string_view, int64_t, double>,
      FunctionStat *>
      index;
  for (auto &[place, stat] : byPlace)
    index[{stat.function, stat.file, stat.line, stat.sampleRate}] = &stat;
  auto view = [](std::string_view text) {
    return absl::string_view(text.data(), text.size());
  };

  auto durations = database.prepare(
      "SELECT function, file, line, sample_rate, duration_ns, "
      "status = 'error' FROM calls WHERE duration_ns IS NOT NULL");
  if (!durations.ok())
    return durations.status();
  read = durations->forEachRow([&] {
    auto found = index.find({view(durations->text(0)), view(durations->text(1)),
                             durations->int64(2), durations->real(3)});
    if (found == index.end())
      return;
    FunctionStat &stat = *found->second;
    stat.durations.push_back(durations->int64(4));
    (durations->int64(5) ? stat.failed : stat.succeeded)
        .add(durations->int64(4));
  });
  if (!read.ok())
    return read;
  std::vector<FunctionStat> stats;
  for (auto &[place, stat] : byPlace) {
    std::sort(stat.durations.begin(), stat.durations.end());
    // Errors are all stored, others may have been dropped: each kind stands
    // for its own.
    stat.totalNs = stat.failed.scaledTo(stat.errors) +
                   stat.succeeded.scaledTo(stat.calls - stat.errors);
    stats.push_back(std::move(stat));
  }
  return stats;
}

void sortStats(std::vector<FunctionStat> &stats, const std::string &by) {
  auto weight = [&](const FunctionStat &stat) -> double {
    if (by == "calls")
      return static_cast<double>(stat.calls);
    if (by == "errors")
      return static_cast<double>(stat.errors);
    if (by == "p99")
      return stat.durations.empty()
                 ? -1
                 : static_cast<double>(stat.percentile(0.99));
    return stat.totalNs;
  };
  std::sort(stats.begin(), stats.end(),
            [&](const FunctionStat &a, const FunctionStat &b) {
              return std::pair(-weight(a), a.function) <
                     std::pair(-weight(b), b.function);
            });
}

Json toJson(const FunctionStat &stat) {
  auto percentile = [&](double share) {
    return stat.durations.empty() ? Json(nullptr)
                                  : Json(stat.percentile(share));
  };
  return {{"function", stat.function},
          {"file", stat.file},
          {"line", stat.line},
          {"signature", stat.signature},
          {"sample_rate", stat.sampleRate},
          {"calls_total", stat.calls},
          {"recorded", stat.recorded},
          {"errors", stat.errors},
          {"dropped", stat.dropped},
          {"p50_ns", percentile(0.50)},
          {"p95_ns", percentile(0.95)},
          {"p99_ns", percentile(0.99)},
          {"total_ns", static_cast<int64_t>(stat.totalNs)},
          {"total_is_estimate", stat.totalIsEstimate()}};
}

void printRecoveryHint(const Context &context) {
  size_t count = rt::listLeftovers(databasePath(context)).size();
  if (count > 0)
    print(styled(context.screen, Style::Yellow,
                 concat(formatCount(static_cast<int64_t>(count)),
                        " processes ended without writing all; `obsctl "
                        "recover` brings in what they left\n")));
}

// The name, with its place where another function has the same name.
std::string displayName(const FunctionStat &stat,
                        const std::map<std::string, int> &uses) {
  if (uses.at(stat.function) < 2)
    return stat.function;
  return concat(stat.function, " (", stat.file.substr(stat.file.rfind('/') + 1),
                ":", stat.line, ")");
}

Table tableOf(const std::vector<FunctionStat> &stats, size_t shown) {
  std::map<std::string, int> uses;
  for (const FunctionStat &stat : stats)
    ++uses[stat.function];
  using enum Table::Align;
  Table table({{"FUNCTION", Left, true},
               {"CALLS", Right},
               {"RECORDED", Right},
               {"ERRORS", Right},
               {"DROPPED", Right},
               {"SAMPLE", Right},
               {"P50", Right},
               {"P95", Right},
               {"P99", Right},
               {"TOTAL", Right}});
  for (size_t i = 0; i < shown; ++i) {
    const FunctionStat &stat = stats[i];
    auto percentile = [&](double share) {
      return stat.durations.empty() ? "-"
                                    : formatDuration(stat.percentile(share));
    };
    std::string total =
        stat.durations.empty()
            ? "-"
            : concat(stat.totalIsEstimate() ? "~" : "",
                     formatDuration(static_cast<int64_t>(stat.totalNs)));
    table.add(
        {{displayName(stat, uses), Style::Bold},
         {formatCount(stat.calls)},
         {formatCount(stat.recorded)},
         {formatCount(stat.errors), stat.errors ? Style::Red : Style::Plain},
         {formatCount(stat.dropped), stat.dropped ? Style::Red : Style::Plain},
         {formatRate(stat.sampleRate)},
         {percentile(0.50)},
         {percentile(0.95)},
         {percentile(0.99)},
         {total}});
  }
  return table;
}

absl::Status runStat(const Context &context, const Options &options) {
  auto database = openDatabase(context);
  if (!database.ok())
    return database.status();
  // One snapshot for both queries, while a program goes on writing.
  if (absl::Status status = database->execute("BEGIN"); !status.ok())
    return status;
  auto stats = readFunctions(*database, options);
  if (!stats.ok())
    return stats.status();
  sortStats(*stats, options.sort);
  size_t shown = stats->size();
  if (options.limit > 0)
    shown = std::min(shown, static_cast<size_t>(options.limit));

  if (context.json) {
    Json document = Json::array();
    for (size_t i = 0; i < shown; ++i)
      document.push_back(toJson((*stats)[i]));
    printJson(document);
    return absl::OkStatus();
  }
  if (stats->empty()) {
    print("No functions recorded.\n");
    printRecoveryHint(context);
    return absl::OkStatus();
  }
  print(tableOf(*stats, shown).render(context.screen));

  int64_t calls = 0, recorded = 0, errors = 0, dropped = 0;
  bool estimates = false;
  const FunctionStat *worst = &stats->front(); // by dropped calls
  for (const FunctionStat &stat : *stats) {
    if (stat.dropped > worst->dropped)
      worst = &stat;
    calls += stat.calls;
    recorded += stat.recorded;
    errors += stat.errors;
    dropped += stat.dropped;
    estimates |= !stat.durations.empty() && stat.totalIsEstimate();
  }
  print(concat("\n", formatCount(stats->size()), " functions, ",
               formatCount(calls), " calls, ", formatCount(recorded),
               " recorded, ", formatCount(errors), " errors"));
  print(estimates ? "; ~ scaled up from the calls stored\n" : "\n");
  if (dropped > 0)
    print(styled(context.screen, Style::Red,
                 concat("!! ", formatCount(dropped),
                        " sampled calls were DROPPED for want of room, ",
                        formatCount(worst->dropped), " of them of ",
                        printable(worst->function),
                        ": sample less, or raise OBS_QUEUE_OVERFLOW or "
                        "OBS_MEMORY_LIMIT\n")));
  printRecoveryHint(context);
  return absl::OkStatus();
}

} // namespace

void addStat(CLI::App &app, Context &context) {
  auto options = std::make_shared<Options>();
  CLI::App *command = app.add_subcommand(
      "stat", "functions: calls, errors, percentiles, time in total");
  command
      ->add_option("--function", options->function,
                   "a name, its last part, or a glob such as 'Book::*'")
      ->type_name("GLOB");
  command
      ->add_option("--sort", options->sort,
                   "total (default), calls, errors, p99")
      ->check(CLI::IsMember({"total", "calls", "errors", "p99"}));
  addLimitOption(*command, options->limit, "how many (default: all)");
  command->callback([options, &context] {
    context.run = [options, &context] { return runStat(context, *options); };
  });
}

} // namespace obs::ctl
