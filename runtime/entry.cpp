// SPDX-License-Identifier: Apache-2.0
// The entry points of abi.h and obs.h: guard, forward.
#include "entry_point.h"
#include "schema_builder.h"
#include "threads.h"
#include "throw_notes.h"

#include "obs/obs.h"

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

Stats stats() {
  rt::Runtime *runtime = rt::currentRuntime();
  return runtime ? runtime->stats() : Stats();
}

} // namespace obs
