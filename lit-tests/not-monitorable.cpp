// What cannot be monitored is said, and compiles unchanged.
// RUN: %obs -std=c++20 -fsyntax-only -Xclang -verify %s
// RUN: %obs -std=c++17 -DCXX17 -fsyntax-only -Xclang -verify=cxx17 %s
// RUN: %obs -std=c++20 -w -c %s -o /dev/null

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

// expected-warning@+1 {{cannot monitor 'compiled': it only runs in the compiler (consteval)}}
[[obs::monitor]] consteval int compiled() { return 1; }

// expected-warning@+1 {{cannot monitor 'naked': it is naked, its body is assembly without a frame}}
[[obs::monitor]] __attribute__((naked)) void naked() { asm("ret"); }
#endif
