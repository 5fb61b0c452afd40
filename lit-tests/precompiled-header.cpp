// A body in a precompiled header is instrumented once.
// RUN: %obs -std=c++17 -x c++-header %s -o %t.pch
// RUN: %print -std=c++17 -DUSER -include-pch %t.pch %s | FileCheck %s
// RUN: %obs -std=c++17 -DUSER -include-pch %t.pch -S -emit-llvm -o - %s | FileCheck --check-prefix=IR %s

#ifndef USER
[[obs::monitor]] inline int inHeader(int a) { return a; }
template <class T> [[obs::monitor]] T pattern(T a) { return a; }
#else
// CHECK-NOT: : inHeader
// CHECK: : pattern
int user() { return inHeader(1) + pattern(2); }
// IR: define {{.*}}inHeader
// IR: alloca %"struct.obs::detail::Scope",
// IR-NOT: alloca %"struct.obs::detail::Scope",
// IR: define {{.*}}pattern
#endif
