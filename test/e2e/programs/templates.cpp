// SPDX-License-Identifier: Apache-2.0
// Each kind of template and lambda. Lines `//@`: see functions.cpp.
#include "templates_other.h"

#include <cstdio>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>
#if __cplusplus >= 202002L
#include <concepts>
#endif

#define M [[obs::monitor]]

// --- Templates --------------------------------------------------------------

//@ twice<int> {"x": 1} = 2
//@ twice<std::basic_string<char>> {"x": "a"} = "aa"
template <class T> M T twice(T x) {
  return x + x;
}
//@ branch<int> {"x": 1} = 1
//@ branch<char> {"x": "c"} = "text"
template <class T> M auto branch(T x) {
  if constexpr (sizeof(T) == 1)
    return std::string("text");
  else
    return x;
}
//@ values<3, int, const char (&)[2], double> {"t[0]": 1, "t[1]": "*", "t[2]": 2.5} = 6
//@ values<0> {} = 0
template <int N, class... T> M int values(T &&...t) {
  return int(sizeof...(t)) + N;
}
//@ one<int> {"rest": 5} = 5
template <class... T> M int one(T... rest) {
  return (rest + ...);
}
//@ nested<std::vector, int> {"c": [1, 2]} = 2
template <template <class...> class C, class T> M size_t nested(const C<T> &c) {
  return c.size();
}
template <class T> M const char *special(T) {
  return "primary";
}
//@ special<char> {"c": "c"} = "special"
template <> M const char *special(char c) {
  return c == 'c' ? "special" : "";
}
//@ special<int> {"arg1": 1} = "primary"

// The attribute of the primary template is not the specialization's.
template <class T> M int markedPrimary(T x) {
  return int(x);
}
template <> int markedPrimary(long x) {
  return int(x) + 1;
}
//@ markedPrimary<int> {"x": 1} = 1

// The other way round, and another attribute.
template <class T> [[obs::monitor(args=false)]] int markedTwice(T x) {
  return int(x);
}
//@ markedTwice<int> {} = 1
template <> [[obs::monitor(args=true)]] int markedTwice(long x) {
  return int(x);
}
//@ markedTwice<long> {"x": 2} = 2
template <> [[obs::ignore]] int markedTwice(char x) {
  return int(x);
}

template <class T> struct Box {
  //@ Box<int>::Box {"value": 1}
  //@ Box<std::basic_string<char>>::Box {"value": ""}
  //@ Box<long>::Box {"value": 5}
  M explicit Box(T value) : value(std::move(value)) { ++made; }
  //@ Box<int>::get {} = 1
  //@ Box<std::basic_string<char>>::get {} = "text"
  M const T &get() const { return value; }
  //@ Box<int>::convert<double> {"u": 1.5} = 2.5
  template <class U> M U convert(U u) const { return u + U(value); }
  //@ Box<int>::make {"value": 1} = {"value": 1}
  M static Box make(T value) { return Box(value); }
  //@ befriended {"box": {"value": 1}} = 1
  M friend int befriended(const Box &box) { return int(sizeof(box.value)) / 4; }
  //@ Box<int>::operator std::vector<int> {} = [1]
  M operator std::vector<T>() const { return {value}; }
  M void notInstantiated() { value.impossible(); }
  struct Inner {
    //@ Box<int>::Inner::run {"t": 3} = 3
    M T run(T t) { return t; }
  };
  T value;
  static inline int made = 0;
};
template <> struct Box<long> {
  M explicit Box(long value) : value(value) { ++made; }
  //@ Box<long>::only {} = 5
  M long only() { return value; }
  long value;
  static inline int made = 0;
};
template <class T> struct Box<T *> {
  //@ Box<int *>::pointed {"p": 7} = 7
  M int pointed(std::unique_ptr<T> p) { return *p; }
};
template <class T> struct Member {
  M T outside(T x);
  template <class U> M U both(T x, U y);
};
//@ Member<int>::outside {"x": 1} = 1
template <class T> T Member<T>::outside(T x) {
  return x;
}
//@ Member<int>::both<double> {"x": 1, "y": 0.5} = 1.5
template <class T> template <class U> U Member<T>::both(T x, U y) {
  return U(x) + y;
}
template <class T> struct Explicit {
  //@ Explicit<int>::run {"x": 1} = 1
  M T run(T x) { return x; }
};
template struct Explicit<int>;

template <class Self> struct Crtp {
  //@ Crtp<Impl>::call {"x": 2} = 4
  M int call(int x) { return static_cast<Self *>(this)->impl(x) + 1; }
};
struct Impl : Crtp<Impl> {
  //@ Impl::impl {"x": 2} = 3
  M int impl(int x) { return x + 1; }
};
template <class T, class = std::enable_if_t<std::is_integral_v<T>>> M T enabled(T x) {
  return x;
}
//@ enabled<int, void> {"x": 1} = 1
template <class T> M auto trailing(T x) -> decltype(x.size()) {
  return x.size();
}
//@ trailing<std::basic_string<char>> {"x": "four"} = 4
template <class T> M int throwing(T x) {
  if (x > 1)
    throw x;
  return 1;
}
//@ throwing<int> {"x": 2} throws int: 2

//@ Remote<int>::run {"x": 1} = 2
//@ remote<int> {"x": 1} = 3
//@ shared {"x": 1} = 3
//@ Shared::Shared {"x": 1}
//@ shared {"x": 2} = 6
//@ Shared::Shared {"x": 2}

#if __cplusplus >= 202002L
//@ abbreviated<int, std::basic_string<char> &> {"x": 1, "y": "s"} = 1
M auto abbreviated(std::integral auto x, auto &&y) {
  return x + int(y.size()) - 1;
}
//@ constrained<long> {"t": 4} = 4
template <class T>
  requires std::is_integral_v<T>
M T constrained(T t) {
  return t;
}
template <class T> struct Constrained {
  //@ Constrained<int>::only {"x": 1} = 1
  M int only(T x)
    requires std::integral<T>
  {
    return x;
  }
};
//@ parameterized<Number{5}> {} = 5
struct Number {
  int n;
};
template <Number N> M int parameterized() {
  return N.n;
}
#endif

// --- Lambdas ----------------------------------------------------------------

//@ (lambda) {"x": 1} = 2
int gStart = 10;
auto gLambda = [] M(int x) { return x + 1; };
//@ inDefault {"x": 3} = 3
// The lambda of a template's default argument, and of a member's initializer.
template <class T> struct Defaults {
  //@ Defaults<int>::(lambda) {"y": 3} = 13
  T member = [] M(int y) { return y + gStart; }(3);
  //@ Defaults<int>::run::(lambda) {"y": 4} = 14
  int run(int x = [] M(int y) { return y + gStart; }(4)) { return x + member; }
};
//@ (lambda) {"y": 5} = 15
template <class T> int gVariable = [] M(T y) { return y + gStart; }(5);
//@ (lambda) {"y": 2} = 3
M int inDefault(int x = [] M(int y) { return y + 1; }(2)) {
  return x;
}
struct Initialized {
  //@ Initialized::(lambda) {"y": 1} = 6
  int member = [] M(int y) { return y + 5; }(1);
  //@ Initialized::(lambda) {"y": 2} = 12
  static inline int shared = [] M(int y) { return y + gStart; }(2);
  //@ Initialized::useThis {} = 22
  M int useThis() {
    //@ Initialized::useThis::(lambda) {"y": 1} = 7
    auto pointer = [this] M(int y) { return member + y; };
    //@ Initialized::useThis::(lambda) {"y": 2} = 8
    auto copy = [*this] M(int y) { return member + y; };
    //@ Initialized::useThis::(lambda) {"y": 1} = 7
    auto all = [=] M(int y) { return this->member + y; };
    return pointer(1) + copy(2) + all(1);
  }
};
//@ captures {} = 36
M int captures() {
  int a = 1, b = 2;
  auto owner = std::make_unique<int>(3);
  const std::vector<int> list = {1, 2, 3};
  //@ captures::(lambda) {"x": 10} = 11
  auto byValue = [a] M(int x) { return a + x; };
  //@ captures::(lambda) {"x": 4} = 6
  auto byReference = [&b] M(int x) { return b + x; };
  //@ captures::(lambda) {} = 3
  auto init = [owner = std::move(owner)] M() { return *owner; };
  //@ captures::(lambda) {} = 9
  auto defaulted = [=, &b] M() { return a + b + int(list.size()) * 2; };
  //@ captures::(lambda) {} = 5
  auto counting = [count = 4] M() mutable { return ++count; };
  //@ captures::(lambda) {"s": "ab"} = 2
  auto trailing = [](const std::string &s) -> size_t { return s.size(); };
  auto marked = [] M(const std::string &s) -> size_t { return s.size(); };
  (void)trailing;
  return byValue(10) + byReference(4) + init() + defaulted() + counting() + int(marked("ab"));
}
//@ packs<int, double> {"values[0]": 1, "values[1]": 2.5} = 3.5
template <class... T> M double packs(T... values) {
  //@ packs<int, double>::(lambda) {} = 3.5
  return [values...] M() { return (0 + ... + values); }();
}
//@ generics {} = 8
M int generics() {
  //@ generics::(lambda) {"x": 1} = 1
  //@ generics::(lambda) {"x": 2.5} = 2.5
  auto generic = [] M(auto x) { return x; };
  //@ generics::(lambda) {"xs[0]": 1, "xs[1]": 2} = 2
  auto variadic = [] M(auto... xs) { return int(sizeof...(xs)); };
  //@ generics::(lambda) {"x": 1} = 3
  auto nested = [] M(int x) { return [x] (auto y) { return x + y; }(2); };
  return generic(1) + int(generic(2.5)) + variadic(1, 2) + nested(1);
}
//@ lambdaThrows {} throws std::runtime_error: in a lambda
M void lambdaThrows() {
  //@ lambdaThrows::(lambda) {"why": "in a lambda"} throws std::runtime_error: in a lambda
  auto thrower = [] M(const char *why) { throw std::runtime_error(why); };
  thrower("in a lambda");
}
//@ returnsLambda {"x": 3} = "*"
M auto returnsLambda(int x) {
  //@ returnsLambda::(lambda) {"y": 4} = 7
  return [=] M(int y) { return x + y; };
}
//@ asFunction {"f": "*"} = 4
M int asFunction(const std::function<int(int)> &f) {
  return f(1);
}
// Unevaluated: there is nothing to monitor.
#if __cplusplus >= 202002L
using Unevaluated = decltype([] M(int x) { return x; });
//@ templated {} = 7
M int templated() {
  //@ templated::(lambda) {"x": 2} = 2
  auto typed = []<class T> M(T x) { return x; };
  //@ templated::(lambda) {"x": 5} = 5
  constexpr auto constant = [] M(int x) constexpr { return x; };
  static_assert(constant(1) == 1);
  volatile int five = 5;
  return typed(2) + constant(five);
}
//@ main::(lambda) {"x": 9} = 10
template <auto F> int inArgument(int x) {
  return F(x);
}
#endif
#if __cplusplus > 202002L
#if defined(__cpp_explicit_this_parameter)
//@ recursive {} = 6
M int recursive() {
  auto factorial = [] M(this auto self, int n) -> int { return n <= 1 ? 1 : n * self(n - 1); };
  //@ recursive::(lambda) {"self": "*", "n": 3} = 6
  //@ recursive::(lambda) {"self": "*", "n": 2} = 2
  //@ recursive::(lambda) {"self": "*", "n": 1} = 1
  return factorial(3);
}
#endif
//@ staticLambda {} = 1
M int staticLambda() {
  //@ staticLambda::(lambda) {"x": 1} = 1
  auto f = [] M(int x) static { return x; };
  return f(1);
}
#endif

int main() {
  int sum = twice(1) + int(twice(std::string("a")).size());
  sum += branch(1) + int(branch('c').size()) + values<3>(1, "x", 2.5) + values<0>() + one(5);
  sum += int(nested(std::vector<int>{1, 2})) + markedPrimary(1) + markedPrimary(2L);
  sum += markedTwice(1) + markedTwice(2L) + markedTwice('c');
  std::printf("functions %d %s %s\n", sum, special('c'), special(1));

  const Box<int> box = Box<int>::make(1);
  sum = box.get() + int(box.convert(1.5)) + befriended(box);
  sum += int(std::vector<int>(box).size()) + Box<int>::Inner().run(3);
  sum += int(Box<std::string>("text").get().size()) + int(Box<long>(5).only());
  sum += Box<int *>().pointed(std::make_unique<int>(7));
  sum += Member<int>().outside(1) + int(Member<int>().both(1, 0.5)) + Explicit<int>().run(1);
  sum += Impl().call(2) + enabled(1) + int(trailing(std::string("four")));
  try {
    throwing(2);
  } catch (int value) {
    sum += value;
  }
  sum += Remote<int>().run(1) + remote(1) + Shared(1).x + callsShared();
  std::printf("classes %d\n", sum);

#if __cplusplus >= 202002L
  std::string s = "s";
  sum = abbreviated(1, s) + int(constrained(4L)) + Constrained<int>().only(1);
  sum += parameterized<Number{5}>() + templated();
  sum += inArgument<[] M(int x) { return x + 1; }>(9);
  sum += Unevaluated()(3);
  std::printf("constraints %d\n", sum);
#endif
  sum = gLambda(1) + inDefault() + Defaults<int>().run() + gVariable<int> + Initialized().useThis() + captures() + int(packs(1, 2.5));
  sum += generics() + returnsLambda(3)(4) + asFunction([](int x) { return x + 3; });
  try {
    lambdaThrows();
  } catch (const std::runtime_error &error) {
    std::puts(error.what());
  }
#if __cplusplus > 202002L
#if defined(__cpp_explicit_this_parameter)
  sum += recursive();
#endif
  sum += staticLambda();
#endif
  std::printf("lambdas %d %d\n", sum, Initialized::shared);
}
