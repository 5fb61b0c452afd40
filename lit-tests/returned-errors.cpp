// What is put where a result may be an error.
// RUN: %print -std=c++17 -I%S %s | FileCheck %s
#include "Inputs/errors.h"

// CHECK: makeSite("status", {{.*}}, "a", 1., 7U, nullptr, nullptr)
// CHECK: arguments(__obs_scope, a);
// CHECK: Status __obs_result = Status();
// CHECK-NEXT: resultOrError(__obs_scope, __obs_result, a);
// CHECK: failed(__obs_scope, a);
[[obs::monitor]] Status status(int a) { return Status(); }

// CHECK: resultOrError(__obs_scope, named, a, b);
[[obs::monitor]] StatusOr<int> elided(int a, int b) {
  StatusOr<int> named;
  return named;
}
// CHECK: resultOrError(__obs_scope, __obs_result);
[[obs::monitor]] const Status &reference() { static Status status; return status; }
// CHECK: resultOrError(__obs_scope, __obs_result);
[[obs::monitor]] Expected<int, int> expected() { return {}; }
// CHECK: resultOrError(__obs_scope, __obs_result);
[[obs::monitor]] Code code() { return {}; }
// CHECK: resultOrError(__obs_scope, __obs_result, secret());
[[obs::monitor]] own::Result hook([[obs::secret]] int key) { return {key}; }

// Not the result, or not to be shown: the error all the same.
// CHECK: makeSite("unwanted", {{.*}}, "", 1., 5U, nullptr, nullptr)
// CHECK: error(__obs_scope, __obs_result);
[[obs::monitor(result=false)]] Status unwanted() { return {}; }
// CHECK: makeSite("hidden", {{.*}}, "", 1., 7U, nullptr, nullptr)
// CHECK: error(__obs_scope, __obs_result);
[[obs::monitor, obs::secret]] Status hidden() { return {}; }

// Switched off by the function, or what is around it.
// CHECK: makeSite("off", {{.*}}, "", 1., 3U, nullptr)
// CHECK: result(__obs_scope, __obs_result);
[[obs::monitor(errors=exceptions)]] Status off() { return {}; }
struct [[obs::monitor(errors=exceptions)]] Getters {
  // CHECK: result(__obs_scope, __obs_result);
  Status last() const { static int i; ++i; return {}; }
  // CHECK: resultOrError(__obs_scope, __obs_result);
  [[obs::monitor(errors=all)]] Status next() const { return {}; }
};

// No errors.
// CHECK: makeSite("copying", {{.*}}, "a", 1., 3U, nullptr)
// CHECK: result(__obs_scope, __obs_result);
[[obs::monitor]] Copying copying(int a) { return {}; }
// CHECK: result(__obs_scope, __obs_result);
[[obs::monitor]] Optional optional() { return {}; }
// CHECK: result(__obs_scope, __obs_result);
[[obs::monitor]] Status *pointer() { return nullptr; }
// CHECK: result(__obs_scope, __obs_result);
[[obs::monitor]] int number(Status status) { return 1; }
