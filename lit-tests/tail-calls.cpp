// A tail call leaves no scope behind: the scope is finished by calls.
// RUN: %obs -std=c++17 -fsyntax-only -Xclang -verify %s
// RUN: %print -std=c++17 %s 2>/dev/null | FileCheck %s
// RUN: %obs -std=c++20 -O0 -w -c %s -o /dev/null
// RUN: %obs -std=c++20 -O2 -w -c %s -o /dev/null
// RUN: %obs -std=c++20 -O2 -fno-exceptions -w -c %s -o /dev/null
// RUN: %obs -std=c++20 -O2 -fno-elide-constructors -w -c %s -o /dev/null

// CHECK-LABEL: : countDown
// CHECK: obs_rt_enter(&__obs_call, &__obs_site, n, total);
// CHECK-NOT: try
// CHECK: int __obs_result = total;
// CHECK-NEXT: __obs_call.result = __obs_result;
// CHECK-NEXT: finish(__obs_scope, true);
// CHECK-NEXT: return __obs_result;
// CHECK: finish(__obs_scope, false);
// CHECK-NEXT: {{\[\[clang::musttail\]\]}} return countDown(n - 1, total + n);
// CHECK: case 7:
// CHECK-NEXT: {
// CHECK-NEXT: finish(__obs_scope, false);
// expected-warning@+1 {{'countDown' is monitored in part: the results of its 'musttail' returns and exceptions are not recorded, as a tail call leaves no scope behind}}
[[obs::monitor]] int countDown(int n, int total) {
  if (!n) return total;
  if (n > 10) [[clang::musttail]] return countDown(n - 1, total + n);
  switch (n) {
  case 7: [[clang::musttail]] return countDown(n - 1, total + n);
  default: break;
  }
  [[clang::musttail]] return countDown(n - 1, total + n);
}

// CHECK-LABEL: : nothing
// CHECK: finish(__obs_scope, false);
// CHECK: other();
// CHECK-NEXT: finish(__obs_scope, true);
// CHECK-NEXT: return;
// CHECK: finish(__obs_scope, true);
// CHECK-NEXT: }
void other();
// expected-warning@+1 {{'nothing' is monitored in part}}
[[obs::monitor]] void nothing(int n) {
  if (n == 1) [[clang::musttail]] return nothing(n - 1);
  if (n == 2) return other();
}

// CHECK-LABEL: : elided
// CHECK: finish(__obs_scope, false);
// CHECK: keep{{.*}}(__obs_scope, {{&?}}[[ELIDED:p|__obs_result]]);
// CHECK-NEXT: finish(__obs_scope, true);
// CHECK-NEXT: return [[ELIDED]];
struct Pair { int a, b; };
// expected-warning@+1 {{'elided' is monitored in part}}
[[obs::monitor]] Pair elided(int n) {
  if (n) [[clang::musttail]] return elided(n - 1);
  Pair p = {1, 2};
  return p;
}

// CHECK-LABEL: : noResult
// CHECK-NOT: __obs_result
// CHECK: finish(__obs_scope, true);
// CHECK-NEXT: return n + 1;
// expected-warning@+1 {{'noResult' is monitored in part}}
[[obs::monitor(result=false)]] int noResult(int n) {
  if (n) return n + 1;
  [[clang::musttail]] return noResult(n + 1);
}

// CHECK-LABEL: : Class::member
// CHECK: finish(__obs_scope, false);
struct Class {
  // expected-warning@+1 {{'member' is monitored in part}}
  [[obs::monitor]] int member(int n) { [[clang::musttail]] return member(n); }
};

// Who marked the class is told as well.
// CHECK-LABEL: : Marked::scoped
struct [[obs::monitor]] Marked {
  // expected-warning@+1 {{'scoped' is monitored in part}}
  int scoped(int n) { other(); [[clang::musttail]] return scoped(n); }
};

// The tail calls of a lambda are its own.
// CHECK-LABEL: : outer
// CHECK: try
// CHECK: obs_rt_failed(__obs_scope.call
[[obs::monitor]] int outer(int n) {
  struct Local { static int f(int x) { [[clang::musttail]] return f(x); } };
  return Local::f(n);
}
