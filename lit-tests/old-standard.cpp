// Before C++17 and in C nothing is monitored, which is said.
// RUN: %obs -std=c++14 -fsyntax-only -Xclang -verify %s
// RUN: %obs -std=c++11 -fsyntax-only -Xclang -verify %s
// RUN: %obs -x c -std=c2x -fsyntax-only -Xclang -verify %s
// RUN: %obs -std=c++14 -w -c %s -o %t.o
// RUN: %obs -std=c++14 -fplugin-arg-obs-functions=%S/Inputs/rules.txt -DNONE -fsyntax-only %s 2>&1 | FileCheck %s
// CHECK: warning: nothing is monitored: the rules need C++17 or later
#ifndef NONE
// expected-warning@+1 {{nothing is monitored: 'obs::monitor' needs C++17 or later; compile with -std=c++17}}
[[obs::monitor(sample=0.5)]] int f(int a) { return a; }
#endif
