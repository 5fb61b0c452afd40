// What cannot be monitored is said, and compiles unchanged.
// RUN: %obs -std=c++20 -Wno-vla-extension -Wno-unknown-warning-option -fsyntax-only -Xclang -verify %s
// RUN: %obs -std=c++17 -DCXX17 -fsyntax-only -Xclang -verify=cxx17 %s
// RUN: %obs -std=c++20 -w -c %s -o /dev/null 2>&1 | count 0
// RUN: not %obs -std=c++20 -Werror -fsyntax-only %s 2>&1 | FileCheck %s

// CHECK: error: cannot monitor 'Defaulted'

#ifdef CXX17
// cxx17-warning@+1 {{cannot monitor 'constant': a constexpr function can be monitored from C++20 on; compile with -std=c++20, or drop constexpr}}
[[obs::monitor]] constexpr int constant(int x) { return x; }
#else
struct Defaulted {
  // expected-warning@+1 {{cannot monitor 'Defaulted': it is defaulted and has no body of its own}}
  [[obs::monitor]] Defaulted() = default;
  // expected-warning@+1 {{cannot monitor 'gone': it is deleted}}
  [[obs::monitor]] void gone() = delete;
};

struct Abstract {
  // expected-warning@+1 {{cannot monitor 'pure': it is pure virtual and has no body here; mark what overrides it}}
  [[obs::monitor]] virtual int pure() = 0;
  [[obs::monitor]] virtual int pureWithBody() = 0;
  [[obs::ignore]] virtual int pureIgnored() = 0;
};
int Abstract::pureWithBody() { return 1; }

// expected-warning@+1 {{cannot monitor 'row': its types cannot be captured; try args=false, result=false or skip}}
[[obs::monitor]] int row(int n, int (&numbers)[n]) { return numbers[0]; }
[[obs::monitor(skip=numbers)]] int rowSkipped(int n, int (&numbers)[n]) { return numbers[0]; }
[[obs::monitor]] int matrix(int n, int (*rows)[n]) { return rows[0][0]; }

// expected-warning@+1 {{cannot monitor 'compiled': it only runs in the compiler (consteval)}}
[[obs::monitor]] consteval int compiled() { return 1; }

// expected-warning@+1 {{cannot monitor 'naked': it is naked, its body is assembly without a frame}}
[[obs::monitor]] __attribute__((naked)) void naked() { asm("ret"); }
#endif
