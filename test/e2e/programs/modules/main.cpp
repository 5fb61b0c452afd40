// SPDX-License-Identifier: Apache-2.0
// Imports the modules, next to what it includes and marks itself.
#include <cstdio>
#include <stdexcept>
#include <string>

import shapes;
import plain;

[[obs::monitor]] static int own(int a) {
  return shapes::inlined(a);
}

static_assert(shapes::constant(3) == 9);

int main() {
  std::printf("%d %d\n", shapes::exported(1), own(2));
  std::printf("%d %d\n", shapes::twice(21), shapes::halved(84));
  const shapes::Square square("square", 3);
  std::printf("%s %d %d\n", square.name().c_str(), square.area(),
              square.scaled(2));
  std::printf("%d\n", shapes::Box<int>(2).get(3));
  const shapes::Measure measure = shapes::inMetres(5);
  std::printf("%d%s\n", measure.value, measure.unit);
  std::printf("%d %d\n", inInterface(1), inImplementation(1));
  std::printf("%d\n", shapes::constant(int(std::string("four").size())));
  try {
    shapes::checked(-1);
  } catch (const std::exception &error) {
    std::printf("%s\n", error.what());
  }
}
