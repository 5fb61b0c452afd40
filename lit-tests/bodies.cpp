// What may stand in a body stays as it is; each return is captured.
// RUN: %print -std=c++17 %s | FileCheck %s
// RUN: %obs -std=c++17 -O0 -w -c %s -o /dev/null
// RUN: %obs -std=c++20 -O2 -w -c %s -o /dev/null

// CHECK-LABEL: : tries
// CHECK: try {
// CHECK-NEXT: try {
// CHECK: catch (int thrown) {
// CHECK: int __obs_result = thrown;
// CHECK: obs_rt_failed(__obs_scope.call, &__obs_site, x);
[[obs::monitor]] int tries(int x) try { throw x; } catch (int thrown) { return thrown; }

// CHECK-LABEL: : jumps
// CHECK: again:
// CHECK: goto again;
// CHECK: out:
[[obs::monitor]] int jumps(int x) {
again:
  if (x > 5) { --x; goto again; }
  if (x) goto out;
  return 1;
out:
  return 2;
}

// CHECK-LABEL: : dispatches
// CHECK: goto *labels[x];
[[obs::monitor]] int dispatches(int x) {
  static const void *const labels[] = {&&one, &&two};
  goto *labels[x];
one:
  return 1;
two:
  return 2;
}

// CHECK-LABEL: : falls
// CHECK: case 1:
// CHECK: {{\[\[fallthrough\]\]}}
// CHECK: case 2:
// CHECK-NEXT: {
// CHECK: int __obs_result = 2;
[[obs::monitor]] int falls(int x) {
  switch (x) {
  case 1:
    ++x;
    [[fallthrough]];
  case 2: return 2;
  }
  return x;
}

// CHECK-LABEL: : variableLength
// CHECK: int array[n];
[[obs::monitor]] int variableLength(int n) { int array[n]; array[0] = n; return array[0]; }

// CHECK-LABEL: : assembly
// CHECK: asm volatile
[[obs::monitor]] int assembly(int x) { asm volatile("" : "+r"(x)); return x; }

// CHECK-LABEL: : statementExpression
// CHECK: int __obs_result = ({
// CHECK: int __obs_result = 7;
[[obs::monitor]] int statementExpression(int x) { return ({ if (x) return 7; x + 1; }); }

// CHECK-LABEL: : variadic
// CHECK: obs_rt_enter(&__obs_call, &__obs_site, count);
// CHECK: __builtin_va_start(list, count);
[[obs::monitor]] int variadic(int count, ...) {
  __builtin_va_list list;
  __builtin_va_start(list, count);
  __builtin_va_end(list);
  return count;
}

// CHECK-LABEL: : sets
// CHECK: _setjmp(
extern "C" int _setjmp(void **) __attribute__((returns_twice));
extern "C" [[noreturn]] void longjmp(void **, int);
void *buffer[64];
[[obs::monitor]] int sets() { return _setjmp(buffer); }
// CHECK-LABEL: : never
// CHECK: longjmp(buffer, 1);
[[obs::monitor]] [[noreturn]] void never() { longjmp(buffer, 1); }

// CHECK-LABEL: : recursive
// CHECK: int __obs_result = n ? recursive(n - 1) : 0;
[[obs::monitor]] int recursive(int n) { return n ? recursive(n - 1) : 0; }

// CHECK-LABEL: : promises
// CHECK: obs_rt_failed(__obs_scope.call, &__obs_site, x);
[[obs::monitor]] void promises(int x) noexcept { if (x) throw x; }
// CHECK-LABEL: : conditionally
// CHECK: obs_rt_failed(__obs_scope.call, &__obs_site, x);
template <class T> [[obs::monitor]] void conditionally(T x) noexcept(sizeof(T) == 4) { throw x; }
template void conditionally(long);

// CHECK-LABEL: : overloaded
// CHECK: "int overloaded(int x)"
[[obs::monitor]] int overloaded(int x) { return x; }
// CHECK-LABEL: : overloaded
// CHECK: "int overloaded(double x, int y)"
[[obs::monitor]] int overloaded(double x, int y = 4) { return y; }
// CHECK-LABEL: : isStatic
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "isStatic"
[[obs::monitor]] static int isStatic() { return 1; }
// CHECK-LABEL: : isInline
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "isInline"
[[obs::monitor]] inline int isInline() { return isStatic(); }

// CHECK-LABEL: : operator new
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "operator new", {{.*}}"size"
[[obs::monitor]] void *operator new(__SIZE_TYPE__ size) { return __builtin_malloc(size); }
// CHECK-LABEL: : operator delete
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "operator delete", {{.*}}"p"
[[obs::monitor]] void operator delete(void *p) noexcept { __builtin_free(p); }
// CHECK-LABEL: : main
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "main", {{.*}}"argc,argv"
[[obs::monitor]] int main(int argc, char **argv) { isInline(); }
