// Every kind of function that can be marked.
// RUN: %print -std=c++20 %s | FileCheck %s --implicit-check-not=untouched
// RUN: %obs -std=c++20 -O2 -c -Wno-c++23-lambda-attributes %s -o /dev/null

namespace app {
struct Base { virtual ~Base(); virtual int value() const; };

struct Thing : Base {
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "app::Thing::Thing", {{.*}}"app::Thing::Thing(int x)", "x"
  [[obs::monitor]] Thing(int x) : x_(x) {}
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "app::Thing::~Thing", {{.*}}"app::Thing::~Thing()", ""
  [[obs::monitor]] ~Thing() override {}
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "app::Thing::value", {{.*}}"int app::Thing::value() const", ""
  [[obs::monitor]] int value() const override { return x_; }
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "app::Thing::make", {{.*}}"int app::Thing::make(int y)", "y"
  [[obs::monitor]] static int make(int y) { return y; }
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "app::Thing::operator==", {{.*}}"other"
  [[obs::monitor]] bool operator==(const Thing &other) const { return x_ == other.x_; }
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "app::Thing::operator()",
  [[obs::monitor]] void operator()() {}
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "app::Thing::operator long", {{.*}}"app::Thing::operator long() const"
  [[obs::monitor]] operator long() const { return x_; }
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "app::befriended",
  [[obs::monitor]] friend void befriended(Thing &) {}
  void untouched() {}
  int x_;
};

// Out of its class.
struct Later { [[obs::monitor]] void run(); };
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "app::Later::run",
void Later::run() {}

// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "app::withFunctionTry",
// CHECK: try {
// CHECK-NEXT: try {
[[obs::monitor]] void withFunctionTry() try { } catch (int) { }

struct Guarded {
  // The handlers stay outermost: they are for the members, too.
  // CHECK: Guarded(int x) : x_(x)
  // CHECK-NEXT: try {
  // CHECK-NEXT: {
  // CHECK: __obs_site = makeSite({{&__obs_site_id[_0-9A-F]*}}, "app::Guarded::Guarded"
  [[obs::monitor]] Guarded(int x) try : x_(x) { } catch (...) { }
  int x_;
};
} // namespace app

// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "literal", {{.*}}
extern "C" [[obs::monitor]] int literal(const char *format, ...) { return 0; }

// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "operator{{.*}}_km",
[[obs::monitor]] int operator""_km(unsigned long long x) { return int(x); }

// Templates, as they are instantiated.
template <class T, class... U> [[obs::monitor]] T pick(T t, U... rest) { return t; }
template <class T> struct Box {
  [[obs::monitor]] T get(T t) { return t; }
  template <class U> [[obs::monitor]] void member(U u) {}
};
template <class T> [[obs::monitor]] int specialized(T) { return 1; }
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "specialized<char>",
template <> [[obs::monitor]] int specialized(char) { return 2; }

// A lambda in what a monitored function returns.
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "returnsLambda::(lambda)",
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "returnsLambda",
[[obs::monitor]] auto returnsLambda(int x) { return [x] [[obs::monitor]] { return x; }; }

void user() {
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "user()::Local::run",
  struct Local { [[obs::monitor]] void run() {} };
  Local().run();
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "user::(lambda)", {{.*}}"int user::(lambda)(int a) const", "a"
  auto plain = [] [[obs::monitor]] (int a) { return a; };
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "user::(lambda)", {{.*}}"double user::(lambda)(double a) const", "a"
  auto generic = [] [[obs::monitor]] (auto a) { return a; };
  plain(1);
  generic(1.5);
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "pick<int, char, double>", {{.*}}"t,rest[0],rest[1]"
  pick(1, 'c', 2.5);
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Box<int>::get",
  Box<int>().get(1);
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Box<int>::member<char>",
  Box<int>().member('c');
}

// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Box<long>::get",
template struct Box<long>;
// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "(lambda)",
auto global = [] [[obs::monitor]] () {};
// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "main",
[[obs::monitor]] int main() { user(); }
