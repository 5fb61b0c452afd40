// SPDX-License-Identifier: Apache-2.0
// The entry points of abi.h and obs.h: guard, forward.
#include "exception_info.h"
#include "log.h"
#include "safe_read.h"
#include "schema_builder.h"
#include "threads.h"
#include "throw_notes.h"

#include "obs/obs.h"

#include "absl/strings/str_cat.h"

#include <climits>

namespace obs::detail {

OBS_API Thread *obs_rt_attach(Site *site) noexcept {
  return rt::attach(*site);
}

OBS_API bool obs_rt_rearm(Thread *thread, U32 site) noexcept {
  if (!rt::isDisabledThread(thread))
    return rt::ringOf(thread).rearm(site);
  thread->slots[0].countdown = INT_MAX;
  return false;
}

OBS_API bool obs_rt_refill(Thread *thread, U32 bytes) noexcept {
  const rt::InRuntime inside;
  return !inside.nested() && rt::isOurs(thread) &&
         rt::ringOf(thread).refill(bytes);
}

OBS_API void obs_rt_drop(Thread *thread, U32 site) noexcept {
  if (rt::isOurs(thread))
    rt::ringOf(thread).drop(site);
}

OBS_API U8 *obs_rt_side_begin(Thread *thread, U32 bytes) noexcept {
  return rt::isOurs(thread) ? rt::ringOf(thread).sideBegin(bytes) : nullptr;
}

OBS_API void obs_rt_side_commit(Thread *thread, U8 *event) noexcept {
  rt::ringOf(thread).sideCommit(event);
}

OBS_API void obs_rt_exit_elsewhere(Thread *owner,
                                   const ExitEvent *exit) noexcept {
  if (rt::isOurs(owner))
    rt::ringOf(owner).exitElsewhere(*exit);
}

OBS_API U64 obs_rt_call_id(Thread *thread) noexcept {
  return rt::isOurs(thread) ? U64(rt::currentRuntime()->ids().next()) : 0;
}

OBS_API U32 obs_rt_exception(U8 *to) noexcept {
  const rt::InRuntime inside;
  return rt::describeException(to);
}

OBS_API void obs_rt_throwing(const Throwing *throwing) noexcept {
  rt::noteThrow(*throwing);
}

OBS_API void obs_rt_mark_reported() noexcept {
  rt::markReported();
}

OBS_API bool obs_rt_take_reported() noexcept {
  return rt::takeReported();
}

OBS_API U32 obs_rt_text(const char *text, U8 *to, U32 limit) noexcept {
  return rt::readText(text, to, limit);
}

OBS_API void obs_rt_schema_type(Schema *schema, TypeKind kind, U32 size,
                                const char *name, U32 nameSize) noexcept {
  schema->builder->type(kind, size, {name, nameSize});
}

OBS_API void obs_rt_schema_child(Schema *schema, const char *name,
                                 Describe type) noexcept {
  schema->builder->child(name ? name : "", type);
}

OBS_API void obs_rt_schema_enumerator(Schema *schema, const char *name,
                                      U64 value) noexcept {
  schema->builder->enumerator(name, value);
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
