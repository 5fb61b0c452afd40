// The resources of a coroutine are not measured.
// REQUIRES: clang16
// RUN: %obs -std=c++20 -fsyntax-only -Xclang -verify %s
// RUN: %print -std=c++20 %s 2>/dev/null | FileCheck %s
#include "Inputs/coroutine.h"

Task<int> other();

// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "task", {{.*}}, "a", 1., 3U,
// expected-warning@+1 {{'task' is monitored in part: the resources of a coroutine are not measured, as other calls run on its thread between its steps}}
[[obs::monitor(resources=true)]] Task<int> task(int a) { co_return co_await other() + a; }
