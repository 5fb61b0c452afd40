// Results are built in the return slot: as many copies and moves as without.
// RUN: %print -std=c++17 %s | FileCheck %s
// RUN: %obs -std=c++17 -O0 -c %s -o /dev/null
// RUN: %obs -std=c++20 -O2 -c %s -o /dev/null
// RUN: %print -std=c++17 -fno-elide-constructors %s | FileCheck --check-prefix=COPIES %s

struct Fixed { Fixed(int); Fixed(const Fixed &) = delete; ~Fixed(); int x; };
struct Plain { int x, y; };

// CHECK-LABEL: : scalar
// CHECK: int __obs_result = a + 1;
// CHECK-NEXT: __obs_call.result = __obs_result;
// CHECK-NEXT: return __obs_result;
[[obs::monitor]] int scalar(int a) { return a + 1; }

// CHECK-LABEL: : elided
// CHECK: Plain local
// CHECK-NOT: __obs_result
// CHECK: keep(__obs_scope, &local);
// CHECK-NEXT: return local;
// COPIES-LABEL: : elided
// COPIES-NOT: keep
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
// CHECK-NOT: keep
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

// A reference to what is never defined here.
// CHECK-LABEL: : incomplete
// CHECK: Unknown &__obs_result = u;
struct Unknown;
[[obs::monitor]] Unknown &incomplete(Unknown &u) { return u; }

struct MoveOnly { MoveOnly(); MoveOnly(MoveOnly &&); int x; };
struct alignas(64) Aligned { int x; };
struct Arrays { int a[3]; char b[4]; };
struct Empty {};

// CHECK-LABEL: : moveOnly
// CHECK: MoveOnly __obs_result = MoveOnly();
[[obs::monitor]] MoveOnly moveOnly() { return MoveOnly(); }
// CHECK-LABEL: : constant
// CHECK: const Plain __obs_result = {1, 2};
// CHECK: keep(__obs_scope, &__obs_result);
[[obs::monitor]] const Plain constant() { return {1, 2}; }
// CHECK-LABEL: : arrays
// CHECK: Arrays __obs_result =
[[obs::monitor]] Arrays arrays() { return {{1, 2, 3}, "abc"}; }
// CHECK-LABEL: : aligned
// CHECK: Aligned __obs_result = a;
[[obs::monitor]] Aligned aligned(Aligned a) { return a; }
// CHECK-LABEL: : empty
// CHECK: Empty __obs_result = Empty();
[[obs::monitor]] Empty empty() { return Empty(); }
// CHECK-LABEL: : arrayReference
// CHECK: int (&__obs_result)[2] = a;
[[obs::monitor]] int (&arrayReference(int (&a)[2]))[2] { return a; }
// CHECK-LABEL: : conditional
// CHECK: Plain __obs_result = first ? a : b;
[[obs::monitor]] Plain conditional(bool first, Plain a, Plain b) { return first ? a : b; }
// CHECK-LABEL: : conditionalLvalue
// CHECK: int &__obs_result = first ? a : b;
[[obs::monitor]] int &conditionalLvalue(bool first, int &a, int &b) { return first ? a : b; }

// Elided on one path only.
// CHECK-LABEL: : sometimes
// CHECK: keep(__obs_scope, &one);
// CHECK-NEXT: return one;
// CHECK: Fixed2 __obs_result = Fixed2(2);
// CHECK: Fixed2 __obs_result = a;
struct Fixed2 { Fixed2(int); Fixed2(const Fixed2 &); int x; };
[[obs::monitor]] Fixed2 sometimes(int n) {
  if (n == 1) { Fixed2 one(1); return one; }
  if (n == 2) return Fixed2(2);
  Fixed2 a(3), b(4);
  if (n == 3) return a;
  return b;
}

int gValue;
// CHECK-LABEL: : exactly
// CHECK: int &__obs_result = (gValue);
[[obs::monitor]] decltype(auto) exactly() { return (gValue); }
// CHECK-LABEL: : exactlyValue
// CHECK: int __obs_result = gValue;
[[obs::monitor]] decltype(auto) exactlyValue() { return gValue; }
// CHECK-LABEL: : forwarding
// CHECK: int &&__obs_result = static_cast<int &&>(x);
[[obs::monitor]] auto &&forwarding(int &&x) { return static_cast<int &&>(x); }
// CHECK-LABEL: : trailing
// CHECK: long __obs_result = x;
[[obs::monitor]] auto trailing(int x) -> long { return x; }
