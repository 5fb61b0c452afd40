// SPDX-License-Identifier: Apache-2.0
// What the plugin puts into a monitored function: one constant Site, one
// Scope with the runtime's data of the call, and calls of the runtime.
//
//   static const Type *const types[] = {&kType<R>, &kType<A>, &kType<B>};
//   static U32 id = kUnregistered;
//   static Site site = makeSite(&id, …, types);
//   ScopeData call;
//   Scope scope = {nullptr};
//   if (count(id))
//     scope.call = obs_rt_enter(&call, &site, a, &b);
//   try {
//     … return E; …
//   } catch (...) { obs_rt_failed(scope.call, &site, a, &b); throw; }
//
// A scalar result is left in the data, of another one the runtime gets the
// address if it has the call:
//
//     { R r = E; call.result = r; return r; }
//     { R r = E; keep(scope, &r); return r; }
//
// Where R may be an error that comes before it:
//
//     if (isError(r)) obs_rt_failed_with(scope.call, &site, tell, &r, a, &b);
//     else …
//
// A throw is `throw` of E followed by throwing(E, "file", line), or if E is to
// be shown by its value throwingValue(E, "file", line, &typeid(E)); if E is of
// no class, by throwingScalar() or throwingScalarValue().
//
// Around that in a constructor whose initializers can throw:
//
//   try { … } catch (...) { obs_rt_not_initialized(&site, a, &b); }
//
// Thread safety: a Scope belongs to the thread that made it.
#ifndef OBS_ATTRIBUTES_SCOPE_H
#define OBS_ATTRIBUTES_SCOPE_H
#pragma clang system_header

#include "errors.h"

#if __cplusplus >= 202002L
#define OBS_CONSTEXPR20 constexpr
#else
#define OBS_CONSTEXPR20
#endif

#pragma GCC visibility push(hidden)
namespace obs::detail {

// `types`: of the result and the captured parameters, whose names are in
// `parameters`; null: there is neither.
constexpr Site makeSite(U32 *id, const char *function, const char *file,
                        U32 line, const char *signature, const char *parameters,
                        double rate, U32 flags, const Type *const *types,
                        U32 parameterCount) {
  return {id,   flags,     line,       parameterCount, rate, function,
          file, signature, parameters, types,          {}};
}

// The site of a function with limits of its own; 0: those of the process.
constexpr Site limited(Site site, U32 items, U32 text, U32 depth, U32 record,
                       U32 pointer) {
  site.limits = {items, text, U16(depth), U16(pointer), record};
  return site;
}

// Counts a call of a site. True: it may be one to record, or the thread's first
// one.
//
// In assembly this is one instruction to the compiler instead of a dozen with
// two branches, in each place where the function is inlined; and the way of
// a call that is not recorded splits off at once, without a look at the scope.
// Before clang 17 labels and outputs of assembly do not go together well.
#if defined(__x86_64__) && defined(__LP64__) && defined(__ELF__) &&            \
    __clang_major__ >= 17
static_assert(__builtin_offsetof(Thread, slotCount) == 0 &&
              __builtin_offsetof(Thread, slots) == 8 &&
              __builtin_offsetof(Slot, countdown) == 0 && sizeof(Slot) == 16);
OBS_INLINE bool count(U32 &id) noexcept {
  U64 thread, slot;
  // In both dialects, {AT&T|Intel}, for -masm=intel.
  // clang-format off
  __asm__ volatile goto(
      "{movq " OBS_THREAD_NAME "@GOTTPOFF(%%rip), %0"
      "|mov %0, qword ptr [rip + " OBS_THREAD_NAME "@GOTTPOFF]}\n\t"
      "{movq %%fs:(%0), %0   |mov %0, qword ptr fs:[%0]}\n\t"
      "{movl %2, %k1         |mov %k1, %2}\n\t"
      "{cmpl %k1, (%0)       |cmp dword ptr [%0], %k1}\n\t"
      "jbe %l3\n\t"
      "{shlq $4, %1          |shl %1, 4}\n\t"
      "{addq 8(%0), %1       |add %1, qword ptr [%0 + 8]}\n\t"
      "{cmpl $1, (%1)        |cmp dword ptr [%1], 1}\n\t"
      "jle %l3\n\t"
      "{decl (%1)            |dec dword ptr [%1]}"
      : "=&r"(thread), "=&r"(slot) : "m"(id) : : due);
  // clang-format on
  return false;
due:
  return true;
}
#else
OBS_INLINE bool count(U32 &id) noexcept {
  Thread *const thread = obs_rt_thread;
  const U32 site = __atomic_load_n(&id, __ATOMIC_RELAXED);
  if (__builtin_expect(
          site < __atomic_load_n(&thread->slotCount, __ATOMIC_RELAXED), 1)) {
    int &countdown = thread->slots[site].countdown;
    const int left = __atomic_load_n(&countdown, __ATOMIC_RELAXED) - 1;
    if (__builtin_expect(left > 0, 1)) {
      __atomic_store_n(&countdown, left, __ATOMIC_RELAXED);
      return false;
    }
  }
  return true;
}
#endif
#undef OBS_THREAD_NAME
#undef OBS_ABI_SYMBOL
#undef OBS_ABI_EXPANDED
#undef OBS_ABI_VERSIONED
#undef OBS_ABI_VERSION

// The same in a constexpr function.
OBS_INLINE OBS_CONSTEXPR20 bool countAtRunTime(U32 &id) noexcept {
  return !__builtin_is_constant_evaluated() && count(id);
}

// Apart from the data, whose address the runtime gets, and so in a register.
struct Scope {
  ScopeData *call; // null: kUnsampled
  OBS_INLINE OBS_CONSTEXPR20 ~Scope() noexcept {
    if (__builtin_expect(call != nullptr, 0))
      obs_rt_leave(call);
  }
};

// A result, unless the site has kResultInScope.
OBS_INLINE OBS_CONSTEXPR20 void keep(const Scope &scope,
                                     const volatile void *value) noexcept {
  if (__builtin_expect(scope.call != nullptr, 0))
    obs_rt_result(scope.call, const_cast<const void *>(value));
}

// In a function with tail calls, which leave no scope behind: before each
// return, before a tail call (without the result), and at the end.
OBS_INLINE OBS_CONSTEXPR20 void finish(const Scope &scope,
                                       bool withResult) noexcept {
  if (scope.call) {
    if (!withResult)
      scope.call->flags |= kResultLost;
    obs_rt_leave(scope.call);
  }
}

// Behind a body that returns from its last statement.
[[noreturn]] OBS_INLINE void notReached() noexcept {
  __builtin_unreachable();
}

template <class T, class = void> inline constexpr bool kHasWhat = false;
template <class T>
inline constexpr bool kHasWhat<T, Void<decltype(lvalue<T>().what())>> =
    __is_same(decltype(lvalue<T>().what()), const char *);

template <class T, class = void> inline constexpr bool kIsNarrowText = false;
template <class T>
inline constexpr bool
    kIsNarrowText<T, Void<decltype(sizeof(*lvalue<T>().data()))>> =
        kIsText<T> && sizeof(*lvalue<T>().data()) == 1;

#if __cpp_exceptions
template <class T>
OBS_INLINE Throwing thrown(const T &exception, const char *file,
                           U32 line) noexcept {
  Throwing it = {};
  it.file = file;
  it.line = line;
  if constexpr (__is_class(T) || __is_union(T)) {
    it.object = __builtin_addressof(exception);
    if constexpr (kHasWhat<T>) {
      try {
        it.message = exception.what();
      } catch (...) {
      }
      it.messageSize = it.message ? __builtin_strlen(it.message) : 0;
    } else if constexpr (kIsNarrowText<T>) {
      it.message = (const char *)exception.data();
      it.messageSize = exception.size();
    }
  } else {
    it.valueSize = sizeof(T) < sizeof(it.value) ? sizeof(T) : sizeof(it.value);
    __builtin_memcpy(&it.value, &exception, it.valueSize);
  }
  return it;
}

template <class T>
__attribute__((nodebug)) inline ThrownType thrownType = {&kType<T>,
                                                         kUnregistered};

// What is about to be thrown, in its place, and where. `typeInfo`: of what is
// shown by its value.
template <class T>
OBS_INLINE void noteThrow(const T &exception, const char *file, U32 line,
                          const void *typeInfo = nullptr,
                          ThrownType *type = nullptr) noexcept {
  if (!obs_rt_throwing)
    return;
  Throwing it = thrown(exception, file, line);
  it.typeInfo = typeInfo;
  it.type = type;
  obs_rt_throwing(&it);
}
template <class T>
OBS_QUIET __attribute__((noinline, cold)) void
throwing(const T &exception, const char *file, U32 line) noexcept {
  noteThrow(exception, file, line);
}
template <class T>
OBS_QUIET __attribute__((noinline, cold)) void
throwingValue(const T &exception, const char *file, U32 line,
              const void *typeInfo) noexcept {
  noteThrow(exception, file, line, typeInfo, &thrownType<T>);
}
// Of no class. A reference would make a temporary of it, and with one of those
// in the operand of a throw in a branch of ?:, clang frees the exception while
// it is thrown.
template <class T>
OBS_QUIET __attribute__((noinline, cold)) void
throwingScalar(T exception, const char *file, U32 line) noexcept {
  noteThrow(exception, file, line);
}
template <class T>
OBS_QUIET __attribute__((noinline, cold)) void
throwingScalarValue(T exception, const char *file, U32 line,
                    const void *typeInfo) noexcept {
  noteThrow(exception, file, line, typeInfo, &thrownType<T>);
}
#endif

} // namespace obs::detail
#pragma GCC visibility pop

#undef OBS_CONSTEXPR20

#if __cpp_impl_coroutine
#include "coroutine.h"
#endif

#endif // OBS_ATTRIBUTES_SCOPE_H
