// SPDX-License-Identifier: Apache-2.0
// The memory of one process's rings: a shared-memory file that outlives it.
#include "arena.h"

#include "entry_point.h"
#include "file_limit_signal.h"
#include "ids.h"
#include "in_runtime.h"

#include "absl/strings/str_cat.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace obs::rt {
namespace {

constexpr uint64_t kLinkMask = (uint64_t{1} << 40) - 1;
constexpr uint64_t kLinkUnit = chunkClassBytes(0);

int classFor(uint64_t bytes) {
  int sizeClass = 0;
  while (sizeClass < kChunkClasses && chunkClassBytes(sizeClass) < bytes)
    ++sizeClass;
  return sizeClass;
}

template <size_t N> void copyText(char (&to)[N], std::string_view from) {
  const size_t size = std::min(from.size(), N - 1);
  memcpy(to, from.data(), size);
  to[size] = 0;
}

std::string executablePath() {
  char path[512];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
  return size > 0 ? std::string(path, size_t(size)) : std::string();
}

// The address space is the program's first: of a limited one the arena takes a
// quarter at most, and leaves a quarter free.
bool fitsAddressSpace(uint64_t total, uint64_t more) {
  rlimit space{};
  if (getrlimit(RLIMIT_AS, &space) != 0 || space.rlim_cur == RLIM_INFINITY)
    return true;
  if (total > space.rlim_cur / 4)
    return false;
  const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return true;
  char text[64] = {};
  const ssize_t size = read(file, text, sizeof(text) - 1);
  close(file);
  const uint64_t used =
      size > 0 ? strtoull(text, nullptr, 10) * uint64_t(sysconf(_SC_PAGESIZE))
               : 0;
  return used + more <= space.rlim_cur / 4 * 3;
}

} // namespace

std::unique_ptr<Arena> Arena::create(const Options &options) {
  std::unique_ptr<Arena> arena(new (std::nothrow) Arena);
  if (!arena)
    return nullptr;
  arena->limit_ =
      std::max(options.limit / kPieceBytes, uint64_t{2}) * kPieceBytes;
  arena->reserve_.limit =
      std::max(arena->limit_ / 8 / kPieceBytes, uint64_t{1}) * kPieceBytes;
  arena->common_.limit = arena->limit_ - arena->reserve_.limit;
  arena->pieces_ =
      std::vector<std::atomic<uint8_t *>>(arena->limit_ / kPieceBytes);
  arena->openFile(options);
  if (arena->initialize(options))
    return arena;
  arena->remove();
  return nullptr;
}

Arena::~Arena() {
  for (uint64_t offset = 0; offset < mappedBytes(); offset += kPieceBytes)
    munmap(pieces_[offset / kPieceBytes].load(std::memory_order_relaxed),
           kPieceBytes);
}

bool Arena::openFile(const Options &options) {
  MutexLock lock(&mutex_);
  if (mkdir(options.directory.c_str(), 0700) != 0 && errno != EEXIST) {
    fallback_ = absl::ErrnoToStatus(
        errno, absl::StrCat("cannot make ", options.directory));
    return false;
  }
  struct stat info{};
  if (lstat(options.directory.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) ||
      info.st_uid != geteuid()) {
    fallback_ = absl::PermissionDeniedError(
        absl::StrCat(options.directory, " is not ours"));
    return false;
  }
  const std::string prefix =
      absl::StrCat(options.directory, "/", arenaPrefix(options.database));
  constexpr unsigned kSlots = 1u << kIdSlotBits;
  for (unsigned slot = 0; slot != kSlots; ++slot) {
    const std::string path = absl::StrCat(prefix, slot);
    const int file =
        open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 && errno == EEXIST)
      continue;
    if (file < 0 || fchmod(file, 0600) != 0 || fstat(file, &info) != 0) {
      fallback_ =
          absl::ErrnoToStatus(errno, absl::StrCat("cannot make ", path));
      if (file >= 0)
        close(file);
      return false;
    }
    close(file);
    path_ = path;
    inode_ = info.st_ino;
    return true;
  }
  fallback_ = absl::ResourceExhaustedError(
      absl::StrCat("all ", kSlots, " slots are taken"));
  return false;
}

bool Arena::initialize(const Options &options) {
  ChunkHeader *chunk =
      claim(sizeof(ChunkHeader) + sizeof(ArenaHeader), Purpose::Books);
  if (!chunk)
    return false;
  // It must be the first chunk of the file, which split() hands out first.
  header_ = reinterpret_cast<ArenaHeader *>(chunk->data());
  memset(static_cast<void *>(header_), 0, sizeof(ArenaHeader));
  const ProcessIdentity self = ProcessIdentity::self();
  header_->version = kArenaVersion;
  header_->abiVersion = detail::kAbiVersion;
  header_->pid = self.pid;
  header_->processStart = self.start;
  header_->pidNamespace = self.pidNamespace;
  header_->first = ClockSample::take();
  header_->last[0] = header_->last[1] = header_->first;
  header_->startedNs = header_->first.unixNs;
  const size_t dot = path_.rfind('.');
  header_->idSlot = path_.empty() ? unsigned(self.pid) % (1u << kIdSlotBits)
                                  : unsigned(atoi(path_.c_str() + dot + 1));
  copyText(header_->executable, executablePath());
  copyText(header_->database, options.database);
  chunk->kind.store(ChunkKind::Header, std::memory_order_release);
  std::atomic_thread_fence(std::memory_order_release);
  memcpy(header_->magic, kArenaMagic, sizeof(kArenaMagic));
  return true;
}

absl::Status Arena::fallback() const {
  MutexLock lock(&mutex_);
  return fallback_;
}

OBS_HOT ChunkHeader *Arena::claim(uint64_t bytes, Purpose purpose) {
  if (purpose == Purpose::Books)
    if (ChunkHeader *chunk = claimFrom(reserve_, bytes))
      return chunk;
  return claimFrom(common_, bytes);
}

OBS_HOT ChunkHeader *Arena::claimFrom(Part &part, uint64_t bytes) {
  const int wanted = classFor(bytes);
  ChunkHeader *chunk = takeFree(part, wanted);
  if (!chunk)
    chunk = grow(part, bytes);
  if (!chunk && wanted > 0)
    missedLarge_.store(true, std::memory_order_relaxed);
  return chunk;
}

OBS_HOT ChunkHeader *Arena::takeFree(Part &part, int wanted) {
  for (int sizeClass = wanted; sizeClass < kChunkClasses; ++sizeClass)
    if (ChunkHeader *chunk = pop(part, sizeClass))
      return split(part, chunk, sizeClass, wanted);
  return nullptr;
}

void Arena::release(ChunkHeader *chunk) {
  Part &part = partOf(*chunk);
  part.used.fetch_sub(chunk->size, std::memory_order_relaxed);
  chunk->kind.store(ChunkKind::Free, std::memory_order_release);
  // A chunk of several pieces becomes single ones again, last to first, so
  // that a reader of the file finds whole chunks at any time.
  while (chunk->size > kPieceBytes) {
    const uint64_t offset = chunk->self + chunk->size - kPieceBytes;
    format(part, at(offset), offset, kPieceBytes);
    chunk->size -= kPieceBytes;
    push(part, chunkAt(offset), kChunkClasses - 1);
  }
  push(part, chunk, classFor(chunk->size));
}

void Arena::growAhead() {
  const auto hasSpare = [this] { // for the largest that rings ask for usually
    return std::any_of(common_.free.end() - 2, common_.free.end(),
                       [](const std::atomic<uint64_t> &head) {
                         return head.load(std::memory_order_relaxed) &
                                kLinkMask;
                       });
  };
  if (isFuller(0.5) || hasSpare())
    return;
  if (ChunkHeader *chunk = grow(common_, kPieceBytes))
    release(chunk);
}

void Arena::mergeFree() {
  if (!missedLarge_.exchange(false, std::memory_order_relaxed))
    return;
  for (Part *part : {&common_, &reserve_})
    for (int sizeClass = 0; sizeClass != kChunkClasses - 1; ++sizeClass)
      mergeFree(*part, sizeClass);
}

void Arena::mergeFree(Part &part, int sizeClass) {
  std::vector<ChunkHeader *> chunks;
  while (ChunkHeader *chunk = pop(part, sizeClass))
    chunks.push_back(chunk);
  std::sort(chunks.begin(), chunks.end(),
            [](const ChunkHeader *a, const ChunkHeader *b) {
              return a->self < b->self;
            });
  // Four make one of the next class, if they come from one.
  const uint64_t whole = chunkClassBytes(sizeClass + 1);
  for (size_t i = 0; i != chunks.size();) {
    ChunkHeader *first = chunks[i];
    const bool isWhole = first->self % whole == 0 && i + 4 <= chunks.size() &&
                         chunks[i + 3]->self == first->self + whole / 4 * 3;
    if (isWhole)
      first->size = whole;
    push(part, first, sizeClass + isWhole);
    i += isWhole ? 4 : 1;
  }
}

OBS_HOT ChunkHeader *Arena::pop(Part &part, int sizeClass) {
  std::atomic<uint64_t> &head = part.free[size_t(sizeClass)];
  uint64_t old = head.load(std::memory_order_acquire);
  while (old & kLinkMask) {
    ChunkHeader *chunk = chunkAt(((old & kLinkMask) - 1) * kLinkUnit);
    const uint64_t next = chunk->next.load(std::memory_order_relaxed);
    const uint64_t changed = (old & ~kLinkMask) + kLinkMask + 1;
    // Acquire pairs with push(): the chunk's header is seen as it was left.
    if (head.compare_exchange_weak(old, changed | (next & kLinkMask),
                                   std::memory_order_acq_rel))
      return chunk;
  }
  return nullptr;
}

void Arena::push(Part &part, ChunkHeader *chunk, int sizeClass) {
  std::atomic<uint64_t> &head = part.free[size_t(sizeClass)];
  const uint64_t link = chunk->self / kLinkUnit + 1;
  uint64_t old = head.load(std::memory_order_relaxed);
  uint64_t changed;
  do {
    chunk->next.store(old & kLinkMask, std::memory_order_relaxed);
    changed = ((old & ~kLinkMask) + kLinkMask + 1) | link;
  } while (!head.compare_exchange_weak(old, changed, std::memory_order_release,
                                       std::memory_order_relaxed));
}

OBS_HOT ChunkHeader *Arena::split(Part &part, ChunkHeader *chunk, int from,
                                  int to) {
  for (; from > to; --from) {
    const uint64_t bytes = chunkClassBytes(from - 1);
    for (uint64_t i = 3; i != 0; --i) {
      const uint64_t offset = chunk->self + i * bytes;
      format(part, reinterpret_cast<uint8_t *>(chunk) + i * bytes, offset,
             bytes);
    }
    // Their headers are whole before the first one stops covering them.
    std::atomic_thread_fence(std::memory_order_release);
    chunk->size = bytes;
    for (uint64_t i = 3; i != 0; --i)
      push(part, chunkAt(chunk->self + i * bytes), from - 1);
  }
  chunk->next.store(0, std::memory_order_relaxed);
  chunk->used.store(0, std::memory_order_relaxed);
  part.used.fetch_add(chunk->size, std::memory_order_relaxed);
  return chunk;
}

void Arena::format(Part &part, uint8_t *memory, uint64_t offset,
                   uint64_t size) {
  auto *chunk = new (memory) ChunkHeader;
  chunk->magic = kChunkMagic;
  chunk->kind.store(ChunkKind::Free, std::memory_order_relaxed);
  chunk->firstOfOwner = 0;
  chunk->ofReserve = &part == &reserve_;
  chunk->unused = 0;
  chunk->size = size;
  chunk->self = offset;
  chunk->next.store(0, std::memory_order_relaxed);
  chunk->used.store(0, std::memory_order_relaxed);
  chunk->sequence = chunk->base = 0;
  chunk->ring = chunk->owner = 0;
}

ChunkHeader *Arena::grow(Part &part, uint64_t bytes) {
  const uint64_t pieces = (bytes + kPieceBytes - 1) / kPieceBytes;
  const int wanted = classFor(bytes);
  const uint64_t size = pieces * kPieceBytes;
  // Callers come here for each event while memory is full.
  const auto left = [&part] {
    return part.limit - part.mapped.load(std::memory_order_relaxed);
  };
  if (size > left() || refused_.load(std::memory_order_relaxed))
    return nullptr;
  const InRuntime inside;
  MutexLock lock(&mutex_);
  // Somebody else may have grown it while this thread waited.
  if (ChunkHeader *chunk = takeFree(part, wanted))
    return chunk;
  const uint64_t offset = mappedBytes();
  if (size > left())
    return nullptr;
  uint8_t *memory =
      fitsAddressSpace(offset + size, size) ? mapPieces(offset, size) : nullptr;
  if (!memory) {
    refused_.store(true, std::memory_order_relaxed);
    return nullptr;
  }
  for (uint64_t i = 0; i != pieces; ++i)
    pieces_[offset / kPieceBytes + i].store(memory + i * kPieceBytes,
                                            std::memory_order_release);
  format(part, memory, offset, size);
  part.mapped.fetch_add(size, std::memory_order_relaxed);
  mapped_.store(offset + size, std::memory_order_release);
  return split(part, chunkAt(offset),
               std::min(classFor(size), kChunkClasses - 1),
               std::min(wanted, kChunkClasses - 1));
}

uint8_t *Arena::mapPieces(uint64_t offset, uint64_t bytes) {
  constexpr int kProtection = PROT_READ | PROT_WRITE;
  void *memory = MAP_FAILED;
  if (!path_.empty()) {
    const NoFileLimitSignal quiet;
    const int file = open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    struct stat info{};
    int error = 0;
    if (file < 0 || fstat(file, &info) != 0) {
      error = errno;
    } else if (info.st_ino != inode_) {
      error = ESTALE;
    } else {
      error = posix_fallocate(file, off_t(offset), off_t(bytes));
      if (error == 0) {
        memory = mmap(nullptr, bytes, kProtection, MAP_SHARED | MAP_POPULATE,
                      file, off_t(offset));
        error = memory == MAP_FAILED ? errno : 0;
      }
    }
    if (file >= 0)
      close(file);
    if (error != 0)
      fallback_ = absl::ErrnoToStatus(error, path_);
    // Without address space there is none for anonymous memory either.
    if (error == ENOMEM || error == EAGAIN)
      return nullptr;
    // Without its start the file is of no use to recovery.
    if (error != 0 && offset == 0) {
      unlink(path_.c_str());
      path_.clear();
    }
  }
  if (memory == MAP_FAILED)
    memory =
        mmap(nullptr, bytes, kProtection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return nullptr;
  madvise(memory, bytes, MADV_DONTFORK);
  return static_cast<uint8_t *>(memory);
}

void Arena::storeClock(const ClockSample &sample) {
  const uint64_t turn = header_->clockTurn.load(std::memory_order_relaxed) + 1;
  std::atomic_thread_fence(std::memory_order_release);
  ClockSample &to = header_->last[turn & 1];
  __atomic_store_n(&to.tsc, sample.tsc, __ATOMIC_RELAXED);
  __atomic_store_n(&to.steadyNs, sample.steadyNs, __ATOMIC_RELAXED);
  __atomic_store_n(&to.unixNs, sample.unixNs, __ATOMIC_RELAXED);
  header_->clockTurn.store(turn, std::memory_order_release);
}

ClockSample Arena::lastClock() const {
  for (;;) {
    const uint64_t turn = header_->clockTurn.load(std::memory_order_acquire);
    const ClockSample &from = header_->last[turn & 1];
    const ClockSample sample = {
        __atomic_load_n(&from.tsc, __ATOMIC_RELAXED),
        __atomic_load_n(&from.steadyNs, __ATOMIC_RELAXED),
        __atomic_load_n(&from.unixNs, __ATOMIC_RELAXED)};
    // Two turns later it is overwritten.
    std::atomic_thread_fence(std::memory_order_acquire);
    if (header_->clockTurn.load(std::memory_order_relaxed) == turn)
      return sample;
  }
}

void Arena::remove() {
  if (path_.empty())
    return;
  struct stat info{};
  if (stat(path_.c_str(), &info) == 0 && info.st_ino == inode_)
    unlink(path_.c_str());
}

} // namespace obs::rt
