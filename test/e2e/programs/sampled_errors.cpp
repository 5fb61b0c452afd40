// SPDX-License-Identifier: Apache-2.0
// A million calls at sample=0.01, of which every thousandth throws.
#include <cstdio>
#include <stdexcept>
#include <string>

[[obs::monitor(sample = 0.01)]] int parse(int number, const std::string &text) {
  if (number % 1000 == 999)
    throw std::invalid_argument("bad number " + std::to_string(number) +
                                " in " + text);
  return number * 2;
}

int main() {
  int caught = 0;
  long long sum = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    try {
      sum += parse(i, "line");
    } catch (const std::invalid_argument &) {
      ++caught;
    }
  }
  std::printf("%d %lld\n", caught, sum);
}
