// SPDX-License-Identifier: Apache-2.0
// The least that recording a call can cost: two time stamps and one record of
// 64 bytes in a ring that another thread drains. It knows the types, its text
// is short, and what it loses on a full ring nobody needs.
#ifndef OBS_BENCH_CALL_FLOOR_H
#define OBS_BENCH_CALL_FLOOR_H

#include "variant.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace bench {

struct alignas(64) Record {
  uint64_t began, ended; // time stamp counter
  int64_t number;
  double factor;
  uint64_t textSize;
  char text[16]; // as much as fits
  int64_t result;
};
static_assert(sizeof(Record) == 64);

// One thread pushes, one drains. The producer looks at the consumer's position
// only when the ring seems to be full; the positions are on lines of their own.
class Ring {
public:
  // Null: the ring is full, and a record is lost.
  Record *next() {
    if (written_ - knownRead_ == kSize) {
      knownRead_ = read_.load(std::memory_order_acquire);
      if (written_ - knownRead_ == kSize) {
        ++lost_;
        return nullptr;
      }
    }
    return &records_[written_ % kSize];
  }
  void publish() { published_.store(++written_, std::memory_order_release); }

  void drain() {
    const uint64_t end = published_.load(std::memory_order_acquire);
    uint64_t at = read_.load(std::memory_order_relaxed);
    for (; at != end; ++at)
      sum_ += records_[at % kSize].ended - records_[at % kSize].began;
    read_.store(at, std::memory_order_release);
  }
  int64_t lost() const { return lost_; }
  volatile uint64_t &sum() { return drained_ = sum_, drained_; }

private:
  static constexpr uint64_t kSize = 2048; // 128 KB: two bursts, within the L2
  alignas(64) uint64_t written_ = 0;
  uint64_t knownRead_ = 0;
  int64_t lost_ = 0;
  alignas(64) std::atomic<uint64_t> published_{0};
  alignas(64) std::atomic<uint64_t> read_{0};
  uint64_t sum_ = 0;
  volatile uint64_t drained_ = 0;
  alignas(64) Record records_[kSize] = {};
};

// All rings, and the thread that drains them.
class Drain {
public:
  static Drain &get() {
    static Drain drain;
    return drain;
  }
  Ring *add() {
    const std::lock_guard lock(mutex_);
    rings_.push_back(std::make_unique<Ring>());
    return rings_.back().get();
  }
  int64_t stop() {
    ends_ = true;
    if (thread_.joinable())
      thread_.join();
    int64_t lost = 0;
    for (const auto &ring : rings_)
      lost += ring->lost();
    return lost;
  }

private:
  Drain() : thread_([this] { run(); }) {}
  ~Drain() { stop(); }
  void run() {
    while (!ends_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      const std::lock_guard lock(mutex_);
      for (const auto &ring : rings_) {
        ring->drain();
        (void)ring->sum();
      }
    }
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Ring>> rings_;
  std::atomic<bool> ends_{false};
  std::thread thread_;
};

inline thread_local Ring *threadRing = nullptr;

[[gnu::noinline]] inline Ring *makeRing() {
  return threadRing = Drain::get().add();
}

// Up to 16 bytes without a call.
inline void copyShort(char *to, const char *from, size_t size) {
  if (size >= 8) {
    uint64_t head, tail;
    memcpy(&head, from, 8);
    memcpy(&tail, from + size - 8, 8);
    memcpy(to, &head, 8);
    memcpy(to + size - 8, &tail, 8);
  } else {
    for (size_t i = 0; i != size; ++i)
      to[i] = from[i];
  }
}

inline int64_t recordedWork(int64_t number, double factor,
                            const std::string &text) {
  Ring *ring = threadRing;
  if (__builtin_expect(!ring, 0))
    ring = makeRing();
  const uint64_t began = __builtin_ia32_rdtsc();
  const int64_t result = plainWork(number, factor, text);
  if (Record *record = ring->next()) {
    record->began = began;
    record->number = number;
    record->factor = factor;
    record->textSize = text.size();
    copyShort(record->text, text.data(), text.size() < 16 ? text.size() : 16);
    record->result = result;
    record->ended = __builtin_ia32_rdtsc();
    ring->publish();
  }
  return result;
}

} // namespace bench

#endif // OBS_BENCH_CALL_FLOOR_H
