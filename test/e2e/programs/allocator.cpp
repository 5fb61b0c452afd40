// SPDX-License-Identifier: Apache-2.0
// A program that monitors its own operator new and delete, which the runtime
// uses as well.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <thread>
#include <vector>

[[obs::monitor]] void *operator new(std::size_t size) {
  return std::malloc(size);
}
[[obs::monitor]] void operator delete(void *p) noexcept {
  std::free(p);
}
[[obs::monitor]] void operator delete(void *p, std::size_t) noexcept {
  std::free(p);
}
[[obs::monitor]] std::vector<std::string> work(int n) {
  return std::vector<std::string>(size_t(n), "a text that is on the heap, being so long");
}

int main() {
  for (int i = 0; i < 3; ++i)
    work(2);
  std::thread([] { work(1); }).join();
  std::this_thread::sleep_for(std::chrono::milliseconds(500)); // the runtime works
  try {
    throw std::vector<int>(3);
  } catch (const std::vector<int> &) {
  }
  std::puts("ok");
}
