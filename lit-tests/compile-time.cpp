// Monitored constexpr functions stay usable in the compiler.
// RUN: %obs -std=c++20 -Wno-c++23-lambda-attributes -c %s -o %t.o
// RUN: %print -std=c++20 %s | FileCheck %s

// CHECK: : twice
// CHECK-NOT: static obs::detail::Site
// CHECK: Scope __obs_scope(__obs_site_
[[obs::monitor]] constexpr int twice(int x) { if (x < 0) throw x; return x * 2; }
static_assert(twice(2) == 4);
constexpr int kFour = twice(2);
int array[kFour];
int atRunTime(int x) { return twice(x); }

struct Point { [[obs::monitor]] constexpr Point(int x) : x(x) {} int x; };
static_assert(Point(3).x == 3);

template <class T> struct Box { [[obs::monitor]] constexpr T get() const { return 1; } };
static_assert(Box<int>().get() == 1);

constexpr auto lambda = [] [[obs::monitor]] (int x) { return x + 1; };
static_assert(lambda(1) == 2);
