// SPDX-License-Identifier: Apache-2.0
// Calls for callgrind to count: those of counted(), not what the end of the
// process writes. Prints each case and the number of its calls.
#include "error_frames.h"

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#define CASE [[gnu::noinline]]

namespace {

CASE int64_t plain(int64_t number, double factor, const std::string &text) {
  return number + int64_t(factor) + int64_t(text.size());
}
CASE [[obs::monitor(sample = 0)]] int64_t
unsampled(int64_t number, double factor, const std::string &text) {
  return number + int64_t(factor) + int64_t(text.size());
}
CASE [[obs::monitor(sample = 0.01)]] int64_t
hundredth(int64_t number, double factor, const std::string &text) {
  return number + int64_t(factor) + int64_t(text.size());
}
CASE [[obs::monitor]] int64_t sampled(int64_t number, double factor,
                                      const std::string &text) {
  return number + int64_t(factor) + int64_t(text.size());
}
CASE [[obs::monitor]] int scalars(int number, double factor) {
  return number + int(factor);
}
CASE [[obs::monitor]] int64_t items(const std::vector<int> &items) {
  return items.front();
}

} // namespace

// Inlined into the two below, each of which callgrind knows by its name.
template <class Call>
[[gnu::always_inline]] inline int64_t run(int count, Call call) {
  int64_t sum = 0;
  for (int i = 0; i < count; ++i)
    sum += call(i);
  return sum;
}
template <class Call> CASE int64_t warmUp(int count, Call call) {
  return run(count, call);
}
template <class Call> CASE int64_t counted(int count, Call call) {
  return run(count, call);
}

int main() {
  const std::string text = "order-000042";
  int64_t sum = 0;
  const auto measure = [&](const char *name, int count, auto call) {
    sum += warmUp(count / 10, call);
    sum += counted(count, call);
    std::printf("%s %d\n", name, count);
  };
  measure("plain", 10000, [&](int i) { return plain(i, i * 0.5, text); });
  measure("unsampled", 10000,
          [&](int i) { return unsampled(i, i * 0.5, text); });
  measure("hundredth", 400000,
          [&](int i) { return hundredth(i, i * 0.5, text); });
  measure("sampled", 10000, [&](int i) { return sampled(i, i * 0.5, text); });
  measure("scalars", 10000, [&](int i) { return scalars(i, i * 0.5); });
  for (const int count : {10, 1'000, 10'000'000}) {
    const std::vector<int> of(count);
    measure(("items_" + std::to_string(count)).c_str(), 1000,
            [&of](int) { return items(of); });
  }
  measure("rethrown", 500, [](int i) { return caught(rethrows, i); });
  measure("error_sampled", 500, [](int i) { return caught(errorSampled, i); });
  measure("error_unsampled", 500,
          [](int i) { return caught(errorUnsampled, i); });
  std::fprintf(stderr, "%ld\n", long(sum));
}
