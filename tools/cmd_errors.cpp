// SPDX-License-Identifier: Apache-2.0
// `obsctl errors`: calls that ended in an error, one by one or grouped.
#include "calls_query.h"
#include "units.h"

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

namespace obs::ctl {
namespace {

struct Options {
  CallFilter filter;
  bool grouped = false;
};

struct Group {
  int64_t count = 0;
  CallRow last;
};

void showGroups(const Context &context, const std::vector<CallRow> &rows) {
  std::map<std::pair<std::string, std::string>, Group> groups;
  for (const CallRow &row : rows) {
    Group &group = groups[{row.function, row.errorType.value_or("")}];
    ++group.count;
    group.last = row;
  }
  std::vector<Group> sorted;
  for (auto &[key, group] : groups)
    sorted.push_back(std::move(group));
  std::sort(sorted.begin(), sorted.end(), [](const Group &a, const Group &b) {
    return std::tie(b.count, a.last.function) <
           std::tie(a.count, b.last.function);
  });
  if (context.json) {
    Json document = Json::array();
    for (const Group &group : sorted)
      document.push_back(
          {{"count", group.count}, {"last", toJson(group.last)}});
    printJson(document);
    return;
  }
  using enum Table::Align;
  Table table({{"COUNT", Right},
               {"LAST"},
               {"FUNCTION", Left, true},
               {"LAST ERROR", Left, true},
               {"ITS ARGUMENTS", Left, true}});
  for (const Group &group : sorted)
    table.add({{formatCount(group.count), Style::Red},
               {formatTime(group.last.startedNs, /*dateToo=*/true)},
               {group.last.function},
               outcome(group.last),
               {argumentsText(group.last)}});
  print(table.render(context.screen));
}

absl::Status runErrors(const Context &context, const Options &options) {
  auto conditions = conditionsOf(options.filter);
  if (!conditions.ok())
    return conditions.status();
  auto database = openDatabase(context);
  if (!database.ok())
    return database.status();
  auto rows = selectCalls(*database, *conditions,
                          options.grouped ? 0 : options.filter.limit);
  if (!rows.ok())
    return rows.status();
  if (rows->empty() && !context.json) {
    print("No errors recorded.\n");
    return absl::OkStatus();
  }
  if (options.grouped) {
    showGroups(context, *rows);
    return absl::OkStatus();
  }
  if (context.json) {
    Json document = Json::array();
    for (const CallRow &row : *rows)
      document.push_back(toJson(row));
    printJson(document);
    return absl::OkStatus();
  }
  using enum Table::Align;
  Table table({{"STARTED"},
               {"FUNCTION", Left, true},
               {"DURATION", Right},
               {"ERROR", Left, true},
               {"ARGUMENTS", Left, true}});
  for (const CallRow &row : *rows)
    table.add({{formatTime(row.startedNs, /*dateToo=*/true)},
               {row.function},
               {row.durationNs ? formatDuration(*row.durationNs) : "-"},
               outcome(row),
               {argumentsText(row)}});
  print(table.render(context.screen));
  return absl::OkStatus();
}

} // namespace

void addErrors(CLI::App &app, Context &context) {
  auto options = std::make_shared<Options>();
  options->filter.status = "error";
  options->filter.limit = 10;
  CLI::App *command =
      app.add_subcommand("errors", "the last errors with their arguments");
  addFilterOptions(*command, options->filter);
  addLimitOption(*command, options->filter.limit,
                 "how many, the newest ones (default 10; 0: all)");
  command->add_flag("--grouped", options->grouped,
                    "one line per function and type of error, all errors");
  command->callback([options, &context] {
    context.run = [options, &context] { return runErrors(context, *options); };
  });
}

} // namespace obs::ctl
