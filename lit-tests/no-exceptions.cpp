// Without exceptions there is nothing to catch.
// RUN: %print -std=c++17 -fno-exceptions -fno-rtti %s | FileCheck %s
// RUN: %obs -std=c++17 -fno-exceptions -fno-rtti -c %s -o %t.o
#include <vector>

// CHECK: obs_rt_enter(&__obs_call, &__obs_site, &a);
// CHECK-NOT: try
// CHECK-NOT: failed
[[obs::monitor]] int f(std::vector<int> a) { return a[0]; }
