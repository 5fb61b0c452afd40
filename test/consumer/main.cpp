// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string>

[[obs::monitor]] std::string greet(const std::string &name, int times) {
  std::string text = "hello " + name;
  for (int i = 1; i < times; ++i)
    text += ", hello " + name;
  return text;
}

int main() {
  std::puts(greet("world", 2).c_str());
}
