// SPDX-License-Identifier: Apache-2.0
// A tracepoint of LTTng-UST a call. The session is that of the script.
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "lttng_provider.h"
#include "variant.h"

int64_t work(int64_t number, double factor, const std::string &text) {
  lttng_ust_tracepoint(obs_bench, work, number, factor, text.c_str());
  return plainWork(number, factor, text);
}

void start() {}
int64_t finish() {
  return 0;
}
