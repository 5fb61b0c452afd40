// REQUIRES: clang18
// What C++23 brings.
// RUN: %print -std=c++2b %s | FileCheck %s
// RUN: %obs -std=c++2b -O0 -c %s -o /dev/null
// RUN: %obs -std=c++2b -O2 -c %s -o /dev/null

struct Object {
  int x;
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Object::byValue", {{.*}}, "self,y"
  [[obs::monitor]] int byValue(this Object self, int y) { return self.x + y; }
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Object::operator()", {{.*}}, "a"
  [[obs::monitor]] static int operator()(int a) { return a; }
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Object::operator[]", {{.*}}, "a,b"
  [[obs::monitor]] int operator[](int a, int b) { return a + b; }
  template <class Self> [[obs::monitor]] auto &&deduced(this Self &&self) { return self.x; }
};

// CHECK: : evaluated
// CHECK: if consteval
[[obs::monitor]] constexpr int evaluated(int x) {
  if consteval { return 1; } else { return x; }
}
static_assert(evaluated(5) == 1);

int use(Object o) {
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "use::(lambda)", {{.*}}, "self,n"
  auto factorial = [] [[obs::monitor]] (this auto self, int n) -> int { return n ? n * self(n - 1) : 1; };
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "use::(lambda)", {{.*}}, "s"
  auto isStatic = [] [[obs::monitor]] (int s) static { return s; };
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Object::deduced<Object &>", {{.*}}, "self"
  return factorial(3) + isStatic(1) + o.deduced() + o.byValue(1) + o(1) + o[1, 2] + evaluated(o.x);
}
