// SPDX-License-Identifier: Apache-2.0
// A small program of several files, built in every way: the shared header.
#ifndef BUILDS_LIBRARY_H
#define BUILDS_LIBRARY_H

#include <string>

namespace library {

[[obs::monitor]] inline int inHeader(int a) {
  return a + 1;
}

template <class T> [[obs::monitor]] T twice(const T &value) {
  return value + value;
}

class __attribute__((visibility("default"))) Animal {
public:
  [[obs::monitor]] explicit Animal(const std::string &name);
  virtual ~Animal() = default;
  virtual std::string speak(int times) const = 0;

protected:
  std::string name_;
};

class __attribute__((visibility("default"))) Dog : public Animal {
public:
  using Animal::Animal;
  std::string speak(int times) const override;
};

__attribute__((visibility("default"))) int checked(int a);

} // namespace library

#endif // BUILDS_LIBRARY_H
