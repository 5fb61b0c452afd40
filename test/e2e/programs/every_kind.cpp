// SPDX-License-Identifier: Apache-2.0
// Parameters and results of each kind of type, and exceptions; built with and
// without the plugin, it must print the same. Kinds of functions are in
// functions.cpp, members.cpp and templates.cpp.
#include <algorithm>
#include <any>
#include <array>
#include <atomic>
#include <bitset>
#include <chrono>
#include <complex>
#include <condition_variable>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <deque>
#include <exception>
#include <filesystem>
#include <functional>
#include <future>
#include <initializer_list>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <queue>
#include <random>
#include <regex>
#include <set>
#include <shared_mutex>
#include <sstream>
#include <stack>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <typeindex>
#include <unordered_map>
#include <unordered_set>
#include <valarray>
#include <variant>
#include <vector>
#if __cplusplus >= 202002L
#include <concepts>
#include <ranges>
#include <source_location>
#include <span>
#endif
#define M [[obs::monitor]]

struct Abstract {
  virtual ~Abstract() = default;
  virtual int go() const = 0;
  int base = 1;
};
struct Impl : Abstract {
  M int go() const override { return 2; }
};
struct V1 : virtual Abstract {
  int v1 = 3;
};
struct V2 : virtual Abstract {
  int v2 = 4;
};
struct Diamond : V1, V2 {
  M int go() const override { return v1 + v2; }
};
union U {
  int i;
  float f;
};
struct Anon {
  union {
    int a;
    float b;
  };
  struct {
    int c, d;
  };
  U u;
  int : 3;
  unsigned e : 5;
};
class Priv {
  class Inner {
    int z = 1;
    friend class Priv;
  };
  Inner in;
  std::vector<Inner> v{3};

public:
  M int f(Inner const &) { return 1; }
  M int call() { return f(in); }
};
struct Incomplete;
Incomplete *gInc = nullptr;
M void inc(Incomplete &r, Incomplete *p, std::shared_ptr<Incomplete> s) { (void)&r; }
M int fptr(int (*f)(int), int (&arr)[3], int (Abstract::*pm)() const, int Anon::*pd) {
  return f(arr[0]);
}
M void vlist(va_list ap) {}
M std::any any(std::any a, std::type_index t, std::function<int()> f) { return a; }
M std::complex<double> cpx(std::complex<double> c, std::bitset<8> b, std::valarray<int> v) {
  return c;
}
M void threads(std::mutex &m, std::condition_variable &c, std::atomic<int> &a, std::thread::id id,
               std::future<int> f) {}
M std::ostream &stream(std::ostream &o, std::stringstream &s) { return o << "x"; }
M std::chrono::milliseconds chr(std::chrono::system_clock::time_point t, std::chrono::seconds s) {
  return s;
}
M std::stack<int> adapters(std::queue<int> q, std::priority_queue<int> p) { return {}; }
M std::exception_ptr eptr(std::exception_ptr p, std::error_code e) { return p; }
M std::initializer_list<int> il(std::initializer_list<int> l) { return l; }
M std::pair<std::unique_ptr<int>, std::list<std::string>> mo(std::unique_ptr<int> p,
                                                             std::list<std::string> l) {
  return {std::move(p), std::move(l)};
}
M std::tuple<> et(std::tuple<> t, std::variant<std::monostate, int> v) { return t; }
M std::regex rx(std::regex r, std::mt19937 &g) { return r; }
M std::weak_ptr<int> wk(std::weak_ptr<int> w, std::reference_wrapper<int> r,
                        std::unique_ptr<void, void (*)(void *)> cu) {
  return w;
}
M Anon anon(Anon a, U u) { return a; }
M int poly(const Abstract &a, std::vector<std::unique_ptr<Abstract>> v) { return a.go(); }
M void vol(volatile int *p, volatile Anon &a, const volatile int &q) {}
M std::filesystem::path path(std::filesystem::path p,
                             const std::filesystem::directory_iterator &d) {
  return p;
}
struct Rec {
  std::vector<Rec> kids;
  Rec *up = nullptr;
  std::map<std::string, Rec> named;
};
M Rec rec(Rec r) { return r; }
struct Big {
  int a[5000];
};
M Big big(const Big &b) { return b; }
struct Empty {};
M Empty empty(Empty e) { return e; }
struct alignas(64) Over {
  char c = 'x';
};
M Over over(Over o) { return o; }
struct Conv {
  M explicit operator bool() const { return true; }
  M operator std::string() const { return "c"; }
};
struct AddrOf {
  void operator&() const = delete;
  int x = 5;
};
M int addr(AddrOf const &a) { return a.x; }
struct Comma {
  template <class T> Comma &operator,(T &&) { std::abort(); }
  int q = 1;
};
M Comma comma(Comma c) { return c; }
struct Flex {
  int n;
  char data[];
};
M int flex(Flex &f) { return f.n; }
struct RefMem {
  int &r;
  const int c = 2;
  std::string_view sv;
  const char *s;
};
M int refm(RefMem r) { return r.r; }
enum Old { A0, B0 = 5 };
enum class Big8 : unsigned char { X = 255 };
enum Fwd : int;
M Old en(Old o, Big8 b, Fwd f) { return o; }
template <int N, class... T> M auto packs(T &&...t) { return sizeof...(t) + N; }
template <template <class> class C, class T> M int tt(C<T> c) { return 1; }
M const char *cstr(const char *s, char *out, const unsigned char *u, const wchar_t *w) { return s; }
M std::nullptr_t np(std::nullptr_t n) { return n; }
M __int128 i128(__int128 a, unsigned __int128 b, long double c, char16_t d, wchar_t e,
                signed char f) {
  return a;
}
M void nested_exc() {
  try {
    throw std::runtime_error("inner");
  } catch (...) {
    std::throw_with_nested(std::logic_error("outer"));
  }
}
M int throws_string(int x) { throw std::string("a string"); }
struct NonStd {
  int code;
};
M void throws_struct() { throw NonStd{5}; }
#if __cplusplus >= 202002L
M int cpp20(std::span<const int> s, std::u8string u, std::source_location l) {
  return int(s.size());
}
M auto abbreviated(std::integral auto x, auto &&y) { return x; }
template <class T>
  requires std::is_integral_v<T>
M T constrained(T t) {
  return t;
}
M auto view(std::vector<int> &v) {
  return v | std::views::filter([](int x) { return x > 1; }) |
         std::views::transform([](int x) { return x * 2; });
}
M int takesview(std::ranges::iota_view<int, int> v, std::string_view s) { return 1; }
#endif
int sq(int x) { return x * x; }
int main() {
  Impl im;
  Diamond d;
  Priv p;
  p.call();
  Anon an{};
  int arr[3] = {1, 2, 3};
  alignas(8) char buf[64] = {};
  inc(reinterpret_cast<Incomplete &>(buf), gInc, nullptr);
  fptr(sq, arr, &Abstract::go, &Anon::c);
  any(3, typeid(int), [] { return 1; });
  cpx({1, 2}, 5, {1, 2});
  std::mutex m;
  std::condition_variable c;
  std::atomic<int> at{3};
  threads(m, c, at, std::this_thread::get_id(), {});
  std::stringstream ss;
  stream(ss, ss);
  chr(std::chrono::system_clock::now(), std::chrono::seconds(3));
  adapters({}, {});
  eptr({}, {});
  il({1, 2});
  mo(std::make_unique<int>(3), {"a"});
  et({}, {});
  std::mt19937 g;
  rx(std::regex("a+"), g);
  int i = 3;
  wk({}, i, {nullptr, free});
  anon(an, {});
  std::vector<std::unique_ptr<Abstract>> va2;
  va2.push_back(std::make_unique<Impl>());
  poly(d, std::move(va2));
  vol(&i, an, i);
  path("/x", {});
  Rec r;
  r.kids.resize(2);
  r.kids[0].kids.resize(1);
  r.named["k"];
  rec(r);
  auto b = std::make_unique<Big>();
  big(*b);
  empty({});
  over({});
  Conv cv;
  (void)bool(cv);
  std::string cs = cv;
  addr({});
  comma({});
  auto *fl = static_cast<Flex *>(std::malloc(64));
  fl->n = 3;
  flex(*fl);
  std::free(fl);
  refm({i, 2, "sv", "cs"});
  en(B0, Big8::X, Fwd(3));
  packs<3>(1, "x", 2.5);
  tt(std::optional<int>(3));
  char out[3];
  cstr("hi", out, nullptr, L"w");
  std::vector<int> v{1, 2, 3};
  np(nullptr);
  i128(1, 2, 3, u'x', L'y', 3);
  try {
    nested_exc();
  } catch (...) {
  }
  try {
    throws_string(1);
  } catch (...) {
  }
  try {
    throws_struct();
  } catch (...) {
  }
#if __cplusplus >= 202002L
  cpp20(v, u8"ü", std::source_location::current());
  abbreviated(3, v);
  constrained(4L);
  for (int q : view(v))
    std::printf("%d ", q);
  takesview(std::views::iota(1, 5), "sv");
#endif
  std::puts("end");
}
