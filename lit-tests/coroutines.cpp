// The body of a coroutine is monitored, from its first step to its end.
// REQUIRES: clang16
// RUN: %print -std=c++20 %s | FileCheck %s
// RUN: %obs -std=c++20 -fsyntax-only -Xclang -ast-dump %s | FileCheck --check-prefix=TREE %s
// RUN: %obs -std=c++20 -S -emit-llvm -O0 -Xclang -disable-llvm-passes -o - %s | FileCheck --check-prefix=CODE %s
// RUN: %obs -std=c++20 -c -O2 -o %t.o %s
// RUN: %obs -std=c++20 -c -O0 -fno-exceptions -o %t.o %s
#include "Inputs/coroutine.h"

Task<int> other();

// CHECK-LABEL: : task
// CHECK: Site __obs_site = makeSite({{&__obs_site_id[_0-9A-F]*}}, "task", {{.*}}, "Task<int> task(int a)", "a", 1., 3U,
// CHECK: CoroutineScope __obs_scope;
// CHECK-NEXT: if (countCoroutine(__obs_site_id))
// CHECK-NEXT: obs_rt_coroutine_enter(&__obs_scope, &__obs_site, __builtin_coro_frame(), a);
// CHECK: try {
// CHECK: finished(__obs_scope);
// CHECK-NEXT: co_return
// CHECK: finished(__obs_scope);
// CHECK: obs_rt_coroutine_failed(&__obs_scope, &__obs_site, a);
// CHECK-NEXT: throw;

// TREE-LABEL: FunctionDecl {{.*}} task 'Task<int> (int)'
// TREE: CoawaitExpr
// TREE: CallExpr {{.*}} 'bool'
// TREE: 'awaiting' 'bool (CoroutineScope &, bool, bool) noexcept'
// TREE: 'obs_rt_transferring' 'void *(void *) noexcept'
// TREE: BinaryOperator {{.*}} ','
// TREE: 'resumed' 'void (CoroutineScope &) noexcept'
// TREE: CoreturnStmt
// TREE: PseudoObjectExpr
// TREE: result

// CODE-LABEL: define {{.*}} @_Z4taski
[[obs::monitor]] Task<int> task(int a) { co_return co_await other() + a; }

// Each suspension twice told, each value once evaluated.
// CODE-LABEL: define {{.*}} @_Z9generatorv
// CODE-COUNT-2: {{call|invoke}} {{.*}} @{{.*}}yield_value
// CODE-NOT: {{(call|invoke) .*}}yield_value
// CODE-LABEL: define {{.*}} @_Z4textv
[[obs::monitor]] Task<int> generator() {
  co_yield 1;
  co_yield 2;
  co_return 3;
}

struct Text { Text(const char *); Text(Text &&) = delete; ~Text(); };
struct TextTask {
  struct promise_type : Task<int>::promise_type {
    TextTask get_return_object();
    void return_value(const Text &);
  };
};
// Built where it was to be built.
// CODE: {{call|invoke}} {{.*}} @_ZN4TextC1EPKc
// CODE-NOT: @_ZN4TextC1
// CODE: {{call|invoke}} {{.*}} @{{.*}}return_value
[[obs::monitor]] TextTask text() { co_return "text"; }

// CHECK-LABEL: : silent
// CHECK: "Task<int> silent()", "", 1., 1U, nullptr, 0U)
// CHECK-NOT: keep
// CHECK: co_return 1
[[obs::monitor(result=false)]] Task<int> silent() { co_return 1; }
