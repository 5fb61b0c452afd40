// How an unsampled call is counted: on x86-64 by a piece of assembly, that
// takes both dialects; in what can run in the compiler not by itself.
// REQUIRES: clang17
// RUN: %obs -std=c++20 --target=x86_64-linux-gnu -O2 -S -emit-llvm %s -o - | FileCheck %s
// RUN: %obs -std=c++20 --target=aarch64-linux-gnu -O2 -S -emit-llvm %s -o - | FileCheck --check-prefix=OTHER %s
// RUN: %obs -std=c++20 --target=x86_64-linux-gnu -O2 -S %s -o - | FileCheck --check-prefix=ATT %s
// RUN: %obs -std=c++20 --target=x86_64-linux-gnu -masm=intel -O2 -S %s -o - | FileCheck --check-prefix=INTEL %s
// RUN: %obs -std=c++20 --target=x86_64-linux-gnu -O2 -ftrivial-auto-var-init=pattern -S -emit-llvm %s -o - | FileCheck --check-prefix=FILLED %s
// RUN: %print -std=c++20 %s | FileCheck --check-prefix=PRINT %s

// The numbers of all sites lie side by side.
// CHECK:       @_ZZ3addllE13__obs_site_id = {{.*}}i32 -1, section "obs_ids", align 4
// CHECK-LABEL: define {{.*}}@_Z3addll(
// CHECK:         callbr { i64, i64 } asm sideeffect {{.*}}, "=&r,=&r,*m,!i,~{flags}"
// CHECK-NEXT:      to label %{{.*}} [label %[[SAMPLED:[0-9]+]]]
// CHECK:       [[SAMPLED]]:
// CHECK:         call {{.*}}@obs_rt_enter
// FILLED-LABEL: define {{.*}}@_Z3addll(
// FILLED-NOT:    memset
// FILLED-NOT:    memcpy
// FILLED:        ret
// OTHER-LABEL: define {{.*}}@_Z3addll(
// OTHER-NOT:     callbr
// OTHER:         load atomic
// ATT-LABEL:   _Z3addll:
// ATT:           movq %fs:(%[[THREAD:r[a-z0-9]+]]), %[[THREAD]]
// ATT:           jbe [[FIRST:[^ ]+]]{{$}}
// ATT:           jle [[FIRST]]{{$}}
// INTEL-LABEL: _Z3addll:
// INTEL:         mov [[THREAD:r[a-z0-9]+]], qword ptr fs:{{\[}}[[THREAD]]]
// PRINT:       if (count(__obs_site_id))
[[obs::monitor]] long add(long a, long b) { return a + b; }

// PRINT:       if (countAtRunTime(__obs_site_
[[obs::monitor]] constexpr long twice(long a) { return 2 * a; }
static_assert(twice(2) == 4);
// CHECK-LABEL: define {{.*}}@_Z4fourl(
// CHECK:         callbr { i64, i64 } asm sideeffect
long four(long a) { return twice(a); }
