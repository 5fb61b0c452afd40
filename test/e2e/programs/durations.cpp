// SPDX-License-Identifier: Apache-2.0
// Calls whose end is far from their beginning: in time, or in what the thread
// recorded between the two.
#include <chrono>
#include <thread>

namespace {

[[obs::monitor]] int inner(int n) { return n; }

[[obs::monitor]] int outer(int calls) {
  int sum = 0;
  for (int i = 0; i < calls; ++i)
    sum += inner(i);
  return sum;
}

[[obs::monitor]] int sleeping(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  return -milliseconds;
}

[[obs::monitor]] void nothing() {}

} // namespace

int main() {
  sleeping(1);
  sleeping(2500); // more than 2^32 ticks of 1.7 GHz and more
  outer(10);
  outer(10'000); // some 700 KB
  nothing();
}
