// SPDX-License-Identifier: Apache-2.0
// XRay's flight data recorder: entry and exit, no values. Chosen in
// XRAY_OPTIONS, begun and written here, as its manual has it.
#include "variant.h"

#include <cstdio>
#include <cstdlib>
#include <xray/xray_interface.h>
#include <xray/xray_log_interface.h>

[[clang::xray_always_instrument]] int64_t work(int64_t number, double factor,
                                               const std::string &text) {
  return plainWork(number, factor, text);
}

static void require(bool done, const char *what) {
  if (done)
    return;
  std::fprintf(stderr, "XRay's recorder does not %s\n", what);
  std::exit(1);
}

void start() {
  // By itself it forgets calls that are shorter than 5 µs.
  require(__xray_log_init_mode("xray-fdr", "func_duration_threshold_us=0") ==
                  XRayLogInitStatus::XRAY_LOG_INITIALIZED &&
              __xray_patch() == XRayPatchingStatus::SUCCESS,
          "start");
}
int64_t finish() {
  __xray_unpatch();
  require(__xray_log_finalize() == XRayLogInitStatus::XRAY_LOG_FINALIZED &&
              __xray_log_flushLog() == XRayLogFlushStatus::XRAY_LOG_FLUSHED,
          "write");
  return 0;
}
