// A monitored function is inlined less, as each copy brings its monitoring along,
// unless it is declared `inline`; others are left alone.
// RUN: %obs -std=c++20 -O1 -S -emit-llvm %s -o - | FileCheck %s

[[obs::monitor]] int asked(int x) { return x + 1; }
int plain(int x) { return x + 1; }
[[obs::monitor]] inline int wanted(int x) { return x + 1; }
[[obs::monitor]] __attribute__((always_inline)) int always(int x) { return x; }
int (*const kAll[])(int) = {asked, plain, wanted, always};
auto *use = kAll;

// CHECK-DAG: define {{.*}}@_Z5askedi({{.*}} #[[ASKED:[0-9]+]]
// CHECK-DAG: define {{.*}}@_Z5plaini({{.*}} #[[PLAIN:[0-9]+]]
// CHECK-DAG: define {{.*}}@_Z6wantedi({{.*}} #[[WANTED:[0-9]+]]
// CHECK-DAG: define {{.*}}@_Z6alwaysi({{.*}} #[[ALWAYS:[0-9]+]]
// CHECK-DAG: attributes #[[ASKED]] = {{.*}}"function-inline-cost-multiplier"="3"
// CHECK-NOT: attributes {{.*}}"function-inline-cost-multiplier"
