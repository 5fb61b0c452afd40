// SPDX-License-Identifier: Apache-2.0
// The database that records end in: batches in, one transaction each.
#ifndef OBS_RUNTIME_STORE_H
#define OBS_RUNTIME_STORE_H

#include "record.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace obs::rt {

// How far a process has got, as its last batch of calls says.
struct Progress {
  int64_t batch = 0;     // number of the batch; a process counts up
  int64_t spillRead = 0; // its spill file is stored up to here
};

// What one transaction stores. Everything it points to belongs to the caller.
struct Batch {
  std::span<const CallRecord> calls;
  std::span<const FunctionTotals> totals; // of the process `processKey`
  std::span<const HealthEvent> health;
  int64_t processKey = 0;
  Progress progress;
};

// One monitored process. `key` is unique among all processes that ever wrote
// to the database (a pid is not); the caller chooses it.
struct ProcessInfo {
  int64_t key = 0;
  int64_t pid = 0;
  std::string executable;
  int64_t startedNs = 0; // Unix time
};

struct StoreOptions {
  // How long a write waits for another process's transaction.
  std::chrono::milliseconds busyTimeout{1000};
};

// A connection for writing. Several, in one or many processes, may write to
// one file.
//
// Storing is idempotent: a call is stored once, however often its id is
// written, totals are absolute, and a process ends once. After a failed write
// nothing of the batch is stored, and the same batch can be written again.
//
// Every method opens the file again if it has been deleted, replaced or found
// corrupt since, or if an earlier opening failed; processes that were started
// and their totals are then written anew. A file that is no database, or whose
// pages are corrupt, is moved to `<path>.corrupt-<time>` and a new one begun.
// A file with a newer schema, or of another program, is left alone (error
// FailedPrecondition).
//
// Thread-safe. Blocks for disk and locks: never call it from a monitored
// thread. Safe with fork() if fork_gate.h is called around it.
class Store {
public:
  // Opens or creates the database (mode 0600). To have a Store while the
  // database is out of order, use the constructor: each write tries again.
  static absl::StatusOr<std::unique_ptr<Store>>
  open(std::string path, const StoreOptions &options = {});

  // Does not touch the file yet. `path` may be relative; it is resolved at
  // once, so that a later chdir() makes no difference.
  explicit Store(std::string path, const StoreOptions &options = {});
  ~Store();

  // Closes the connection; the next write opens a new one. The last one to
  // close folds the write-ahead log into the file, which then stands alone.
  void close();
  Store(const Store &) = delete;
  Store &operator=(const Store &) = delete;

  // Stores the batch in one transaction.
  //
  // Status codes worth telling apart: Unavailable, locked by another for
  // longer than the busy timeout; PermissionDenied, read-only;
  // ResourceExhausted, disk or memory full; DataLoss, corrupt, and the next
  // write starts a new file; FailedPrecondition, not ours to write to.
  absl::Status write(const Batch &batch);

  // Enters the process in table `process`. Its totals count from then on.
  absl::Status startProcess(const ProcessInfo &process);

  // Of a process that was started here; zeros if it never stored a call.
  absl::StatusOr<Progress> progress(int64_t key);

  // Folds the totals of the process into those of the functions and marks it
  // as ended; a second time does nothing. Totals that are written for it later
  // are ignored.
  absl::Status endProcess(int64_t key);

  // Absolute path of the file.
  const std::string &path() const;

private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_STORE_H
