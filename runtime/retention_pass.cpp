// SPDX-License-Identifier: Apache-2.0
// One pass of retention: what is too old or too much goes, in small steps.
#include "retention.h"

#include "database_file.h"
#include "fork_gate.h"
#include "ids.h"
#include "schema.h"
#include "sqlite.h"

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace obs::rt {
namespace {

using std::chrono::nanoseconds;

constexpr std::chrono::milliseconds kBusyTimeout{200};
constexpr int64_t kLeastRows = 10; // of one delete, however slow the disk
constexpr int64_t kMostRows = 5000;
constexpr int64_t kVacuumPages = 64;     // of one step
constexpr int64_t kLogLimit = 32 << 20;  // bytes of the write-ahead log
constexpr int64_t kHealthLimit = 10'000; // rows
constexpr int64_t kFirst = std::numeric_limits<int64_t>::min();

nanoseconds steadyNow() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

enum Sql {
  kScan,
  kDeleteOne,
  kDeleteOldest,
  kDeleteOldHealth,
  kDeleteExcessHealth,
  kDeleteOldProcesses,
  kAddHealth,
  kPageCount,
  kFreePages,
  kSqlCount
};

constexpr std::array<const char *, kSqlCount> kTexts = {
    // kScan: takes no lock; the range is one of the primary key
    "SELECT id, started_ns + ifnull(duration_ns, 0) FROM call"
    " WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3",
    // kDeleteOne
    "DELETE FROM call WHERE id = ?1",
    // kDeleteOldest
    "DELETE FROM call WHERE id IN (SELECT id FROM call ORDER BY id LIMIT ?1)",
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

} // namespace

class RetentionPass::Impl final : ForkGate::Member {
public:
  explicit Impl(RetentionOptions options) : options_(std::move(options)) {
    if (!options_.nowNs)
      options_.nowNs = absl::GetCurrentTimeNanos;
  }

  absl::StatusOr<RetentionReport> run(const Pause &pause) {
    report_ = {};
    pause_ = &pause;
    absl::Status status = runSteps();
    // Cancelled: told to stop. NotFound: no database yet.
    if (!status.ok() && !absl::IsCancelled(status) && !absl::IsNotFound(status))
      return status;
    return report_;
  }

  void close() {
    statements_.clear();
    if (database_) // whether this is the last connection or not: no checkpoint
      database_->keepLogOnClose();
    database_.reset();
  }

private:
  struct Pages {
    int64_t count = 0;
    int64_t free = 0;
    int64_t used() const { return count - free; }
  };

  void closeForFork() override { close(); }

  absl::Status connect();
  absl::Status runSteps();
  absl::Status deleteOld(int64_t nowNs);
  absl::Status deleteExcess();
  absl::Status trimTheRest(int64_t nowNs);
  absl::Status vacuum();
  absl::Status shortenLog();
  absl::Status writeHealth(int64_t nowNs);
  absl::StatusOr<Pages> pages();
  absl::StatusOr<int64_t> deleteRows(Sql sql); // its parameters are bound

  // All access to the database: `body` with an open connection, no fork.
  template <typename Body> absl::Status step(Body body) {
    ForkGate::Use use;
    absl::Status status = connect();
    if (status.ok())
      status = body();
    if (!status.ok() && !absl::IsUnavailable(status) &&
        !absl::IsCancelled(status))
      close();
    return status;
  }

  // A step that changes something: in a transaction, timed, then a rest.
  template <typename Body> absl::Status lockedStep(Body body) {
    nanoseconds locked{};
    absl::Status status = step([&]() -> absl::Status {
      absl::StatusOr<Transaction> transaction = Transaction::begin(*database_);
      if (!transaction.ok())
        return transaction.status();
      const nanoseconds start = steadyNow();
      absl::Status changed = body();
      if (changed.ok())
        changed = transaction->commit();
      locked = steadyNow() - start;
      return changed;
    });
    if (!status.ok())
      return status;
    ++report_.steps;
    report_.longestLock = std::max(report_.longestLock, locked);
    if (locked > options_.maxLockTime / 2)
      rows_ = std::max(kLeastRows, rows_ / 2);
    else if (locked < options_.maxLockTime / 4)
      rows_ = std::min(kMostRows, rows_ + rows_ / 2);
    // Twice as long as it was held, so that writers get their turn.
    return rest(
        std::max<nanoseconds>(2 * locked, std::chrono::milliseconds(1)));
  }

  int64_t tellEveryNs() const {
    return options_.age.count() > 0 ? options_.age.count() / 360
                                    : 10'000'000'000;
  }

  absl::Status rest(nanoseconds time) {
    return (*pause_)(time) ? absl::OkStatus() : absl::CancelledError();
  }

  RetentionOptions options_;
  std::optional<Database> database_;
  FileIdentity identity_;
  std::vector<Statement> statements_; // by Sql
  int64_t pageSize_ = 4096;
  const Pause *pause_ = nullptr; // during run()
  RetentionReport report_;
  int64_t rows_ = 200; // of one delete; follows the time that it takes
  // Calls up to this id were looked at: what is left of them ended later.
  int64_t resumeAfter_ = kFirst;
  int64_t scanStartedNs_ = 0;
  RetentionReport untold_; // not yet in `health`
  int64_t toldNs_ = 0;
};

absl::Status RetentionPass::Impl::connect() {
  const std::optional<FileIdentity> now = FileIdentity::of(options_.database);
  if (database_ && now == identity_)
    return absl::OkStatus();
  close();
  if (!now)
    return absl::NotFoundError("no database");
  absl::StatusOr<Database> database =
      Database::open(options_.database, OpenMode::ReadWrite, kBusyTimeout);
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
  if (*now != identity_)
    resumeAfter_ = kFirst;
  identity_ = *now;
  return absl::OkStatus();
}

absl::StatusOr<RetentionPass::Impl::Pages> RetentionPass::Impl::pages() {
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

absl::StatusOr<int64_t> RetentionPass::Impl::deleteRows(Sql sql) {
  if (absl::Status status = statements_[sql].run(); !status.ok())
    return status;
  return database_->changes();
}

absl::Status RetentionPass::Impl::runSteps() {
  const int64_t nowNs = options_.nowNs();
  absl::Status status;
  if (options_.age.count() > 0)
    status = deleteOld(nowNs);
  if (status.ok() && options_.size > 0)
    status = deleteExcess();
  if (status.ok())
    status = trimTheRest(nowNs);
  if (status.ok())
    status = vacuum();
  if (status.ok())
    status = shortenLog();
  untold_.deletedByAge += report_.deletedByAge;
  untold_.deletedBySize += report_.deletedBySize;
  untold_.bytesFreed += report_.bytesFreed;
  untold_.bytesReturned += report_.bytesReturned;
  untold_.longestLock = std::max(untold_.longestLock, report_.longestLock);
  return status.ok() ? writeHealth(nowNs) : status;
}

absl::Status RetentionPass::Impl::deleteOld(int64_t nowNs) {
  const int64_t cutNs = nowNs - options_.age.count();
  if (nowNs - scanStartedNs_ >= options_.age.count() / 20) {
    scanStartedNs_ = nowNs;
    resumeAfter_ = kFirst;
  }
  for (bool more = true; more;) {
    std::vector<int64_t> expired;
    int64_t last = kFirst;
    absl::Status status = step([&]() -> absl::Status {
      last = resumeAfter_;
      Statement &scan = statements_[kScan];
      scan.bind(1, resumeAfter_);
      scan.bind(2, firstIdAt(cutNs));
      scan.bind(3, rows_);
      absl::StatusOr<bool> row = scan.step();
      for (; row.ok() && *row; row = scan.step()) {
        last = scan.int64(0);
        if (scan.int64(1) < cutNs)
          expired.push_back(last);
      }
      scan.reset();
      return row.status();
    });
    if (!status.ok())
      return status;
    more = last != resumeAfter_;
    if (!expired.empty()) {
      int64_t deleted = 0;
      int64_t freed = 0;
      status = lockedStep([&]() -> absl::Status {
        const absl::StatusOr<Pages> before = pages();
        if (!before.ok())
          return before.status();
        for (int64_t id : expired) {
          statements_[kDeleteOne].bind(1, id);
          const absl::StatusOr<int64_t> rows = deleteRows(kDeleteOne);
          if (!rows.ok())
            return rows.status();
          deleted += *rows;
        }
        const absl::StatusOr<Pages> after = pages();
        freed = after.ok() ? (before->used() - after->used()) * pageSize_ : 0;
        return after.status();
      });
      if (!status.ok() && !absl::IsCancelled(status))
        return status;
      report_.deletedByAge += deleted;
      report_.bytesFreed += freed;
    } else {
      status = rest(nanoseconds(0));
    }
    resumeAfter_ = last;
    if (!status.ok())
      return status;
  }
  return absl::OkStatus();
}

absl::Status RetentionPass::Impl::deleteExcess() {
  // Once over the cap, a little more goes, for some time of peace.
  const int64_t target = options_.size - options_.size / 32;
  bool over = false;
  int64_t rowBytes = 4096; // estimate, so that the last step does not overshoot
  for (;;) {
    int64_t used = 0;
    absl::Status status = step([&] {
      const absl::StatusOr<Pages> now = pages();
      used = now.ok() ? now->used() * pageSize_ : 0;
      return now.status();
    });
    if (!status.ok())
      return status;
    over = over ? used > target : used > options_.size;
    if (!over)
      return absl::OkStatus();
    const int64_t rowsOver =
        std::clamp((used - target) / rowBytes, kLeastRows, rows_);
    int64_t deleted = 0;
    int64_t freed = 0;
    status = lockedStep([&]() -> absl::Status {
      const absl::StatusOr<Pages> before = pages();
      if (!before.ok())
        return before.status();
      statements_[kDeleteOldest].bind(1, rowsOver);
      const absl::StatusOr<int64_t> rows = deleteRows(kDeleteOldest);
      if (!rows.ok())
        return rows.status();
      deleted = *rows;
      const absl::StatusOr<Pages> after = pages();
      freed = after.ok() ? (before->used() - after->used()) * pageSize_ : 0;
      return after.status();
    });
    if (!status.ok() && !absl::IsCancelled(status))
      return status;
    report_.deletedBySize += deleted;
    report_.bytesFreed += freed;
    if (deleted > 0)
      rowBytes = std::max<int64_t>(freed / deleted, 16);
    if (!status.ok() || deleted == 0) // the cap is smaller than an empty file
      return status;
  }
}

absl::Status RetentionPass::Impl::trimTheRest(int64_t nowNs) {
  // Processes stay a day longer: a recovery that was cut short may come back
  // and must see that they have ended.
  constexpr int64_t kDayNs = 86'400'000'000'000;
  const int64_t cutNs =
      options_.age.count() > 0 ? nowNs - options_.age.count() : kFirst + kDayNs;
  int64_t deleted = 0;
  bool needed = false;
  absl::Status status = step([&]() -> absl::Status {
    const absl::StatusOr<int64_t> count = database_->queryInt64(absl::StrFormat(
        "SELECT EXISTS (SELECT 1 FROM (SELECT time_ns FROM health_event"
        " ORDER BY id LIMIT 1) WHERE time_ns < %d)"
        " OR EXISTS (SELECT 1 FROM process WHERE ended < %d)"
        " OR (SELECT max(id) - min(id) FROM health_event) >= %d",
        cutNs, cutNs - kDayNs, kHealthLimit));
    needed = count.ok() && *count != 0;
    return count.status();
  });
  if (!status.ok() || !needed)
    return status;
  status = lockedStep([&]() -> absl::Status {
    statements_[kDeleteOldHealth].bind(1, cutNs);
    statements_[kDeleteOldHealth].bind(2, rows_);
    statements_[kDeleteExcessHealth].bind(1, kHealthLimit);
    statements_[kDeleteExcessHealth].bind(2, rows_);
    statements_[kDeleteOldProcesses].bind(1, cutNs - kDayNs);
    for (Sql sql :
         {kDeleteOldHealth, kDeleteExcessHealth, kDeleteOldProcesses}) {
      const absl::StatusOr<int64_t> rows = deleteRows(sql);
      if (!rows.ok())
        return rows.status();
      deleted += sql == kDeleteOldProcesses ? 0 : *rows;
    }
    return absl::OkStatus();
  });
  report_.healthDeleted += deleted;
  return status;
}

absl::Status RetentionPass::Impl::vacuum() {
  // Free pages are used by the next records; only many of them, or a file
  // over its cap, are worth the work of moving pages.
  for (int64_t lastFree = std::numeric_limits<int64_t>::max();;) {
    Pages before;
    absl::Status status = step([&] {
      const absl::StatusOr<Pages> now = pages();
      before = now.value_or(Pages());
      return now.status();
    });
    if (!status.ok())
      return status;
    const bool overCap =
        options_.size > 0 && before.count * pageSize_ > options_.size;
    const int64_t spare =
        overCap ? 0 : std::max<int64_t>(256, before.used() / 20);
    if (before.free <= spare || before.free >= lastFree)
      return absl::OkStatus();
    lastFree = before.free;
    status = lockedStep([&] {
      return database_->execute(
          absl::StrFormat("PRAGMA incremental_vacuum(%d)", kVacuumPages)
              .c_str());
    });
    if (!status.ok() && !absl::IsCancelled(status))
      return status;
    report_.bytesReturned += std::min(before.free, kVacuumPages) * pageSize_;
    if (!status.ok())
      return status;
  }
}

absl::Status RetentionPass::Impl::shortenLog() {
  // Readers that come and go can keep the log from ever starting over.
  std::error_code error;
  const auto size =
      std::filesystem::file_size(options_.database + "-wal", error);
  if (error || size < kLogLimit)
    return absl::OkStatus();
  return step([&] {
    database_->setBusyTimeout(std::chrono::milliseconds(10));
    // That somebody reads just now is no failure; the next pass tries again.
    (void)database_->execute("PRAGMA wal_checkpoint(TRUNCATE)");
    database_->setBusyTimeout(kBusyTimeout);
    return absl::OkStatus();
  });
}

absl::Status RetentionPass::Impl::writeHealth(int64_t nowNs) {
  // Some hundred rows a window.
  const int64_t deleted = untold_.deletedByAge + untold_.deletedBySize;
  if (deleted == 0 || nowNs - toldNs_ < tellEveryNs())
    return absl::OkStatus();
  const std::string detail = absl::StrFormat(
      R"({"deleted":%d,"by_age":%d,"by_size":%d,"bytes_freed":%d,)"
      R"("bytes_returned":%d,"longest_lock_ms":%.3f})",
      deleted, untold_.deletedByAge, untold_.deletedBySize, untold_.bytesFreed,
      untold_.bytesReturned,
      std::chrono::duration<double, std::milli>(untold_.longestLock).count());
  const absl::Status status = lockedStep([&] {
    statements_[kAddHealth].bind(1, nowNs);
    statements_[kAddHealth].bind(2, std::string_view(detail));
    return statements_[kAddHealth].run();
  });
  if (status.ok() || absl::IsCancelled(status)) {
    untold_ = {};
    toldNs_ = nowNs;
  }
  return status;
}

RetentionPass::RetentionPass(RetentionOptions options) {
  ForkGate::Use use; // no fork finds it half constructed
  impl_ = std::make_unique<Impl>(std::move(options));
}

RetentionPass::~RetentionPass() {
  ForkGate::Use use; // no fork finds it half destroyed
  impl_->close();
  impl_.reset();
}

absl::StatusOr<RetentionReport> RetentionPass::run(const Pause &pause) {
  return impl_->run(pause);
}

} // namespace obs::rt
