// SPDX-License-Identifier: Apache-2.0
// `obsctl calls`: recorded calls, filtered; or one of them in full.
#include "calls_query.h"

#include "concat.h"
#include "units.h"

#include <memory>

namespace obs::ctl {
namespace {

struct Options {
  CallFilter filter;
  int64_t id = 0;
};

constexpr int64_t kNearbyLimit = 50; // callees shown of one call

void line(std::string &out, const Screen &screen, std::string_view name,
          std::string_view value) {
  out += concat(styled(screen, Style::Bold,
                       concat(name, std::string(12 - name.size(), ' '))),
                printable(value), "\n");
}

void showErrorDetail(std::string &out, const Screen &screen,
                     const Json &detail) {
  if (detail.contains("thrown_at"))
    line(out, screen, "thrown at", detail.value("thrown_at", ""));
  for (const Json &cause : detail.value("nested", Json::array())) {
    const std::string place = cause.value("thrown_at", "");
    line(out, screen, "caused by",
         concat(cause.value("type", ""), ": ", cause.value("message", ""),
                place.empty() ? "" : ", thrown at ", place));
  }
}

std::string summary(const CallRow &row) {
  return concat(row.function, "(", argumentsText(row), ")  ",
                row.durationNs ? formatDuration(*row.durationNs) : row.status,
                "  id ", row.id);
}

absl::Status showOne(const Context &context, rt::Database &database,
                     int64_t id) {
  auto rows = selectCalls(database, {{"id = ?", {id}}}, 1);
  if (!rows.ok())
    return rows.status();
  if (rows->empty())
    return absl::InternalError(concat("there is no call with id ", id,
                                      "; the retention may have removed it"));
  const CallRow &row = rows->front();
  if (context.json) {
    printJson(toJson(row));
    return absl::OkStatus();
  }
  const Screen &screen = context.screen;
  std::string out;
  line(out, screen, "function", row.function);
  line(out, screen, "place", concat(row.file, ":", row.line));
  line(out, screen, "started", formatTime(row.startedNs, /*dateToo=*/true));
  line(out, screen, "duration",
       row.durationNs ? formatDuration(*row.durationNs) : "not known");
  if (row.durationNs && row.suspensions && row.suspendedNs)
    line(out, screen, "running",
         concat(formatDuration(*row.durationNs - *row.suspendedNs),
                "; suspended ", *row.suspensions,
                *row.suspensions == 1 ? " time, " : " times, ",
                formatDuration(*row.suspendedNs)));
  if (row.cpuNs)
    line(out, screen, "cpu time", formatDuration(*row.cpuNs));
  if (row.allocatedBytes)
    line(out, screen, "allocated",
         concat(formatCount(*row.allocatedBytes), " bytes"));
  else if (row.cpuNs)
    line(out, screen, "allocated", "not counted: link -lobs_malloc");
  line(out, screen, "status", row.status);
  line(out, screen, "thread",
       concat(row.threadId, " of process ", row.processId));
  line(out, screen, "sample rate", formatRate(row.sampleRate));
  Json args = parseJson(row.args.value_or("{}"));
  for (const auto &[name, value] : args.items())
    line(out, screen, "argument",
         concat(name, " = ",
                value.dump(-1, ' ', false, Json::error_handler_t::replace)));
  if (row.result)
    line(out, screen, "result", *row.result);
  if (row.errorType || row.errorMessage)
    line(out, screen, "error", outcome(row).text);
  showErrorDetail(out, screen, parseJson(row.errorDetail.value_or("{}")));
  if (row.parentId) {
    auto parent = selectCalls(database, {{"id = ?", {*row.parentId}}}, 1);
    if (!parent.ok())
      return parent.status();
    line(out, screen, "called by",
         parent->empty() ? concat("id ", *row.parentId, ", not stored")
                         : summary(parent->front()));
  }
  auto callees = selectCalls(database, {{"parent_id = ?", {id}}}, kNearbyLimit);
  if (!callees.ok())
    return callees.status();
  for (const CallRow &callee : *callees)
    line(out, screen, "calls", summary(callee));
  print(out);
  return absl::OkStatus();
}

absl::Status runCalls(const Context &context, const Options &options) {
  auto conditions = conditionsOf(options.filter);
  if (!conditions.ok())
    return conditions.status();
  auto database = openDatabase(context);
  if (!database.ok())
    return database.status();
  if (options.id != 0)
    return showOne(context, *database, options.id);
  auto rows = selectCalls(*database, *conditions, options.filter.limit);
  if (!rows.ok())
    return rows.status();

  if (context.json) {
    Json document = Json::array();
    for (const CallRow &row : *rows)
      document.push_back(toJson(row));
    printJson(document);
    return absl::OkStatus();
  }
  if (rows->empty()) {
    print("No calls match.\n");
    return absl::OkStatus();
  }
  using enum Table::Align;
  Table table({{"ID", Right},
               {"STARTED"},
               {"FUNCTION", Left, true},
               {"DURATION", Right},
               {"STATUS"},
               {"THREAD", Right},
               {"ARGUMENTS", Left, true},
               {"RESULT", Left, true}});
  for (const CallRow &row : *rows)
    table.add({{std::to_string(row.id), Style::Dim},
               {formatTime(row.startedNs, /*dateToo=*/false)},
               {row.function},
               {row.durationNs ? formatDuration(*row.durationNs) : "-"},
               statusCell(row.status),
               {std::to_string(row.threadId)},
               {argumentsText(row)},
               outcome(row)});
  print(table.render(context.screen));
  if (options.filter.limit > 0 &&
      static_cast<int64_t>(rows->size()) == options.filter.limit)
    print(styled(context.screen, Style::Dim,
                 concat("The newest ", options.filter.limit,
                        "; --limit N shows more, --limit 0 all.\n")));
  return absl::OkStatus();
}

} // namespace

void addCalls(CLI::App &app, Context &context) {
  auto options = std::make_shared<Options>();
  CLI::App *command = app.add_subcommand("calls", "recorded calls, filtered");
  addFilterOptions(*command, options->filter);
  addOutcomeOptions(*command, options->filter);
  addLimitOption(*command, options->filter.limit,
                 "how many, the newest ones (default 20; 0: all)");
  command->add_option("--id", options->id,
                      "one call in full, with caller and callees");
  command->callback([options, &context] {
    context.run = [options, &context] { return runCalls(context, *options); };
  });
}

} // namespace obs::ctl
