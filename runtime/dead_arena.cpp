// SPDX-License-Identifier: Apache-2.0
// The arena that a dead process left, opened for recovery.
#include "dead_arena.h"

#include "arena.h"

#include "absl/strings/str_cat.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <iterator>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

namespace obs::rt {
namespace {

constexpr int kStartingSeconds = 10;

// 0: the event has no time.
uint64_t tscOf(const EventView &event) {
  const uint8_t kind = event.header.kind;
  if (kind != kEnter && kind != kExit && kind != kFail && kind != kThrow)
    return 0;
  uint64_t tsc;
  memcpy(&tsc, event.at + sizeof(event.header), sizeof(tsc));
  return tsc;
}

// Whether the process maps the file. True if that cannot be seen.
bool mapsFile(int64_t pid, uint64_t inode) {
  FILE *maps = fopen(absl::StrCat("/proc/", pid, "/maps").c_str(), "re");
  if (!maps)
    return true;
  bool isMapped = false;
  bool isReadable = false;
  char *line = nullptr;
  size_t size = 0;
  while (!isMapped && getline(&line, &size, maps) > 0) {
    isReadable = true;
    unsigned long long found = 0;
    isMapped =
        sscanf(line, "%*s %*s %*s %*s %llu", &found) == 1 && found == inode;
  }
  free(line);
  fclose(maps);
  return isMapped || !isReadable;
}

absl::Status checkHeader(const ArenaHeader &header, const std::string &path) {
  if (memcmp(header.magic, kArenaMagic, sizeof(kArenaMagic)) != 0)
    return absl::DataLossError(absl::StrCat(path, ": not an arena"));
  if (header.version != kArenaVersion ||
      header.abiVersion != detail::kAbiVersion)
    return absl::DataLossError(
        absl::StrCat(path, ": written by another version of obs"));
  return absl::OkStatus();
}

} // namespace

bool isAlive(const ArenaHeader &header, uint64_t inode) {
  const ProcessIdentity self = ProcessIdentity::self();
  if (header.pidNamespace != 0 && self.pidNamespace != 0 &&
      header.pidNamespace != self.pidNamespace)
    return true;
  if (header.pid <= 0)
    return false;
  if (kill(pid_t(header.pid), 0) != 0 && errno == ESRCH)
    return false;
  const uint64_t start = processStartTime(header.pid);
  if (start != 0 && header.processStart != 0 && start != header.processStart)
    return false;
  return mapsFile(header.pid, inode);
}

int64_t processKeyOf(const std::string &path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0)
    return 0;
  int64_t key = 0;
  constexpr size_t kAt =
      sizeof(ChunkHeader) + offsetof(ArenaHeader, processKey);
  if (pread(file, &key, sizeof(key), kAt) != sizeof(key))
    key = 0;
  close(file);
  return key;
}

bool isUnfinished(const std::string &path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0)
    return false;
  char magic[sizeof(kArenaMagic)] = {}; // it is written last
  constexpr size_t kAt = sizeof(ChunkHeader) + offsetof(ArenaHeader, magic);
  const ssize_t size = pread(file, magic, sizeof(magic), kAt);
  close(file);
  return size >= 0 && std::all_of(std::begin(magic), std::end(magic),
                                  [](char c) { return c == 0; });
}

absl::StatusOr<std::unique_ptr<DeadArena>>
DeadArena::open(const std::string &path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0)
    return absl::ErrnoToStatus(errno, path);
  std::unique_ptr<DeadArena> arena(new DeadArena);
  arena->file_ = file;
  arena->path_ = path;
  if (flock(file, LOCK_EX | LOCK_NB) != 0)
    return absl::UnavailableError(absl::StrCat(path, ": being recovered"));
  // It may have been removed before the lock was had.
  struct stat mine {
  }, there{};
  if (fstat(file, &mine) != 0 || stat(path.c_str(), &there) != 0 ||
      mine.st_ino != there.st_ino)
    return absl::NotFoundError(path);
  // Read, not mapped: its process may be this one, before an exec, and is then
  // not to be found mapping it.
  alignas(ArenaHeader) uint8_t bytes[sizeof(ArenaHeader)] = {};
  const auto &header = *reinterpret_cast<const ArenaHeader *>(bytes);
  const bool isShort =
      pread(file, bytes, sizeof(bytes), sizeof(ChunkHeader)) != sizeof(bytes);
  absl::Status status =
      isShort ? absl::DataLossError(absl::StrCat(path, ": too short"))
              : checkHeader(header, path);
  if (status.ok() && isAlive(header, mine.st_ino))
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": its process lives"));
  if (status.ok())
    status = arena->map(file, path);
  if (!status.ok()) {
    const bool isNew = time(nullptr) - mine.st_mtime < kStartingSeconds;
    return isNew ? absl::UnavailableError(absl::StrCat(path, ": starting"))
                 : status;
  }
  arena->scan();
  return arena;
}

DeadArena::~DeadArena() {
  if (memory_)
    munmap(memory_, size_);
  if (file_ >= 0)
    close(file_);
}

absl::Status DeadArena::map(int file, const std::string &path) {
  struct stat info {};
  if (fstat(file, &info) != 0)
    return absl::ErrnoToStatus(errno, path);
  // Whole pieces only; what is behind them was never used.
  size_ = uint64_t(info.st_size) / kPieceBytes * kPieceBytes;
  if (size_ == 0)
    return absl::DataLossError(absl::StrCat(path, ": too short"));
  void *memory =
      mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) {
    size_ = 0;
    return absl::ErrnoToStatus(errno, path);
  }
  memory_ = static_cast<uint8_t *>(memory);
  auto *first = reinterpret_cast<ChunkHeader *>(memory_);
  header_ = reinterpret_cast<ArenaHeader *>(first->data());
  return absl::OkStatus();
}

// A valid header at `offset`, or null.
const ChunkHeader *DeadArena::chunkAt(uint64_t offset) const {
  if (offset % chunkClassBytes(0) != 0 || offset > size_ - chunkClassBytes(0))
    return nullptr;
  const auto *chunk = reinterpret_cast<const ChunkHeader *>(memory_ + offset);
  const bool isValid = chunk->magic == kChunkMagic && chunk->self == offset &&
                       chunk->size >= chunkClassBytes(0) &&
                       chunk->size % chunkClassBytes(0) == 0 &&
                       chunk->size <= size_ - offset;
  return isValid ? chunk : nullptr;
}

void DeadArena::scan() {
  std::vector<const ChunkHeader *> registry;
  std::vector<const ChunkHeader *> directories;
  for (uint64_t offset = 0; offset < size_;) {
    const ChunkHeader *chunk = chunkAt(offset);
    if (!chunk) { // a hole: go on with the next piece
      offset = (offset / kPieceBytes + 1) * kPieceBytes;
      continue;
    }
    switch (chunk->kind.load(std::memory_order_relaxed)) {
    case ChunkKind::Events:
      events_.push_back(const_cast<ChunkHeader *>(chunk));
      break;
    case ChunkKind::Registry:
      registry.push_back(chunk);
      break;
    case ChunkKind::Rings:
      directories.push_back(chunk);
      break;
    case ChunkKind::Counts:
      counts_.push_back(chunk);
      break;
    default:
      break;
    }
    offset += chunk->size;
  }
  const auto bySequence = [](const ChunkHeader *a, const ChunkHeader *b) {
    return a->sequence < b->sequence;
  };
  std::sort(registry.begin(), registry.end(), bySequence);
  registry_ = readRegistry(registry);
  std::sort(directories.begin(), directories.end(), bySequence);
  for (const ChunkHeader *chunk : directories) {
    const auto *rings = reinterpret_cast<const RingHeader *>(chunk->data());
    const uint64_t count = std::min(chunk->used.load(std::memory_order_relaxed),
                                    chunk->capacity() / sizeof(RingHeader));
    for (uint64_t i = 0; i != count; ++i)
      rings_.push_back(rings + i);
  }
  std::sort(events_.begin(), events_.end(),
            [](const ChunkHeader *a, const ChunkHeader *b) {
              return std::tie(a->ring, a->sequence) <
                     std::tie(b->ring, b->sequence);
            });
}

std::string DeadArena::database() const {
  return textOf(header_->database);
}
std::string DeadArena::executable() const {
  return textOf(header_->executable);
}

ClockScale DeadArena::clock() const {
  const ClockSample &first = header_->first;
  ClockSample last =
      header_->last[header_->clockTurn.load(std::memory_order_relaxed) & 1];
  if (last.tsc != first.tsc)
    return ClockScale(first, last);
  // It died before its second look at the clock. The counters go on as long
  // as the machine runs, and so does this file.
  return ClockScale(first, ClockSample::take());
}

// It may have died between the tombstone and the count.
uint64_t DeadArena::givenUp(uint64_t site, const SharedCounts &counts) const {
  const GivingUp &intent = header_->givingUp;
  const uint64_t counted = counts.givenUp.load(std::memory_order_relaxed);
  const uint64_t event = intent.event.load(std::memory_order_relaxed);
  if (intent.site != site || intent.count != counted + 1 || event == 0 ||
      event > size_ - sizeof(EnterEvent))
    return counted;
  int64_t id;
  memcpy(&id, memory_ + event + offsetof(EnterEvent, id), sizeof(id));
  return counted + (id == kTombstone);
}

Rings::Totals DeadArena::totals() const {
  Rings::Totals totals;
  totals.calls.resize(registry_.sites.size());
  totals.drops.resize(registry_.sites.size());
  for (const RingHeader *ring : rings_) {
    const ChunkHeader *chunk =
        chunkAt(ring->slots.load(std::memory_order_relaxed));
    if (!chunk ||
        chunk->kind.load(std::memory_order_relaxed) != ChunkKind::Slots)
      continue;
    auto &table = const_cast<ChunkHeader &>(*chunk);
    const uint64_t used =
        std::min({chunk->used.load(std::memory_order_relaxed),
                  SlotTable::capacity(*chunk), totals.calls.size()});
    for (uint64_t site = 0; site != used; ++site) {
      const detail::Slot &slot = SlotTable::slots(table)[site];
      // 0: it died while the next gap was drawn.
      const bool isArming =
          slot.countdown == 0 &&
          ring->armingSite.load(std::memory_order_relaxed) == site;
      const uint64_t end = isArming ? ring->armingEnd : slot.end;
      if (const uint32_t entry = entryOf(slot); entry < totals.calls.size())
        totals.calls[entry] += end - uint64_t(std::max(slot.countdown, 0));
      totals.calls[site] += SlotTable::past(table)[site];
      totals.drops[site] +=
          SlotTable::drops(table)[site].load(std::memory_order_relaxed);
    }
  }
  for (const ChunkHeader *chunk : counts_) {
    const auto *counts = reinterpret_cast<const SharedCounts *>(chunk->data());
    const uint64_t fits =
        std::min(chunk->capacity() / sizeof(SharedCounts), kCountsPerBlock);
    for (uint64_t i = 0; i != fits; ++i) {
      const uint64_t site = chunk->sequence * kCountsPerBlock + i;
      if (site >= totals.calls.size())
        break;
      totals.calls[site] += counts[i].calls.load(std::memory_order_relaxed);
      totals.drops[site] += counts[i].drops.load(std::memory_order_relaxed) +
                            givenUp(site, counts[i]);
    }
  }
  return totals;
}

// Of a chunk of events_: those that are complete.
EventReader DeadArena::eventsOf(const ChunkHeader &chunk) const {
  uint64_t bytes = 0;
  if (chunk.ring < rings_.size()) {
    const uint64_t published =
        rings_[chunk.ring]->published.load(std::memory_order_relaxed);
    if (published > chunk.base)
      bytes =
          std::min((published - chunk.base) & ~uint64_t{7}, chunk.capacity());
  }
  return EventReader(chunk.data(), chunk.data() + bytes);
}

void DeadArena::settleBatch(int64_t storedBatch) {
  const bool isStored =
      storedBatch == int64_t(header_->batch.load(std::memory_order_relaxed));
  for (ChunkHeader *chunk : events_) {
    EventReader reader = eventsOf(*chunk);
    while (const auto event = reader.next()) {
      const bool hasId =
          event->header.kind == kEnter || event->header.kind == kThrow;
      if (!hasId || !(event->header.flags & detail::kInBatch))
        continue;
      CallRef call;
      call.enter = EventRef(*event, EventMemory(nullptr, chunk));
      memcpy(&call.id, event->at + offsetof(EnterEvent, id), sizeof(call.id));
      if (isStored && call.id > 0)
        markStored(call);
      setInBatch(call, false);
    }
  }
}

void DeadArena::collect(CallSink &sink) {
  Coroutines coroutines(sink);
  std::unique_ptr<Pairer> pairer;
  uint32_t ring = 0;
  uint64_t lastTsc = header_->first.tsc;
  for (ChunkHeader *chunk : events_) {
    if (chunk->ring >= rings_.size())
      continue;
    if (!pairer || chunk->ring != ring) {
      if (pairer)
        pairer->finish();
      pairer = std::make_unique<Pairer>(sink, coroutines);
      ring = chunk->ring;
    }
    if (chunk->firstOfOwner)
      pairer->newOwner();
    const EventMemory ref(nullptr, chunk);
    EventReader reader = eventsOf(*chunk);
    for (uint64_t at = 0; const auto event = reader.next();
         at = reader.consumed()) {
      pairer->feed(*event, chunk->base + at, ref, chunk->owner);
      lastTsc = std::max(lastTsc, tscOf(*event));
    }
  }
  if (pairer)
    pairer->finish();
  coroutines.finish();
  // Not in the future: the file may say anything.
  const ClockScale scale = clock();
  lastSeenNs_ = std::min(
      unixNow(), std::max(scale.unixNs(lastTsc),
                          header_->last[header_->clockTurn.load() & 1].unixNs));
}

void DeadArena::remove() {
  unlink(path_.c_str());
}

} // namespace obs::rt
