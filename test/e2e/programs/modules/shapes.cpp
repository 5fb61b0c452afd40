// SPDX-License-Identifier: Apache-2.0
// An implementation unit with a global module fragment.
module;
#include <stdexcept>
module shapes;

namespace shapes {

int Square::scaled(int factor) const {
  return area() * factor;
}

int checked(int a) {
  if (a < 0)
    throw std::out_of_range("below zero");
  return inlined(a);
}

} // namespace shapes
