// SPDX-License-Identifier: Apache-2.0
// A program of modules: an interface with a global module fragment.
/* What comes before it may hold anything: module; */
module;
#include <stdexcept>
#include <string>
export module shapes;
export import :measures;
import :hidden;

namespace shapes {

[[obs::monitor]] int notExported(int a) {
  return hidden(a) + 1;
}

export [[obs::monitor]] int exported(int a) {
  return notExported(a) + 1;
}

export [[obs::monitor]] inline int inlined(int a) {
  return a + 1;
}

export [[obs::monitor]] constexpr int constant(int a) {
  return a * a;
}

export template <class T> [[obs::monitor]] T twice(const T &value) {
  return value + value;
}

export template <class T> [[obs::monitor]] T halved(T value) {
  return value / 2;
}
template int halved(int);

export class Square {
public:
  [[obs::monitor]] explicit Square(const std::string &name, int side)
      : name_(name), side_(side) {}
  [[obs::monitor]] int area() const { return side_ * side_; }
  [[obs::monitor]] inline std::string name() const { return name_ + "!"; }
  [[obs::monitor]] int scaled(int factor) const;

private:
  std::string name_;
  int side_;
};

export template <class T> class Box {
public:
  explicit Box(T value) : value_(value) {}
  [[obs::monitor]] T get(int times) const { return value_ * times; }

private:
  T value_;
};

export [[obs::monitor]] int checked(int a);

} // namespace shapes
