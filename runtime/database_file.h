// SPDX-License-Identifier: Apache-2.0
// The database as a file: created once, recognised, moved aside when damaged.
#ifndef OBS_RUNTIME_DATABASE_FILE_H
#define OBS_RUNTIME_DATABASE_FILE_H

#include "sqlite.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace obs::rt {

// The absolute form of a path, by the current working directory.
std::string absolutePath(std::string_view path);

// Which file a path leads to. Two are equal if nobody has deleted or replaced
// the file in between.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;

  static std::optional<FileIdentity> of(const std::string &path);
  friend bool operator==(const FileIdentity &, const FileIdentity &) = default;
};

// A connection for writing to a database of ours.
struct OpenDatabase {
  Database database;
  FileIdentity identity;
  std::optional<FileIdentity> log; // the write-ahead log; ours while open
  std::string movedTo; // where a damaged file went; empty: there was none
};

// The log of a file that went away from its path.
struct StaleLog {
  FileIdentity log;
  FileIdentity database;
};

struct OpenRequest {
  std::string path; // absolute
  std::chrono::milliseconds busyTimeout{1000};
  // A file known to be damaged, and the log of one that was not at the path:
  // out of the way with them, unless another process was faster, or the file
  // has come back.
  std::optional<FileIdentity> damaged;
  std::optional<StaleLog> staleLog;
};

// Opens the file, or creates it with mode 0600, prepares the schema and
// configures the connection. A damaged file, or one that is no database, is
// moved to `<path>.corrupt-<time>` first. Processes that do this at the same
// time wait for each other.
absl::StatusOr<OpenDatabase> openDatabaseFile(const OpenRequest &request);

} // namespace obs::rt

#endif // OBS_RUNTIME_DATABASE_FILE_H
