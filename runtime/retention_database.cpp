// SPDX-License-Identifier: Apache-2.0
// Retention's connection to the database, and the statements that it runs.
#include "retention_database.h"

#include "schema.h"

#include "absl/strings/str_cat.h"

#include <array>
#include <utility>

namespace obs::rt {
namespace {

constexpr std::chrono::milliseconds kBusyTimeout{200};

constexpr std::array<const char *, kRetentionSqlCount> kTexts = {
    // kScan: takes no lock; the range is one of the primary key
    "SELECT id, started_ns + ifnull(duration_ns, 0), status = 1 FROM call"
    " WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3",
    // kDeleteOne
    "DELETE FROM call WHERE id = ?1",
    // kDeleteOldHealth
    "DELETE FROM health_event WHERE id IN (SELECT id FROM health_event"
    " ORDER BY id LIMIT ?2) AND time_ns < ?1",
    // kDeleteExcessHealth
    "DELETE FROM health_event WHERE id IN (SELECT id FROM health_event"
    " WHERE id <= (SELECT max(id) FROM health_event) - ?1 ORDER BY id LIMIT "
    "?2)",
    // kDeleteOldProcesses
    "DELETE FROM process WHERE ended < ?1",
    // kAddHealth
    "INSERT INTO health_event (time_ns, kind, detail)"
    " VALUES (?1, 'retention', ?2)",
    // kPageCount
    "PRAGMA page_count",
    // kFreePages
    "PRAGMA freelist_count",
};

std::chrono::nanoseconds steadyNow() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

} // namespace

absl::Status RetentionDatabase::step(absl::FunctionRef<absl::Status()> body) {
  ForkGate::Use use;
  absl::Status status = connect();
  if (status.ok())
    status = body();
  if (!status.ok() && !absl::IsUnavailable(status))
    close();
  return status;
}

absl::Status
RetentionDatabase::lockedStep(absl::FunctionRef<absl::Status()> body,
                              std::chrono::nanoseconds &locked) {
  return step([&]() -> absl::Status {
    absl::StatusOr<Transaction> transaction = Transaction::begin(*database_);
    if (!transaction.ok())
      return transaction.status();
    const std::chrono::nanoseconds start = steadyNow();
    absl::Status changed = body();
    if (changed.ok())
      changed = transaction->commit();
    locked = steadyNow() - start;
    return changed;
  });
}

void RetentionDatabase::close() {
  statements_.clear();
  if (database_) // whether this is the last connection or not: no checkpoint
    database_->keepLogOnClose();
  database_.reset();
}

absl::Status RetentionDatabase::connect() {
  const std::optional<FileIdentity> now = FileIdentity::of(path_);
  if (database_ && now == identity_)
    return absl::OkStatus();
  close();
  if (!now)
    return absl::NotFoundError("no database");
  absl::StatusOr<Database> database =
      Database::open(path_, OpenMode::ReadWrite, kBusyTimeout);
  if (!database.ok())
    return database.status();
  for (auto [pragma, ours] :
       {std::pair("PRAGMA application_id", kApplicationId),
        std::pair("PRAGMA user_version", kSchemaVersion)}) {
    const absl::StatusOr<int64_t> value = database->queryInt64(pragma);
    if (!value.ok())
      return value.status();
    if (*value != ours) // not prepared yet, or not for us to delete from
      return absl::NotFoundError("no database of ours");
  }
  if (absl::Status status = database->execute(kConfigureWriter); !status.ok())
    return status;
  const absl::StatusOr<int64_t> size = database->queryInt64("PRAGMA page_size");
  if (!size.ok())
    return size.status();
  std::vector<Statement> statements;
  for (const char *text : kTexts) {
    absl::StatusOr<Statement> statement = database->prepare(text);
    if (!statement.ok())
      return statement.status();
    statements.push_back(*std::move(statement));
  }
  database_ = *std::move(database);
  statements_ = std::move(statements);
  pageSize_ = *size;
  identity_ = *now;
  return absl::OkStatus();
}

absl::StatusOr<RetentionDatabase::Pages> RetentionDatabase::pages() {
  Pages pages;
  for (auto [sql, value] : {std::pair(kPageCount, &pages.count),
                            std::pair(kFreePages, &pages.free)}) {
    const absl::StatusOr<bool> row = statements_[sql].step();
    if (row.ok() && *row)
      *value = statements_[sql].int64(0);
    statements_[sql].reset();
    if (!row.ok())
      return row.status();
  }
  return pages;
}

absl::StatusOr<int64_t> RetentionDatabase::deleteRows(RetentionSql sql) {
  if (absl::Status status = statements_[sql].run(); !status.ok())
    return status;
  return database_->changes();
}

absl::StatusOr<bool> RetentionDatabase::isTrue(const std::string &condition) {
  const absl::StatusOr<int64_t> value = database_->queryInt64(condition);
  if (!value.ok())
    return value.status();
  return *value != 0;
}

absl::Status RetentionDatabase::vacuum(int64_t pages) {
  return database_->execute(
      absl::StrCat("PRAGMA incremental_vacuum(", pages, ")").c_str());
}

void RetentionDatabase::truncateLog() {
  // Most of it while others write; what is left holds them up, and for the lock
  // there is a queue at full load.
  (void)database_->execute("PRAGMA wal_checkpoint(PASSIVE)");
  database_->setBusyTimeout(std::chrono::milliseconds(50));
  (void)database_->execute("PRAGMA wal_checkpoint(TRUNCATE)");
  database_->setBusyTimeout(kBusyTimeout);
}

} // namespace obs::rt
