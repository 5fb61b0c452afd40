// SPDX-License-Identifier: Apache-2.0
// Gives no warning under -Weverything but those on C++98.
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace quiet {

enum class Colour { Red, Green };

struct Point {
  double x = 0;
  double y = 0;
};

std::optional<Point> find(const std::vector<Point> &points, Colour colour,
                          const std::string &name);
template <typename T> T twice(T value);
int sum(int a, int b);

[[obs::monitor(sample = 0.5, name = "search",
               skip = (name))]] std::optional<Point>
find(const std::vector<Point> &points, Colour colour, const std::string &name) {
  if (name.empty())
    throw std::invalid_argument("name");
  if (points.empty() || colour == Colour::Green)
    return std::nullopt;
  return points.front();
}

template <typename T> [[obs::monitor]] T twice(T value) {
  return value + value;
}

[[obs::monitor]] int sum(int a, int b) {
  return twice(a) + twice(b);
}

} // namespace quiet
