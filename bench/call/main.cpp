// SPDX-License-Identifier: Apache-2.0
// main BURSTS PAUSE_MS THREADS: times work() in bursts of 1,000 calls, on each
// of THREADS threads at once, with a pause after each burst for what takes the
// records away. Prints one JSON object, times in ns:
//   bursts     a call, on average over each burst
//   calls      single calls, percentiles from 0 to 100
//   first      the first call of each of 20 threads, all of them alive
//   calls_made, lost
// Single calls are timed in bursts of their own, by a time stamp between two
// calls, whose own cost is taken off.
#include "variant.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <latch>
#include <thread>
#include <vector>

namespace {

constexpr int kBurst = 1000;
constexpr int kWarmUp = 2; // bursts of each kind that do not count
constexpr int kFirstCalls = 20;

using Clock = std::chrono::steady_clock;
using Stamps = std::vector<uint64_t>;

double ns(Clock::duration duration) {
  return std::chrono::duration<double, std::nano>(duration).count();
}

// Of one tick of the time stamp counter.
double nsPerTick() {
  const auto began = Clock::now();
  const uint64_t first = __builtin_ia32_rdtsc();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const uint64_t last = __builtin_ia32_rdtsc();
  return ns(Clock::now() - began) / double(last - first);
}

// Aligned, as each thread adds to its own sum with every call.
struct alignas(128) Thread {
  std::vector<double> bursts;
  std::vector<uint64_t> calls; // ticks
  int64_t sum = 0;

  void whole(const std::string &argument) {
    const auto began = Clock::now();
    for (int i = 0; i < kBurst; ++i)
      sum += work(i, i * 0.5, argument);
    bursts.push_back(ns(Clock::now() - began) / kBurst);
  }

  void single(const std::string &argument, Stamps &stamps) {
    for (int i = 0; i < kBurst; ++i) {
      stamps[size_t(i)] = __builtin_ia32_rdtsc();
      sum += work(i, i * 0.5, argument);
    }
    for (int i = 1; i < kBurst; ++i)
      calls.push_back(stamps[size_t(i)] - stamps[size_t(i) - 1]);
  }
};

// Ticks from one stamp to the next when nothing is between.
uint64_t stampCost() {
  Stamps stamps(kBurst);
  for (uint64_t &stamp : stamps)
    stamp = __builtin_ia32_rdtsc();
  for (size_t i = kBurst; --i;)
    stamps[i] -= stamps[i - 1];
  std::sort(stamps.begin() + 1, stamps.end());
  return stamps[kBurst / 2];
}

// Threads of a burst begin together.
class Meeting {
public:
  explicit Meeting(int threads) : threads_(threads) {}
  void arrive() {
    const int turn = ++arrived_;
    const int all = (turn + threads_ - 1) / threads_ * threads_;
    while (arrived_ < all) {
    }
  }

private:
  const int threads_;
  std::atomic<int> arrived_{0};
};

template <class T>
void printList(const char *name, const std::vector<T> &values) {
  std::printf("\"%s\":[", name);
  for (size_t i = 0; i != values.size(); ++i)
    std::printf("%s%.3f", i ? "," : "", double(values[i]));
  std::printf("],");
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s BURSTS PAUSE_MS THREADS\n", *argv);
    return 2;
  }
  const int bursts = std::atoi(argv[1]);
  const std::chrono::milliseconds pause(std::atoi(argv[2]));
  const int threadCount = std::atoi(argv[3]);
  const std::string argument = "order-000042";
  start();
  const double tick = nsPerTick();

  Meeting meeting(threadCount);
  std::vector<Thread> measured(static_cast<size_t>(threadCount));
  const auto run = [&](Thread &thread) {
    Stamps stamps(kBurst);
    for (int burst = -kWarmUp; burst < bursts; ++burst) {
      if (burst == 0) {
        thread.bursts.clear();
        thread.calls.clear();
      }
      std::this_thread::sleep_for(pause);
      meeting.arrive();
      thread.whole(argument);
      std::this_thread::sleep_for(pause);
      meeting.arrive();
      thread.single(argument, stamps);
    }
  };
  std::vector<std::thread> others;
  for (int t = 1; t < threadCount; ++t)
    others.emplace_back([&, t] { run(measured[size_t(t)]); });
  run(measured[0]);
  for (std::thread &other : others)
    other.join();

  // One after the other, but none ends before the last has called: what an
  // ended thread leaves to the next one would make that one's call cheaper.
  std::vector<double> first;
  std::vector<std::thread> waiting;
  std::deque<std::latch> ended;
  std::latch called(kFirstCalls + 1);
  for (int i = 0; i < kFirstCalls; ++i) {
    std::latch &done = ended.emplace_back(1);
    waiting.emplace_back([&] {
      const uint64_t began = __builtin_ia32_rdtsc();
      measured[0].sum += work(1, 0.5, argument);
      first.push_back(double(__builtin_ia32_rdtsc() - began) * tick);
      done.count_down();
      called.arrive_and_wait();
    });
    done.wait();
  }
  called.count_down();
  for (std::thread &thread : waiting)
    thread.join();

  std::vector<double> all;
  std::vector<uint64_t> calls;
  int64_t sum = 0;
  for (const Thread &thread : measured) {
    all.insert(all.end(), thread.bursts.begin(), thread.bursts.end());
    calls.insert(calls.end(), thread.calls.begin(), thread.calls.end());
    sum += thread.sum;
  }
  std::sort(calls.begin(), calls.end());
  const auto stamp = double(stampCost());
  std::vector<double> percentiles;
  for (size_t percent = 0; percent <= 100; ++percent)
    percentiles.push_back(
        std::max(0.,
                 double(calls[percent * (calls.size() - 1) / 100]) - stamp) *
        tick);
  const int64_t lost = finish();
  std::printf("{");
  printList("bursts", all);
  printList("calls", percentiles);
  printList("first", first);
  std::printf("\"calls_made\":%ld,\"lost\":%ld,\"sum\":%ld}\n",
              long(2 * (bursts + kWarmUp)) * kBurst * threadCount + kFirstCalls,
              long(lost), long(sum));
}
