// SPDX-License-Identifier: Apache-2.0
// Functions that do not return, and calls that deep recursion would not bear.
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

#define M [[obs::monitor]]

M [[noreturn]] void exits(int code) {
  std::exit(code);
}
M [[noreturn]] void aborts() {
  std::abort();
}
M int promises(int x) noexcept {
  if (x)
    throw std::runtime_error("promised not to");
  return x;
}
struct Promises {
  M explicit Promises(const std::string &text) noexcept : value(std::stoi(text)) {}
  int value;
};
M int uncaught(int x) {
  throw x;
}
[[obs::monitor(sample=0)]] long tail(long n, long sum) {
  if (n == 0)
    return sum;
#if defined(__clang__)
  [[clang::musttail]]
#endif
  return tail(n - 1, sum + n);
}
std::jmp_buf gBuffer;
M void jumps(int n) {
  if (n == 0)
    std::longjmp(gBuffer, 1);
  jumps(n - 1);
}

int main(int, char **argv) {
  const std::string how = argv[1];
  if (how == "exit")
    exits(3);
  if (how == "abort")
    aborts();
  if (how == "noexcept")
    promises(1);
  if (how == "constructor")
    return Promises("no number").value;
  if (how == "uncaught")
    uncaught(7);
  if (how == "tail")
    std::printf("%ld\n", tail(3'000'000, 0)); // 100 bytes a call would be too much
  if (how == "jump")
    for (volatile int i = 0; i < 1000; i = i + 1)
      if (!setjmp(gBuffer))
        jumps(20);
}
