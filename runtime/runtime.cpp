// SPDX-License-Identifier: Apache-2.0
// The parts of the runtime put together, from start to end.
#include "runtime.h"

#include "json_text.h"
#include "log.h"
#include "recovery.h"
#include "safe_read.h"

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

uint64_t queueBytes(const Config &config) {
  return uint64_t(config.queueNormal + config.queueOverflow) * sizeof(CallRef);
}

// What the queue's own memory leaves of the limit; at least half of it.
uint64_t arenaLimit(const Config &config) {
  const auto limit = uint64_t(config.resolvedMemoryLimit());
  const uint64_t queue = std::min(queueBytes(config), limit / 2);
  return limit - queue;
}

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
  options.errorBytesInMemory = std::min(
      options.errorBytesInMemory, uint64_t(config.resolvedMemoryLimit()) / 4);
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
       .limit = arenaLimit(config)});
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
      rings_(*arena_, registry_, [this] { collectorThread_.wake(); }),
      queue_({.normal = size_t(std::max<int64_t>(config.queueNormal, 0)),
              .overflow = size_t(std::max<int64_t>(config.queueOverflow, 0)),
              .onDrop = [this](uint32_t site) { countDrop(site); }}),
      ids_(*arena_), collector_(*arena_, rings_, queue_, ids_),
      writer_(writerOptions(config, arena_->header()), *arena_, registry_,
              rings_, queue_),
      retention_({.database = arena_->header().database,
                  .age = config.retentionAge,
                  .size = config.retentionSize,
                  .nowNs = {}}),
      collectorThread_("obs-collector", interval(config),
                       [this] { collect(); }),
      writerThread_("obs-writer", interval(config), [this] { write(); }) {
  arena_->header().processKey = processKey(arena_->header());
}

void Runtime::startThreads() {
  std::string detail =
      absl::StrCat("{\"pid\":", arena_->header().pid, ",\"executable\":");
  appendJsonString(detail, arena_->header().executable);
  const std::string fallback = arena_->fallbackReason();
  absl::StrAppend(&detail, ",\"memory\":\"",
                  fallback.empty() ? "shared" : "anonymous", "\"");
  if (!fallback.empty()) {
    absl::StrAppend(&detail, ",\"reason\":");
    appendJsonString(detail, fallback);
    logLine(LogKind::Memory,
            absl::StrCat("no shared memory (", fallback,
                         "): nothing can be recovered after a crash"));
  }
  writer_.addHealth("start", detail + "}");

  system_ = rings_.acquire(0);
  if (!collectorThread_.start() || !writerThread_.start())
    logLine(LogKind::Internal, "cannot start a thread: records are written at "
                               "the program's end only");
  if (const absl::Status status = retention_.start(); !status.ok())
    logLine(LogKind::Internal,
            absl::StrCat("no retention: ", status.message()));
}

void Runtime::collect() {
  const uint64_t asked = flushAsked_.load(std::memory_order_acquire);
  if (system_ && systemSlots_ < registry_.size() &&
      system_->growSlots(registry_.size()))
    systemSlots_ = system_->thread.slotLimit;
  const size_t calls = collector_.drain();
  arena_->retryGrowth();
  rings_.recycleSlotTables();
  writer_.relieve();
  if (flushDrained_.load(std::memory_order_relaxed) != asked) {
    flushDrained_.store(asked, std::memory_order_release);
    writerThread_.wake();
  }
  if (calls > 0)
    writerThread_.wake();
}

// The site may be newer than the pass that drops its call, or memory full.
void Runtime::countDrop(uint32_t site) {
  if (site < systemSlots_)
    system_->countDrop(site);
  else
    rings_.countUnplaced(site);
}

void Runtime::write() {
  Writer::Outcome outcome;
  do {
    // A flood of calls keeps the writer busy for as long as it lasts; the
    // totals do not wait for its end.
    const absl::Time pause = absl::Now() + interval(config_);
    outcome = writer_.write(/*withTotals=*/true);
    // Only when the database has just been seen to work.
    if (outcome == Writer::Outcome::Wrote && !recovered_)
      recover();
    while (outcome == Writer::Outcome::Wrote && !stopped_ &&
           absl::Now() < pause)
      outcome = writer_.write(/*withTotals=*/false);
  } while (outcome == Writer::Outcome::Wrote && !stopped_);
}

void Runtime::recover() {
  const auto report = recoverAll(arena_->header().database);
  recovered_ = report.ok(); // else again when the database is there
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
  while (!stopped_) {
    if (!goal && flushDrained_.load(std::memory_order_acquire) >= ticket)
      goal = queue_.pushed();
    if (goal && queue_.completed().reaches(*goal))
      return true;
    if (absl::Now() >= deadline)
      return false;
    absl::SleepFor(absl::Milliseconds(1));
  }
  return false;
}

void Runtime::stop() {
  MutexLock lock(&stopMutex_);
  if (stopped_.exchange(true))
    return;
  retention_.stop();
  collectorThread_.stop();
  try {
    collect();
    rings_.close();
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
  stats.memoryBytes = arena_->usedBytes() + queue.errors * sizeof(CallRef) +
                      queue.normal * sizeof(CallRef);
  stats.memoryLimitBytes = uint64_t(config_.resolvedMemoryLimit());
  stats.breaker = breakerStateName(writer_.breakerStats().state);
  return stats;
}

} // namespace obs::rt
