// SPDX-License-Identifier: Apache-2.0
// For functions that tests monitor by hand, as the plugin would (scope.h).
#ifndef OBS_TEST_MONITORED_H
#define OBS_TEST_MONITORED_H

#include "obs/detail/scope.h"

#include <cstring>

namespace obs::test {

inline constexpr detail::U32 kBoth =
    detail::kCaptureArguments | detail::kCaptureResult;

template <class R, class... A>
inline constexpr const detail::Type *kTypes[] = {
    &detail::kType<detail::Plain<R>>, &detail::kType<detail::Plain<A>>...};

// The function pointer only carries the types.
template <class R, class... A>
constexpr detail::Site makeSite(const char *function, const char *file,
                                detail::U32 line, const char *signature,
                                const char *parameters, double rate,
                                detail::U32 flags, R (*)(A...)) {
  return detail::makeSite(nullptr, function, file, line, signature, parameters,
                          rate, flags, kTypes<R, A...>, sizeof...(A));
}

template <class T> detail::U64 passed(const T &value) {
  constexpr detail::Passing passing = detail::kType<T>.passing;
  static_assert(passing != detail::kNotPassed);
  detail::U64 word = 0;
  if constexpr (passing == detail::kByAddress || passing >= detail::kTextFirst)
    word = reinterpret_cast<detail::U64>(&value);
  else
    memcpy(&word, &value, sizeof(value));
  return word;
}

// With the memory for its number.
struct Site : detail::Site {
  Site(const detail::Site &site) : detail::Site(site) { id = &number; }
  Site(const Site &) = delete;
  detail::U32 number = detail::kUnregistered;
};

struct Scope {
  detail::ScopeData call;
  detail::Scope scope = {nullptr};
};

template <class... A>
void enter(Scope &it, detail::Site &site, const A &...values) {
  if (detail::count(*site.id))
    it.scope.call = detail::obs_rt_enter(&it.call, &site, passed(values)...);
}

template <class R> void keep(const Scope &it, const R &result) {
  detail::keep(it.scope, &result);
}

template <class... A>
void failed(const Scope &it, detail::Site &site, const A &...values) {
  detail::obs_rt_failed(it.scope.call, &site, passed(values)...);
}

} // namespace obs::test

#endif // OBS_TEST_MONITORED_H
