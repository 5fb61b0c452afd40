// SPDX-License-Identifier: Apache-2.0
// Each kind of free function, statement and result. A line `//@` tells what is
// stored of a call: name, arguments, and `= result`, `throws type: message` or
// another status.
#include <csetjmp>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#define M [[obs::monitor]]

// --- Declarations -----------------------------------------------------------

//@ declared {"x": 1} = 2
M int declared(int x);
int declared(int x) {
  return x + 1;
}
//@ isStatic {"x": 2} = 2
M static int isStatic(int x) {
  return x;
}
//@ isInline {"x": 3} = 3
M inline int isInline(int x) {
  return x;
}
//@ cLinkage {"x": 4} = 4
extern "C" M int cLinkage(int x) {
  return x;
}
extern "C" {
//@ cBlock {"x": 5} = 5
M static int cBlock(int x) {
  return x;
}
}
//@ sum {"count": 3} = 60
M int sum(int count, ...) {
  va_list list;
  va_start(list, count);
  int result = 0;
  for (int i = 0; i < count; ++i)
    result += va_arg(list, int);
  va_end(list);
  return result;
}
//@ cSum {"count": 2, "scale": 0.5} = 1.5
extern "C" M double cSum(int count, double scale, ...) {
  va_list list;
  va_start(list, scale);
  double result = 0;
  for (int i = 0; i < count; ++i)
    result += va_arg(list, double) * scale;
  va_end(list);
  return result;
}
//@ overloaded {"x": 1} = 1
M int overloaded(int x) {
  return x;
}
//@ overloaded {"x": 1.5} = 1.5
M double overloaded(double x) {
  return x;
}
//@ overloaded {"x": "str", "y": 1} = "s"
M std::string overloaded(std::string x, int y) {
  return x.substr(0, size_t(y));
}
//@ defaults {"a": 1, "b": 4, "s": "def"} = 5
//@ defaults {"a": 1, "b": 2, "s": "def"} = 3
M int defaults(int a, int b = 4, const std::string &s = "def") {
  return a + b + int(s.size()) - 3;
}
//@ unnamed {"arg1": 7, "arg2": "x"} = 0
M int unnamed(int, const std::string &) {
  return 0;
}
//@ isNoexcept {"x": 1} = 1
M int isNoexcept(int x) noexcept {
  return x;
}
//@ mayThrow<int> {"x": 1} = 1
//@ mayThrow<std::basic_string<char>> {"x": "thrown"} throws std::runtime_error: thrown
template <class T> M T mayThrow(T x) noexcept(std::is_scalar_v<T>) {
  if constexpr (!std::is_scalar_v<T>)
    throw std::runtime_error(x);
  return x;
}
//@ hidden {"x": 1} = 1
namespace {
M int hidden(int x) {
  return x;
}
} // namespace
namespace outer::inner {
//@ outer::inner::nested {"x": 1} = 1
M int nested(int x) {
  return x;
}
inline namespace v1 {
//@ outer::inner::versioned {"x": 2} = 2
M int versioned(int x) {
  return x;
}
} // namespace v1
} // namespace outer::inner
//@ operator""_km {"x": 12} = 12000
M int operator""_km(unsigned long long x) {
  return int(x) * 1000;
}
//@ operator""_text {"text": "*", "size": 3} = "abc"
M std::string operator""_text(const char *text, size_t size) {
  return std::string(text, size);
}
struct Point {
  int x, y;
};
//@ operator+ {"a": {"x": 1, "y": 2}, "b": {"x": 3, "y": 4}} = {"x": 4, "y": 6}
M Point operator+(const Point &a, const Point &b) {
  return {a.x + b.x, a.y + b.y};
}
//@ takesPointers {"p": "*", "f": "*"} = 9
M int takesPointers(Point *p, int (*f)(int)) {
  return f(p->x);
}
int gInitialized = isStatic(2);

// --- Return types -----------------------------------------------------------

//@ trailing {"x": 1} = 1
M auto trailing(int x) -> long {
  return x;
}
//@ deduced {"x": 1} = 1.5
M auto deduced(int x) {
  if (x > 5)
    return 2.5;
  return x + 0.5;
}
int gValue = 3;
//@ exactly {} = 3
M decltype(auto) exactly() {
  return (gValue);
}
//@ exactlyValue {} = 3
M decltype(auto) exactlyValue() {
  return gValue;
}
//@ forwarding {"s": "temporary"} = "temporary"
M auto &&forwarding(std::string &&s) {
  return std::move(s);
}
//@ forwardingLvalue {} = 3
M auto &&forwardingLvalue() {
  return gValue;
}
//@ trivial {"x": 1} = {"x": 1, "y": 2}
M Point trivial(int x) {
  return {x, 2};
}
//@ moveOnly {"x": 5} = 5
M std::unique_ptr<int> moveOnly(int x) {
  return std::make_unique<int>(x);
}
struct Fixed {
  explicit Fixed(int v) : value(v), self(this) {}
  Fixed(const Fixed &) = delete;
  ~Fixed() { std::printf("fixed %d %d\n", value, self == this); }
  int value;
  Fixed *self;
};
//@ nonMovable {"x": 6} = {"value": 6, "self": "*"}
M Fixed nonMovable(int x) {
  return Fixed(x);
}
//@ constant {} = "constant"
M const std::string constant() {
  return "constant";
}
//@ constantInt {} = 8
M const int constantInt() {
  return 8;
}
struct Holder {
  int values[3];
  char name[4];
};
//@ arrays {"x": 1} = {"values": [1, 2, 3], "name": "*"}
M Holder arrays(int x) {
  return {{x, 2, 3}, "abc"};
}
struct alignas(64) Aligned {
  int x;
};
//@ aligned {"a": {"x": 1}} = {"x": 1}
M Aligned aligned(Aligned a) {
  if (reinterpret_cast<size_t>(&a) % 64)
    std::abort();
  return a;
}
struct Empty {};
//@ empty {"e": {}} = {}
M Empty empty(Empty e) {
  return e;
}
//@ lvalue {"p": {"x": 1, "y": 2}} = 1
M int &lvalue(Point &p) {
  return p.x;
}
//@ rvalue {"s": "r"} = "r"
M std::string &&rvalue(std::string &&s) {
  return std::move(s);
}
//@ arrayReference {"a": [1, 2]} = [1, 2]
M int (&arrayReference(int (&a)[2]))[2] {
  return a;
}
//@ nothing {"x": 1}
M void nothing(int x) {
  if (x > 3)
    return;
  ++gValue;
  --gValue;
}
//@ returnsVoidCall {"x": 4}
//@ nothing {"x": 4}
M void returnsVoidCall(int x) {
  return nothing(x);
}
//@ braced {} = ["a", 2]
M std::pair<std::string, int> braced() {
  return {"a", 2};
}
//@ conditional {"first": true} = "one"
//@ conditional {"first": false} = "two"
M std::string conditional(bool first) {
  const std::string one = "one", two = "two";
  return first ? one : two;
}
//@ conditionalLvalue {"first": false, "a": 1, "b": 2} = 2
M int &conditionalLvalue(bool first, int &a, int &b) {
  return first ? a : b;
}
//@ sometimesElided {"n": 1} = "one"
//@ sometimesElided {"n": 2} = "two"
//@ sometimesElided {"n": 3} = "other"
M std::string sometimesElided(int n) {
  if (n == 1) {
    std::string one = "one";
    return one;
  }
  if (n == 2)
    return "two";
  std::string a = "other", b = "never";
  if (n == 3)
    return a;
  return b;
}
//@ null {} = null
M std::nullptr_t null() {
  return nullptr;
}
//@ boolean {"b": true} = false
M bool boolean(bool b) {
  return !b;
}
//@ wide {"a": "170141183460469231731687303715884105727"} = "1"
M __int128 wide(__int128 a) {
  return a > 0;
}

// --- Bodies -----------------------------------------------------------------

//@ tries {"x": 0} = 0
//@ tries {"x": 3} = 103
//@ tries {"x": -1} throws char const*: negative
M int tries(int x) try {
  if (x < 0)
    throw "negative";
  if (x)
    throw x;
  return 0;
} catch (int thrown) {
  return thrown + 100;
}
//@ jumps {"x": 9} = 5
M int jumps(int x) {
  std::string local = "local";
again:
  if (x > 5) {
    std::string inner = local;
    --x;
    goto again;
  }
  if (x == 0)
    goto out;
  return x;
out:
  return -1;
}
//@ dispatches {"program": "+-+."} = 1
M int dispatches(const std::string &program) {
  static const void *const labels[] = {&&plus, &&minus, &&stop};
  const char *at = program.c_str();
  int value = 0;
  const auto next = [&] { return *at == '+' ? 0 : *at == '-' ? 1 : 2; };
  goto *labels[next()];
plus:
  ++value, ++at;
  goto *labels[next()];
minus:
  --value, ++at;
  goto *labels[next()];
stop:
  return value;
}
//@ falls {"x": 1} = 12
//@ falls {"x": 2} = 10
//@ falls {"x": 3} = 3
M int falls(int x) {
  int result = 0;
  switch (x) {
  case 1:
    result += 2;
    [[fallthrough]];
  case 2: {
    std::string text = "0123456789";
    return result + int(text.size());
  }
  default:
    break;
  }
  return x;
}
//@ variableLength {"n": 4} = 6
M int variableLength(int n) {
  int array[n];
  for (int i = 0; i < n; ++i)
    array[i] = i;
  int result = 0;
  for (int value : array)
    result += value;
  return result;
}
//@ assembly {"x": 4} = 4
M int assembly(int x) {
  int result;
#if defined(__x86_64__)
  asm volatile("mov %1, %0" : "=r"(result) : "r"(x));
#else
  asm volatile("mov %w0, %w1" : "=r"(result) : "r"(x));
#endif
  return result;
}
//@ statementExpression {"x": 2} = 3
//@ statementExpression {"x": 9} = 7
M int statementExpression(int x) {
  return ({
    int y = x;
    if (y > 3)
      return 7;
    y + 1;
  });
}
//@ recursive {"n": 3} = 6
//@ recursive {"n": 2} = 2
//@ recursive {"n": 1} = 1
M int recursive(int n) {
  return n <= 1 ? 1 : n * recursive(n - 1);
}
//@ bindings {"p": {"x": 3, "y": 4}} = 12
M int bindings(Point p) {
  auto [x, y] = p;
  auto &[left, right] = p;
  left += 0 * right;
  return x * y;
}
//@ reassigns {"x": 1} = 10
M int reassigns(int x) {
  x *= 10;
  return x;
}
//@ alwaysThrows {} throws std::logic_error: always
M [[noreturn]] void alwaysThrows() {
  throw std::logic_error("always");
}
std::jmp_buf gJump;
//@ jumpsAway {"x": 5} abandoned
M [[noreturn]] void jumpsAway(int x) {
  std::longjmp(gJump, x);
}
//@ jumpedOver {"x": 5} abandoned
M int jumpedOver(int x) {
  jumpsAway(x);
}
//@ sets {"x": 5} = 15
M int sets(int x) {
  const int value = setjmp(gJump);
  if (value == 0)
    return jumpedOver(x);
  return value + 10;
}
//@ translates {} throws std::logic_error: outer
M void translates() {
  try {
    throw std::runtime_error("inner");
  } catch (const std::runtime_error &) {
    throw std::logic_error("outer");
  }
}
//@ swallows {} = 1
M int swallows() {
  try {
    throw 1;
  } catch (int value) {
    return value;
  }
}
struct Plain {
  int code;
};
//@ throwsStruct {} throws Plain: {"code":5}
M void throwsStruct() {
  throw Plain{5};
}

// --- Tail calls -------------------------------------------------------------

#if __has_cpp_attribute(clang::musttail)
#define TAIL [[clang::musttail]]
#else
#define TAIL
#endif
//@ counts {"n": 2, "total": 0} = "..."
//@ counts {"n": 1, "total": 2} = "..."
//@ counts {"n": 0, "total": 3} = 3
M int counts(int n, int total) {
  Point p = {n, total};
  if (n == 0)
    return total;
  if (p.x > 0)
    TAIL return counts(n - 1, total + n);
  switch (n) {
  case -1:
    TAIL return counts(-n, total);
  default:
    return -1;
  }
}
//@ tailVoid {"n": 1}
//@ tailVoid {"n": 0}
//@ nothing {"x": 0}
M void tailVoid(int n) {
  if (n) {
    TAIL return tailVoid(n - 1);
  }
  return nothing(0);
}
//@ tailClass {"n": 1} = {"values": "...", "name": "..."}
//@ tailClass {"n": 0} = {"values": [0, 0, 0], "name": "*"}
M Holder tailClass(int n) {
  if (n)
    TAIL return tailClass(n - 1);
  Holder result = {{}, "end"};
  return result;
}
//@ tailThrows {"n": 1} abandoned
M int tailThrows(int n) {
  if (n == 1)
    throw std::runtime_error("not recorded here");
  TAIL return tailThrows(n - 1);
}
//@ catchesTail {} = 1
M int catchesTail() {
  try {
    return tailThrows(1);
  } catch (const std::runtime_error &) {
    return 1;
  }
}

// --- Compile time -----------------------------------------------------------

#if __cplusplus >= 202002L
//@ twice {"x": 21} = 42
M constexpr int twice(int x) {
  return x * 2;
}
static_assert(twice(2) == 4);
int gTwice[twice(3)];
//@ risky {"x": -1} throws int: -1
M constexpr int risky(int x) {
  if (x < 0)
    throw x;
  return x;
}
static_assert(risky(1) == 1);
#if defined(__cpp_if_consteval)
//@ where {"x": 1} = 2
M constexpr int where(int x) {
  if consteval {
    return 100 + x;
  } else {
    return 1 + x;
  }
}
static_assert(where(1) == 101);
#endif
#endif

template <class F> void caught(F f) {
  try {
    f();
    std::puts("nothing thrown");
  } catch (const std::exception &error) {
    std::puts(error.what());
  } catch (...) {
    std::puts("something else");
  }
}

//@ main {"argc": 1, "argv": "*"} = 0
M int main(int argc, char **argv) {
  int sums = declared(1) + isInline(3) + cLinkage(4) + cBlock(5) + argc;
  sums += sum(3, 10, 20, 30) + int(cSum(2, 0.5, 1.0, 2.0));
  sums += overloaded(1) + int(overloaded(1.5)) + int(overloaded("str", 1).size());
  sums += defaults(1) + defaults(1, 2) + unnamed(7, "x") + isNoexcept(1) + mayThrow(1);
  caught([] { mayThrow<std::string>("thrown"); });
  sums += hidden(1) + outer::inner::nested(1) + outer::inner::versioned(2);
  sums += 12_km + int("abc"_text.size());
  Point p = Point{1, 2} + Point{3, 4};
  sums += p.y;
  p = {8, 2};
  sums += takesPointers(&p, [](int x) { return x + 1; });
  p = {1, 2};
  std::printf("declarations %d %s\n", sums, argv[1] ? "?" : "");

  sums = int(trailing(1) + deduced(1)) + exactly() + exactlyValue();
  std::string text = "temporary";
  std::printf("%s\n", std::string(forwarding(std::move(text))).c_str());
  sums += forwardingLvalue() + trivial(1).y + *moveOnly(5) + nonMovable(6).value;
  sums += int(constant().size()) + constantInt() + arrays(1).values[2] + aligned({1}).x;
  empty({});
  lvalue(p) += 1;
  p.x = 1;
  text = "r";
  sums += int(rvalue(std::move(text)).size());
  int array[2] = {1, 2};
  sums += arrayReference(array)[1];
  nothing(1);
  returnsVoidCall(4);
  sums += braced().second + int(conditional(true).size() + conditional(false).size());
  conditionalLvalue(false, array[0], array[1]) = 5;
  for (int n : {1, 2, 3})
    sums += int(sometimesElided(n).size());
  sums += null() == nullptr;
  sums += boolean(true) + int(wide(__int128(~static_cast<unsigned __int128>(0) >> 1)));
  std::printf("results %d %d\n", sums, array[1]);

  sums = tries(0) + tries(3) + jumps(9) + dispatches("+-+.");
  caught([] { tries(-1); });
  for (int n : {1, 2, 3})
    sums += falls(n);
  sums += variableLength(4) + assembly(4) + statementExpression(2) + statementExpression(9);
  sums += recursive(3) + bindings({3, 4}) + reassigns(1) + sets(5) + swallows();
  caught([] { alwaysThrows(); });
  caught(translates);
  caught(throwsStruct);
  std::printf("bodies %d\n", sums);

  sums = counts(2, 0) + catchesTail();
  tailVoid(1);
  std::printf("tail calls %d %s\n", sums, tailClass(1).name);
#if __cplusplus >= 202002L
  volatile int runTime = 21;
  sums = twice(runTime);
  caught([] {
    volatile int negative = -1;
    risky(negative);
  });
#if defined(__cpp_if_consteval)
  runTime = 1;
  sums += where(runTime);
#endif
  std::printf("compile time %d\n", sums);
#endif
  return 0;
}
