// SPDX-License-Identifier: Apache-2.0
// The work, monitored, RATE of the calls.
#include "variant.h"

[[obs::monitor(sample = RATE)]] int64_t work(int64_t number, double factor,
                                             const std::string &text) {
  return plainWork(number, factor, text);
}

#ifndef WORK_ONLY
void start() {}
int64_t finish() {
  return 0;
}
#endif
