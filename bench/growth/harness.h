// SPDX-License-Identifier: Apache-2.0
// What the sources that growth.py writes are built on: cases with a series and
// a place in it, which are measured in turn.
#ifndef OBS_BENCH_GROWTH_HARNESS_H
#define OBS_BENCH_GROWTH_HARNESS_H

#ifndef PLAIN
#include "obs/obs.h"
#endif

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace growth {

struct Case {
  std::string series;
  long place;
  int calls;                        // of one turn
  std::function<int64_t(int)> make; // so many
  std::vector<double> ns;           // a call, of each turn
};

inline std::vector<Case> &cases() {
  static std::vector<Case> all;
  return all;
}

// `call(i)` is one call.
template <class Call> void add(const char *series, long place, Call call) {
  cases().push_back({series,
                     place,
                     200,
                     [call](int calls) {
                       int64_t sum = 0;
                       for (int i = 0; i < calls; ++i)
                         sum += call(i);
                       return sum;
                     },
                     {}});
}

// One turn that does not count, then so many that do, each with an empty queue.
// Prints one JSON object: medians of the ns a call, [place, ns], by series.
inline void run(int turns) {
  std::minstd_rand random(1);
  int64_t sum = 0;
  for (int turn = -1; turn < turns; ++turn) {
    std::shuffle(cases().begin(), cases().end(), random);
    for (Case &it : cases()) {
      const auto began = std::chrono::steady_clock::now();
      sum += it.make(it.calls);
      const std::chrono::duration<double, std::nano> took =
          std::chrono::steady_clock::now() - began;
      if (turn >= 0)
        it.ns.push_back(took.count() / it.calls);
#ifndef PLAIN
      obs::flush();
#endif
    }
  }
  std::sort(cases().begin(), cases().end(), [](const Case &a, const Case &b) {
    return a.series != b.series ? a.series < b.series : a.place < b.place;
  });
  std::printf("{");
  for (size_t i = 0; i != cases().size(); ++i) {
    Case &it = cases()[i];
    std::sort(it.ns.begin(), it.ns.end());
    const bool opens = i == 0 || cases()[i - 1].series != it.series;
    if (opens)
      std::printf("%s\"%s\":[", i ? "]," : "", it.series.c_str());
    std::printf("%s[%ld,%.3f]", opens ? "" : ",", it.place,
                it.ns[it.ns.size() / 2]);
  }
  std::printf("],\"sum\":%ld}\n", long(sum));
}

} // namespace growth

#endif // OBS_BENCH_GROWTH_HARNESS_H
