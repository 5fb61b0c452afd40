// SPDX-License-Identifier: Apache-2.0
// Brings what dead processes left in shared memory into the database.
#include "recovery.h"

#include "dead_arena.h"
#include "id_source.h"
#include "json_text.h"
#include "spill_file.h"
#include "store.h"
#include "totals.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include <algorithm>
#include <ctime>
#include <functional>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace obs::rt {
namespace {

constexpr size_t kBatch = 1000; // records a transaction

std::vector<std::string> arenaFiles(const std::string &database) {
  const std::string directory = arenaDirectory();
  const std::string prefix = arenaPrefix(database);
  std::vector<std::string> paths;
  for (const std::string &name : namesIn(directory)) {
    uint32_t slot;
    if (absl::StartsWith(name, prefix) &&
        absl::SimpleAtoi(name.substr(prefix.size()), &slot))
      paths.push_back(absl::StrCat(directory, "/", name));
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

bool isOld(const std::string &path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && time(nullptr) - info.st_mtime > 10;
}

// Stores calls as they come, in batches.
class BatchSink : public CallSink {
public:
  using Write = std::function<absl::Status(const std::vector<CallRecord> &,
                                           const Progress &)>;
  BatchSink(DeadArena &arena, IdSource &ids, Write write)
      : arena_(arena), ids_(ids), clock_(arena.clock()),
        write_(std::move(write)) {}

  int64_t nextId() override { return ids_.next(); }
  void complete(CallRef call) override {
    if (!status_.ok())
      return;
    if (auto record =
            makeRecord(call, arena_.registry(), clock_, arena_.header().pid)) {
      records_.push_back(std::move(*record));
      calls_.push_back(std::move(call));
    }
    if (records_.size() >= kBatch)
      status_ = flush();
  }
  void lost(uint32_t) override {
    status_ = absl::ResourceExhaustedError("no memory for recovery");
  }
  [[nodiscard]] absl::Status flush() {
    if (status_.ok() && !records_.empty())
      status_ =
          write_(records_, {.batch = beginBatch(arena_.header(), calls_)});
    // If the rest fails, the next attempt may come when retention has deleted
    // them.
    if (status_.ok())
      std::for_each(calls_.begin(), calls_.end(), markStored);
    records_.clear();
    calls_.clear();
    return status_;
  }

private:
  DeadArena &arena_;
  IdSource &ids_;
  const ClockScale clock_;
  const Write write_;
  std::vector<CallRecord> records_;
  std::vector<CallRef> calls_; // of records_
  absl::Status status_;
};

class Recovery {
public:
  Recovery(const std::string &database, IdSource &ids)
      : store_(database), ids_(ids) {}

  absl::Status arena(DeadArena &arena) {
    const ArenaHeader &header = arena.header();
    const int64_t key = header.processKey;
    const RecoveryReport before = report_;
    if (absl::Status status = store_.startProcess(
            {key, header.pid, arena.executable(), header.startedNs});
        !status.ok())
      return status;
    // Before the arena: what was spilled has its exit, which may not be in the
    // arena any more.
    for (const SpillFileName &file : findSpillFiles(store_.path()))
      if (file.processKey == key)
        if (absl::Status status = spill(file); !status.ok())
          return status;
    const absl::StatusOr<Progress> progress = store_.progress(key);
    if (!progress.ok())
      return progress.status();
    arena.settleBatch(progress->batch);
    BatchSink sink(
        arena, ids_,
        [&](const std::vector<CallRecord> &records, const Progress &batch) {
          count(records);
          return write(records, {}, key, batch);
        });
    arena.collect(sink);
    if (absl::Status status = sink.flush(); !status.ok())
      return status;
    const std::vector<FunctionTotals> totals =
        totalsByFunction(arena.registry(), arena.totals());
    if (absl::Status status = write({}, totals, key); !status.ok())
      return status;
    if (absl::Status status = store_.endProcess(key); !status.ok())
      return status;
    ++report_.processes;
    return addHealth(arena, before);
  }

  absl::Status spill(const SpillFileName &file) {
    const absl::StatusOr<Progress> progress = store_.progress(file.processKey);
    if (!progress.ok())
      return progress.status();
    const auto reader = SpillReader::open(file.path, progress->spillRead);
    if (!reader.ok())
      return reader.status();
    std::vector<CallRecord> records;
    CallRecord record;
    for (bool more = true; more;) {
      more = (*reader)->next(record);
      if (more)
        records.push_back(std::move(record));
      if (records.size() < kBatch && more)
        continue;
      count(records);
      if (absl::Status status = write(records, {}, file.processKey,
                                      {.spillRead = (*reader)->position()});
          !status.ok())
        return status;
      records.clear();
    }
    // Unless its process still lives and has added to it meanwhile.
    struct stat info {};
    if (stat(file.path.c_str(), &info) == 0 &&
        info.st_size == (*reader)->offset())
      unlink(file.path.c_str());
    return absl::OkStatus();
  }

  // What spill files without an arena had.
  absl::Status addHealthOfSpills(const RecoveryReport &before) {
    return addHealth(absl::StrCat("{\"killed\":false", counts(before)));
  }

  RecoveryReport &report() { return report_; }

private:
  // One event a process: `obsctl crash` reads them.
  absl::Status addHealth(const DeadArena &arena, const RecoveryReport &before) {
    const ArenaHeader &header = arena.header();
    std::string detail =
        absl::StrCat("{\"killed\":", header.stopped ? "false" : "true",
                     ",\"pid\":", header.pid, ",\"executable\":");
    appendJsonString(detail, arena.executable());
    absl::StrAppend(&detail, ",\"started\":", header.startedNs,
                    ",\"last_seen\":", arena.lastSeenNs(), counts(before));
    return addHealth(detail);
  }

  absl::Status addHealth(const std::string &detail) {
    const HealthEvent event{unixNow(), "recovery", detail};
    Batch batch;
    batch.health = {&event, 1};
    return store_.write(batch);
  }

  std::string counts(const RecoveryReport &before) const {
    return absl::StrCat(",\"calls\":", report_.calls - before.calls,
                        ",\"errors\":", report_.errors - before.errors,
                        ",\"in_flight\":", report_.inFlight - before.inFlight,
                        "}");
  }

  void count(const std::vector<CallRecord> &records) {
    report_.calls += int64_t(records.size());
    for (const CallRecord &record : records) {
      report_.errors += record.status == Status::Error;
      report_.inFlight += record.status == Status::InFlight;
    }
  }

  absl::Status write(std::span<const CallRecord> calls,
                     std::span<const FunctionTotals> totals, int64_t key,
                     const Progress &progress = {}) {
    Batch batch;
    batch.calls = calls;
    batch.totals = totals;
    batch.processKey = key;
    batch.progress = progress;
    return store_.write(batch);
  }

  Store store_;
  IdSource &ids_;
  RecoveryReport report_;
};

} // namespace

absl::StatusOr<RecoveryReport> recoverAll(const std::string &database) {
  const std::string path = canonicalDatabase(database);
  const std::vector<std::string> files = arenaFiles(path);
  const std::vector<SpillFileName> spills = findSpillFiles(path);
  if (files.empty() && spills.empty())
    return RecoveryReport();

  // A slot of its own, for ids that nobody else gives.
  const std::unique_ptr<Arena> own =
      Arena::create({.database = path, .limit = 2 * kPieceBytes});
  if (!own)
    return absl::ResourceExhaustedError("no memory for recovery");
  own->header().processKey = -1;
  IdSource ids(*own);
  Recovery recovery(path, ids);
  absl::Status status;
  std::set<int64_t> living;
  for (const std::string &file : files) {
    auto arena = DeadArena::open(file);
    if (!arena.ok()) {
      living.insert(processKeyOf(file));
      if (absl::IsDataLoss(arena.status()) && isOld(file) && isUnfinished(file))
        unlink(file.c_str()); // its process ended before it had begun
      else if (absl::IsDataLoss(arena.status()))
        recovery.report().problems.emplace_back(arena.status().message());
      recovery.report().isIncomplete |= absl::IsUnavailable(arena.status());
      continue;
    }
    if ((*arena)->database() != path)
      continue;
    if ((*arena)->header().processKey > 0)
      status = recovery.arena(**arena);
    if (!status.ok())
      break;
    keepLastId(file, (*arena)->header());
    (*arena)->remove();
  }
  // Spill files without an arena: of processes that had none in a file.
  const RecoveryReport before = recovery.report();
  for (const SpillFileName &file : findSpillFiles(path)) {
    if (!status.ok())
      break;
    if (!living.contains(file.processKey) && isOld(file.path))
      status = recovery.spill(file);
  }
  if (status.ok() && recovery.report().calls > before.calls)
    status = recovery.addHealthOfSpills(before);
  ids.keepLast();
  own->remove();
  if (!status.ok())
    return status;
  return std::move(recovery.report());
}

std::vector<Leftover> listLeftovers(const std::string &database) {
  const std::string path = canonicalDatabase(database);
  std::vector<Leftover> leftovers;
  for (const std::string &file : arenaFiles(path)) {
    const auto arena = DeadArena::open(file);
    if (!arena.ok() || (*arena)->database() != path ||
        (*arena)->header().processKey <= 0)
      continue;
    leftovers.push_back({file, (*arena)->executable(), (*arena)->header().pid,
                         (*arena)->header().startedNs,
                         int64_t((*arena)->bytes())});
  }
  return leftovers;
}

} // namespace obs::rt
