// Monitored constexpr functions stay usable in the compiler.
// RUN: %obs -std=c++20 -Wno-c++23-lambda-attributes -Wno-unknown-warning-option -O0 -c %s -o %t.o
// RUN: %obs -std=c++20 -Wno-c++23-lambda-attributes -Wno-unknown-warning-option -O2 -c %s -o %t.o
// RUN: %obs -std=c++20 -w -S -emit-llvm %s -o - | FileCheck --check-prefix=IR %s
// RUN: %print -std=c++20 %s | FileCheck %s

// CHECK: : twice
// CHECK-NOT: static obs::detail::Site
// CHECK: ScopeData __obs_call;
// CHECK-NEXT: Scope __obs_scope = {nullptr};
[[obs::monitor]] constexpr int twice(int x) { if (x < 0) throw x; return x * 2; }
static_assert(twice(2) == 4);
constexpr int kFour = twice(2);
int array[kFour];
int atRunTime(int x) { return twice(x); }

// The initializer may throw: its handler is passed over, too.
struct Point { [[obs::monitor]] constexpr Point(int x) : x(twice(x)) {} int x; };
static_assert(Point(3).x == 6);
Point runtimePoint(int x) { return Point(x); }

struct Guard {
  [[obs::monitor]] constexpr Guard() {}
  [[obs::monitor]] constexpr ~Guard() {}
};
constexpr int guarded() { Guard guard; return 1; }
static_assert(guarded() == 1);

template <class T> struct Box { [[obs::monitor]] constexpr T get() const { return 1; } };
static_assert(Box<int>().get() == 1);

// Sites have names of their own, although these two are mangled alike.
// IR-DAG: @{{.*}}__obs_site_{{.*}} = internal global {{.*}}i32 [[# @LINE + 2]],
// IR-DAG: @{{.*}}__obs_site_{{.*}} = internal global {{.*}}i32 [[# @LINE + 2]],
auto first = [] [[obs::monitor]] (int x) { return x + 1; };
auto second = [] [[obs::monitor]] (int y) { return y + 2; };
int lambdasAtRunTime(int x) { return first(x) + second(x); }

constexpr auto lambda = [] [[obs::monitor]] (int x) { return x + 1; };
static_assert(lambda(1) == 2);

[[obs::monitor]] constexpr int countDown(int n) {
  if (!n) return 0;
  [[clang::musttail]] return countDown(n - 1);
}
static_assert(countDown(5) == 0);
int countAtRunTime(int n) { return countDown(n); }
// CHECK-DAG: // {{.*}}: countDown

// A class type is returned in the compiler as if nobody looked: where it is
// built is seen, too.
// CHECK-DAG: if consteval
struct View { const char *data; int size; };
[[obs::monitor]] constexpr View view(const char *data, int size) { return {data, size}; }
constexpr View kView = view("abc", 3);
static_assert(kView.size == 3 && view("abcd", 4).data[3] == 'd');
struct Pinned {
  constexpr Pinned(int x) : self(this), x(x) {}
  Pinned(const Pinned &) = delete;
  const Pinned *self;
  int x;
};
[[obs::monitor]] constexpr Pinned pinned(int x) {
  if (x > 5) return Pinned(5);
  return Pinned(x);
}
constexpr Pinned kPinned = pinned(3), kFive = pinned(9);
static_assert(kPinned.self == &kPinned && kPinned.x == 3);
static_assert(kFive.self == &kFive && kFive.x == 5);
View viewAtRunTime(const char *data, int size) { return view(data, size); }
