// SPDX-License-Identifier: Apache-2.0
// Takes calls off the queue and brings them into the database.
#include "writer.h"

#include "file_limit_signal.h"
#include "json_text.h"
#include "log.h"
#include "totals.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include <algorithm>
#include <utility>

namespace obs::rt {
namespace {

constexpr size_t kSpillBatch = 256;
constexpr size_t kMostHealth = 1000; // events in memory; the oldest go

std::string openMessage(const BreakerStats &stats) {
  return absl::StrFormat(
      "Circuit breaker OPEN - %.1fs until retry",
      std::chrono::duration<double>(stats.timeUntilRetry).count());
}

std::string secondsIn(const BreakerStats &stats, BreakerState state) {
  return absl::StrFormat(
      "%.3f", std::chrono::duration<double>(stats.timeIn(state)).count());
}

std::string breakerDetail(BreakerState from, BreakerState to,
                          const BreakerStats &stats) {
  std::string detail = absl::StrCat(
      "{\"from\":\"", breakerStateName(from), "\",\"to\":\"",
      breakerStateName(to), "\",\"successes\":", stats.successes,
      ",\"failures\":", stats.failures, ",\"rejections\":", stats.rejections,
      ",\"times_opened\":", stats.timesOpened,
      ",\"closed_s\":", secondsIn(stats, BreakerState::Closed),
      ",\"open_s\":", secondsIn(stats, BreakerState::Open),
      ",\"half_open_s\":", secondsIn(stats, BreakerState::HalfOpen),
      ",\"error\":");
  appendJsonString(detail, std::string(stats.lastError.message()));
  if (to == BreakerState::Open)
    absl::StrAppend(&detail, ",\"message\":\"", openMessage(stats), "\"");
  return detail + "}";
}

uint64_t bytesOf(const std::vector<CallRecord> &records) {
  uint64_t bytes = records.capacity() * sizeof(CallRecord);
  for (const CallRecord &record : records)
    for (const std::optional<std::string> *text :
         {&record.args, &record.result, &record.errorType, &record.errorMessage,
          &record.errorDetail})
      bytes += *text ? (*text)->capacity() : 0;
  return bytes;
}

bool isShort(const Arena &arena) {
  return arena.isFuller(7.0 / 8);
}

} // namespace

Writer::Writer(Options options, Arena &arena, Registry &registry, Rings &rings,
               Queue &queue)
    : options_(std::move(options)), arena_(arena), registry_(registry),
      rings_(rings), queue_(queue), store_(options_.database),
      breaker_({.failureThreshold = options_.breakerFailures,
                .timeout = options_.breakerTimeout,
                .clock = {},
                .onTransition =
                    [this](BreakerState from, BreakerState to,
                           const BreakerStats &stats) {
                      addHealth("breaker", breakerDetail(from, to, stats));
                      if (from == BreakerState::Closed)
                        tellAway(openMessage(stats), stats.lastError);
                    }}),
      spill_(options_.database, options_.process.key),
      toldFileLimit_(isFileLimit(arena.fallback())) {}

Writer::Outcome Writer::write(bool withTotals) {
  prepare(withTotals);
  if (nothingInHand())
    return Outcome::Idle;
  if (!breaker_.allow().ok())
    return Outcome::Failed;
  const absl::Status status = attempt();
  if (!status.ok()) {
    breaker_.failed(status);
    return Outcome::Failed;
  }
  breaker_.succeeded();
  toldAway_ = false;
  settle();
  return Outcome::Wrote;
}

bool Writer::finish() {
  for (bool withTotals = false;;) {
    prepare(withTotals, /*isLast=*/withTotals);
    if (nothingInHand() && !withTotals) {
      withTotals = true; // once, when all calls are stored
      continue;
    }
    if (nothingInHand() && started_)
      break;
    const absl::Status status = attempt();
    if (!status.ok()) {
      tellAway("The last records are not stored", status);
      return false;
    }
    settle();
  }
  const bool ended = store_.endProcess(options_.process.key).ok();
  store_.close();
  return ended;
}

// One line for all that follows from it, until the database is back.
void Writer::tellAway(const std::string &what, const absl::Status &error) {
  if (std::exchange(toldAway_, true) || isTold(error))
    return;
  logLine(LogKind::Database,
          absl::StrCat(what, " (", error.message(),
                       "); what waits at the program's end is ",
                       arena_.fallback().ok() ? "kept for \"obsctl recover\""
                                              : "lost, errors excepted"));
}

// Whether there was a line about the cause of `error`.
bool Writer::isTold(const absl::Status &error) {
  return isFileLimit(error) && toldFileLimit_.exchange(true);
}

void Writer::prepare(bool withTotals, bool isLast) {
  if (calls_.empty() && spillEnd_ == 0) {
    calls_ = queue_.take(options_.batchSize);
    records_ = recordsOf(calls_);
    if (!calls_.empty())
      beginBatch(arena_.header(), calls_);
    if (records_.size() < options_.batchSize)
      readSpill();
    batchBytes_.store(bytesOf(records_), std::memory_order_relaxed);
  }
  if (withTotals)
    collectTotals(isLast);
  MutexLock lock(&healthMutex_);
  std::move(newHealth_.begin(), newHealth_.end(), std::back_inserter(health_));
  newHealth_.clear();
  if (health_.size() > kMostHealth)
    health_.erase(health_.begin(), health_.end() - kMostHealth);
}

bool Writer::nothingInHand() const {
  return records_.empty() && calls_.empty() && totals_.empty() &&
         health_.empty() && spillEnd_ == 0;
}

absl::Status Writer::attempt() {
  const auto batch =
      int64_t(arena_.header().batch.load(std::memory_order_relaxed));
  if (!started_) {
    if (absl::Status status = store_.startProcess(options_.process);
        !status.ok())
      return status;
    started_ = true;
  }
  return store_.write({.calls = records_,
                       .totals = totals_,
                       .health = health_,
                       .processKey = options_.process.key,
                       .progress = {batch, spillEnd_}});
}

void Writer::settle() {
  writtenCalls_.fetch_add(records_.size(), std::memory_order_relaxed);
  std::for_each(calls_.begin(), calls_.end(), markStored);
  queue_.done(calls_);
  calls_.clear();
  records_.clear();
  batchBytes_.store(0, std::memory_order_relaxed);
  health_.clear();
  for (const FunctionTotals &total : totals_)
    written_[total.function.get()] = {total.calls, total.dropped};
  totals_.clear();
  if (spillEnd_ != 0) {
    spillRead_ = spillEnd_;
    spillEnd_ = 0;
    restoredCalls_.fetch_add(spillRecords_, std::memory_order_relaxed);
    // Damaged records are not there any more, and nobody is to wait for them.
    const uint64_t spilled = spilledCalls_.load(std::memory_order_relaxed);
    if (spill_.removeIfRead(spillRead_))
      restoredCalls_.store(std::max(spilled, restoredCalls_.load()),
                           std::memory_order_relaxed);
  }
}

void Writer::collectTotals(bool isLast) {
  totals_.clear();
  // In this order: sites that come in between are in the snapshot as well.
  const Rings::Totals totals = rings_.totals();
  std::vector<FunctionTotals> now =
      totalsByFunction(*registry_.snapshot(), totals);
  noteOverflow(now, isLast);
  for (FunctionTotals &total : now) {
    const auto before = written_.find(total.function.get());
    if (before == written_.end() ||
        before->second != std::pair(total.calls, total.dropped))
      totals_.push_back(std::move(total));
  }
}

void Writer::noteOverflow(const std::vector<FunctionTotals> &totals,
                          bool isLast) {
  constexpr std::chrono::seconds kOver{1}; // without a drop
  int64_t dropped = 0;
  for (const FunctionTotals &total : totals)
    dropped += total.dropped;
  const auto now = std::chrono::steady_clock::now();
  if (dropped > dropped_) {
    if (!lastDrop_)
      addHealth("overflow", absl::StrCat("{\"state\":\"started\",\"dropped\":",
                                         dropped - dropped_, "}"));
    lastDrop_ = now;
  }
  dropped_ = dropped; // fewer: some were taken back
  if (lastDrop_ && (isLast || now - *lastDrop_ >= kOver)) {
    addHealth("overflow", takeDrops(totals));
    lastDrop_.reset();
  }
}

std::string Writer::takeDrops(const std::vector<FunctionTotals> &totals) {
  constexpr size_t kMost = 20; // functions
  int64_t sum = 0;
  std::vector<std::pair<int64_t, const FunctionKey *>> drops;
  for (const FunctionTotals &total : totals) {
    int64_t &told = toldDrops_[total.function.get()];
    const int64_t dropped = total.dropped - std::exchange(told, total.dropped);
    sum += dropped;
    if (dropped > 0)
      drops.emplace_back(dropped, total.function.get());
  }
  std::sort(drops.begin(), drops.end(),
            [](const auto &a, const auto &b) { return a.first > b.first; });
  std::string detail =
      absl::StrCat("{\"state\":\"ended\",\"dropped\":", sum,
                   ",\"functions\":", drops.size(), ",\"most\":{");
  drops.resize(std::min(drops.size(), kMost));
  for (size_t i = 0; i != drops.size(); ++i) {
    detail += i == 0 ? "" : ",";
    appendJsonString(detail, drops[i].second->function);
    absl::StrAppend(&detail, ":", drops[i].first);
  }
  return detail + "}}";
}

void Writer::readSpill() {
  if (spill_.end() <= spillRead_)
    return;
  const auto reader = SpillReader::open(spill_.path(), spillRead_);
  if (!reader.ok())
    return;
  CallRecord record;
  const size_t before = records_.size();
  while (records_.size() < options_.batchSize && (*reader)->next(record))
    records_.push_back(std::move(record));
  spillRecords_ = records_.size() - before;
  spillEnd_ = (*reader)->position();
}

std::vector<CallRecord> Writer::recordsOf(const std::vector<CallRef> &calls) {
  std::vector<CallRecord> records;
  if (calls.empty())
    return records;
  records.reserve(options_.batchSize);
  const auto registry = registry_.snapshot();
  const ClockScale scale = clock();
  for (const CallRef &call : calls)
    if (auto record = makeRecord(call, *registry, scale, options_.process.pid))
      records.push_back(std::move(*record));
  return records;
}

ClockScale Writer::clock() const {
  return ClockScale(arena_.header().first, arena_.lastClock());
}

bool Writer::spillErrors(size_t count) {
  std::vector<CallRef> calls = queue_.takeErrors(count);
  if (calls.empty())
    return false;
  const std::vector<CallRecord> records = recordsOf(calls);
  if (const absl::Status status = spill_.append(records); !status.ok()) {
    if (!std::exchange(toldSpill_, true) && !isTold(status))
      logLine(LogKind::Memory,
              absl::StrCat("cannot spill errors: ", status.message(),
                           "; they stay in memory"));
    queue_.putBack(std::move(calls));
    return false;
  }
  toldSpill_ = false;
  std::for_each(calls.begin(), calls.end(), markStored);
  spilledCalls_.fetch_add(calls.size(), std::memory_order_relaxed);
  queue_.done(calls);
  return true;
}

void Writer::relieve() {
  MutexLock lock(&relieveMutex_);
  while (queue_.stats().errorBytes > options_.errorBytesInMemory ||
         isShort(arena_))
    if (!spillErrors(kSpillBatch))
      break;
  while (isShort(arena_))
    if (queue_.dropOldest(kSpillBatch) == 0)
      break;
}

void Writer::spillAll() {
  MutexLock lock(&relieveMutex_);
  queue_.putBack(std::move(calls_));
  calls_.clear();
  while (spillErrors(kSpillBatch)) {
  }
}

void Writer::addHealth(std::string kind, std::string detail) {
  MutexLock lock(&healthMutex_);
  newHealth_.push_back({unixNow(), std::move(kind), std::move(detail)});
}

Writer::Stats Writer::stats() const {
  return {writtenCalls_.load(std::memory_order_relaxed),
          spilledCalls_.load(std::memory_order_relaxed),
          restoredCalls_.load(std::memory_order_relaxed),
          batchBytes_.load(std::memory_order_relaxed)};
}

} // namespace obs::rt
