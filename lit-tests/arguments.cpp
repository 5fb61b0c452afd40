// The forms that the attribute and its arguments take.
// RUN: %print -std=c++17 %s | FileCheck %s --implicit-check-not=untouched
// RUN: %obs -std=c++17 -S -emit-llvm -o - %s | FileCheck --check-prefix=TYPES %s

// CHECK: __obs_site = makeSite({{&__obs_site_id[_0-9A-F]*}}, "plain", "{{.*}}arguments.cpp", [[@LINE+1]]U, "void plain(int a)", "a", 1., 1U,
[[obs::monitor]] void plain(int a) {}

// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "empty", {{.*}}, "", 1., 1U,
[[obs::monitor()]] void empty() {}

// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "sampled", {{.*}}, 0.01{{.*}}, {{3|19}}U,
[[obs::monitor(sample=0.01)]] int sampled() { return 1; }

// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "never", {{.*}}, 0., 1U,
[[obs::monitor(sample = 0)]] void never() {}

#define RATE 0.5
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "fromMacro", {{.*}}, 0.25, 1U,
[[obs::monitor(sample=RATE/2)]] void fromMacro() {}

constexpr double kRate = 0.125;
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "fromConstant", {{.*}}, 0.25, 1U,
[[obs::monitor(sample=kRate * (1 + 1))]] void fromConstant() {}

#define MONITOR(...) [[obs::monitor(__VA_ARGS__)]]
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "wholeMacro", {{.*}}, "a", 0.5, 1U,
MONITOR(sample=0.5, skip=(b)) void wholeMacro(int a, int b) {}

// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "withUsing", {{.*}}, 0.5, 1U,
[[using obs: monitor(sample=0.5)]] void withUsing() {}

// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "shop.checkout", {{.*}}, "void named()", "", 1., 1U,
[[obs::monitor(name="shop." "checkout")]] void named() {}

// Neither arguments nor result.
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "nothing", {{.*}}, "int nothing(int a)", "", 1., 0U,
// CHECK: obs_rt_enter(&__obs_call, &__obs_site);
// CHECK-NOT: keep
// CHECK: // {{.*}}: someSkipped
[[obs::monitor(args=false, result=false)]] int nothing(int a) { return a; }

// CHECK: makeSite({{.*}}, "b", 1., 1U,
// CHECK: obs_rt_enter(&__obs_call, &__obs_site, b);
// CHECK: obs_rt_failed(__obs_scope.call, &__obs_site, b);
[[obs::monitor(skip=(a, c))]] void someSkipped(int a, int b, int c) {}

// What a reference refers to may be gone when the call fails.
struct Pair {
  int first, second;
};
// CHECK: obs_rt_enter(&__obs_call, &__obs_site, a, b, &c);
// CHECK: obs_rt_failed(__obs_scope.call, &__obs_site, obs_rt_word(&a, 4U), b, &c);
[[obs::monitor]] void references(const int &a, int b, const Pair &c) {}

// A parameter without a name is called by its place.
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "unnamed", {{.*}}, "a,arg2", 1., 1U,
[[obs::monitor]] void unnamed(int a, int) {}

// On a declaration, it holds for the definition.
[[obs::monitor(sample=0.5)]] void declared();
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "declared", {{.*}}, 0.5, 1U,
void declared() {}

// Without the attribute nothing happens.
void untouched() {}

// Pointer and length, begin and end: no terminated texts.
// TYPES-DAG: buffer{{.*}} = {{.*}}[{{[^,]*}} null, {{[^,]*}}kTypeIPvEE, {{[^,]*}}kTypeIiEE, {{[^,]*}}kTypeIPKcEE, {{[^,]*}}kTypeIiEE]
[[obs::monitor]] void buffer(const char *text, int textLen, const char *message, int level) {}
// TYPES-DAG: range{{.*}} = {{.*}}[{{[^,]*}} null, {{[^,]*}}kTypeIPvEE, {{[^,]*}}kTypeIPvEE]
[[obs::monitor]] void range(const char *begin, const char *end) {}
