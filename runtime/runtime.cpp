// SPDX-License-Identifier: Apache-2.0
// The parts of the runtime put together, from start to end.
#include "runtime.h"

#include "file_limit_signal.h"
#include "json_text.h"
#include "log.h"
#include "recovery.h"
#include "safe_read.h"
#include "sqlite.h"

#include "absl/strings/str_cat.h"

#include <algorithm>
#include <exception>
#include <malloc.h>
#include <numeric>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

namespace obs::rt {
namespace {

// The working directory when the library was loaded: relative paths refer to
// it, whatever the program does before its first monitored call.
char startDirectory[4096];
__attribute__((constructor)) void noteStartDirectory() {
  if (!getcwd(startDirectory, sizeof(startDirectory)))
    startDirectory[0] = 0;
}

// Who may have how much of the limit.
struct MemoryPlan {
  uint64_t limit;
  uint64_t store = 4 << 20; // SQLite, the batch in hand, the registry
  uint64_t errors;          // in the queue
  uint64_t aside;           // side events
  size_t normal, overflow;  // calls in the queue
  uint64_t arena;

  explicit MemoryPlan(const Config &config) {
    constexpr uint64_t kLeast = 8 << 20;
    limit = std::max(uint64_t(config.resolvedMemoryLimit()), kLeast);
    errors = std::min(uint64_t{8} << 20, limit / 8);
    aside = limit / 16;
    const auto calls = [](int64_t asked) {
      return size_t(std::max<int64_t>(asked, 0));
    };
    const size_t most = limit / 4 / WaitingCall::kMostBytes;
    normal = std::min(calls(config.queueNormal), most);
    overflow = std::min(calls(config.queueOverflow), most - normal);
    arena = limit - store - errors - aside -
            (normal + overflow) * WaitingCall::kMostBytes;
  }
};

// Unique among all processes on one database: two that have one slot do not
// start within a microsecond.
int64_t processKey(const ArenaHeader &header) {
  return (header.startedNs / 1000) << 10 | int64_t{header.idSlot};
}

ProcessInfo processInfo(const ArenaHeader &header) {
  return {processKey(header), header.pid, header.executable, header.startedNs};
}

Writer::Options writerOptions(const Config &config, const ArenaHeader &header) {
  Writer::Options options;
  options.database = header.database;
  options.batchSize = size_t(std::max<int64_t>(config.batchSize, 1));
  options.process = processInfo(header);
  options.breakerFailures = config.breakerFailures;
  options.breakerTimeout = config.breakerTimeout;
  options.errorBytesInMemory = MemoryPlan(config).errors;
  return options;
}

absl::Duration interval(const Config &config) {
  return std::max(absl::FromChrono(config.drainInterval),
                  absl::Milliseconds(1));
}

// Each thread that allocates has a heap of its own, which takes 64 MB of
// address space. Where that is scarce, the runtime's threads are not to cost
// the program so much; all share the first heap then.
void limitHeaps() {
#ifdef __GLIBC__
  constexpr rlim_t kScarce = rlim_t{1} << 30;
  rlimit space{};
  if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur < kScarce)
    mallopt(M_ARENA_MAX, 1);
#endif
}

} // namespace

Runtime *Runtime::start(const Config &config, const Registry *inherited) {
  if (config.disable)
    return nullptr;
  std::unique_ptr<Arena> arena = Arena::create(
      {.database = canonicalDatabase(config.database, startDirectory),
       .limit = MemoryPlan(config).arena});
  if (!arena) {
    logLine(LogKind::Memory, "no memory, nothing is monitored");
    return nullptr;
  }
  limitHeaps();
  learnProcess();
  auto *runtime = new Runtime(config, std::move(arena), inherited);
  runtime->startThreads();
  return runtime;
}

// Within what the environment may ask for, whatever the program does.
static detail::Limits limitsOf(const Config &config) {
  const auto within = [](int64_t value, int64_t most) {
    return uint32_t(std::clamp<int64_t>(value, 1, most));
  };
  return {within(config.maxItems, 1'000'000), within(config.maxText, 60'000),
          uint16_t(within(config.maxDepth, 100)),
          uint16_t(config.readPointers ? 2 : 1),
          within(config.maxRecord, detail::kMaxRecord)};
}

Runtime::Runtime(const Config &config, std::unique_ptr<Arena> arena,
                 const Registry *inherited)
    : config_(config), arena_(std::move(arena)),
      registry_(*arena_, config.sample, inherited, limitsOf(config)),
      rings_(
          *arena_, registry_, [this] { collectorThread_.wake(); },
          MemoryPlan(config).aside),
      queue_({.normal = MemoryPlan(config).normal,
              .overflow = MemoryPlan(config).overflow,
              .onGiveUp = [this](const CallRef &call) { rings_.giveUp(call); },
              .onLost = [this](uint32_t site) { rings_.countDrop(site); }}),
      ids_(*arena_), collector_(*arena_, rings_, queue_, ids_),
      writer_(writerOptions(config, arena_->header()), *arena_, registry_,
              rings_, queue_),
      budget_(config.cpuLimit),
      retention_({.database = arena_->header().database,
                  .age = config.retentionAge,
                  .errorAge = config.retentionErrorAge,
                  .size = config.retentionSize,
                  .nowNs = {},
                  .steadyNs = {},
                  .background = background()}),
      control_(arena_->header(), registry_, rings_),
      processHealth_(arena_->header().pid),
      collectorThread_(
          "obs-collector", interval(config), [this] { collect(); },
          background()),
      writerThread_(
          "obs-writer", interval(config), [this] { write(); }, background()) {
  arena_->header().figures.drainIntervalNs =
      absl::ToInt64Nanoseconds(interval(config));
  arena_->header().processKey = processKey(arena_->header());
}

void Runtime::startThreads() {
  std::string detail =
      absl::StrCat("{\"pid\":", arena_->header().pid, ",\"executable\":");
  appendJsonString(detail, arena_->header().executable);
  const absl::Status fallback = arena_->fallback();
  absl::StrAppend(&detail, ",\"memory\":\"",
                  fallback.ok() ? "shared" : "anonymous", "\"");
  if (!fallback.ok()) {
    const std::string reason(fallback.message());
    absl::StrAppend(&detail, ",\"reason\":");
    appendJsonString(detail, reason);
    logLine(LogKind::Memory,
            absl::StrCat("no shared memory (", reason,
                         "): nothing can be recovered after a crash",
                         isFileLimit(fallback)
                             ? ", and what neither the database nor the spill "
                               "file has room for is lost"
                             : ""));
  }
  const MemoryPlan plan(config_);
  absl::StrAppend(&detail, ",\"memory_limit\":", plan.limit,
                  ",\"queue\":", plan.normal + plan.overflow);
  writer_.addHealth("start", detail + "}");

  if (!collectorThread_.start() || !writerThread_.start())
    logLine(LogKind::Internal, "cannot start a thread: records are written at "
                               "the program's end only");
  if (!retention_.start())
    logLine(LogKind::Internal, "cannot start a thread: nothing is deleted");
}

void Runtime::collect() {
  const uint64_t asked = flushAsked_.load(std::memory_order_acquire);
  const size_t calls = collector_.drain();
  arena_->retryGrowth();
  arena_->mergeFree();
  arena_->growAhead();
  registry_.appendLeft();
  control_.serve();
  if (control_.isDue())
    noteFigures();
  rings_.spreadRates();
  rings_.findStacks();
  rings_.recycleSlotTables();
  writer_.relieve();
  if (flushDrained_.load(std::memory_order_relaxed) != asked) {
    flushDrained_.store(asked, std::memory_order_release);
    writerThread_.wake();
  }
  if (calls > 0)
    writerThread_.wake();
}

void Runtime::noteFigures() {
  const Stats now = stats();
  control_.publish(now);
  if (!config_.resources)
    return;
  const auto detail = processHealth_.note(
      now, budget_.spent(), readProcessFigures(), arena_->header().figures);
  // While they wait for the database, figures would push out what matters.
  if (detail && now.breaker.state == breakerStateName(BreakerState::Closed))
    writer_.addHealth("process", *detail);
}

void Runtime::write() {
  const auto goesOn = [this](Writer::Outcome outcome) {
    return outcome == Writer::Outcome::Wrote && !stopped_ &&
           !writerThread_.shouldRest();
  };
  const auto writeBatch = [this](bool withTotals) {
    const Writer::Outcome outcome = writer_.write(withTotals);
    wakeRetention();
    return outcome;
  };
  const uint64_t before = writer_.stats().written;
  Writer::Outcome outcome;
  do {
    // A flood of calls keeps the writer busy for as long as it lasts; the
    // totals do not wait for its end.
    const absl::Time pause = absl::Now() + interval(config_);
    outcome = writeBatch(/*withTotals=*/true);
    // Only while the database works.
    if (outcome != Writer::Outcome::Failed && absl::Now() >= recoveryDue_)
      recover();
    while (goesOn(outcome) && absl::Now() < pause)
      outcome = writeBatch(/*withTotals=*/false);
  } while (goesOn(outcome));
  // At such a rate as many are waiting in the rings again.
  if (writer_.stats().written - before >= queue_.capacity() / 4)
    collectorThread_.wake();
}

// Lest the file grows by all that is written between two passes.
void Runtime::wakeRetention() {
  const uint64_t written = writer_.stats().written;
  if (written - writtenAtWake_ < queue_.capacity() / 4)
    return;
  writtenAtWake_ = written;
  retention_.wake();
}

void Runtime::recover() {
  const auto report = recoverAll(arena_->header().database);
  const bool isDone = report.ok() && !report->isIncomplete;
  recoveryDue_ =
      isDone ? absl::InfiniteFuture() : absl::Now() + absl::Seconds(5);
  if (!report.ok() || report->processes == 0)
    return;
  logLine(LogKind::Recovery,
          absl::StrCat("recovered ", report->calls, " calls (",
                       report->inFlight, " in flight) of ", report->processes,
                       " ended processes"));
}

bool Runtime::flush(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  const uint64_t ticket =
      flushAsked_.fetch_add(1, std::memory_order_acq_rel) + 1;
  collectorThread_.wake();
  std::optional<Queue::Progress> goal;
  std::optional<uint64_t> spilled;
  while (!stopped_) {
    if (!goal && flushDrained_.load(std::memory_order_acquire) >= ticket)
      goal = queue_.pushed();
    // What is done may have gone to the spill file.
    if (goal && !spilled && queue_.completed().reaches(*goal))
      spilled = writer_.stats().spilled;
    if (spilled && writer_.stats().restored >= *spilled)
      return true;
    if (absl::Now() >= deadline)
      return false;
    absl::SleepFor(absl::Milliseconds(1));
  }
  return false;
}

size_t Runtime::setSampleRate(std::string_view glob, double rate) {
  const size_t matches = registry_.setSampleRate(glob, rate);
  rings_.spreadRates();
  return matches;
}

void Runtime::setSampleRates(const SampleRules &rules) {
  registry_.setSampleRates(rules);
  rings_.spreadRates();
}

void Runtime::stop() {
  MutexLock lock(&stopMutex_);
  if (stopped_.exchange(true))
    return;
  const NoFileLimitSignal quiet; // this is a thread of the program
  retention_.stop();
  collectorThread_.stop();
  try {
    collect();
    rings_.close();
    arena_->header().stopped = 1;
    collector_.finish();
    writerThread_.stop();
    if (writer_.finish()) {
      ids_.keepLast();
      arena_->remove();
    } else {
      writer_.spillAll();
    }
  } catch (const std::exception &error) {
    logLine(LogKind::Internal, error.what()); // the file stays for recovery
  }
}

Stats Runtime::stats() const {
  const Queue::Stats queue = queue_.stats();
  const Writer::Stats writer = writer_.stats();
  const Rings::Totals totals = rings_.totals();
  Stats stats;
  stats.running = !stopped_;
  stats.calls =
      std::accumulate(totals.calls.begin(), totals.calls.end(), uint64_t{0});
  stats.dropped =
      std::accumulate(totals.drops.begin(), totals.drops.end(), uint64_t{0});
  stats.written = writer.written;
  stats.spilledErrors = writer.spilled;
  stats.queuedNormal = queue.normal;
  stats.queuedErrors = queue.errors;
  stats.memoryBytes = arena_->mappedBytes() + registry_.bytes() +
                      queue.normalBytes + queue.errors * sizeof(CallRef) +
                      SideEvent::inUse.load(std::memory_order_relaxed) +
                      writer.batchBytes + sqliteMemoryBytes();
  stats.memoryLimitBytes = MemoryPlan(config_).limit;
  const BreakerStats breaker = writer_.breakerStats();
  stats.breaker.state = breakerStateName(breaker.state);
  stats.breaker.successes = uint64_t(breaker.successes);
  stats.breaker.failures = uint64_t(breaker.failures);
  stats.breaker.rejections = uint64_t(breaker.rejections);
  stats.breaker.timesOpened = uint64_t(breaker.timesOpened);
  stats.breaker.timeClosed = breaker.timeIn(BreakerState::Closed);
  stats.breaker.timeOpen = breaker.timeIn(BreakerState::Open);
  stats.breaker.timeHalfOpen = breaker.timeIn(BreakerState::HalfOpen);
  stats.breaker.timeUntilRetry = breaker.timeUntilRetry;
  stats.breaker.lastError = std::string(breaker.lastError.message());
  return stats;
}

} // namespace obs::rt
