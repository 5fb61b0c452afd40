// What is put where a result may be an error.
// RUN: %print -std=c++17 -I%S %s | FileCheck %s
#include "Inputs/errors.h"

// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "status", {{.*}}, "a", 1., 7U,
// CHECK: obs_rt_enter(&__obs_call, &__obs_site, a);
// CHECK: Status __obs_result = Status();
// CHECK-NEXT: isError(__obs_result) ? obs_rt_failed_with(__obs_scope.call, &__obs_site, tellErrorOf(nullptr), &__obs_result, a) : keep(__obs_scope, &__obs_result);
// CHECK: obs_rt_failed(__obs_scope.call, &__obs_site, a);
[[obs::monitor]] Status status(int a) { return Status(); }

// CHECK: isError(named) ? obs_rt_failed_with(__obs_scope.call, &__obs_site, tellErrorOf(nullptr), &named, a, b) : keep(__obs_scope, &named);
[[obs::monitor]] StatusOr<int> elided(int a, int b) {
  StatusOr<int> named;
  return named;
}
// CHECK: isError(__obs_result) ? obs_rt_failed_with(__obs_scope.call, &__obs_site, tellErrorOf(nullptr), &__obs_result) : keep(__obs_scope, &__obs_result);
[[obs::monitor]] const Status &reference() { static Status status; return status; }
// CHECK: isError(__obs_result) ? obs_rt_failed_with(__obs_scope.call, &__obs_site, tellErrorOf(nullptr), &__obs_result) : keep(__obs_scope, &__obs_result);
[[obs::monitor]] Expected<int, int> expected() { return {}; }
// CHECK: isError(__obs_result) ? obs_rt_failed_with(__obs_scope.call, &__obs_site, tellErrorOf(nullptr), &__obs_result) : keep(__obs_scope, &__obs_result);
[[obs::monitor]] Code code() { return {}; }
// CHECK: isError(__obs_result) ? obs_rt_failed_with(__obs_scope.call, &__obs_site, tellErrorOf(nullptr), &__obs_result) : keep(__obs_scope, &__obs_result);
[[obs::monitor]] own::Result hook([[obs::secret]] int key) { return {key}; }

// Not the result, or not to be shown: the error all the same.
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "unwanted", {{.*}}, "", 1., 5U,
// CHECK: isError(__obs_result) ? obs_rt_failed_with(__obs_scope.call, &__obs_site, tellErrorOf(nullptr), &__obs_result) : 0;
[[obs::monitor(result=false)]] Status unwanted() { return {}; }
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "hidden", {{.*}}, "", 1., 7U,
// CHECK: isError(__obs_result) ? obs_rt_failed_with(__obs_scope.call, &__obs_site, tellErrorOf(nullptr), &__obs_result) : 0;
[[obs::monitor, obs::secret]] Status hidden() { return {}; }

// Switched off by the function, or what is around it.
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "off", {{.*}}, "", 1., 3U,
// CHECK: keep(__obs_scope, &__obs_result);
[[obs::monitor(errors=exceptions)]] Status off() { return {}; }
struct [[obs::monitor(errors=exceptions)]] Getters {
  // CHECK: keep(__obs_scope, &__obs_result);
  Status last() const { static int i; ++i; return {}; }
  // CHECK: isError(__obs_result) ? obs_rt_failed_with(__obs_scope.call, &__obs_site, tellErrorOf(nullptr), &__obs_result) : keep(__obs_scope, &__obs_result);
  [[obs::monitor(errors=all)]] Status next() const { return {}; }
};

// No errors.
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "copying", {{.*}}, "a", 1., 3U,
// CHECK: keep(__obs_scope, &__obs_result);
[[obs::monitor]] Copying copying(int a) { return {}; }
// CHECK: keep(__obs_scope, &__obs_result);
[[obs::monitor]] Optional optional() { return {}; }
// CHECK: __obs_call.result = __obs_result;
[[obs::monitor]] Status *pointer() { return nullptr; }
// CHECK: __obs_call.result = __obs_result;
[[obs::monitor]] int number(Status status) { return 1; }
