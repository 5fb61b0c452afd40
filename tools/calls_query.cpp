// SPDX-License-Identifier: Apache-2.0
// Rows of the view `calls`: chosen, read, shown.
#include "calls_query.h"

#include "concat.h"

#include "ids.h"
#include "units.h"

#include <algorithm>

namespace obs::ctl {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, function, file, line, thread_id, process_id, parent_id, "
    "started_ns, duration_ns, status, args, result, error_type, "
    "error_message, sample_rate, suspensions, suspended_ns, error_detail, "
    "cpu_ns, allocated_bytes FROM calls";

std::optional<std::string> optionalText(const rt::Statement &row, int column) {
  if (row.isNull(column))
    return std::nullopt;
  return std::string(row.text(column));
}

std::optional<int64_t> optionalInt(const rt::Statement &row, int column) {
  if (row.isNull(column))
    return std::nullopt;
  return row.int64(column);
}

CallRow readRow(const rt::Statement &row) {
  CallRow call;
  call.id = row.int64(0);
  call.function = row.text(1);
  call.file = row.text(2);
  call.line = row.int64(3);
  call.threadId = row.int64(4);
  call.processId = row.int64(5);
  call.parentId = optionalInt(row, 6);
  call.startedNs = row.int64(7);
  call.durationNs = optionalInt(row, 8);
  call.status = row.text(9);
  call.args = optionalText(row, 10);
  call.result = optionalText(row, 11);
  call.errorType = optionalText(row, 12);
  call.errorMessage = optionalText(row, 13);
  call.sampleRate = row.real(14);
  call.suspensions = optionalInt(row, 15);
  call.suspendedNs = optionalInt(row, 16);
  call.errorDetail = optionalText(row, 17);
  call.cpuNs = optionalInt(row, 18);
  call.allocatedBytes = optionalInt(row, 19);
  return call;
}

absl::Status badOption(std::string_view option, std::string_view value,
                       std::string_view expected) {
  return absl::InvalidArgumentError(
      concat(option, " ", value, ": expected ", expected));
}

// The text stays where it is: `value` must outlive the statement's run.
void bindValue(rt::Statement &statement, int index, const SqlValue &value) {
  if (const auto *text = std::get_if<std::string>(&value))
    statement.bind(index, std::string_view(*text));
  else if (const auto *real = std::get_if<double>(&value))
    statement.bind(index, *real);
  else
    statement.bind(index, std::get<int64_t>(value));
}

Condition functionCondition(const std::string &glob) {
  bool wild = glob.find_first_of("*?[") != std::string::npos;
  return {"(function = ? OR function GLOB ?)",
          {glob, wild ? glob : "*::" + glob}};
}

} // namespace

void addFilterOptions(CLI::App &command, CallFilter &filter) {
  command
      .add_option("--function", filter.function,
                  "a name, its last part, or a glob such as 'Book::*'")
      ->type_name("GLOB");
  command
      .add_option("--since", filter.since,
                  "from then on: 5m (ago), or '2026-11-22 10:15'")
      ->type_name("TIME");
  command.add_option("--until", filter.until, "up to then")->type_name("TIME");
  command
      .add_option("--where", filter.where,
                  "a condition, such as 'args.order_id = 42 and duration > "
                  "10ms'; repeatable")
      ->type_name("CONDITION")
      ->take_all()
      ->expected(1);
}

void addOutcomeOptions(CLI::App &command, CallFilter &filter) {
  command.add_option("--status", filter.status, "how it ended")
      ->check(CLI::IsMember({"ok", "error", "abandoned", "in_flight"}));
  command
      .add_option("--min-duration", filter.minDuration,
                  "only calls that took that long, such as 10ms")
      ->type_name("DURATION");
}

absl::StatusOr<std::vector<Condition>> conditionsOf(const CallFilter &filter) {
  constexpr const char *kTime = "a duration back from now, such as 5m, or a "
                                "time, such as '2026-11-22 10:15'";
  int64_t now = nowNs();
  std::vector<Condition> conditions;
  if (!filter.function.empty())
    conditions.push_back(functionCondition(filter.function));
  if (!filter.status.empty())
    conditions.push_back({"status = ?", {filter.status}});
  if (!filter.minDuration.empty()) {
    auto ns = parseDuration(filter.minDuration);
    if (!ns)
      return badOption("--min-duration", filter.minDuration,
                       "a duration, such as 10ms");
    conditions.push_back({"duration_ns >= ?", {*ns}});
  }
  if (!filter.since.empty()) {
    auto ns = parseTime(filter.since, now);
    if (!ns)
      return badOption("--since", filter.since, kTime);
    // A call gets its id after it has started: the primary key narrows.
    conditions.push_back(
        {"id >= ? AND started_ns >= ?", {rt::firstIdAt(*ns), *ns}});
  }
  if (!filter.until.empty()) {
    auto ns = parseTime(filter.until, now);
    if (!ns)
      return badOption("--until", filter.until, kTime);
    conditions.push_back({"started_ns <= ?", {*ns}});
  }
  for (const std::string &text : filter.where) {
    auto condition = parseWhere(text, now);
    if (!condition.ok())
      return absl::InvalidArgumentError(
          concat("--where: ", std::string(condition.status().message())));
    conditions.push_back(*std::move(condition));
  }
  return conditions;
}

absl::StatusOr<std::vector<CallRow>>
selectCalls(rt::Database &database, const std::vector<Condition> &conditions,
            int64_t limit) {
  std::string sql(kSelect);
  const char *keyword = " WHERE ";
  for (const Condition &condition : conditions) {
    sql += concat(keyword, condition.sql);
    keyword = " AND ";
  }
  sql += concat(" ORDER BY id DESC LIMIT ?");

  auto statement = database.prepare(sql);
  if (!statement.ok())
    return statement.status();
  int index = 0;
  for (const Condition &condition : conditions)
    for (const SqlValue &value : condition.values)
      bindValue(*statement, ++index, value);
  statement->bind(++index, limit > 0 ? limit : int64_t{-1});

  std::vector<CallRow> rows;
  const absl::Status read =
      statement->forEachRow([&] { rows.push_back(readRow(*statement)); });
  if (!read.ok())
    return read;
  std::reverse(rows.begin(), rows.end());
  return rows;
}

Json toJson(const CallRow &row) {
  auto orNull = [](const auto &value) {
    return value ? Json(*value) : Json(nullptr);
  };
  auto json = [](const std::optional<std::string> &text) {
    return text ? parseJson(*text) : Json(nullptr);
  };
  return {{"id", row.id},
          {"function", row.function},
          {"file", row.file},
          {"line", row.line},
          {"thread_id", row.threadId},
          {"process_id", row.processId},
          {"parent_id", orNull(row.parentId)},
          {"started_ns", row.startedNs},
          {"duration_ns", orNull(row.durationNs)},
          {"status", row.status},
          {"args", json(row.args)},
          {"result", json(row.result)},
          {"error_type", orNull(row.errorType)},
          {"error_message", orNull(row.errorMessage)},
          {"error_detail", json(row.errorDetail)},
          {"sample_rate", row.sampleRate},
          {"suspensions", orNull(row.suspensions)},
          {"suspended_ns", orNull(row.suspendedNs)},
          {"cpu_ns", orNull(row.cpuNs)},
          {"allocated_bytes", orNull(row.allocatedBytes)}};
}

std::string argumentsText(const CallRow &row) {
  if (!row.args)
    return "";
  Json args = parseJson(*row.args);
  if (!args.is_object())
    return *row.args;
  std::string text;
  for (const auto &[name, value] : args.items())
    text += concat(text.empty() ? "" : ", ", name, "=",
                   value.dump(-1, ' ', false, Json::error_handler_t::replace));
  return text;
}

Table::Cell outcome(const CallRow &row) {
  if (row.errorType || row.errorMessage) {
    std::string text = row.errorType.value_or("unknown exception");
    if (!row.errorMessage.value_or("").empty())
      text += concat(": ", *row.errorMessage);
    return {text, Style::Red};
  }
  return {row.result.value_or("")};
}

Table::Cell statusCell(const std::string &status) {
  if (status == "ok")
    return {status, Style::Green};
  return {status, status == "error" ? Style::Red : Style::Yellow};
}

} // namespace obs::ctl
