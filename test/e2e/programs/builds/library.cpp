// SPDX-License-Identifier: Apache-2.0
#include "library.h"

#if __cpp_exceptions
#include <stdexcept>
#endif

namespace library {

Animal::Animal(const std::string &name) : name_(name) {}

[[obs::monitor]] std::string Dog::speak(int times) const {
  std::string said = name_ + ":";
  for (int i = 0; i < times; ++i)
    said += " woof";
  return said;
}

[[obs::monitor]] int checked(int a) {
#if __cpp_exceptions
  if (a < 0)
    throw std::out_of_range("below zero");
#endif
  return inHeader(a);
}

} // namespace library
