// A throw notes its place, whatever function it stands in.
// RUN: %obs -std=c++20 -S -emit-llvm -o - %s | FileCheck %s
// RUN: %obs -std=c++20 -x c++-header %S/Inputs/throws.h -o %t.pch
// RUN: %obs -std=c++20 -include-pch %t.pch -DPRECOMPILED -S -emit-llvm -o - %s | FileCheck %s
// RUN: %print -std=c++20 %s | FileCheck --check-prefix=PRINT %s
// Without optimization, as the order of the functions is that of the file.
#ifndef PRECOMPILED
#include "Inputs/throws.h"
#endif

// PRINT: throw throwing(
[[obs::monitor]] void monitored() { throw 5.0; }

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
// CHECK: call void @_ZN3obs6detail8throwingIdEEvRKT_PKcj({{.*}}, i32 noundef 12)
// CHECK: __cxa_throw

// Built in place, noted once, then thrown.
// CHECK-LABEL: define {{.*}}@_Z5placei
// CHECK: call {{.*}}@__cxa_allocate_exception
// CHECK: @_ZN5ErrorC1Ei(
// CHECK: @_ZN3obs6detail13throwingValueI5ErrorEEvRKT_PKcjPKv({{.*}}, i32 noundef 10, {{.*}}@_ZTI5Error
// CHECK-NOT: throwing
// CHECK: __cxa_throw
// CHECK-LABEL: define {{.*}}@_Z6scalarv
// CHECK: @_ZN3obs6detail8throwingIiEEvRKT_PKcj({{.*}} i32 noundef 13)
// CHECK-NOT: throwing
// CHECK: __cxa_throw
// CHECK-LABEL: define {{.*}}@_Z7rethrowv
// CHECK-NOT: throwing
// CHECK: __cxa_rethrow
// CHECK-LABEL: define {{.*}}@_ZN6MemberC2Ev
// CHECK: @_ZN3obs6detail8throwingIcEEvRKT_PKcj({{.*}} i32 noundef 34)
// CHECK-LABEL: define {{.*}}@_ZN6MemberC2Ei
// CHECK: @_ZN3obs6detail8throwingIyEEvRKT_PKcj({{.*}} i32 noundef 32)
// CHECK-LABEL: define {{.*}}@_Z16fromSystemHeaderv
// CHECK-NOT: throwing
// CHECK: __cxa_throw
// CHECK-LABEL: define {{.*}}@_Z9evaluatedb
// CHECK: @_ZN3obs6detail8throwingIfEEvRKT_PKcj({{.*}} i32 noundef 38)
// With their types, so that they can be shown by their values.
// CHECK-LABEL: define {{.*}}@_Z7membersv
// CHECK: @_ZN3obs6detail13throwingValueI6ParcelEEvRKT_PKcjPKv({{.*}}, i32 noundef 56, {{.*}}@_ZTI6Parcel
// CHECK: call void @__cxa_throw({{.*}}@_ZTI6Parcel
// CHECK-LABEL: define {{.*}}@_Z10enumeratorv
// CHECK: @_ZN3obs6detail13throwingValueI5FaultEEvRKT_PKcjPKv({{.*}}, {{.*}}@_ZTI5Fault
// CHECK-LABEL: define {{.*}}@_Z7derivedv
// CHECK: @_ZN3obs6detail8throwingI7DerivedEEvRKT_PKcj(
// CHECK-LABEL: define {{.*}}@_ZZ8inLambdavENKUlvE_clEv
// CHECK: @_ZN3obs6detail8throwingIlEEvRKT_PKcj({{.*}} i32 noundef 26)
// CHECK-LABEL: define {{.*}}@_Z10inTemplateIjEiT_
// CHECK: @_ZN3obs6detail8throwingIjEEvRKT_PKcj({{.*}} i32 noundef 23)
