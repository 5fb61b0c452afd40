// SPDX-License-Identifier: Apache-2.0
// A library of monitored functions, built under several names (-DLIBRARY=a).
#include <cstring>
#include <string>
#include <vector>

#define JOINED(a, b) a##b
#define NAMED(a, b) JOINED(a, b)

namespace NAMED(library_, LIBRARY) {

// Everything that describes a call lies in the library, also these.
enum class Color { Red, Green };
struct Item {
  Color color;
  const char *name;
  std::vector<std::string> tags;
  int (*callback)(int);
};
struct Failure {
  int code;
};

[[obs::monitor]] int plus(int n) {
  return n + 1;
}
[[obs::monitor]] Color take(const Item &item, const char *text) {
  if (std::strlen(text) == 0)
    throw Failure{7};
  return item.color;
}
[[obs::monitor(sample=0.1)]] int sampled(int n) {
  if (n % 2)
    throw std::string("odd");
  return n;
}

} // namespace NAMED(library_, LIBRARY)

// Calls plus once, take twice, sampled twice; half of the latter are errors.
extern "C" __attribute__((visibility("default"))) int enter(int n) {
  using namespace NAMED(library_, LIBRARY);
  const Item item{Color::Green, "an item", {"one", "two"}, plus};
  int errors = 0;
  take(item, "text");
  try {
    take(item, "");
  } catch (const Failure &) {
    ++errors;
  }
  for (int i : {0, 1})
    try {
      sampled(i);
    } catch (const std::string &) {
      ++errors;
    }
  return plus(n) + errors;
}
