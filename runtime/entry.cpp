// SPDX-License-Identifier: Apache-2.0
// The entry points of abi.h and obs.h: guard, forward.
#include "entry_point.h"
#include "log.h"
#include "schema_builder.h"
#include "threads.h"
#include "throw_notes.h"

#include "obs/obs.h"

#include "absl/strings/str_cat.h"

namespace obs::detail {

OBS_ENTRY void obs_rt_throwing(const Throwing *throwing) noexcept {
  rt::noteThrow(*throwing);
}

OBS_ENTRY void obs_rt_schema_child(Schema &schema, const char *name,
                                   const Type &type) noexcept {
  schema.builder->child(name ? name : "", type);
}

OBS_ENTRY void obs_rt_schema_enumerator(Schema &schema, const char *name,
                                        U64 value) noexcept {
  schema.builder->enumerator(name, value);
}

} // namespace obs::detail

namespace obs {

bool configure(const Config &config) {
  return rt::setConfig(config);
}

bool flush(std::chrono::nanoseconds timeout) {
  rt::Runtime *runtime = rt::currentRuntime();
  return runtime && runtime->flush(absl::FromChrono(timeout));
}

void shutdown() {
  rt::stopRuntime();
}

size_t setSampleRate(std::string_view glob, double rate) {
  if (rate >= 0 && rate <= 1)
    return rt::setSampleRate(glob, rate);
  rt::logLine(rt::LogKind::Config,
              absl::StrCat("setSampleRate(\"", std::string(glob), "\", ", rate,
                           "): expected a rate from 0 to 1; ignored"));
  return 0;
}

Stats stats() {
  const rt::InRuntime inside;
  rt::Runtime *runtime = rt::currentRuntime();
  return runtime ? runtime->stats() : Stats();
}

} // namespace obs
