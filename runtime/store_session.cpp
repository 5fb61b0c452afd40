// SPDX-License-Identifier: Apache-2.0
// One open connection of a Store: its prepared statements and caches.
#include "store_session.h"

#include "ids.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>

namespace obs::rt {
namespace {

constexpr const char *kCallColumns[] = {
    "id",          "function_id",    "thread_id",
    "process_id",  "parent_id",      "started_ns",
    "duration_ns", "status",         "args",
    "result",      "error_type",     "error_message",
    "suspensions", "suspended_ns",   "error_detail",
    "cpu_ns",      "allocated_bytes"};
constexpr size_t kAllColumns = std::size(kCallColumns);
constexpr size_t kPlainColumns = 10; // the rest of most calls is null

bool isPlain(const CallRecord &call) {
  return !call.errorType && !call.errorMessage && !call.suspensions &&
         !call.suspendedNs && !call.errorDetail && !call.cpuNs &&
         !call.allocatedBytes;
}

// Of the first so many columns, for so many rows.
std::string insertSql(const char *insert, size_t columns, size_t rows) {
  const std::string row = absl::StrCat(
      "(", absl::StrJoin(std::vector<const char *>(columns, "?"), ","), ")");
  return absl::StrCat(
      insert, " INTO call (",
      absl::StrJoin(std::span(kCallColumns).first(columns), ","), ") VALUES ",
      absl::StrJoin(std::vector<std::string>(rows, row), ","));
}

// As the row with number `row` of those to be inserted.
void bindCall(Statement &insert, size_t columns, size_t row,
              const CallRecord &call, int64_t id, int64_t function) {
  int at = int(row * columns);
  insert.bind(++at, id);
  insert.bind(++at, function);
  insert.bind(++at, call.threadId);
  insert.bind(++at, call.processId);
  insert.bind(++at, call.parentId);
  insert.bind(++at, call.startedNs);
  insert.bind(++at, call.durationNs);
  insert.bind(++at, static_cast<int64_t>(call.status));
  insert.bind(++at, call.args);
  insert.bind(++at, call.result);
  if (columns == kPlainColumns)
    return;
  insert.bind(++at, call.errorType);
  insert.bind(++at, call.errorMessage);
  insert.bind(++at, call.suspensions);
  insert.bind(++at, call.suspendedNs);
  insert.bind(++at, call.errorDetail);
  insert.bind(++at, call.cpuNs);
  insert.bind(++at, call.allocatedBytes);
}

} // namespace

absl::StatusOr<std::unique_ptr<StoreSession>>
StoreSession::create(OpenDatabase opened) {
  const std::array<std::string, kSqlCount> texts = {
      // kFindFunction
      "SELECT id FROM function WHERE function = ?1 AND file = ?2 AND line = ?3"
      " AND signature = ?4 AND sample_rate = ?5",
      // kAddFunction
      "INSERT INTO function (function, file, line, signature, sample_rate)"
      " VALUES (?1, ?2, ?3, ?4, ?5)",
      // kCountRecorded
      "UPDATE function SET recorded = recorded + ?2, errors = errors + ?3"
      " WHERE id = ?1",
      // kAddCall
      insertSql("INSERT", kAllColumns, 1) + " ON CONFLICT (id) DO NOTHING",
      // kAddCalls, kAddPlainCalls: with OR IGNORE no row can undo the others,
      // which saves the journal for that. All that may be wrong shows in the
      // number of rows.
      insertSql("INSERT OR IGNORE", kAllColumns, kManyRows),
      insertSql("INSERT OR IGNORE", kPlainColumns, kManyRows),
      // kFindCall
      "SELECT function_id = ?2 AND process_id = ?3 AND"
      " (?7 OR (thread_id = ?4 AND abs(started_ns - ?5) < 2000000 AND"
      " ifnull(abs(duration_ns - ?6) <= 1000 + duration_ns / 1000, 1)))"
      " FROM call WHERE id = ?1",
      // kCompleteCall: of a coroutine that was stored as in flight.
      "UPDATE call SET duration_ns = ?2, status = ?3, result = ?4,"
      " error_type = ?5, error_message = ?6, suspensions = ?7,"
      " suspended_ns = ?8, error_detail = ?9 WHERE id = ?1 AND status = 3",
      // kPutTotals: absolute, and only while the process has not been folded.
      // Drops are taken back, too.
      "INSERT INTO function_process (function_id, process_key, calls_total,"
      " dropped) SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM process"
      " WHERE key = ?2 AND ended IS NOT NULL)"
      " ON CONFLICT (function_id, process_key) DO UPDATE SET"
      " calls_total = max(calls_total, excluded.calls_total),"
      " dropped = excluded.dropped",
      // kAddHealth
      "INSERT INTO health_event (time_ns, kind, detail) VALUES (?1, ?2, ?3)",
      // kAddFigures
      "INSERT INTO process_figures (time_ns, detail) VALUES (?1, ?2)",
      // kTrimFigures
      "DELETE FROM process_figures WHERE id <= ?1 - 3600",
      // kAddProcess
      "INSERT INTO process (key, pid, executable, started_ns)"
      " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (key) DO NOTHING",
      // kPutProgress
      "UPDATE process SET batch = max(batch, ?2),"
      " spill_read = max(spill_read, ?3) WHERE key = ?1",
      // kFindProgress
      "SELECT batch, spill_read FROM process WHERE key = ?1",
      // kFoldTotals
      "UPDATE function SET calls_total = function.calls_total + p.calls_total,"
      " dropped = function.dropped + p.dropped FROM function_process p"
      " WHERE p.function_id = function.id AND p.process_key = ?1",
      // kDropTotals
      "DELETE FROM function_process WHERE process_key = ?1",
      // kEndProcess
      "UPDATE process SET ended = ?2 WHERE key = ?1 AND ended IS NULL",
  };
  auto session =
      std::unique_ptr<StoreSession>(new StoreSession(std::move(opened)));
  for (const std::string &text : texts) {
    absl::StatusOr<Statement> statement = session->database().prepare(text);
    if (!statement.ok())
      return statement.status();
    session->statements_.push_back(*std::move(statement));
  }
  return session;
}

absl::StatusOr<int64_t>
StoreSession::functionId(const std::shared_ptr<const FunctionKey> &key) {
  if (auto known = functionIds_.find(key); known != functionIds_.end())
    return known->second;
  for (Sql sql : {kFindFunction, kAddFunction}) {
    Statement &statement = statements_[sql];
    statement.bind(1, std::string_view(key->function));
    statement.bind(2, std::string_view(key->file));
    statement.bind(3, int64_t{key->line});
    statement.bind(4, std::string_view(key->signature));
    statement.bind(5, key->sampleRate);
    const absl::StatusOr<bool> found = statement.step();
    const int64_t id = found.ok() && *found ? statement.int64(0)
                                            : database().lastInsertRowId();
    statement.reset();
    if (!found.ok())
      return found.status();
    if (*found || sql == kAddFunction)
      return functionIds_[key] = id;
  }
  return absl::InternalError("unreachable");
}

// Whether there is a row in flight for it.
absl::StatusOr<bool> StoreSession::completeCall(const CallRecord &call) {
  Statement &update = statements_[kCompleteCall];
  update.bind(1, call.id);
  update.bind(2, call.durationNs);
  update.bind(3, static_cast<int64_t>(call.status));
  update.bind(4, call.result);
  update.bind(5, call.errorType);
  update.bind(6, call.errorMessage);
  update.bind(7, call.suspensions);
  update.bind(8, call.suspendedNs);
  update.bind(9, call.errorDetail);
  if (absl::Status status = update.run(); !status.ok())
    return status;
  return database().changes() > 0;
}

absl::Status StoreSession::writeCall(const CallRecord &call) {
  const absl::StatusOr<int64_t> function = functionId(call.function);
  if (!function.ok())
    return function.status();
  if (call.suspensions) {
    const absl::StatusOr<bool> completed = completeCall(call);
    if (!completed.ok())
      return completed.status();
    if (*completed) {
      counts_[*function].errors += call.status == Status::Error;
      return absl::OkStatus();
    }
    // Retention took the row, or there never was one. What is left of it is
    // worth keeping for the sake of an error only.
    if (call.completesRow && call.status != Status::Error)
      return absl::OkStatus();
  }
  for (int64_t attempt = 0;; ++attempt) {
    const int64_t id = attempt == 0 ? call.id : idInstead(call.id, attempt);
    const absl::StatusOr<bool> inserted = insertCall(call, id, *function);
    if (!inserted.ok())
      return inserted.status();
    if (*inserted) {
      clashes_ += attempt != 0;
      break;
    }
    const absl::StatusOr<bool> known = isStored(call, id, *function);
    if (!known.ok())
      return known.status();
    if (*known)
      return absl::OkStatus();
  }
  countRecorded(*function, call);
  return absl::OkStatus();
}

void StoreSession::countRecorded(int64_t function, const CallRecord &call) {
  Count &count = counts_[function];
  ++count.recorded;
  count.errors += call.status == Status::Error;
}

// False: there is a row with this id.
absl::StatusOr<bool> StoreSession::insertCall(const CallRecord &call,
                                              int64_t id, int64_t function) {
  Statement &insert = statements_[kAddCall];
  bindCall(insert, kAllColumns, 0, call, id, function);
  if (absl::Status status = insert.run(); !status.ok())
    return status;
  return database().changes() > 0;
}

// REQUIRES: kManyRows of them, none of a coroutine that has ended.
absl::Status StoreSession::writeMany(std::span<const CallRecord *const> calls) {
  const bool plain =
      std::all_of(calls.begin(), calls.end(),
                  [](const CallRecord *c) { return isPlain(*c); });
  const size_t columns = plain ? kPlainColumns : kAllColumns;
  Statement &insert = statements_[plain ? kAddPlainCalls : kAddCalls];
  for (size_t row = 0; row != calls.size(); ++row) {
    const CallRecord &call = *calls[row];
    const absl::StatusOr<int64_t> function = functionId(call.function);
    if (!function.ok())
      return function.status();
    bindCall(insert, columns, row, call, call.id, *function);
    countRecorded(*function, call);
  }
  if (absl::Status status = insert.run(); !status.ok())
    return status;
  if (database().changes() != int64_t(calls.size()))
    return absl::AbortedError("not all rows were inserted");
  return absl::OkStatus();
}

// Whether the row with this id is that of the call, and not of another one:
// processes that do not see each other's shared memory may give equal ids. The
// clock is read anew in recovery, so times may differ a little, and what has
// ended may seem to be in flight.
absl::StatusOr<bool> StoreSession::isStored(const CallRecord &call, int64_t id,
                                            int64_t function) {
  Statement &find = statements_[kFindCall];
  find.bind(1, id);
  find.bind(2, function);
  find.bind(3, call.processId);
  find.bind(4, call.threadId);
  find.bind(5, call.startedNs);
  find.bind(6, call.durationNs);
  find.bind(7, int64_t{call.completesRow});
  const absl::StatusOr<bool> found = find.step();
  const bool isSame = found.ok() && *found && find.int64(0) != 0;
  find.reset();
  if (!found.ok())
    return found.status();
  return isSame;
}

absl::Status StoreSession::writeCalls(std::span<const CallRecord> calls,
                                      Rows rows) {
  // In the order of the b-tree: its pages are then filled one after another.
  sortedCalls_.clear();
  for (const CallRecord &call : calls)
    sortedCalls_.push_back(&call);
  std::sort(
      sortedCalls_.begin(), sortedCalls_.end(),
      [](const CallRecord *a, const CallRecord *b) { return a->id < b->id; });
  counts_.clear();
  clashes_ = 0;
  const std::span<const CallRecord *const> sorted(sortedCalls_);
  for (size_t i = 0; i != sorted.size();) {
    const auto next = sorted.subspan(i, std::min(kManyRows, sorted.size() - i));
    const bool together =
        rows == Rows::Many && next.size() == kManyRows &&
        std::none_of(next.begin(), next.end(),
                     [](const CallRecord *c) { return c->suspensions; });
    const auto written = together ? next : next.first(1);
    const absl::Status status =
        together ? writeMany(written) : writeCall(*written[0]);
    if (!status.ok())
      return status;
    i += written.size();
  }
  Statement &update = statements_[kCountRecorded];
  for (const auto &[function, count] : counts_) {
    update.bind(1, function);
    update.bind(2, count.recorded);
    update.bind(3, count.errors);
    if (absl::Status status = update.run(); !status.ok())
      return status;
  }
  return absl::OkStatus();
}

absl::Status StoreSession::writeTotals(int64_t processKey,
                                       std::span<const FunctionTotals> totals) {
  Statement &put = statements_[kPutTotals];
  for (const FunctionTotals &total : totals) {
    const absl::StatusOr<int64_t> function = functionId(total.function);
    if (!function.ok())
      return function.status();
    put.bind(1, *function);
    put.bind(2, processKey);
    put.bind(3, total.calls);
    put.bind(4, total.dropped);
    if (absl::Status status = put.run(); !status.ok())
      return status;
  }
  return absl::OkStatus();
}

absl::Status StoreSession::writeHealth(std::span<const HealthEvent> events) {
  Statement &insert = statements_[kAddHealth];
  for (const HealthEvent &event : events) {
    if (event.kind == "process") {
      if (absl::Status status = writeFigures(event); !status.ok())
        return status;
      continue;
    }
    insert.bind(1, event.timeNs);
    insert.bind(2, std::string_view(event.kind));
    insert.bind(3, std::string_view(event.detail));
    if (absl::Status status = insert.run(); !status.ok())
      return status;
  }
  return absl::OkStatus();
}

// They come each second, and keep themselves short.
absl::Status StoreSession::writeFigures(const HealthEvent &event) {
  Statement &insert = statements_[kAddFigures];
  insert.bind(1, event.timeNs);
  insert.bind(2, std::string_view(event.detail));
  if (absl::Status status = insert.run(); !status.ok())
    return status;
  Statement &trim = statements_[kTrimFigures];
  trim.bind(1, database().lastInsertRowId());
  return trim.run();
}

absl::Status StoreSession::writeProgress(int64_t processKey,
                                         const Progress &progress) {
  Statement &put = statements_[kPutProgress];
  put.bind(1, processKey);
  put.bind(2, progress.batch);
  put.bind(3, progress.spillRead);
  return put.run();
}

absl::StatusOr<Progress> StoreSession::progress(int64_t processKey) {
  Statement &find = statements_[kFindProgress];
  find.bind(1, processKey);
  const absl::StatusOr<bool> found = find.step();
  Progress progress;
  if (found.ok() && *found)
    progress = {find.int64(0), find.int64(1)};
  find.reset();
  if (!found.ok())
    return found.status();
  return progress;
}

absl::Status StoreSession::startProcess(const ProcessInfo &process) {
  Statement &insert = statements_[kAddProcess];
  insert.bind(1, process.key);
  insert.bind(2, process.pid);
  insert.bind(3, std::string_view(process.executable));
  insert.bind(4, process.startedNs);
  return insert.run();
}

absl::Status StoreSession::endProcess(int64_t key) {
  // The rows that are folded go in the same transaction, so that a second
  // time finds nothing.
  for (Sql sql : {kFoldTotals, kDropTotals, kEndProcess}) {
    Statement &statement = statements_[sql];
    statement.bind(1, key);
    if (sql == kEndProcess)
      statement.bind(2, absl::GetCurrentTimeNanos());
    if (absl::Status status = statement.run(); !status.ok())
      return status;
  }
  return absl::OkStatus();
}

} // namespace obs::rt
