// SPDX-License-Identifier: Apache-2.0
// Results that say that the call has failed, recognized by the shape of their
// type: a status, a status or a value, an expected value, an error code, and
// what the user's obsError() knows about.
//
// On the monitored thread: one question on success; of an error what the type
// hands out by itself, without a copy.
#ifndef OBS_ATTRIBUTES_ERRORS_H
#define OBS_ATTRIBUTES_ERRORS_H
#pragma clang system_header

#include "encode.h"

#pragma GCC visibility push(hidden)
namespace obs::detail {

using ErrorForm = int;
inline constexpr ErrorForm kNeverError = 0, // never an error
    kErrorHook = 1,                         // obsError(value), see obs/error.h
    kErrorStatus = 2,   // ok(), code() and message(): absl::Status
    kErrorHolder = 3,   // ok() and status(): absl::StatusOr
    kErrorExpected = 4, // has_value() and error(): std::expected
    kErrorCode = 5;     // value() and category().name(): std::error_code

// A text that is handed out without a copy: by reference, or as a view.
template <class T> inline constexpr bool kIsView = false;
template <class T> inline constexpr bool kIsView<T &> = kIsText<Plain<T>>;
template <class T>
inline constexpr bool kIsViewValue = kIsView<T> ||
                                     (__is_trivially_copyable(T) &&
                                      kIsText<Plain<T>>);

template <class T, class = void> inline constexpr bool kHasHook = false;
template <class T>
inline constexpr bool
    kHasHook<T, Void<decltype(bool(obsError(lvalue<T>()).isError()))>> = true;

template <class T, class = void> inline constexpr bool kIsStatus = false;
template <class T>
inline constexpr bool kIsStatus<
    T, Void<decltype(bool(lvalue<T>().ok())), decltype(int(lvalue<T>().code())),
            decltype(lvalue<T>().message().data())>> =
    kIsViewValue<decltype(lvalue<T>().message())>;

template <class T, class = void> inline constexpr bool kIsHolder = false;
template <class T>
inline constexpr bool kIsHolder<
    T, Void<decltype(bool(lvalue<T>().ok())), decltype(lvalue<T>().status())>> =
    __is_lvalue_reference(decltype(lvalue<T>().status())) &&
    kIsStatus<Plain<decltype(lvalue<T>().status())>>;

template <class T, class = void> inline constexpr bool kIsErrorCode = false;
template <class T>
inline constexpr bool
    kIsErrorCode<T, Void<decltype(bool(lvalue<T>())),
                         decltype(lvalue<T>().category().name())>> =
        __is_same(decltype(lvalue<T>().value()), int) &&
        __is_same(decltype(lvalue<T>().category().name()), const char *);

template <class T> constexpr ErrorForm errorFormOf() {
  if constexpr (!__is_class(T))
    return kNeverError;
  else if constexpr (!kIsComplete<T> || isSecret<T>())
    return kNeverError;
  else if constexpr (kHasHook<T>)
    return kErrorHook;
  else if constexpr (kIsStatus<T>)
    return kErrorStatus;
  else if constexpr (kIsHolder<T>)
    return kErrorHolder;
  else if constexpr (kIsExpected<T>)
    return kErrorExpected;
  else if constexpr (kIsErrorCode<T>)
    return kErrorCode;
  else
    return kNeverError;
}

// What the plugin asks about the result of a function.
template <class T> constexpr bool canBeError(T *) {
  return errorFormOf<Plain<T>>() != kNeverError;
}

template <class T> OBS_INLINE bool isErrorUnguarded(const T &value) {
  constexpr ErrorForm form = errorFormOf<Plain<T>>();
  if constexpr (form == kErrorHook)
    return bool(obsError(value).isError());
  else if constexpr (form == kErrorExpected)
    return !value.has_value();
  else if constexpr (form == kErrorCode)
    return bool(value);
  else
    return !value.ok();
}

// Whether a result is an error. If the type's own code throws, it is none.
template <class T> OBS_INLINE bool isError(const T &value) noexcept {
#if __cpp_exceptions
  try {
    return isErrorUnguarded(value);
  } catch (...) {
    return false;
  }
#else
  return isErrorUnguarded(value);
#endif
}

template <class C> OBS_QUIET void tellCode(Failure &failure, const C &code) {
  obs_rt_error_code(failure, kType<Plain<C>>, addressOf(code));
}

// Tells what the type hands out. Its own code may throw.
template <class T> OBS_QUIET void tell(Failure &failure, const T &error) {
  using V = Plain<T>;
  constexpr ErrorForm form = errorFormOf<V>();
  if constexpr (form == kErrorHook) {
    const auto &told = obsError(error);
    obs_rt_error_type(failure, told.type().data(), told.type().size());
    obs_rt_error_message(failure, told.message().data(), told.message().size());
  } else if constexpr (form == kErrorStatus) {
    auto &&message = error.message();
    obs_rt_error_message(failure, message.data(), message.size());
    tellCode(failure, error.code());
  } else if constexpr (form == kErrorHolder) {
    tell(failure, error.status());
  } else if constexpr (form == kErrorExpected) {
    tell(failure, error.error());
  } else if constexpr (form == kErrorCode) {
    const char *const name = error.category().name();
    obs_rt_error_type(failure, name, __builtin_strlen(name));
    tellCode(failure, error.value());
  } else if constexpr (kIsText<V>) {
    if constexpr (sizeof(*error.data()) == 1)
      obs_rt_error_message(failure, (const char *)error.data(), error.size());
    else
      tellCode(failure, error);
  } else {
    tellCode(failure, error);
  }
}

template <class T> OBS_QUIET void tellAt(Failure &failure, const void *error) {
  tell(failure, *static_cast<const T *>(error));
}

// What the plugin hands to obs_rt_failed_with.
template <class T> constexpr TellError tellErrorOf(T *) {
  return &tellAt<T>;
}

// A type of which only the name is of interest.
template <class T>
__attribute__((nodebug)) inline constexpr Type
    kNamedType = namedType<T>(kOpaque);

// The type of the value that is told as the code of an error.
template <class T> constexpr const Type &codeTypeOf(T *) {
  using V = Plain<T>;
  constexpr ErrorForm form = errorFormOf<V>();
  if constexpr (form == kErrorHook)
    return kNamedType<V>;
  else if constexpr (form == kErrorStatus)
    return kType<Plain<decltype(lvalue<V>().code())>>;
  else if constexpr (form == kErrorHolder)
    return codeTypeOf((Plain<decltype(lvalue<V>().status())> *)nullptr);
  else if constexpr (form == kErrorExpected)
    return codeTypeOf((Plain<typename V::error_type> *)nullptr);
  else if constexpr (form == kErrorCode)
    return kType<int>;
  else
    return kType<V>;
}

} // namespace obs::detail
#pragma GCC visibility pop

#endif // OBS_ATTRIBUTES_ERRORS_H
