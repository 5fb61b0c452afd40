// SPDX-License-Identifier: Apache-2.0
// Rings as their writers see them: slots, chunks, and the pool of rings.
#ifndef OBS_RUNTIME_RINGS_H
#define OBS_RUNTIME_RINGS_H

#include "call_ref.h"
#include "mutex.h"
#include "registry.h"
#include "ring.h"
#include "safe_read.h"
#include "wiped_memory.h"

#include "absl/base/thread_annotations.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace obs::rt {

class Rings;

// One ring and its writer's state. Used by one thread at a time, by the next
// one when that has ended; its slots go on counting. Never freed while its
// Rings live: a Scope may hold the address of `thread`.
class Ring {
public:
  // The owner (or nobody, between two owners) calls these.

  // Slots for all sites, with the rates in force. Where memory is full, slots
  // that all threads share, which make the thread call rearm() each time.
  // False: the process is out of memory.
  bool ensureSlots();
  // Draws the next gap of a countdown that is used up. If this call is to be
  // recorded: the entry that its event carries.
  std::optional<uint32_t> rearm(uint32_t site);
  // The same of a call that was not to be recorded, but failed.
  uint32_t entry(uint32_t site) const;
  // A new chunk with room for an event of `bytes` besides the reserves of the
  // open calls. False: there is none, and nothing but the exits of open calls
  // is written until there is.
  bool refill(uint32_t bytes);
  // Counts a call that was sampled but found no room; takes that back, as the
  // call is recorded after all. May be called by a thread that is not the
  // owner.
  void drop(uint32_t entry) { addToDrops(entry, 1); }
  void takeBackDrop(uint32_t entry) { addToDrops(entry, -1); }
  // Memory for an event that must not be lost and found no room in the ring;
  // null only if the process is out of memory. Commit publishes it.
  uint8_t *sideBegin(uint32_t bytes);
  void sideCommit(uint8_t *event);
  // A call entered on this ring ends on another thread, the caller, or in a
  // forked child (where it is ignored). `exit`: a complete kExit or kFail
  // event.
  void exitElsewhere(const ExitEvent &exit);

  detail::Thread thread{};

private:
  // What a call reads beyond that to draw a gap, beside it.
  bool sharesSlots_ = false;
  uint32_t rateEntry_ = detail::kUnregistered; // the last one of rateOf()
  double rate_ = 0;                            // its rate
  double gapScale_ = 0;                        // of its gaps, if it has any
  uint64_t random_ = 0;
  std::atomic<RingHeader *> header_{&unlisted_};

public:
  // The collector's.
  uint32_t number() const { return number_; }
  RingHeader &header() const {
    return *header_.load(std::memory_order_acquire);
  }
  uint64_t firstChunk() const {
    return firstChunk_.load(std::memory_order_acquire);
  }
  Rings &rings() { return *rings_; }

private:
  friend class Rings;

  void addToDrops(uint32_t entry, int by);
  double uniform(); // (0, 1]
  bool growSlots();
  void copySlots(ChunkHeader &to, uint32_t entries);
  void openSlots(detail::Slot *slots, uint32_t count);
  void askForRates();
  void startSlot(detail::Slot &slot, uint32_t entry);
  double armSlot(detail::Slot &slot, uint32_t entry); // returns the rate
  double rateOf(uint32_t entry);
  uint64_t drawGap(); // of rateEntry_
  std::optional<uint32_t> countShared(uint32_t site);
  void skipRest(); // the rest of the thread's chunk, if it has one, is unused

  RingHeader unlisted_{}; // until there is room in the directory
  Rings *rings_ = nullptr;
  uint32_t number_ = 0;
  uint32_t listed_ = 0; // number in the directory
  uint32_t owner_ = 0;  // thread id
  bool newOwner_ = false;
  OwnStack stack_;
  int sizeClass_ = 0;     // of the next chunk
  uint32_t ownSlots_ = 0; // initialized ones in slotChunk_
  // Registry::rates() that these follow.
  std::atomic<uint64_t> rates_{0};
  uint32_t sharedCalls_ = 0;
  ChunkHeader *slotChunk_ = nullptr;
  ChunkHeader *tail_ = nullptr; // kept by the collector until it has a next
  std::atomic<uint64_t> firstChunk_{0};
};

// All rings of a process. Thread-safe.
class Rings {
public:
  // `wake`: called (by any thread) when much is waiting to be read; cheap, or
  // it is not called often.
  // `sideBytes`: of side events, beyond which their threads wait a little for
  // the collector.
  Rings(Arena &arena, Registry &registry, std::function<void()> wake,
        uint64_t sideBytes = UINT64_MAX);

  // False in a child process that has a copy of this. Its rings have neither
  // slots nor chunks, so that no thread uses them.
  bool isHere() const { return *isHere_; }

  // A ring of the pool, or a new one, for the thread `threadId`. Null: the
  // process is out of memory.
  Ring *acquire(uint32_t threadId);
  // The owner is at its end, and uses the ring no more.
  void release(Ring *ring);

  // For readText(), of threads that are new. Collector only.
  void findStacks();

  uint32_t size() const { return size_.load(std::memory_order_acquire); }
  Ring *at(uint32_t number) const;

  // Side events, in the order of their publication. `publish` may be called
  // by any thread that uses rings of this process.
  void publish(SideEvent *event);
  SideEvent *takeSideEvents(); // a list; the caller owns it

  // Counts a dropped call, also after the end of collection: for the collector
  // itself. `site` comes from a ring, and may be anything. `by`: -1 takes one
  // back that may be in another counter, so that this one wraps around: only
  // the sum of a site's counters means anything.
  void countDrop(uint32_t site, int by = 1) {
    if (site < registry_.size())
      registry_.counts(site).drops.fetch_add(uint64_t(int64_t{by}),
                                             std::memory_order_relaxed);
  }
  // The same of a call that recovery is not to bring back. One thread at a
  // time.
  void giveUp(const CallRef &call);

  // Has every thread take over rates that have changed, with its next call.
  // One in a few thousand that is just about to go on misses it: to be called
  // again, until all have.
  void spreadRates() ABSL_LOCKS_EXCLUDED(mutex_);

  // Totals by entry, all rings together. Not exact for a site that is being
  // called right now; never more than what has been called.
  struct Totals {
    std::vector<uint64_t> calls;
    std::vector<uint64_t> drops;
  };
  Totals totals() const;

  // Slot tables that were replaced since the last call are given back.
  // Collector only: nobody else may be reading slots of other threads.
  void recycleSlotTables();

  Arena &arena() { return arena_; }
  Registry &registry() { return registry_; }
  // The end of collection: no more chunks are given out, and threads that go
  // on calling are not counted any more, as nobody records them.
  void close() ABSL_LOCKS_EXCLUDED(mutex_);
  // Resets the count after which `wake` is called.
  void drained() { claimed_.store(0, std::memory_order_relaxed); }

private:
  friend class Ring;
  Ring *make() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Gives the ring its place in the directory. False: no memory.
  bool list(Ring &ring) ABSL_LOCKS_EXCLUDED(mutex_);
  detail::Slot *sharedSlots(uint32_t count) ABSL_LOCKS_EXCLUDED(mutex_);
  void retire(ChunkHeader *slotChunk) ABSL_LOCKS_EXCLUDED(mutex_);
  void noteClaim(uint64_t bytes);
  void awaitCollector();

  Arena &arena_;
  Registry &registry_;
  const std::function<void()> wake_;
  const uint64_t sideBytes_;
  std::atomic<bool> closed_{false};
  std::atomic<bool> wantsStacks_{false};
  std::atomic<uint64_t> claimed_{0}; // bytes of event chunks since drained()
  std::atomic<SideEvent *> side_{nullptr};
  std::atomic<uint32_t> size_{0};

  mutable Mutex mutex_;
  WipedMemory memory_ ABSL_GUARDED_BY(mutex_); // of all Ring objects
  const bool *isHere_;                         // in it
  std::vector<Ring *> rings_ ABSL_GUARDED_BY(mutex_);
  std::vector<Ring *> pool_ ABSL_GUARDED_BY(mutex_);
  ChunkHeader *directory_ ABSL_GUARDED_BY(mutex_) = nullptr;
  uint32_t listed_ ABSL_GUARDED_BY(mutex_) = 0;
  // Slots that count nothing: they send their threads to rearm(). The last
  // table is the one in use; threads may still look at the former ones.
  std::vector<std::unique_ptr<detail::Slot[]>>
      sharedSlots_ ABSL_GUARDED_BY(mutex_);
  uint32_t sharedSlotCount_ ABSL_GUARDED_BY(mutex_) = 0;
  ChunkHeader *retired_ ABSL_GUARDED_BY(mutex_) = nullptr; // a list, by offset
  std::optional<std::vector<uint64_t>> finalCalls_ ABSL_GUARDED_BY(mutex_);
  mutable std::vector<uint64_t> greatest_ ABSL_GUARDED_BY(mutex_);
};

// Calls counted by a slot, as another thread sees it; nothing while its owner
// changes it.
std::optional<uint64_t> callsOf(const detail::Slot &slot);

inline uint32_t entryOf(const detail::Slot &slot) {
  return slot.entry & ~detail::kAlways;
}

} // namespace obs::rt

#endif // OBS_RUNTIME_RINGS_H
