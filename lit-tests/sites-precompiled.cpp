// A precompiled header has no object file: its users' say what they use of it.
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: echo 'byRule*' > rules
// RUN: %obs -std=c++20 -fplugin-arg-obs-functions=rules -Wno-unused -x c++-header %s -o h.pch
// RUN: %obs -std=c++20 -fplugin-arg-obs-functions=rules -DUSER -include-pch h.pch -c %s -o a.o
// RUN: llvm-readelf -p .obs.sites a.o | FileCheck --implicit-check-not=notUsed %s
// RUN: %obs -std=c++20 -DUSER -include-pch h.pch -S -emit-llvm %s -o - | FileCheck --check-prefix=IR %s
// IR-NOT: llvm.global.annotations

// CHECK: "monitored","function":"byRule",{{.*}}"by":"rule","by_file":"rules","by_line":1,
// CHECK: "monitored","function":"inHeader",{{.*}}"by":"attribute",
// CHECK: "monitored","function":"pattern<int>",
// CHECK: "refused","function":"naked",{{.*}}"why":"it is naked
// CHECK: "rule","file":"rules","line":1,"text":"byRule*"
#ifndef USER
[[obs::monitor]] inline int inHeader(int a) { return a; }
[[obs::monitor]] inline int notUsed(int a) { return a; }
[[obs::monitor]] __attribute__((naked)) inline int naked(int) { asm("ret"); }
template <class T> [[obs::monitor]] T pattern(T a) { return a; }
inline int byRule(int a) { return inHeader(inHeader(a)); }
#else
int user() { return inHeader(1) + pattern(2) + naked(3) + byRule(4); }
#endif
