// SPDX-License-Identifier: Apache-2.0
// SQLite as values: connection, statement, transaction; errors as absl::Status.
//
// The one place of the runtime that knows sqlite3.h (in its .cpp).
#ifndef OBS_RUNTIME_SQLITE_H
#define OBS_RUNTIME_SQLITE_H

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace obs::rt {

// Errors carry SQLite's text and one of these codes: Unavailable (locked),
// PermissionDenied (read-only), NotFound (cannot be opened), ResourceExhausted
// (disk or memory full), DataLoss (corrupt, or no database), Cancelled
// (interrupted), Internal (I/O errors, bad SQL).

class Statement;

// Bytes that SQLite holds for all connections of the process.
uint64_t sqliteMemoryBytes();

enum class OpenMode {
  ReadOnly,  // the file must exist
  ReadWrite, // the file must exist, and be writable
};

// A connection. Movable; used by one thread at a time; closed after its
// statements. Waits up to the busy timeout for another's lock.
class Database {
public:
  static absl::StatusOr<Database> open(const std::string &path, OpenMode mode,
                                       std::chrono::milliseconds busyTimeout);
  Database(Database &&other) noexcept;
  Database &operator=(Database &&other) noexcept;
  ~Database();

  void setBusyTimeout(std::chrono::milliseconds timeout);

  // Runs statements without parameters and results.
  absl::Status execute(const char *sql);

  absl::StatusOr<Statement> prepare(std::string_view sql);

  // First column of the first row; no row is NotFound.
  absl::StatusOr<int64_t> queryInt64(std::string_view sql);

  int64_t changes() const; // rows of the last insert, update, delete
  int64_t lastInsertRowId() const;
  bool inTransaction() const;

  // Leaves the write-ahead log as it is when the connection closes: for a file
  // that has been deleted or replaced, whose name others may be using.
  void keepLogOnClose();

private:
  explicit Database(sqlite3 *handle) : handle_(handle) {}
  sqlite3 *handle_;
};

// A prepared statement. Parameters count from 1, columns from 0.
class Statement {
public:
  Statement(Statement &&other) noexcept;
  Statement &operator=(Statement &&other) noexcept;
  ~Statement();

  // REQUIRES: `index` is a parameter of the statement. Texts are not copied:
  // they must live until reset() or the next bind of the parameter.
  void bindNull(int index);
  void bind(int index, int64_t value);
  void bind(int index, double value);
  void bind(int index, std::string_view text);
  void bind(int index, const std::optional<int64_t> &value);
  void bind(int index, const std::optional<std::string> &text);
  // Number of the named parameter (":name"); 0 if there is none.
  int parameterIndex(const char *name) const;

  // True: at a row. False: done. After false or an error, reset() and go on.
  absl::StatusOr<bool> step();
  // Calls `row` at each row; stops at the first error.
  template <class Row> absl::Status forEachRow(Row row) {
    for (;;) {
      const absl::StatusOr<bool> more = step();
      if (!more.ok() || !*more)
        return more.status();
      row();
    }
  }
  // Runs a statement that yields no rows, and resets it.
  absl::Status run();
  void reset(); // keeps the parameters

  int columnCount() const;
  std::string_view columnName(int column) const;
  bool isNull(int column) const;
  bool isInteger(int column) const;
  bool isFloat(int column) const;
  int64_t int64(int column) const;         // null: 0
  double real(int column) const;           // null: 0
  std::string_view text(int column) const; // null: empty; until the next step

private:
  friend class Database;
  explicit Statement(sqlite3_stmt *handle) : handle_(handle) {}
  sqlite3_stmt *handle_;
};

// BEGIN IMMEDIATE … COMMIT; rolls back unless committed.
class Transaction {
public:
  static absl::StatusOr<Transaction> begin(Database &database);
  Transaction(Transaction &&other) noexcept;
  Transaction &operator=(Transaction &&) = delete;
  ~Transaction();

  absl::Status commit();

private:
  explicit Transaction(Database *database) : database_(database) {}
  Database *database_; // null: over
};

} // namespace obs::rt

#endif // OBS_RUNTIME_SQLITE_H
