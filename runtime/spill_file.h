// SPDX-License-Identifier: Apache-2.0
// Where errors wait when the database is away and memory is short.
#ifndef OBS_RUNTIME_SPILL_FILE_H
#define OBS_RUNTIME_SPILL_FILE_H

#include "function_map.h"
#include "mutex.h"
#include "record.h"

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace obs::rt {

// An append-only file of records (docs/spill.md), one a process, mode 0600,
// beside the database as `<database>.spill-<process key in hex>`; if that
// directory cannot be written to, in /var/tmp/obs-<uid>/.
//
// What append() returned ok for survives the end of the process in any form;
// it is not forced to the disk, so a failing machine may lose the last seconds
// (as it loses the rings in shared memory). No file descriptor is kept open.
// Thread-safe.
class SpillFile {
public:
  // `database`: absolute path. Touches nothing; the file is made by the first
  // append, or taken up again if the process left one.
  SpillFile(std::string database, int64_t processKey);

  // Adds the records, all or (on an error) none.
  absl::Status append(std::span<const CallRecord> records)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Where the file is; empty before the first append.
  std::string path() const ABSL_LOCKS_EXCLUDED(mutex_);

  // The position after the last record. Positions go on in the next file after
  // one was deleted, so that each is one place only.
  int64_t end() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Deletes the file if nothing was appended after `position` (that of a
  // reader whose records are all in the database). Returns whether it did.
  bool removeIfRead(int64_t position) ABSL_LOCKS_EXCLUDED(mutex_);

private:
  absl::Status appendTo(const std::string &path, std::string_view bytes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string database_;
  const int64_t processKey_;
  mutable Mutex mutex_;
  std::string path_ ABSL_GUARDED_BY(mutex_);
  int64_t start_ ABSL_GUARDED_BY(mutex_) = 0; // position of the file's header
  int64_t end_ ABSL_GUARDED_BY(mutex_) = 0;
};

// A spill file found on disk, maybe of a process that has ended.
struct SpillFileName {
  std::string path;
  int64_t processKey = 0;
};

// All spill files of a database. Unreadable directories have none.
std::vector<SpillFileName> findSpillFiles(std::string_view database);

// Reads records in the order in which they were appended, also while more are
// being appended. Bytes that make no sense are skipped up to the next whole
// record; a torn last record is left for later. Reading twice does no harm:
// the ids are those of the calls. Not thread-safe.
class SpillReader {
public:
  // From the start, or from a position() of an earlier reader.
  static absl::StatusOr<std::unique_ptr<SpillReader>>
  open(const std::string &path, int64_t position = 0);
  ~SpillReader();

  // The next record. False: there is none (now).
  bool next(CallRecord &record);

  int64_t position() const { return position_; } // after the last record read
  int64_t offset() const { return position_ - start_; } // the same, in the file
  int64_t skipped() const { return skipped_; }   // bytes that made no sense

private:
  SpillReader(int descriptor, int64_t position);
  void shareKey(CallRecord &record);
  bool fill(size_t bytes); // has at least so many unread bytes in buffer_

  int descriptor_;
  int64_t start_;    // position of the file's header
  int64_t position_; // of buffer_[used_]
  int64_t skipped_ = 0;
  std::vector<uint8_t> buffer_;
  size_t used_ = 0;
  // Records of one function share its key.
  absl::flat_hash_set<std::shared_ptr<const FunctionKey>, FunctionKeyHash,
                      FunctionKeyEqual>
      keys_;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_SPILL_FILE_H
