// SPDX-License-Identifier: Apache-2.0
// Nothing but the work; uftrace instruments it as it is.
#include "variant.h"

int64_t work(int64_t number, double factor, const std::string &text) {
  return plainWork(number, factor, text);
}

#ifndef WORK_ONLY
void start() {}
int64_t finish() {
  return 0;
}
#endif
