// SPDX-License-Identifier: Apache-2.0
// The memory of one process's rings: a shared-memory file that outlives it.
#ifndef OBS_RUNTIME_ARENA_H
#define OBS_RUNTIME_ARENA_H

#include "arena_layout.h"
#include "mutex.h"

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace obs::rt {

// Where the arenas of this user lie, and how those of a database are named:
// `<directory>/<prefix><slot>`.
std::string arenaDirectory(); // $OBS_SHM_DIR or /dev/shm, then /obs-<uid>
std::string arenaPrefix(std::string_view database);
// What is in a directory, but for names that begin with a dot; nothing if it is
// not there.
std::vector<std::string> namesIn(const std::string &directory);
// Absolute, without symbolic links in the directory part, so that all
// processes give one database one name. `base`: directory for relative paths.
std::string canonicalDatabase(std::string_view database,
                              std::string_view base = {});

struct ProcessIdentity {
  int64_t pid = 0;
  uint64_t start = 0;
  uint64_t pidNamespace = 0;
  static ProcessIdentity self();
};
// Field 22 of /proc/<pid>/stat; 0 if it cannot be read.
uint64_t processStartTime(int64_t pid);

// Chunks of memory, at most `limit` bytes in all. An eighth of them (at least
// one piece) is set aside for the books, so that calls are counted and
// functions are known however many events wait. Lies in a file of
// arenaDirectory(), or in anonymous memory where that cannot be had; then
// nothing is recovered after a crash. Holds no file descriptor open. Is not
// inherited by a forked child (MADV_DONTFORK).
//
// Thread safety: all methods may be called by any thread. claim() and
// release() take no lock while there is a free chunk of any sufficient size;
// else claim() grows the file (some system calls under a mutex). Where there is
// nothing to grow into, it says so without either.
class Arena {
public:
  struct Options {
    std::string database; // canonical
    uint64_t limit = 64 << 20;
    std::string directory = arenaDirectory();
  };

  // Null only if there is no memory at all.
  static std::unique_ptr<Arena> create(const Options &options);
  ~Arena(); // unmaps; the file stays
  Arena(const Arena &) = delete;
  Arena &operator=(const Arena &) = delete;

  ArenaHeader &header() { return *header_; }
  const std::string &path() const { return path_; } // empty: anonymous
  // Why the memory, or the last part of it, is anonymous; ok if it is not.
  absl::Status fallback() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Books: the registry, rings, slots, counts. They take from what is set aside
  // for them first, and events never do.
  enum class Purpose { Events, Books };

  // A chunk of at least `bytes`, header included; null if there is no room.
  // Its data are whatever they were. The caller fills in the header's fields
  // of its kind and then sets `kind`; until then it counts as free to readers
  // of a dead process's file.
  ChunkHeader *claim(uint64_t bytes, Purpose purpose = Purpose::Events);
  // After the system has refused memory, claim() does not ask it again until
  // this is called: from time to time.
  void retryGrowth() { refused_.store(false, std::memory_order_relaxed); }
  // Asks the system for memory ahead of need, unless much is in use: it takes
  // hundreds of microseconds to give a piece, and no caller of claim() should
  // wait that long. From time to time.
  void growAhead() ABSL_LOCKS_EXCLUDED(mutex_);
  // Makes large chunks of small ones that lie side by side, if claim() has
  // missed any since. Another thread may find less than there is meanwhile.
  void mergeFree();
  // REQUIRES: nobody uses the chunk any more.
  void release(ChunkHeader *chunk);

  ChunkHeader *chunkAt(uint64_t offset) {
    return reinterpret_cast<ChunkHeader *>(at(offset));
  }

  uint64_t limit() const { return limit_; }
  uint64_t usedBytes() const {
    return common_.used.load(std::memory_order_relaxed) +
           reserve_.used.load(std::memory_order_relaxed);
  }
  // Of what events may take, more than `part` (0 … 1) is in use.
  bool isFuller(double part) const {
    return double(common_.used.load(std::memory_order_relaxed)) >
           double(common_.limit) * part;
  }
  uint64_t mappedBytes() const {
    return mapped_.load(std::memory_order_relaxed);
  }

  // By one thread; lastClock() by any.
  void storeClock(const ClockSample &sample);
  ClockSample lastClock() const;

  // Removes the file: its records are in the database.
  void remove();

private:
  // One of the two parts of the memory.
  struct Part {
    // Free chunks by class: offset / 2 KB + 1 in the low 40 bits (0: none), and
    // above them a count of changes, against a chunk that went and came back.
    std::array<std::atomic<uint64_t>, kChunkClasses> free{};
    std::atomic<uint64_t> used{0};
    std::atomic<uint64_t> mapped{0};
    uint64_t limit = 0;
  };

  Arena() = default;
  bool openFile(const Options &options);
  bool initialize(const Options &options);
  ChunkHeader *claimFrom(Part &part, uint64_t bytes);
  ChunkHeader *takeFree(Part &part, int sizeClass);
  ChunkHeader *grow(Part &part, uint64_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);
  uint8_t *mapPieces(uint64_t offset, uint64_t bytes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint8_t *at(uint64_t offset) {
    return pieces_[offset / kPieceBytes].load(std::memory_order_acquire) +
           offset % kPieceBytes;
  }
  Part &partOf(const ChunkHeader &chunk) {
    return chunk.ofReserve ? reserve_ : common_;
  }
  void mergeFree(Part &part, int sizeClass);
  ChunkHeader *pop(Part &part, int sizeClass);
  void push(Part &part, ChunkHeader *chunk, int sizeClass);
  ChunkHeader *split(Part &part, ChunkHeader *chunk, int from, int to);
  void format(Part &part, uint8_t *memory, uint64_t offset, uint64_t size);

  std::string path_;
  uint64_t inode_ = 0;
  uint64_t limit_ = 0;
  ArenaHeader *header_ = nullptr;
  Part common_;
  Part reserve_;
  std::atomic<uint64_t> mapped_{0};
  std::atomic<bool> refused_{false};
  std::atomic<bool> missedLarge_{false};
  std::vector<std::atomic<uint8_t *>> pieces_;
  mutable Mutex mutex_;
  absl::Status fallback_ ABSL_GUARDED_BY(mutex_);
};

} // namespace obs::rt

#endif // OBS_RUNTIME_ARENA_H
