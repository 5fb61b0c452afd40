// The injected code brings no warning, and takes none of the program's.
// RUN: %clang -std=c++17 -Weverything -Wno-unknown-attributes -c %s -o %t.o 2> %t.plain
// RUN: %obs -std=c++17 -Weverything -Wno-unknown-attributes -c %s -o %t.o 2> %t.obs
// RUN: diff %t.plain %t.obs
// RUN: %clang -std=c++2b -O2 -Weverything -Wno-unknown-attributes -c %s -o %t.o 2> %t.plain
// RUN: %obs -std=c++2b -O2 -Weverything -Wno-unknown-attributes -c %s -o %t.o 2> %t.obs
// RUN: diff %t.plain %t.obs
#include <map>
#include <memory>
#include <string>
#include <vector>

struct Padded { char a; int b; std::string c; std::vector<Padded> more; };

[[obs::monitor]] int captured(int a, const Padded &p, std::map<std::string, std::unique_ptr<Padded>> m) {
  int unused;
  if (a > 3) return p.b;
  return static_cast<int>(m.size());
}

template <class T> [[obs::monitor]] T shadow(T a) { { T a{}; (void)a; } return a; }
double use() { return shadow(1.5); }
