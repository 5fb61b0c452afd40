// SPDX-License-Identifier: Apache-2.0
// The monitored functions of a process, and the types of what they capture.
#ifndef OBS_RUNTIME_REGISTRY_H
#define OBS_RUNTIME_REGISTRY_H

#include "arena.h"
#include "mutex.h"
#include "record.h"
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
#include <vector>

namespace obs::rt {

inline constexpr uint32_t kMaxSites = 1u << 20;

// All sites and types as of some moment; ids are indexes.
struct RegistrySnapshot {
  bool isOwn = false; // of this process, whose addresses mean something
  TypeTable types;
  std::vector<SiteInfo> sites;
  std::vector<std::shared_ptr<const FunctionKey>> functions; // by site
};

// Entries go to chunks of kind Registry as well, each with its length and a
// checksum, so that another process can decode what this one captured.
//
// Thread-safe. rate() and counts() take no lock.
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

  // What a site is to keep to. Idempotent.
  detail::Limits limitsOf(const detail::Site &site) const;

  uint32_t size() const { return size_.load(std::memory_order_acquire); }

  // REQUIRES: site < size().
  double rate(uint32_t site) const {
    return rates_[site / kRatesPerBlock].load(
        std::memory_order_acquire)[site % kRatesPerBlock];
  }

  // What no slot counts. REQUIRES: site < size(). Lasts as long as the arena
  // does, if that had room for it.
  SharedCounts &counts(uint32_t site) const {
    return counts_[site / kCountsPerBlock].load(
        std::memory_order_acquire)[site % kCountsPerBlock];
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
  static constexpr uint32_t kRatesPerBlock = 1024;

  void inherit(const Registry &parent) ABSL_NO_THREAD_SAFETY_ANALYSIS;
  void setRate(uint32_t site, double rate)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void addCounts(uint32_t site) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
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
  std::atomic<uint64_t> bytes_{0};
  std::array<std::atomic<double *>, kMaxSites / kRatesPerBlock> rates_{};
  std::array<std::atomic<SharedCounts *>, kMaxSites / kCountsPerBlock + 1>
      counts_{};

  mutable Mutex mutex_;
  RegistrySnapshot all_ ABSL_GUARDED_BY(mutex_);
  mutable std::shared_ptr<const RegistrySnapshot>
      snapshot_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, TypeId> typeIds_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, uint32_t> siteIds_ ABSL_GUARDED_BY(mutex_);
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
