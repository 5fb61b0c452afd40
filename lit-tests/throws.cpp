// A throw notes its place, whatever function it stands in.
// RUN: %obs -std=c++20 -S -emit-llvm -o - %s | FileCheck %s
// RUN: %obs -std=c++20 -x c++-header %S/Inputs/throws.h -o %t.pch
// RUN: %obs -std=c++20 -include-pch %t.pch -DPRECOMPILED -S -emit-llvm -o - %s | FileCheck %s
// RUN: %print -std=c++20 %s | FileCheck --check-prefix=PRINT %s
// RUN: %obs -std=c++20 -O1 -Xclang -disable-llvm-passes -S -emit-llvm -o - %s \
// RUN:   | FileCheck --check-prefix=ONCE %s
// Without optimization, as the order of the functions is that of the file.
#ifndef PRECOMPILED
#include "Inputs/throws.h"
#endif

// PRINT: throw throwingScalar(
[[obs::monitor]] void monitored() { throw 5.0; }

// No temporary is made for it, see scope.h.
// ONCE-LABEL: define {{.*}}@_Z11conditionali
// ONCE-NOT: __cxa_free_exception
// ONCE: invoke void @__cxa_throw
// ONCE-NOT: __cxa_free_exception
// ONCE-LABEL: define
[[obs::monitor]] int conditional(int x) { return x < 0 ? throw "negative" : x; }

void uses() {
  place(1);
  scalar();
  rethrow();
  inLambda();
  Member member, other(1);
  fromSystemHeader();
  evaluated(member.value);
  members();
  enumerator();
  derived();
}

// CHECK-LABEL: define {{.*}}@_Z9monitoredv
// CHECK: call void @_ZN3obs6detail14throwingScalarIdEEvT_PKcj({{.*}}, i32 noundef 14)
// CHECK: __cxa_throw

// Built in place, noted once, then thrown.
// CHECK-LABEL: define {{.*}}@_Z5placei
// CHECK: call {{.*}}@__cxa_allocate_exception
// CHECK: @_ZN5ErrorC1Ei(
// CHECK: @_ZN3obs6detail13throwingValueI5ErrorEEvRKT_PKcjPKv({{.*}}, i32 noundef 10, {{.*}}@_ZTI5Error
// CHECK-NOT: throwing
// CHECK: __cxa_throw
// CHECK-LABEL: define {{.*}}@_Z6scalarv
// CHECK: @_ZN3obs6detail14throwingScalarIiEEvT_PKcj({{.*}} i32 noundef 13)
// CHECK-NOT: throwing
// CHECK: __cxa_throw
// CHECK-LABEL: define {{.*}}@_Z7rethrowv
// CHECK-NOT: throwing
// CHECK: __cxa_rethrow
// CHECK-LABEL: define {{.*}}@_ZN6MemberC2Ev
// CHECK: @_ZN3obs6detail14throwingScalarIcEEvT_PKcj({{.*}} i32 noundef 34)
// CHECK-LABEL: define {{.*}}@_ZN6MemberC2Ei
// CHECK: @_ZN3obs6detail14throwingScalarIyEEvT_PKcj({{.*}} i32 noundef 32)
// CHECK-LABEL: define {{.*}}@_Z16fromSystemHeaderv
// CHECK-NOT: throwing
// CHECK: __cxa_throw
// CHECK-LABEL: define {{.*}}@_Z9evaluatedb
// CHECK: @_ZN3obs6detail14throwingScalarIfEEvT_PKcj({{.*}} i32 noundef 38)
// With their types, so that they can be shown by their values.
// CHECK-LABEL: define {{.*}}@_Z7membersv
// CHECK: @_ZN3obs6detail13throwingValueI6ParcelEEvRKT_PKcjPKv({{.*}}, i32 noundef 56, {{.*}}@_ZTI6Parcel
// CHECK: call void @__cxa_throw({{.*}}@_ZTI6Parcel
// CHECK-LABEL: define {{.*}}@_Z10enumeratorv
// CHECK: @_ZN3obs6detail19throwingScalarValueI5FaultEEvT_PKcjPKv({{.*}}, {{.*}}@_ZTI5Fault
// CHECK-LABEL: define {{.*}}@_Z7derivedv
// CHECK: @_ZN3obs6detail8throwingI7DerivedEEvRKT_PKcj(
// CHECK-LABEL: define {{.*}}@_ZZ8inLambdavENKUlvE_clEv
// CHECK: @_ZN3obs6detail14throwingScalarIlEEvT_PKcj({{.*}} i32 noundef 26)
// CHECK-LABEL: define {{.*}}@_Z10inTemplateIjEiT_
// CHECK: @_ZN3obs6detail14throwingScalarIjEEvT_PKcj({{.*}} i32 noundef 23)
