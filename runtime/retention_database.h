// SPDX-License-Identifier: Apache-2.0
// Retention's connection to the database, and the statements that it runs.
#ifndef OBS_RUNTIME_RETENTION_DATABASE_H
#define OBS_RUNTIME_RETENTION_DATABASE_H

#include "database_file.h"
#include "fork_gate.h"
#include "sqlite.h"

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace obs::rt {

enum RetentionSql {
  kScan,
  kDeleteOne,
  kDeleteOldHealth,
  kDeleteExcessHealth,
  kDeleteOldProcesses,
  kAddHealth,
  kPageCount,
  kFreePages,
  kRetentionSqlCount
};

// Opened when it is needed, and anew after a fork or when the file is another
// one. Not thread-safe.
class RetentionDatabase final : ForkGate::Member {
public:
  explicit RetentionDatabase(std::string path) : path_(std::move(path)) {}

  // `body` with an open connection and no fork: all access goes through these
  // two. NotFound: there is no database of ours. Unavailable: locked.
  absl::Status step(absl::FunctionRef<absl::Status()> body);
  // In a transaction, too; `locked`: how long it kept writers waiting.
  absl::Status lockedStep(absl::FunctionRef<absl::Status()> body,
                          std::chrono::nanoseconds &locked);
  void close();

  // Changes whenever another file is opened.
  const FileIdentity &identity() const { return identity_; }

  // REQUIRES of all below: within a step.
  struct Pages {
    int64_t count = 0;
    int64_t free = 0;
    int64_t used() const { return count - free; }
  };
  absl::StatusOr<Pages> pages();
  int64_t pageSize() const { return pageSize_; }
  Statement &statement(RetentionSql sql) { return statements_[sql]; }
  // The rows that it deletes; its parameters are bound.
  absl::StatusOr<int64_t> deleteRows(RetentionSql sql);
  absl::StatusOr<bool> isTrue(const std::string &condition);
  // Returns free pages to the file system: so many at most.
  absl::Status vacuum(int64_t pages);
  // Writes the log back and empties it, if nobody reads just now.
  void truncateLog();

private:
  void closeForFork() override { close(); }
  absl::Status connect();

  const std::string path_;
  std::optional<Database> database_;
  FileIdentity identity_;
  std::vector<Statement> statements_; // by RetentionSql
  int64_t pageSize_ = 4096;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_RETENTION_DATABASE_H
