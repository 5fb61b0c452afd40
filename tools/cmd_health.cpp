// SPDX-License-Identifier: Apache-2.0
// `obsctl health`: what happened to the monitoring itself.
#include "command.h"

#include "concat.h"
#include "units.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace obs::ctl {
namespace {

struct Options {
  std::string kind;
  int64_t limit = 20;
};

struct HealthRow {
  int64_t timeNs = 0;
  std::string kind;
  std::string detail;
};

// The newest `limit` (0: all) of the kind ("": of all but "process", of which
// there is one a second), oldest first.
absl::StatusOr<std::vector<HealthRow>>
readHealth(rt::Database &database, const std::string &kind, int64_t limit) {
  auto statement = database.prepare("SELECT time, kind, detail FROM health "
                                    "WHERE kind = ?1 OR ?1 = '' AND kind <> "
                                    "'process' "
                                    "ORDER BY time DESC LIMIT ?2");
  if (!statement.ok())
    return statement.status();
  statement->bind(1, std::string_view(kind));
  statement->bind(2, limit > 0 ? limit : int64_t{-1});
  std::vector<HealthRow> rows;
  const absl::Status read = statement->forEachRow([&] {
    rows.push_back({statement->int64(0), std::string(statement->text(1)),
                    std::string(statement->text(2))});
  });
  if (!read.ok())
    return read;
  std::reverse(rows.begin(), rows.end());
  return rows;
}

// "to=OPEN, error=…" of a JSON object.
std::string detailText(const std::string &detail) {
  Json json = parseJson(detail);
  if (!json.is_object())
    return detail;
  std::string text;
  for (const auto &[name, value] : json.items()) {
    std::string shown =
        value.is_string()
            ? value.get<std::string>()
            : value.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (!shown.empty())
      text += concat(text.empty() ? "" : ", ", name, "=", shown);
  }
  return text;
}

// The breaker as of its last change: what it is, and its numbers.
std::string breakerText(const HealthRow &row) {
  const Json json = parseJson(row.detail);
  const auto text = [&json](const char *name) {
    const auto value = json.find(name);
    return value != json.end() && value->is_string()
               ? printable(value->get<std::string>())
               : std::string("?");
  };
  const auto number = [&json](const char *name) {
    const auto value = json.find(name);
    return value != json.end() && value->is_number() ? value->get<double>() : 0;
  };
  const auto count = [&](const char *name) {
    return formatCount(static_cast<int64_t>(number(name)));
  };
  const auto duration = [&](const char *name) {
    return formatDuration(static_cast<int64_t>(number(name) * 1e9));
  };
  std::string shown = concat(
      "breaker  ", text("to"), " since ",
      formatTime(row.timeNs, /*dateToo=*/true), "\n         opened ",
      count("times_opened"), " times; ", count("successes"), " successes, ",
      count("failures"), " failures, ", count("rejections"),
      " rejections; closed ", duration("closed_s"), ", open ",
      duration("open_s"), ", half open ", duration("half_open_s"), "\n");
  if (const std::string error = text("error"); error != "?" && !error.empty())
    shown += concat("         last error: ", error, "\n");
  return shown;
}

// "4711 at 12:00:01: CPU 12.3 %, 45.2 MiB resident, …"
std::string processText(const HealthRow &row) {
  const Json json = parseJson(row.detail);
  std::string text = concat(json.value("pid", int64_t{0}), " at ",
                            formatTime(row.timeNs, /*dateToo=*/true), ": ");
  if (json.contains("cpu_percent"))
    text += concat("CPU ", json["cpu_percent"].dump(), " %, ");
  if (json.contains("resident_bytes"))
    text += concat(formatBytes(json.value("resident_bytes", int64_t{0})),
                   " resident, ");
  if (json.contains("threads"))
    text += concat(json["threads"].dump(), " threads; ");
  return text + concat("of it for monitoring CPU ",
                       json.value("monitoring_cpu_percent", Json(0)).dump(),
                       " %, ",
                       formatBytes(json.value("monitoring_bytes", int64_t{0})));
}

Style styleOf(const std::string &kind) {
  return kind == "breaker" || kind == "overflow" || kind == "id_clash"
             ? Style::Yellow
             : Style::Plain;
}

absl::Status runHealth(const Context &context, const Options &options) {
  auto database = openDatabase(context);
  if (!database.ok())
    return database.status();
  auto breaker = readHealth(*database, "breaker", 1);
  if (!breaker.ok())
    return breaker.status();
  auto process = readHealth(*database, "process", 1);
  if (!process.ok())
    return process.status();
  auto rows = readHealth(*database, options.kind, options.limit);
  if (!rows.ok())
    return rows.status();

  if (context.json) {
    Json document = {
        {"breaker", nullptr}, {"process", nullptr}, {"events", Json::array()}};
    auto event = [](const HealthRow &row) {
      return Json{{"time", row.timeNs},
                  {"kind", row.kind},
                  {"detail", parseJson(row.detail)}};
    };
    if (!breaker->empty())
      document["breaker"] = event(breaker->front());
    if (!process->empty())
      document["process"] = event(process->front());
    for (const HealthRow &row : *rows)
      document["events"].push_back(event(row));
    printJson(document);
    return absl::OkStatus();
  }
  if (breaker->empty())
    print("breaker  CLOSED, it has never opened\n");
  else
    print(breakerText(breaker->front()));
  if (!process->empty())
    print(concat("process  ", processText(process->front()), "\n"));
  print("\n");
  if (rows->empty()) {
    print("No events.\n");
    return absl::OkStatus();
  }
  Table table({{"TIME"}, {"KIND"}, {"DETAIL", Table::Align::Left, true}});
  for (const HealthRow &row : *rows)
    table.add({{formatTime(row.timeNs, /*dateToo=*/true), Style::Dim},
               {row.kind, styleOf(row.kind)},
               {detailText(row.detail)}});
  print(table.render(context.screen));
  return absl::OkStatus();
}

} // namespace

void addHealth(CLI::App &app, Context &context) {
  auto options = std::make_shared<Options>();
  CLI::App *command = app.add_subcommand(
      "health", "circuit breaker, overflows, retention, recoveries");
  command->add_option("--kind", options->kind,
                      "only events of this kind, such as breaker");
  addLimitOption(*command, options->limit,
                 "how many, the newest ones (default 20; 0: all)");
  command->callback([options, &context] {
    context.run = [options, &context] { return runHealth(context, *options); };
  });
}

} // namespace obs::ctl
