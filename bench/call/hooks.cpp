// SPDX-License-Identifier: Apache-2.0
// Of a program whose work() is in a shared library.
#include "variant.h"

void start() {}
int64_t finish() {
  return 0;
}
