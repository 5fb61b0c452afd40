// SPDX-License-Identifier: Apache-2.0
#include "library.h"

#include <cstdio>

int main() {
  const library::Dog dog("Rex");
  std::printf("%s\n", dog.speak(2).c_str());
  std::printf("%d %d\n", library::inHeader(1), library::checked(2));
  std::printf("%d\n", library::twice(21));
#if __cpp_exceptions
  try {
    library::checked(-1);
  } catch (const std::exception &error) {
    std::printf("%s\n", error.what());
  }
#endif
}
