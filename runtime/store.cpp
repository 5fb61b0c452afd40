// SPDX-License-Identifier: Apache-2.0
// The database that records end in: batches in, one transaction each.
#include "store.h"

#include "database_file.h"
#include "fork_gate.h"
#include "json_text.h"
#include "mutex.h"
#include "sqlite.h"
#include "store_session.h"

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include <optional>
#include <utility>
#include <vector>

namespace obs::rt {

class Store::Impl final : ForkGate::Member {
public:
  Impl(std::string path, const StoreOptions &options)
      : path_(absolutePath(path)), options_(options) {}

  ~Impl() {
    MutexLock lock(&mutex_);
    closeSession();
  }

  const std::string &path() const { return path_; }

  void close() ABSL_LOCKS_EXCLUDED(mutex_) {
    ForkGate::Use use;
    MutexLock lock(&mutex_);
    closeSession();
  }

  absl::Status open() ABSL_LOCKS_EXCLUDED(mutex_) {
    ForkGate::Use use;
    MutexLock lock(&mutex_);
    return transact([](StoreSession &) { return absl::OkStatus(); });
  }

  absl::Status write(const Batch &batch) ABSL_LOCKS_EXCLUDED(mutex_) {
    ForkGate::Use use;
    MutexLock lock(&mutex_);
    absl::Status status = write(batch, StoreSession::Rows::Many);
    if (absl::IsAborted(status))
      status = write(batch, StoreSession::Rows::Single);
    auto process = processes_.find(batch.processKey);
    if (status.ok() && process != processes_.end()) {
      for (const FunctionTotals &totals : batch.totals)
        process->second.totals[totals.function] = totals;
    }
    return status;
  }

  absl::Status startProcess(const ProcessInfo &process)
      ABSL_LOCKS_EXCLUDED(mutex_) {
    ForkGate::Use use;
    MutexLock lock(&mutex_);
    processes_[process.key].info =
        process; // if not now, then with a later write
    absl::Status status = transact([&process](StoreSession &session) {
      return session.startProcess(process);
    });
    if (!status.ok())
      introduced_ = false;
    return status;
  }

  absl::StatusOr<Progress> progress(int64_t key) ABSL_LOCKS_EXCLUDED(mutex_) {
    ForkGate::Use use;
    MutexLock lock(&mutex_);
    absl::StatusOr<Progress> progress;
    absl::Status status = transact([&](StoreSession &session) {
      progress = session.progress(key);
      return progress.status();
    });
    if (!status.ok())
      return status;
    return progress;
  }

  absl::Status endProcess(int64_t key) ABSL_LOCKS_EXCLUDED(mutex_) {
    ForkGate::Use use;
    MutexLock lock(&mutex_);
    absl::Status status = transact(
        [key](StoreSession &session) { return session.endProcess(key); });
    if (status.ok())
      processes_.erase(key);
    return status;
  }

private:
  // A process of ours that has not ended: what a new file must be told.
  struct LiveProcess {
    ProcessInfo info;
    FunctionMap<FunctionTotals> totals;
  };

  absl::Status write(const Batch &batch, StoreSession::Rows rows)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return transact([&batch, rows](StoreSession &session) {
      absl::Status written = session.writeCalls(batch.calls, rows);
      if (written.ok() && !batch.calls.empty())
        written = session.writeProgress(batch.processKey, batch.progress);
      if (written.ok())
        written = session.writeTotals(batch.processKey, batch.totals);
      if (written.ok())
        written = session.writeHealth(batch.health);
      if (written.ok() && session.clashes() > 0)
        written = tellClashes(session, batch);
      return written;
    });
  }

  void closeForFork() override ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    if (session_) // the program waits: no checkpoint now
      session_->database().keepLogOnClose();
    closeSession();
  }

  void closeSession() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!session_)
      return;
    if (!isCurrent()) {
      // The file was renamed or deleted; its log lies under a name that others
      // may be using by now. What is in it belongs into the file.
      (void)session_->database().execute("PRAGMA wal_checkpoint(PASSIVE)");
      session_->database().keepLogOnClose();
      if (session_->opened().log)
        staleLog_ = {*session_->opened().log, session_->opened().identity};
    }
    session_.reset();
  }

  bool isCurrent() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return FileIdentity::of(path_) == session_->opened().identity;
  }

  // A session on the file that is at path_ now.
  absl::Status ensureSession() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (session_ && isCurrent())
      return absl::OkStatus();
    closeSession();
    absl::StatusOr<OpenDatabase> opened =
        openDatabaseFile({path_, options_.busyTimeout, damaged_, staleLog_});
    if (!opened.ok())
      return opened.status();
    damaged_.reset();
    staleLog_.reset();
    if (!opened->movedTo.empty())
      movedTo_ = opened->movedTo;
    absl::StatusOr<std::unique_ptr<StoreSession>> session =
        StoreSession::create(*std::move(opened));
    if (!session.ok())
      return session.status();
    session_ = *std::move(session);
    introduced_ = false;
    return absl::OkStatus();
  }

  // Tells a file that may be new what it must know from us.
  absl::Status introduce() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    absl::Status status;
    for (const auto &[key, process] : processes_) {
      std::vector<FunctionTotals> totals;
      for (const auto &[function, total] : process.totals)
        totals.push_back(total);
      status.Update(session_->startProcess(process.info));
      status.Update(session_->writeTotals(key, totals));
    }
    if (!movedTo_.empty()) {
      std::string detail = "{\"moved_to\":";
      appendJsonString(detail, movedTo_);
      const HealthEvent event{absl::GetCurrentTimeNanos(), "corrupt",
                              detail + "}"};
      status.Update(session_->writeHealth({&event, 1}));
    }
    return status;
  }

  static absl::Status tellClashes(StoreSession &session, const Batch &batch) {
    const HealthEvent event{absl::GetCurrentTimeNanos(), "id_clash",
                            absl::StrCat("{\"calls\":", session.clashes(),
                                         ",\"process_key\":", batch.processKey,
                                         "}")};
    return session.writeHealth({&event, 1});
  }

  // Runs `body` in a transaction of an open session.
  absl::Status transact(absl::FunctionRef<absl::Status(StoreSession &)> body)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    absl::Status status = ensureSession();
    if (status.ok())
      status = runTransaction(body);
    if (status.ok())
      return status;
    if (session_) {
      session_->forgetFunctions();
      if (absl::IsDataLoss(status))
        damaged_ = session_->opened().identity;
      // Whatever it was, a new connection is the surest way out; a lock, or
      // rows that are there, need none.
      if (!absl::IsUnavailable(status) && !absl::IsAborted(status))
        closeSession();
    }
    return absl::Status(status.code(), absl::StrCat("database '", path_,
                                                    "': ", status.message()));
  }

  absl::Status
  runTransaction(absl::FunctionRef<absl::Status(StoreSession &)> body)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    absl::StatusOr<Transaction> transaction =
        Transaction::begin(session_->database());
    if (!transaction.ok())
      return transaction.status();
    if (!introduced_) {
      if (absl::Status status = introduce(); !status.ok())
        return status;
    }
    if (absl::Status status = body(*session_); !status.ok())
      return status;
    if (absl::Status status = transaction->commit(); !status.ok())
      return status;
    introduced_ = true;
    movedTo_.clear();
    return absl::OkStatus();
  }

  const std::string path_;
  const StoreOptions options_;
  Mutex mutex_;
  std::unique_ptr<StoreSession> session_ ABSL_GUARDED_BY(mutex_);
  bool introduced_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<int64_t, LiveProcess> processes_ ABSL_GUARDED_BY(mutex_);
  // The file that the last DataLoss came from.
  std::optional<FileIdentity> damaged_ ABSL_GUARDED_BY(mutex_);
  // The log of a file that has gone from path_.
  std::optional<StaleLog> staleLog_ ABSL_GUARDED_BY(mutex_);
  std::string movedTo_ ABSL_GUARDED_BY(mutex_); // not yet told in `health`
};

absl::StatusOr<std::unique_ptr<Store>>
Store::open(std::string path, const StoreOptions &options) {
  auto store = std::make_unique<Store>(std::move(path), options);
  if (absl::Status status = store->impl_->open(); !status.ok())
    return status;
  return store;
}

Store::Store(std::string path, const StoreOptions &options) {
  ForkGate::Use use; // no fork finds it half constructed
  impl_ = std::make_unique<Impl>(std::move(path), options);
}

Store::~Store() {
  ForkGate::Use use; // no fork finds it half destroyed
  impl_.reset();
}

absl::Status Store::write(const Batch &batch) {
  return impl_->write(batch);
}

absl::Status Store::startProcess(const ProcessInfo &process) {
  return impl_->startProcess(process);
}

void Store::close() {
  impl_->close();
}

absl::StatusOr<Progress> Store::progress(int64_t key) {
  return impl_->progress(key);
}

absl::Status Store::endProcess(int64_t key) {
  return impl_->endProcess(key);
}

const std::string &Store::path() const {
  return impl_->path();
}

} // namespace obs::rt
