// SPDX-License-Identifier: Apache-2.0
// One pass of retention: what is too old or too much goes, in small steps.
#include "ids.h"
#include "retention.h"
#include "retention_clock.h"
#include "retention_database.h"

#include "absl/strings/str_format.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace obs::rt {
namespace {

using std::chrono::nanoseconds;

constexpr int64_t kLeastRows = 10; // of one delete, however slow the disk
constexpr int64_t kMostRows = 5000;
constexpr int64_t kVacuumPages = 64;     // of one step
constexpr int64_t kLogLimit = 32 << 20;  // bytes of the write-ahead log
constexpr int64_t kHealthLimit = 10'000; // rows
constexpr int64_t kFirst = std::numeric_limits<int64_t>::min();
constexpr int64_t kLast = std::numeric_limits<int64_t>::max();

} // namespace

class RetentionPass::Impl {
public:
  explicit Impl(RetentionOptions options)
      : options_(std::move(options)),
        errorAge_(options_.age.count() > 0
                      ? std::max(options_.age, options_.errorAge)
                      : nanoseconds(0)),
        clock_(options_.nowNs, options_.steadyNs),
        database_(options_.database) {}

  absl::StatusOr<RetentionReport> run(const Pause &pause) {
    report_ = {};
    pause_ = &pause;
    clock_.tick();
    absl::Status status = runSteps();
    // Cancelled: told to stop. NotFound: no database yet.
    if (!status.ok() && !absl::IsCancelled(status) && !absl::IsNotFound(status))
      return status;
    return report_;
  }

  void close() { database_.close(); }

private:
  // Some calls, in the order of their ids.
  struct Scan {
    int64_t after; // looked at already
    int64_t below;
  };

  absl::Status runSteps();
  absl::Status deleteOld();
  absl::Status deleteOldOf(Scan &scan, bool untilTheEnd);
  absl::Status deleteExcess();
  absl::Status trimTheRest();
  absl::Status vacuum();
  absl::Status shortenLog();
  absl::Status writeHealth();

  // Ids of calls for which `isVictim(end, isError)`, of the next ones of
  // `scan`, which goes on behind the last one that was looked at.
  template <typename IsVictim>
  absl::StatusOr<std::vector<int64_t>> find(Scan &scan, int64_t rows,
                                            IsVictim isVictim);
  // Adds how many there were to `deleted`.
  absl::Status deleteCalls(const std::vector<int64_t> &ids, int64_t &deleted);
  absl::StatusOr<RetentionDatabase::Pages> pages();

  // A step that changes something: in a transaction, timed, then a rest.
  absl::Status lockedStep(absl::FunctionRef<absl::Status()> body) {
    nanoseconds locked{};
    absl::Status status = database_.lockedStep(body, locked);
    if (!status.ok())
      return status;
    ++report_.steps;
    report_.longestLock = std::max(report_.longestLock, locked);
    if (locked > options_.maxLockTime / 2)
      rows_ = std::max(kLeastRows, rows_ / 2);
    else if (locked < options_.maxLockTime / 4)
      rows_ = std::min(kMostRows, rows_ + rows_ / 2);
    // Not only at the end of the pass, which is far away when much is written.
    if (status = shortenLog(); !status.ok())
      return status;
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

  const RetentionOptions options_;
  const nanoseconds errorAge_;
  RetentionClock clock_;
  RetentionDatabase database_;
  FileIdentity identity_;
  const Pause *pause_ = nullptr; // during run()
  RetentionReport report_;
  int64_t rows_ = 200; // of one delete; follows the time that it takes
  // Where looking goes on: what is left behind it ended later, or is an error.
  int64_t oldAfter_ = kFirst;
  int64_t excessAfter_ = kFirst;
  int64_t scanStartedNs_ = 0;
  RetentionReport untold_; // not yet in `health`
  int64_t toldNs_ = 0;
};

template <typename IsVictim>
absl::StatusOr<std::vector<int64_t>>
RetentionPass::Impl::find(Scan &scan, int64_t rows, IsVictim isVictim) {
  std::vector<int64_t> found;
  const absl::Status status = database_.step([&]() -> absl::Status {
    if (database_.identity() != identity_) { // another file
      identity_ = database_.identity();
      scan.after = oldAfter_ = excessAfter_ = kFirst;
    }
    Statement &statement = database_.statement(kScan);
    statement.bind(1, scan.after);
    statement.bind(2, scan.below);
    statement.bind(3, rows);
    absl::StatusOr<bool> row = statement.step();
    for (; row.ok() && *row; row = statement.step()) {
      scan.after = statement.int64(0);
      if (isVictim(statement.int64(1), statement.int64(2) != 0))
        found.push_back(scan.after);
    }
    statement.reset();
    return row.status();
  });
  if (!status.ok())
    return status;
  return found;
}

absl::Status RetentionPass::Impl::deleteCalls(const std::vector<int64_t> &ids,
                                              int64_t &deleted) {
  int64_t count = 0;
  int64_t freed = 0;
  const absl::Status status = lockedStep([&]() -> absl::Status {
    const auto before = database_.pages();
    if (!before.ok())
      return before.status();
    for (int64_t id : ids) {
      database_.statement(kDeleteOne).bind(1, id);
      const absl::StatusOr<int64_t> rows = database_.deleteRows(kDeleteOne);
      if (!rows.ok())
        return rows.status();
      count += *rows;
    }
    const auto after = database_.pages();
    if (after.ok())
      freed = (before->used() - after->used()) * database_.pageSize();
    return after.status();
  });
  if (status.ok() || absl::IsCancelled(status)) {
    deleted += count;
    report_.bytesFreed += freed;
  }
  return status;
}

absl::StatusOr<RetentionDatabase::Pages> RetentionPass::Impl::pages() {
  RetentionDatabase::Pages pages;
  const absl::Status status = database_.step([&] {
    const auto now = database_.pages();
    pages = now.value_or(pages);
    return now.status();
  });
  if (!status.ok())
    return status;
  return pages;
}

absl::Status RetentionPass::Impl::runSteps() {
  absl::Status status;
  if (options_.age.count() > 0)
    status = deleteOld();
  if (status.ok() && options_.size > 0)
    status = deleteExcess();
  if (status.ok())
    status = trimTheRest();
  if (status.ok())
    status = vacuum();
  if (status.ok())
    status = shortenLog();
  untold_.deletedByAge += report_.deletedByAge;
  untold_.deletedBySize += report_.deletedBySize;
  untold_.bytesFreed += report_.bytesFreed;
  untold_.bytesReturned += report_.bytesReturned;
  untold_.longestLock = std::max(untold_.longestLock, report_.longestLock);
  return status.ok() ? writeHealth() : status;
}

absl::Status RetentionPass::Impl::deleteOld() {
  const int64_t nowNs = clock_.unixNs();
  // From the start again now and then, or when the clock was set back.
  if (nowNs - scanStartedNs_ >= options_.age.count() / 20 ||
      nowNs < scanStartedNs_) {
    scanStartedNs_ = nowNs;
    oldAfter_ = excessAfter_ = kFirst;
  }
  Scan scan{oldAfter_, firstIdAt(clock_.cutNs(options_.age))};
  absl::Status status = deleteOldOf(scan, /*untilTheEnd=*/true);
  oldAfter_ = scan.after;
  if (!status.ok())
    return status;
  // Ids never go back: those of a process that had its clock set back are of
  // the future.
  constexpr int64_t kMinuteNs = 60'000'000'000;
  Scan ahead{firstIdAt(nowNs + kMinuteNs), kLast};
  return deleteOldOf(ahead, /*untilTheEnd=*/false);
}

absl::Status RetentionPass::Impl::deleteOldOf(Scan &scan, bool untilTheEnd) {
  const int64_t cutNs = clock_.cutNs(options_.age);
  const int64_t errorCutNs = clock_.cutNs(errorAge_);
  for (;;) {
    Scan next = scan;
    const auto expired = find(next, rows_, [&](int64_t endNs, bool isError) {
      return endNs < (isError ? errorCutNs : cutNs);
    });
    if (!expired.ok())
      return expired.status();
    const bool isDone =
        next.after == scan.after || (!untilTheEnd && expired->empty());
    absl::Status status = expired->empty()
                              ? rest(nanoseconds(0))
                              : deleteCalls(*expired, report_.deletedByAge);
    if (status.ok() || absl::IsCancelled(status))
      scan = next;
    if (!status.ok() || isDone)
      return status;
  }
}

absl::Status RetentionPass::Impl::deleteExcess() {
  // Once over the cap, a little more goes, for some time of peace.
  const int64_t target = options_.size - options_.size / 32;
  bool sparesErrors = errorAge_ > options_.age;
  bool over = false;
  int64_t rowBytes = 4096; // estimate, so that the last step does not overshoot
  for (;;) {
    const auto now = pages();
    if (!now.ok())
      return now.status();
    const int64_t used = now->used() * database_.pageSize();
    over = over ? used > target : used > options_.size;
    if (!over)
      return absl::OkStatus();
    Scan scan{excessAfter_, kLast};
    const auto oldest =
        find(scan, std::clamp((used - target) / rowBytes, kLeastRows, rows_),
             [&](int64_t, bool isError) { return !isError || !sparesErrors; });
    if (!oldest.ok())
      return oldest.status();
    if (scan.after == excessAfter_ && excessAfter_ == kFirst)
      return absl::OkStatus(); // the cap is smaller than an empty file
    if (scan.after == excessAfter_) {
      // What is left from the start on are errors, or came late.
      excessAfter_ = kFirst;
      sparesErrors = false;
      continue;
    }
    const int64_t deletedBefore = report_.deletedBySize;
    const int64_t freedBefore = report_.bytesFreed;
    absl::Status status = oldest->empty()
                              ? rest(nanoseconds(0))
                              : deleteCalls(*oldest, report_.deletedBySize);
    if (status.ok() || absl::IsCancelled(status))
      excessAfter_ = sparesErrors ? scan.after : kFirst;
    if (!status.ok())
      return status;
    if (const int64_t deleted = report_.deletedBySize - deletedBefore)
      rowBytes =
          std::max<int64_t>((report_.bytesFreed - freedBefore) / deleted, 16);
  }
}

absl::Status RetentionPass::Impl::trimTheRest() {
  // Processes stay a day longer: a recovery that was cut short may come back
  // and must see that they have ended.
  constexpr int64_t kDayNs = 86'400'000'000'000;
  const int64_t cutNs =
      options_.age.count() > 0 ? clock_.cutNs(options_.age) : kFirst + kDayNs;
  bool needed = false;
  absl::Status status = database_.step([&]() -> absl::Status {
    const absl::StatusOr<bool> some = database_.isTrue(absl::StrFormat(
        "SELECT EXISTS (SELECT 1 FROM (SELECT time_ns FROM health_event"
        " ORDER BY id LIMIT 1) WHERE time_ns < %d)"
        " OR EXISTS (SELECT 1 FROM process WHERE ended < %d)"
        " OR (SELECT max(id) - min(id) FROM health_event) >= %d",
        cutNs, cutNs - kDayNs, kHealthLimit));
    needed = some.value_or(false);
    return some.status();
  });
  if (!status.ok() || !needed)
    return status;
  int64_t deleted = 0;
  status = lockedStep([&]() -> absl::Status {
    database_.statement(kDeleteOldHealth).bind(1, cutNs);
    database_.statement(kDeleteOldHealth).bind(2, rows_);
    database_.statement(kDeleteExcessHealth).bind(1, kHealthLimit);
    database_.statement(kDeleteExcessHealth).bind(2, rows_);
    database_.statement(kDeleteOldProcesses).bind(1, cutNs - kDayNs);
    for (RetentionSql sql :
         {kDeleteOldHealth, kDeleteExcessHealth, kDeleteOldProcesses}) {
      const absl::StatusOr<int64_t> rows = database_.deleteRows(sql);
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
  for (int64_t lastFree = kLast;;) {
    const auto before = pages();
    if (!before.ok())
      return before.status();
    const bool overCap = options_.size > 0 &&
                         before->count * database_.pageSize() > options_.size;
    const int64_t spare =
        overCap ? 0 : std::max<int64_t>(256, before->used() / 20);
    if (before->free <= spare || before->free >= lastFree)
      return absl::OkStatus();
    lastFree = before->free;
    const absl::Status status =
        lockedStep([&] { return database_.vacuum(kVacuumPages); });
    if (!status.ok() && !absl::IsCancelled(status))
      return status;
    report_.bytesReturned +=
        std::min(before->free, kVacuumPages) * database_.pageSize();
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
  return database_.step([&] {
    // That somebody reads just now is no failure; the next pass tries again.
    database_.truncateLog();
    return absl::OkStatus();
  });
}

absl::Status RetentionPass::Impl::writeHealth() {
  // Some hundred rows a window.
  const int64_t nowNs = clock_.unixNs();
  const int64_t deleted = untold_.deletedByAge + untold_.deletedBySize;
  const bool isSoon = nowNs >= toldNs_ && nowNs - toldNs_ < tellEveryNs();
  if (deleted == 0 || isSoon)
    return absl::OkStatus();
  const std::string detail = absl::StrFormat(
      R"({"deleted":%d,"by_age":%d,"by_size":%d,"bytes_freed":%d,)"
      R"("bytes_returned":%d,"longest_lock_ms":%.3f})",
      deleted, untold_.deletedByAge, untold_.deletedBySize, untold_.bytesFreed,
      untold_.bytesReturned,
      std::chrono::duration<double, std::milli>(untold_.longestLock).count());
  const absl::Status status = lockedStep([&] {
    Statement &add = database_.statement(kAddHealth);
    add.bind(1, nowNs);
    add.bind(2, std::string_view(detail));
    return add.run();
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

void RetentionPass::close() {
  ForkGate::Use use;
  impl_->close();
}

absl::StatusOr<RetentionReport> RetentionPass::run(const Pause &pause) {
  return impl_->run(pause);
}

} // namespace obs::rt
