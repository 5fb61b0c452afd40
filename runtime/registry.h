// SPDX-License-Identifier: Apache-2.0
// The monitored functions of a process, and the types of what they capture.
#ifndef OBS_RUNTIME_REGISTRY_H
#define OBS_RUNTIME_REGISTRY_H

#include "arena.h"
#include "mutex.h"
#include "record.h"
#include "sample_rules.h"
#include "type_table.h"

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace obs::rt {

inline constexpr uint32_t kMaxSites = 1u << 20;
// 0 is no site, so that a thread with one slot has none.
inline constexpr uint32_t kFirstSite = 1;

// SiteInfo::flags beside detail::SiteFlags: an entry for calls of which nothing
// is recorded, not even errors.
inline constexpr uint32_t kNotRecorded = 1u << 31;

// All sites and types as of some moment; ids are indexes. A site whose rate has
// been changed has an entry, with an id, for each rate.
struct RegistrySnapshot {
  bool isOwn = false; // of this process, whose addresses mean something
  TypeTable types;
  std::vector<SiteInfo> sites;
  std::vector<std::shared_ptr<const FunctionKey>> functions; // by site
};

// Entries go to chunks of kind Registry as well, each with its length and a
// checksum, so that another process can decode what this one captured.
//
// Thread-safe. rate(), entry(), rates() and counts() take no lock.
class Registry {
public:
  // `factor` (0 … 1) scales the rate of each site. A forked child passes its
  // parent's registry, which it found locked, to give the same sites the same
  // ids, as their objects hold these already.
  // `limits`: of sites that have none of their own.
  Registry(Arena &arena, double factor, const Registry *parent = nullptr,
           const detail::Limits &limits = detail::kDefaultLimits);
  ~Registry();

  // The id of a site, new or known: equal sites (a function that is there in
  // two libraries, or again after dlopen) are one. Nothing if there is no room
  // for more. Copies all that the site points to.
  std::optional<uint32_t> add(const detail::Site &site)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // The same, and gives the site its id and its limits, once. False: no room.
  bool settle(detail::Site &site) ABSL_LOCKS_EXCLUDED(mutex_);

  // The number of a type, new or known, in types of later snapshots.
  TypeId addType(const detail::Type &type) ABSL_LOCKS_EXCLUDED(mutex_);

  uint32_t size() const { return size_.load(std::memory_order_acquire); }

  // REQUIRES: id < size(). The rate of an entry never changes.
  double rate(uint32_t id) const { return sampling(id).rate; }

  // The entry under which a site's calls are recorded at present. Acquire: its
  // rate and counts are there, and size() is beyond it.
  uint32_t entry(uint32_t site) const {
    return sampling(site).entry.load(std::memory_order_acquire);
  }
  // Grows whenever entry() changes for a site that was there before. Acquire:
  // what has changed is seen, and size() counts it.
  uint64_t rates() const { return rates_.load(std::memory_order_acquire); }

  // Adds or replaces a rule: sites whose function matches `glob`
  // (sample_rules.h) have that rate, now and when they are added. Returns the
  // number of functions that match now.
  size_t setSampleRate(std::string_view glob, double rate)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // The number of functions with a site that `glob` names.
  size_t countFunctions(std::string_view glob) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  void setSampleRates(const SampleRules &rules) ABSL_LOCKS_EXCLUDED(mutex_);
  // False: nothing is recorded, until true. Calls are counted.
  void setRecording(bool recording) ABSL_LOCKS_EXCLUDED(mutex_);
  bool recording() const ABSL_LOCKS_EXCLUDED(mutex_);

  // What no slot counts. REQUIRES: id < size(). Lasts as long as the arena
  // does, if that had room for it.
  SharedCounts &counts(uint32_t id) const {
    return counts_[id / kCountsPerBlock].load(
        std::memory_order_acquire)[id % kCountsPerBlock];
  }

  // Appends entries for which there was no room in the arena, if there is now.
  void appendLeft() ABSL_LOCKS_EXCLUDED(mutex_);

  // Of private memory, about.
  uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  std::shared_ptr<const RegistrySnapshot> snapshot() const
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Around fork(), by the forking thread. The child leaves the lock as it is.
  void lockForFork() ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex_) { mutex_.lock(); }
  void unlockAfterFork() ABSL_UNLOCK_FUNCTION(mutex_) { mutex_.unlock(); }

private:
  struct Sampling {
    double rate = 0;
    bool isSite = false; // of a detail::Site, not only an entry
    std::atomic<uint32_t> entry{0};
  };
  static constexpr uint32_t kPerBlock = 1024;

  const Sampling &sampling(uint32_t id) const {
    return sampling_[id / kPerBlock].load(
        std::memory_order_acquire)[id % kPerBlock];
  }
  void inherit(const Registry &parent) ABSL_NO_THREAD_SAFETY_ANALYSIS;
  // What a site is to keep to.
  detail::Limits limitsOf(const detail::Site &site) const;
  std::optional<uint32_t> addEntry(SiteInfo info)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Sampling and counts of a new id.
  Sampling &addBooks(uint32_t id, const SiteInfo &info)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void addCounts(uint32_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Sampling &samplingOf(uint32_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint32_t entryNow(uint32_t site) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void chooseEntries() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  TypeId addType(const class SchemaBuilder &builder, TypeId local,
                 std::vector<std::optional<TypeId>> &global)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void append(std::string entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool tryAppend(const std::string &entry)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Arena &arena_;
  const double factor_;
  const detail::Limits limits_;
  std::atomic<uint32_t> size_{0};
  std::atomic<uint64_t> rates_{0};
  std::atomic<uint64_t> bytes_{0};
  std::array<std::atomic<Sampling *>, kMaxSites / kPerBlock> sampling_{};
  std::array<std::atomic<SharedCounts *>, kMaxSites / kCountsPerBlock + 1>
      counts_{};

  mutable Mutex mutex_;
  RegistrySnapshot all_ ABSL_GUARDED_BY(mutex_);
  mutable std::shared_ptr<const RegistrySnapshot>
      snapshot_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, TypeId> typeIds_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, uint32_t> siteIds_ ABSL_GUARDED_BY(mutex_);
  std::vector<uint32_t> sites_ ABSL_GUARDED_BY(mutex_); // that code knows
  SampleRules rules_ ABSL_GUARDED_BY(mutex_);
  bool recording_ ABSL_GUARDED_BY(mutex_) = true;
  ChunkHeader *chunk_ ABSL_GUARDED_BY(mutex_) = nullptr;
  // Blocks of counts_ that are not in the arena.
  std::vector<SharedCounts *> ownCounts_;
  uint64_t sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  // Decoded in this process all the same, but not after a crash.
  std::vector<std::string> left_ ABSL_GUARDED_BY(mutex_);
};

// What the Registry chunks of a (dead) process say, in order of `sequence`.
// Entries that are not whole are left out; so are those that refer to them.
RegistrySnapshot readRegistry(std::span<const ChunkHeader *const> chunks);

} // namespace obs::rt

#endif // OBS_RUNTIME_REGISTRY_H
