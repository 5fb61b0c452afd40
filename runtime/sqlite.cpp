// SPDX-License-Identifier: Apache-2.0
// SQLite as values: connection, statement, transaction; errors as absl::Status.
#include "sqlite.h"

#include "fork_gate.h"

#include "absl/strings/str_cat.h"

#include <cassert>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <sqlite3.h>
#include <utility>

namespace obs::rt {
namespace {

absl::StatusCode statusCode(int code, int systemErrno) {
  switch (code & 0xFF) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return absl::StatusCode::kUnavailable;
  case SQLITE_READONLY:
  case SQLITE_PERM:
  case SQLITE_AUTH:
    return absl::StatusCode::kPermissionDenied;
  case SQLITE_CANTOPEN:
    return systemErrno == EACCES || systemErrno == EPERM || systemErrno == EROFS
               ? absl::StatusCode::kPermissionDenied
               : absl::StatusCode::kNotFound;
  case SQLITE_FULL:
  case SQLITE_NOMEM:
    return absl::StatusCode::kResourceExhausted;
  case SQLITE_IOERR:
    return systemErrno == EFBIG ? absl::StatusCode::kOutOfRange
                                : absl::StatusCode::kInternal;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return absl::StatusCode::kDataLoss;
  case SQLITE_INTERRUPT:
    return absl::StatusCode::kCancelled;
  default:
    return absl::StatusCode::kInternal;
  }
}

absl::Status makeStatus(sqlite3 *handle, int code) {
  if (!handle)
    return absl::ResourceExhaustedError("out of memory for a database handle");
  int systemErrno = sqlite3_system_errno(handle);
  if (systemErrno == 0 && errno == EFBIG) // of a commit SQLite does not keep it
    systemErrno = EFBIG;
  std::string text = sqlite3_errmsg(handle);
  const int kind = code & 0xFF;
  if ((kind == SQLITE_CANTOPEN || kind == SQLITE_IOERR) && systemErrno != 0)
    absl::StrAppend(&text, ": ", strerror(systemErrno));
  return absl::Status(statusCode(code, systemErrno), text);
}

// SQLite's own handler sleeps up to 100 ms and would miss the short gaps that
// other writers leave; and it cannot stop for a fork.
int waitForLock(void *timeoutMs, int tries) {
  const int waitedMs = tries < 10 ? tries : 10 + (tries - 10) * 5;
  if (waitedMs >= reinterpret_cast<intptr_t>(timeoutMs) || ForkGate::closing())
    return 0;
  const timespec pause{0, tries < 10 ? 1'000'000 : 5'000'000};
  nanosleep(&pause, nullptr);
  return 1;
}

} // namespace

uint64_t sqliteMemoryBytes() {
  return uint64_t(sqlite3_memory_used());
}

absl::StatusOr<Database> Database::open(const std::string &path, OpenMode mode,
                                        std::chrono::milliseconds busyTimeout) {
  const int flags = (mode == OpenMode::ReadOnly ? SQLITE_OPEN_READONLY
                                                : SQLITE_OPEN_READWRITE) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  sqlite3 *handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  Database database(handle); // also what failed to open is to be closed
  if (code != SQLITE_OK)
    return makeStatus(handle, code);
  database.setBusyTimeout(busyTimeout);
  // SQLite falls back to reading when it may not write.
  if (mode == OpenMode::ReadWrite && sqlite3_db_readonly(handle, "main") == 1)
    return absl::PermissionDeniedError("the file is read-only");
  return database;
}

Database::Database(Database &&other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)) {}

Database &Database::operator=(Database &&other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

Database::~Database() {
  sqlite3_close_v2(handle_);
}

void Database::setBusyTimeout(std::chrono::milliseconds timeout) {
  sqlite3_busy_handler(
      handle_, waitForLock,
      reinterpret_cast<void *>(static_cast<intptr_t>(timeout.count())));
}

absl::Status Database::execute(const char *sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : makeStatus(handle_, code);
}

absl::StatusOr<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt *statement = nullptr;
  const int code =
      sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK)
    return makeStatus(handle_, code);
  return Statement(statement);
}

absl::StatusOr<int64_t> Database::queryInt64(std::string_view sql) {
  absl::StatusOr<Statement> statement = prepare(sql);
  if (!statement.ok())
    return statement.status();
  absl::StatusOr<bool> row = statement->step();
  if (!row.ok())
    return row.status();
  if (!*row)
    return absl::NotFoundError("no row");
  return statement->int64(0);
}

int64_t Database::changes() const {
  return sqlite3_changes64(handle_);
}

int64_t Database::lastInsertRowId() const {
  return sqlite3_last_insert_rowid(handle_);
}

bool Database::inTransaction() const {
  return !sqlite3_get_autocommit(handle_);
}

void Database::keepLogOnClose() {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

Statement::Statement(Statement &&other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)) {}

Statement &Statement::operator=(Statement &&other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

Statement::~Statement() {
  sqlite3_finalize(handle_);
}

void Statement::bindNull(int index) {
  [[maybe_unused]] int code = sqlite3_bind_null(handle_, index);
  assert(code == SQLITE_OK);
}

void Statement::bind(int index, int64_t value) {
  [[maybe_unused]] int code = sqlite3_bind_int64(handle_, index, value);
  assert(code == SQLITE_OK);
}

void Statement::bind(int index, double value) {
  [[maybe_unused]] int code = sqlite3_bind_double(handle_, index, value);
  assert(code == SQLITE_OK);
}

void Statement::bind(int index, std::string_view text) {
  // A null pointer would bind NULL instead of the empty text.
  [[maybe_unused]] int code =
      sqlite3_bind_text64(handle_, index, text.data() ? text.data() : "",
                          text.size(), SQLITE_STATIC, SQLITE_UTF8);
  assert(code == SQLITE_OK);
}

void Statement::bind(int index, const std::optional<int64_t> &value) {
  value ? bind(index, *value) : bindNull(index);
}

void Statement::bind(int index, const std::optional<std::string> &text) {
  text ? bind(index, std::string_view(*text)) : bindNull(index);
}

int Statement::parameterIndex(const char *name) const {
  return sqlite3_bind_parameter_index(handle_, name);
}

absl::StatusOr<bool> Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW)
    return true;
  if (code == SQLITE_DONE)
    return false;
  return makeStatus(sqlite3_db_handle(handle_), code);
}

absl::Status Statement::run() {
  const int code = sqlite3_step(handle_);
  absl::Status status = code == SQLITE_DONE || code == SQLITE_ROW
                            ? absl::OkStatus()
                            : makeStatus(sqlite3_db_handle(handle_), code);
  sqlite3_reset(handle_);
  return status;
}

void Statement::reset() {
  sqlite3_reset(handle_);
}

int Statement::columnCount() const {
  return sqlite3_column_count(handle_);
}

std::string_view Statement::columnName(int column) const {
  const char *name = sqlite3_column_name(handle_, column);
  return name ? name : "";
}

bool Statement::isNull(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

bool Statement::isInteger(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_INTEGER;
}

bool Statement::isFloat(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_FLOAT;
}

int64_t Statement::int64(int column) const {
  return sqlite3_column_int64(handle_, column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(handle_, column);
}

std::string_view Statement::text(int column) const {
  const auto *text = sqlite3_column_text(handle_, column);
  if (!text)
    return {};
  return {reinterpret_cast<const char *>(text),
          static_cast<size_t>(sqlite3_column_bytes(handle_, column))};
}

absl::StatusOr<Transaction> Transaction::begin(Database &database) {
  if (absl::Status status = database.execute("BEGIN IMMEDIATE"); !status.ok())
    return status;
  return Transaction(&database);
}

Transaction::Transaction(Transaction &&other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  // Some errors (disk full) have rolled back already.
  if (database_ && database_->inTransaction())
    (void)database_->execute("ROLLBACK");
}

absl::Status Transaction::commit() {
  if (absl::Status status = database_->execute("COMMIT"); !status.ok())
    return status;
  database_ = nullptr;
  return absl::OkStatus();
}

} // namespace obs::rt
