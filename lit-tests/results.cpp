// Results are built in the return slot: as many copies and moves as without.
// RUN: %print -std=c++17 %s | FileCheck %s
// RUN: %print -std=c++17 -fno-elide-constructors %s | FileCheck --check-prefix=COPIES %s

struct Fixed { Fixed(int); Fixed(const Fixed &) = delete; ~Fixed(); int x; };
struct Plain { int x, y; };

// CHECK-LABEL: : scalar
// CHECK: int __obs_result = a + 1;
// CHECK-NEXT: result(__obs_scope, __obs_result);
// CHECK-NEXT: return __obs_result;
[[obs::monitor]] int scalar(int a) { return a + 1; }

// CHECK-LABEL: : elided
// CHECK: Plain local
// CHECK-NOT: __obs_result
// CHECK: result(__obs_scope, local);
// CHECK-NEXT: return local;
// COPIES-LABEL: : elided
// COPIES-NOT: result(
// COPIES: // {{.*}}: eachPath
[[obs::monitor]] Plain elided() { Plain local{1, 2}; return local; }

// Without an else, in a switch, in a loop: each return is a block of its own.
// CHECK-LABEL: : eachPath
// CHECK-COUNT-4: return __obs_result;
[[obs::monitor]] int eachPath(int a) {
  if (a) return 1;
  switch (a) { case 2: return 2; default: break; }
  for (;;) return 3;
  return ({ if (a) return 4; 5; });
}

// CHECK-LABEL: : unmovable
// CHECK: Fixed __obs_result = {a};
[[obs::monitor]] Fixed unmovable(int a) { return {a}; }

// CHECK-LABEL: : lvalue
// CHECK: int &__obs_result = a;
// CHECK: return __obs_result;
[[obs::monitor]] int &lvalue(int &a) { return a; }

// CHECK-LABEL: : rvalue
// CHECK: int &&__obs_result = static_cast<int &&>(a);
[[obs::monitor]] int &&rvalue(int &a) { return static_cast<int &&>(a); }

// CHECK-LABEL: : nothing
// CHECK-NOT: result(
// CHECK-LABEL: : deduced
void other();
[[obs::monitor]] void nothing() { return other(); }

// What `if constexpr` throws away has a type of its own.
// CHECK: return "text";
// CHECK: int __obs_result = 1;
[[obs::monitor]] auto deduced() {
  if constexpr (sizeof(int) == 1) return "text"; else return 1;
}

// The returns of a lambda are not the function's.
// CHECK-LABEL: : withLambda
// CHECK: return 5;
// CHECK: int __obs_result = inner();
[[obs::monitor]] int withLambda() { auto inner = [] { return 5; }; return inner(); }
