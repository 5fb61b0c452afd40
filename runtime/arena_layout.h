// SPDX-License-Identifier: Apache-2.0
// What a process's shared-memory file looks like: docs for arena.h, the
// registry, the rings and whoever reads the file of a dead process.
#ifndef OBS_RUNTIME_ARENA_LAYOUT_H
#define OBS_RUNTIME_ARENA_LAYOUT_H

#include "clock.h"

#include "obs/detail/abi.h"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string>

namespace obs::rt {

// A file is a sequence of pieces; a piece is filled with chunks, each of which
// starts with a ChunkHeader that says where the next one is. A piece without a
// valid first header belongs to a larger chunk before it, or is not there.
// All references are offsets from the start of the file. A process may die
// between any two stores, so a reader checks all that it reads.
inline constexpr uint64_t kPieceBytes = 512 * 1024;
inline constexpr int kChunkClasses = 5; // 2 KB, 8 KB, 32 KB, 128 KB, 512 KB
constexpr uint64_t chunkClassBytes(int sizeClass) {
  return uint64_t{2048} << (2 * sizeClass);
}
static_assert(chunkClassBytes(kChunkClasses - 1) == kPieceBytes);

inline constexpr uint32_t kChunkMagic = 0x6B6E4843; // "CHnk"

enum class ChunkKind : uint8_t {
  Free = 0,
  Header = 1,   // ArenaHeader
  Events = 2,   // of one ring, written by one thread
  Slots = 3,    // SlotTable
  Registry = 4, // types and sites
  Rings = 5,    // RingHeader[used]
  Counts = 6,   // SharedCounts
};

struct ChunkHeader {
  uint32_t magic;
  std::atomic<ChunkKind> kind;
  uint8_t firstOfOwner; // Events: the thread that owned the ring before has
                        // ended; what it left open is nobody's caller
  uint8_t ofReserve;    // see Arena::Purpose
  uint8_t unused;
  uint64_t size;              // bytes, this header included
  uint64_t self;              // offset of this header
  std::atomic<uint64_t> next; // offset; Events: next of the ring, or 0
  std::atomic<uint64_t> used; // bytes (Registry), entries (Rings, Slots)
  uint64_t sequence;          // order within a ring, of the registry, or of
                              // blocks of Counts
  uint64_t base;              // Events: ring position of the first byte
  uint32_t ring;              // Events, Slots: number of the ring
  uint32_t owner;             // Events: thread id of the operating system

  uint8_t *data() { return reinterpret_cast<uint8_t *>(this + 1); }
  const uint8_t *data() const {
    return reinterpret_cast<const uint8_t *>(this + 1);
  }
  uint64_t capacity() const { return size - sizeof(ChunkHeader); }
};
static_assert(sizeof(ChunkHeader) == 64);
static_assert(std::atomic<uint64_t>::is_always_lock_free);

// One ring. A ring outlives its threads; its events have growing positions.
struct RingHeader {
  std::atomic<uint64_t> published; // events below this position are complete
  std::atomic<uint64_t> slots;     // offset of the present slot table, or 0
  // While a slot gets its next countdown, which is 0 until then: what its `end`
  // was before. The process may die before the new ones are both there.
  std::atomic<uint64_t> armingSite; // 0: none
  uint64_t armingEnd;
  uint64_t unused[4];
};
static_assert(sizeof(RingHeader) == 64);

// In a chunk of kind Slots, of one ring: sampling state by site; what was
// dropped, and what was called before a change of rate, by entry (registry.h).
// `used` of the chunk says how many are initialized.
struct SlotTable {
  static uint64_t capacity(const ChunkHeader &chunk) {
    return chunk.capacity() / kBytes;
  }
  static uint64_t bytesFor(uint64_t slots) {
    return sizeof(ChunkHeader) + slots * kBytes;
  }
  static detail::Slot *slots(ChunkHeader &chunk) {
    return reinterpret_cast<detail::Slot *>(chunk.data());
  }
  static std::atomic<uint64_t> *drops(ChunkHeader &chunk) {
    return reinterpret_cast<std::atomic<uint64_t> *>(
        chunk.data() + capacity(chunk) * sizeof(detail::Slot));
  }
  // These do not change while the table is in use.
  static uint64_t *past(ChunkHeader &chunk) {
    return reinterpret_cast<uint64_t *>(drops(chunk) + capacity(chunk));
  }

private:
  static constexpr uint64_t kBytes =
      sizeof(detail::Slot) + 2 * sizeof(uint64_t);
};

// What no slot counts, of one entry: calls of threads that had no memory for
// slots, and drops that were not the caller's own doing, or were taken back on
// another thread.
struct SharedCounts {
  std::atomic<uint64_t> calls;
  std::atomic<uint64_t> drops;
  std::atomic<uint64_t> givenUp; // drops by way of GivingUp
};
// In a chunk of kind Counts: those of so many entries, `sequence` of the chunk
// times as many from the first one.
inline constexpr uint64_t kCountsPerBlock =
    (chunkClassBytes(1) - sizeof(ChunkHeader)) / sizeof(SharedCounts);

// A call's event becomes a tombstone and the call is counted, both or neither,
// whenever the process dies: what is about to be done, so that recovery can
// make up for the second half.
struct GivingUp {
  std::atomic<uint64_t> event; // offset of an EnterEvent; 0: none. Set last
  uint64_t site;
  uint64_t count; // what SharedCounts::givenUp is then
};

inline constexpr char kArenaMagic[8] = {'o', 'b', 's', 'a', 'r', 'e', 'n', 'a'};
inline constexpr uint32_t kArenaVersion = 6;

// What obsctl asks of a process while it runs. The file's permissions say who
// may.
enum class ControlCommand : uint32_t {
  SetSampleRate = 1, // of the functions that `glob` names; none: not done
  Record = 2,
  DoNotRecord = 3,
};
struct ControlArea {
  // obsctl, holding the file's lock (flock), writes a command and then raises
  // `asked`; the collector carries it out, writes what came of it, and then
  // makes `answered` equal. Both release; both sides acquire the other's.
  std::atomic<uint64_t> asked;
  std::atomic<uint64_t> answered;
  ControlCommand command;
  uint32_t unused;
  double rate;
  char glob[512]; // terminated
  // The answer.
  uint64_t matched;   // functions
  uint64_t functions; // called so far
  uint64_t recording; // 1 or 0
};

// How the process is doing. Written by the collector: `seenNs` by each pass,
// the rest once a second. All relaxed: figures for people.
struct LiveFigures {
  std::atomic<int64_t> seenNs; // CLOCK_MONOTONIC
  std::atomic<int64_t> drainIntervalNs;
  std::atomic<uint64_t> recording; // 1 or 0
  std::atomic<uint64_t> breaker;   // BreakerState
  std::atomic<uint64_t> calls;
  std::atomic<uint64_t> written;
  std::atomic<uint64_t> dropped;
  std::atomic<uint64_t> queued;
  std::atomic<uint64_t> memoryBytes;
  std::atomic<uint64_t> memoryLimitBytes;
  std::atomic<double> callsPerSecond;
  std::atomic<double> writtenPerSecond;
  std::atomic<double> droppedPerSecond;
  std::atomic<uint64_t> residentBytes; // of the process; 0: not known
  std::atomic<double> cpu;             // cores that the process uses
  std::atomic<double> runtimeCpu;      // of them the runtime
};
static_assert(std::atomic<double>::is_always_lock_free);

// Data of the first chunk. `magic` is written last. The fields up to `pid` are
// where they are in every version.
struct ArenaHeader {
  char magic[8];
  uint32_t version;
  uint32_t abiVersion;
  int64_t pid;
  uint64_t processStart;       // /proc/<pid>/stat, field 22; 0: not known
  uint64_t pidNamespace;       // inode of /proc/self/ns/pid; 0: not known
  int64_t processKey;          // identity in the store
  int64_t startedNs;           // Unix time
  uint32_t idSlot;             // the process's slot of ids.h
  uint32_t stopped;            // 1: it was not killed, but could not write all
  std::atomic<int64_t> nextId; // tick and counter (ids.h) of the next call id
  // Two copies in turn, so that one of them is whole whenever the process
  // dies; the low bit of `clockTurn` tells which.
  std::atomic<uint64_t> clockTurn;
  ClockSample first;
  ClockSample last[2];
  GivingUp givingUp;
  // Number of the batch that is being stored. Its calls have kInBatch, and are
  // stored, even if that is not marked yet, if the database knows the number.
  std::atomic<uint64_t> batch;
  ControlArea control;
  LiveFigures figures;
  char executable[512];
  char database[4096]; // absolute path
};

// Of a field that may have no terminator: it is in the file of another process.
template <size_t N> std::string textOf(const char (&text)[N]) {
  return std::string(text, strnlen(text, N));
}
static_assert(sizeof(ChunkHeader) + sizeof(ArenaHeader) <= chunkClassBytes(1));

} // namespace obs::rt

#endif // OBS_RUNTIME_ARENA_LAYOUT_H
