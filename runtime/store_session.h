// SPDX-License-Identifier: Apache-2.0
// One open connection of a Store: its prepared statements and caches.
#ifndef OBS_RUNTIME_STORE_SESSION_H
#define OBS_RUNTIME_STORE_SESSION_H

#include "database_file.h"
#include "function_map.h"
#include "record.h"
#include "sqlite.h"
#include "store.h"

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace obs::rt {

// REQUIRES: the write and process methods run inside a transaction of
// database(). Not thread-safe.
class StoreSession {
public:
  static absl::StatusOr<std::unique_ptr<StoreSession>>
  create(OpenDatabase opened);

  Database &database() { return opened_.database; }
  const OpenDatabase &opened() const { return opened_; }

  // Many rows a statement, or one by one. Aborted: one of many could not be
  // inserted, as its id is taken or for any other reason; the transaction is to
  // be rolled back, and done one by one.
  enum class Rows { Many, Single };
  // Calls whose ids other calls have get new ones.
  absl::Status writeCalls(std::span<const CallRecord> calls, Rows rows);
  // How many did in the last writeCalls().
  int64_t clashes() const { return clashes_; }
  absl::Status writeTotals(int64_t processKey,
                           std::span<const FunctionTotals> totals);
  absl::Status writeHealth(std::span<const HealthEvent> events);
  absl::Status writeProgress(int64_t processKey, const Progress &progress);
  absl::StatusOr<Progress> progress(int64_t processKey);
  absl::Status startProcess(const ProcessInfo &process);
  absl::Status endProcess(int64_t key);

  // To be called when a transaction did not commit: ids of functions that were
  // entered in it are not valid.
  void forgetFunctions() { functionIds_.clear(); }

private:
  enum Sql {
    kFindFunction,
    kAddFunction,
    kCountRecorded,
    kAddCall,
    kAddCalls,      // kManyRows of them
    kAddPlainCalls, // the same, of calls without what is null in most
    kFindCall,
    kCompleteCall,
    kPutTotals,
    kAddHealth,
    kAddFigures,
    kTrimFigures,
    kAddProcess,
    kPutProgress,
    kFindProgress,
    kFoldTotals,
    kDropTotals,
    kEndProcess,
    kSqlCount,
  };
  struct Count {
    int64_t recorded = 0;
    int64_t errors = 0;
  };

  static constexpr size_t kManyRows = 16;

  explicit StoreSession(OpenDatabase opened) : opened_(std::move(opened)) {}
  absl::StatusOr<int64_t>
  functionId(const std::shared_ptr<const FunctionKey> &key);
  absl::StatusOr<bool> completeCall(const CallRecord &call);
  absl::Status writeCall(const CallRecord &call);
  absl::Status writeMany(std::span<const CallRecord *const> calls);
  void countRecorded(int64_t function, const CallRecord &call);
  absl::Status writeFigures(const HealthEvent &event);
  absl::StatusOr<bool> insertCall(const CallRecord &call, int64_t id,
                                  int64_t function);
  absl::StatusOr<bool> isStored(const CallRecord &call, int64_t id,
                                int64_t function);

  OpenDatabase opened_;
  std::vector<Statement> statements_; // by Sql; closed before opened_
  FunctionMap<int64_t> functionIds_;
  absl::flat_hash_map<int64_t, Count> counts_;  // of the batch, by function
  std::vector<const CallRecord *> sortedCalls_; // kept for its memory
  int64_t clashes_ = 0;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_STORE_SESSION_H
