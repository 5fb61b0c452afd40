// SPDX-License-Identifier: Apache-2.0
// Functions that return errors of every form, each called once well and once
// not. With COUNT, a new handler that counts is there, and a million of calls
// that succeed.
#include "obs/error.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <expected>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

#ifndef RATE
#define RATE 1
#endif

static long gAllocations = 0;
void *operator new(size_t size) {
  ++gAllocations;
  return std::malloc(size);
}
void operator delete(void *memory) noexcept {
  std::free(memory);
}
void operator delete(void *memory, size_t) noexcept {
  std::free(memory);
}

// With its library's own functions: what it returns exists before.
static const absl::Status kNotFound = absl::NotFoundError("no such user");
[[obs::monitor(sample = RATE)]] absl::Status status(bool fails) {
  return fails ? kNotFound : absl::OkStatus();
}
[[obs::monitor(sample = RATE)]] absl::StatusOr<int> statusOr(bool fails) {
  if (fails)
    return kNotFound;
  return 42;
}
static absl::Status gStatus = kNotFound;
[[obs::monitor(sample = RATE)]] const absl::Status &reference(bool fails) {
  if (!fails)
    gStatus = absl::OkStatus();
  const absl::Status &result = gStatus;
  return result;
}

[[obs::monitor(sample = RATE)]] std::error_code systemCode(bool fails) {
  return fails ? std::make_error_code(std::errc::permission_denied)
               : std::error_code();
}
struct Weather : std::error_category {
  const char *name() const noexcept override { return "weather"; }
  std::string message(int) const override { return "allocated"; }
};
static const Weather kWeather;
[[obs::monitor(sample = RATE)]] std::error_code ownCode(bool fails) {
  return {fails ? 7 : 0, kWeather};
}

enum class ParseError { kEmpty = 1, kBadDigit };
struct Place {
  int line;
  std::string why;
};
template <class E> using Expected = std::expected<int, E>;
[[obs::monitor(sample = RATE)]] Expected<ParseError> enumerator(bool fails) {
  if (fails)
    return std::unexpected(ParseError::kBadDigit);
  return 1;
}
[[obs::monitor(sample = RATE)]] Expected<std::string> text(bool fails) {
  if (fails)
    return std::unexpected("bad digit");
  return 1;
}
[[obs::monitor(sample = RATE)]] Expected<Place> structure(bool fails) {
  if (fails)
    return std::unexpected(Place{3, "\"x\""});
  return 1;
}
[[obs::monitor(sample = RATE)]] Expected<std::error_code> nested(bool fails) {
  if (fails)
    return std::unexpected(make_error_code(std::errc::timed_out));
  return 1;
}
[[obs::monitor(sample = RATE)]] std::expected<void, absl::Status>
nothing(bool fails) {
  if (fails)
    return std::unexpected(kNotFound);
  return {};
}

namespace db {
struct Result {
  int code = 0;
};
inline obs::Error obsError(const Result &result) {
  if (result.code == 0)
    return {};
  return {"db::Busy", "the database is busy"};
}
struct Unnamed : Result {};
inline obs::Error obsError(const Unnamed &result) {
  return result.code ? obs::Error("", "busy") : obs::Error();
}
} // namespace db
[[obs::monitor(sample = RATE)]] db::Result hook(bool fails) {
  return {fails ? 5 : 0};
}
[[obs::monitor(sample = RATE)]] db::Unnamed unnamed(bool fails) {
  return {{fails ? 5 : 0}};
}

[[obs::monitor(sample = RATE, result = false)]] absl::Status
withoutResult(bool fails) {
  return status(fails);
}
[[obs::monitor(sample = RATE, args = false)]] absl::Status
withoutArguments(bool fails) {
  return fails ? kNotFound : absl::OkStatus();
}
[[obs::monitor(sample = RATE), obs::secret]] absl::StatusOr<int>
secretResult(bool fails) {
  if (fails)
    return kNotFound;
  return 42;
}
[[obs::monitor(sample = RATE, errors = exceptions)]] absl::Status
switchedOff(bool fails) {
  return fails ? kNotFound : absl::OkStatus();
}

// What a function destroys as it returns an error is still inside of it.
struct Guard {
  [[obs::monitor(sample = RATE)]] ~Guard() { static volatile int closed = 1; }
};
[[obs::monitor(sample = RATE)]] absl::Status guarded(bool fails) {
  Guard guard;
  return fails ? kNotFound : absl::OkStatus();
}
// An exception after that is what the call ends in.
struct Thrower {
  bool throws;
  ~Thrower() noexcept(false) {
    if (throws)
      throw std::runtime_error("thrown while returning");
  }
};
[[obs::monitor(sample = RATE)]] absl::Status thrower(bool fails) {
  Thrower guard{fails};
  return fails ? kNotFound : absl::OkStatus();
}

struct Eager {
  struct promise_type {
    Eager get_return_object() { return {}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_value(absl::Status) {}
    void unhandled_exception() {}
  };
};
[[obs::monitor(sample = RATE)]] Eager coroutine(bool fails) {
  co_return fails ? kNotFound : absl::OkStatus();
}

[[obs::monitor(sample = 0)]] absl::StatusOr<int> hot(int number) {
  return number;
}

int main() {
  long allocations = 0;
  for (bool fails : {false, true}) {
    const long before = gAllocations;
    (void)status(fails);
    (void)statusOr(fails);
    (void)reference(fails);
    gStatus = kNotFound;
    (void)systemCode(fails);
    (void)ownCode(fails);
    (void)enumerator(fails);
    (void)text(fails);
    (void)structure(fails);
    (void)nested(fails);
    (void)nothing(fails);
    (void)hook(fails);
    (void)unnamed(fails);
    (void)withoutResult(fails);
    (void)withoutArguments(fails);
    (void)secretResult(fails);
    (void)switchedOff(fails);
    (void)guarded(fails);
    allocations = gAllocations - before;
    coroutine(fails);
    try {
      (void)thrower(fails);
    } catch (const std::runtime_error &) {
    }
  }
  std::printf("%ld\n", allocations);
  int sum = 0;
  for (int i = 0; i < 1000; ++i)
    sum += *hot(i);
  return sum == 0;
}
