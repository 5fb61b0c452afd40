// Lambdas wherever they may stand, with captures of every kind.
// RUN: %print -std=c++20 %s | FileCheck %s
// RUN: %obs -std=c++20 -O0 -Wno-c++23-lambda-attributes -Wno-unknown-warning-option -c %s -o /dev/null
// RUN: %obs -std=c++20 -O2 -Wno-c++23-lambda-attributes -Wno-unknown-warning-option -c %s -o /dev/null
#define M [[obs::monitor]]

// CHECK-DAG: __obs_result = x + 100;
int inDefault(int y = [] M (int x) { return x + 100; }(1)) { return y; }
// CHECK-DAG: __obs_result = x + 101;
template <class T> int inTemplate(T y = [] M (int x) { return x + 101; }(1)) { return y; }
struct Initialized {
  // CHECK-DAG: __obs_result = x + 102;
  int member = [] M (int x) { return x + 102; }(1);
  // CHECK-DAG: __obs_result = x + 103;
  static inline int shared = [] M (int x) { return x + 103; }(1);
  // CHECK-DAG: __obs_result = x + 104;
  Initialized() : written([] M (int x) { return x + 104; }(1)) {}
  int written;
};
template <class T> struct InitializedTemplate {
  // CHECK-DAG: __obs_result = x + 105;
  T member = [] M (int x) { return x + 105; }(1);
  // CHECK-DAG: __obs_result = x + 106;
  static inline T shared = [] M (int x) { return x + 106; }(1);
};
extern int gStart;
// CHECK-DAG: __obs_result = x + 107 + gStart;
template <class T> T gVariable = [] M (T x) { return x + 107 + gStart; }(1);
// CHECK-DAG: __obs_result = x + 108;
inline int gInline = [] M (int x) { return x + 108; }(1);
// CHECK-DAG: __obs_result = x + 109;
template <auto F> int inArgument() { return F(1); }
// A type: nothing runs.
using Unevaluated = decltype([] (int x) { return x; });

struct This {
  int value;
  int run(int a, int b) {
    // CHECK-DAG: __obs_result = x + a + 110;
    auto byValue = [a] M (int x) { return x + a + 110; };
    // CHECK-DAG: __obs_result = x + b + 111;
    auto byReference = [&b] M (int x) { return x + b + 111; };
    // CHECK-DAG: __obs_result = x + c + 112;
    auto init = [c = a + b] M (int x) { return x + c + 112; };
    // CHECK-DAG: __obs_result = ++c;
    auto changing = [c = 1] M () mutable { return ++c; };
    // CHECK-DAG: __obs_result = x + this->value + 113;
    auto object = [this] M (int x) { return x + this->value + 113; };
    // CHECK-DAG: __obs_result = x + this->value + 114;
    auto copy = [*this] M (int x) { return x + this->value + 114; };
    // CHECK-DAG: __obs_result = x + a + b + 115;
    auto all = [=, &b] M (int x) { return x + a + b + 115; };
    // CHECK-DAG: "int This::run::(lambda)(char x) const", "x"
    auto generic = [] M (auto x) { return x + 116; };
    // CHECK-DAG: "x[0],x[1]"
    auto variadic = [] M (auto... x) { return sizeof...(x) + 117; };
    // CHECK-DAG: __obs_result = x + 118;
    auto constant = [] M (int x) constexpr { return x + 118; };
    static_assert(constant(1) == 119);
    return byValue(1) + byReference(1) + init(1) + changing() + object(1) + copy(1) + all(1) +
           generic('c') + int(variadic(1, 2)) + constant(a);
  }
};
template <class... T> int packed(T... values) {
  // CHECK-DAG: __obs_result = {{.*}}119 +
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "packed<int, int>::(lambda)"
  return [values...] M () { return (119 + ... + values); }();
}
int used = inDefault() + inTemplate<int>() + Initialized().member + InitializedTemplate<int>().member +
           InitializedTemplate<int>::shared + gVariable<int> + gInline + This().run(1, 2) +
           packed(1, 2) + inArgument<[] M (int x) { return x + 109; }>();
