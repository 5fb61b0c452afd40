// SPDX-License-Identifier: Apache-2.0
// Each kind of member function. Lines `//@`: see functions.cpp; `throws early`:
// before the body of a constructor began.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#define M [[obs::monitor]]

int gLog = 0;

int checked(int x) {
  if (x > 99)
    throw std::runtime_error("checked " + std::to_string(x));
  return x;
}

// --- Qualifiers, operators --------------------------------------------------

struct Value {
  int x = 1;
  //@ Value::get {} = 1
  M int get() const { return x; }
  //@ Value::touch {} = 2
  M int touch() volatile { return x = x + 1; }
  //@ Value::read {} = 2
  M int read() const volatile { return x; }
  //@ Value::lvalue {} = 2
  M int lvalue() & { return x; }
  //@ Value::rvalue {} = 1
  M int rvalue() && { return x; }
  //@ Value::both {} = "&"
  M std::string both() const & { return "&"; }
  //@ Value::both {} = "&&"
  M std::string both() const && { return "&&"; }
  //@ Value::make {"x": 7} = {"x": 7}
  M static Value make(int x) { return Value{x}; }
  //@ Value::operator+= {"other": {"x": 7}} = {"x": 9}
  M Value &operator+=(const Value &other) {
    x += other.x;
    return *this;
  }
  //@ Value::operator++ {} = {"x": 10}
  M Value &operator++() {
    ++x;
    return *this;
  }
  //@ Value::operator++ {"arg1": 0} = {"x": 10}
  M Value operator++(int) {
    Value old = *this;
    ++x;
    return old;
  }
  //@ Value::operator[] {"i": 3} = 14
  M int operator[](int i) const { return x + i; }
  //@ Value::operator() {"a": 1, "b": "two"} = 4
  M int operator()(int a, const std::string &b) const { return a + int(b.size()); }
  //@ Value::operator-> {} = "*"
  M Value *operator->() { return this; }
  //@ Value::operator* {} = 11
  M int &operator*() { return x; }
  //@ Value::operator, {"y": 3} = 3
  M int operator,(int y) { return y; }
  //@ Value::operator& {} = 5
  M int operator&() const { return 5; }
  //@ Value::operator bool {} = true
  M explicit operator bool() const { return x != 0; }
  //@ Value::operator std::string {} = "11"
  M operator std::string() const { return std::to_string(x); }
  //@ Value::operator== {"other": "*"} = true
  M bool operator==(const Value &other) const { return x == other.x; }
  //@ swap {"a": {"x": 1}, "b": {"x": 2}}
  M friend void swap(Value &a, Value &b) { std::swap(a.x, b.x); }
};

// --- Inheritance ------------------------------------------------------------

struct Base {
  //@ Base::Base {"b": 1}
  M explicit Base(int b) : b(b) { gLog += b; }
  //@ Base::~Base {}
  M virtual ~Base() { std::printf("~Base %d\n", b); }
  virtual int pure(int x) const = 0;
  //@ Base::overridden {} = "base"
  M virtual std::string overridden() { return "base"; }
  M virtual Base *self() { return this; }
  int b;
};
// A pure virtual function may have a body.
//@ Base::pure {"x": 5} = 6
M int Base::pure(int x) const {
  return x + b;
}
struct Derived : Base {
  //@ Derived::Derived {"d": 2}
  M explicit Derived(int d) : Base(1), d(checked(d)) { ++gLog; }
  //@ Derived::~Derived {}
  M ~Derived() override { std::printf("~Derived %d\n", d); }
  //@ Derived::pure {"x": 5} = 8
  M int pure(int x) const override { return Base::pure(x) + d; }
  //@ Derived::overridden {} = "derived base"
  M std::string overridden() final { return "derived " + Base::overridden(); }
  //@ Derived::self {} = "*"
  M Derived *self() override { return this; }
  int d;
};

struct Delegating {
  //@ Delegating::Delegating {"x": 4}
  //@ Delegating::Delegating {"x": 100} throws std::runtime_error: checked 100
  M explicit Delegating(int x) : x(x) { checked(x); }
  //@ Delegating::Delegating {}
  M Delegating() : Delegating(4) { ++x; }
  //@ Delegating::Delegating {"s": "100"} throws early std::runtime_error: checked 100
  M explicit Delegating(const std::string &s) : Delegating(std::stoi(s)) { ++x; }
  int x;
};
struct Inheriting : Delegating {
  using Delegating::Delegating;
  //@ Delegating::Delegating {"x": 5}
  int more = 3;
};

struct Top {
  //@ Top::Top {"t": 1}
  M explicit Top(int t) : t(t) { ++gLog; }
  //@ Top::~Top {}
  M virtual ~Top() { ++gLog; }
  int t;
};
struct Left : virtual Top {
  //@ Left::Left {"l": 2}
  M explicit Left(int l) : Top(0), l(checked(l)) { ++gLog; }
  //@ Left::~Left {}
  M ~Left() override { ++gLog; }
  int l;
};
struct Right : virtual Top {
  //@ Right::Right {"r": 3}
  M explicit Right(int r) : Top(0), r(r) { ++gLog; }
  int r;
};
struct Bottom : Left, Right {
  //@ Bottom::Bottom {}
  M Bottom() : Top(1), Left(2), Right(3) { ++gLog; }
  //@ Bottom::~Bottom {}
  M ~Bottom() override { ++gLog; }
};

// --- Exceptions in constructors ---------------------------------------------

struct Noisy {
  int n;
  ~Noisy() {
    // Another constructor fails, and is caught, while this object unwinds.
    if (n == 13) {
      try {
        Delegating inner(std::string("101"));
      } catch (const std::exception &error) {
        std::printf("inside: %s\n", error.what());
      }
    }
  }
};
//@ Delegating::Delegating {"x": 101} throws std::runtime_error: checked 101
//@ Delegating::Delegating {"s": "101"} throws early std::runtime_error: checked 101
//@ Delegating::Delegating {"x": 101} throws std::runtime_error: checked 101
//@ Delegating::Delegating {"s": "101"} throws early std::runtime_error: checked 101

struct Initialized {
  //@ Initialized::Initialized {"x": 1, "name": "ok"}
  //@ Initialized::Initialized {"x": 102, "name": "member"} throws early std::runtime_error: checked 102
  //@ Initialized::Initialized {"x": 50, "name": "body"} throws int: 50
  M Initialized(int x, const std::string &name) : noisy{13}, x(checked(x)), name(name) {
    noisy.n = x == 50 ? 13 : 0;
    if (x == 50)
      throw x;
  }
  Noisy noisy;
  int x;
  std::string name;
};
struct DefaultInitialized {
  //@ DefaultInitialized::DefaultInitialized {} throws early std::runtime_error: checked 103
  M DefaultInitialized() { ++gLog; }
  int x = checked(103);
};
struct BadBase {
  BadBase() { checked(104); }
};
struct HasBadBase : BadBase {
  //@ HasBadBase::HasBadBase {"p": 1} throws early std::runtime_error: checked 104
  M explicit HasBadBase(int p) { gLog += p; }
};
struct Tried {
  //@ Tried::Tried {"x": 1}
  //@ Tried::Tried {"x": 3} throws int: 3
  //@ Tried::Tried {"x": 105} throws early std::runtime_error: checked 105
  //@ Tried::Tried {"x": -1} throws early char const*: negative
  M explicit Tried(int x) try : x(x < 0 ? throw "negative" : checked(x)) {
    if (x == 3)
      throw 3;
  } catch (const std::runtime_error &error) {
    std::printf("handler: %s\n", error.what());
  } catch (int value) {
    std::printf("handler: %d\n", value);
  }
  //@ Tried::~Tried {}
  M ~Tried() try { ++gLog; } catch (...) {
    std::puts("never");
  }
  int x;
};
struct Translated {
  //@ Translated::Translated {"x": 106} throws early std::runtime_error: checked 106
  M explicit Translated(int x) try : x(checked(x)) { ++gLog; } catch (...) {
    throw std::logic_error("translated");
  }
  int x;
};
struct Skipping {
  //@ Skipping::Skipping {"a": 107} throws early std::runtime_error: checked 107
  [[obs::monitor(skip=b, sample=0)]] Skipping(int a, int b) : x(checked(a) + b) {}
  int x;
};
template <class T> struct Wrapper {
  //@ Wrapper<int>::Wrapper {"x": 108} throws early std::runtime_error: checked 108
  //@ Wrapper<int>::Wrapper {"x": 9}
  M explicit Wrapper(T x) : x(checked(x)) { ++gLog; }
  T x;
};

// --- Unwinding, deleting, operator new --------------------------------------

struct Unwound {
  //@ Unwound::~Unwound {}
  M ~Unwound() { std::printf("unwound, %d in flight\n", std::uncaught_exceptions()); }
};
//@ unwinds {} throws std::runtime_error: checked 109
M void unwinds() {
  Unwound local;
  checked(109);
}
struct ThrowingEnd {
  //@ ThrowingEnd::~ThrowingEnd {} throws std::runtime_error: checked 110
  M ~ThrowingEnd() noexcept(false) { checked(110); }
};
struct Allocated {
  //@ Allocated::operator new {"size": 4} = "*"
  M static void *operator new(size_t size) { return std::malloc(size); }
  //@ Allocated::operator delete {"p": "*"}
  M static void operator delete(void *p) { std::free(p); }
  int x = 0;
};

// --- Places -----------------------------------------------------------------

struct Outer {
  struct Inner {
    //@ Outer::Inner::run {"x": 1} = 1
    M int run(int x) { return x; }
    class Private {
      friend struct Outer;
      //@ Outer::Inner::Private::run {} = 2
      M int run() { return 2; }
    };
  };
  //@ Outer::useInner {} = 2
  M int useInner() { return Inner::Private().run(); }
};
namespace {
struct Hidden {
  //@ Hidden::run {} = 3
  M int run() { return 3; }
};
} // namespace
//@ usesLocal {} = 4
M int usesLocal() {
  struct Local {
    //@ usesLocal()::Local::run {"x": 4} = 4
    M int run(int x) { return x; }
  };
  return Local().run(4);
}
class Late {
public:
  M int declared(int x) const;
  M static int alsoStatic(int x);
};
//@ Late::declared {"x": 1} = 1
int Late::declared(int x) const {
  return x;
}
//@ Late::alsoStatic {"x": 2} = 2
int Late::alsoStatic(int x) {
  return x;
}
struct Global {
  //@ Global::Global {}
  M Global() { ++gLog; }
  //@ Global::~Global {}
  M ~Global() { std::puts("global ends"); }
} gGlobal;

struct [[obs::monitor]] Marked {
  //@ Marked::Marked {"x": 1}
  Marked(int x) : x(checked(x)) {}
  //@ Marked::run {"y": 2} = 3
  int run(int y) { return checked(x) + y; }
  int get() const { return x; }
  [[obs::ignore]] int ignored() { return checked(x); }
  int x;
};

#if __cplusplus > 202002L && defined(__cpp_explicit_this_parameter)
struct Explicit {
  int x = 1;
  //@ Explicit::byValue {"self": {"x": 1}, "y": 2} = 3
  M int byValue(this Explicit self, int y) { return self.x + y; }
  //@ Explicit::deduced<Explicit &> {"self": {"x": 1}} = 1
  //@ Explicit::deduced<Explicit> {"self": {"x": 1}} = 1
  M int deduced(this auto &&self) { return self.x; }
};
struct StaticCall {
  //@ StaticCall::operator() {"x": 3} = 3
  M static int operator()(int x) { return x; }
  //@ StaticCall::operator[] {"a": 1, "b": 2} = 3
  M int operator[](int a, int b) { return a + b; }
};
#endif
#if __cplusplus >= 202002L
struct Ordered {
  int x;
  //@ Ordered::operator<=> {"other": {"x": 2}} = "*"
  M auto operator<=>(const Ordered &other) const { return x <=> other.x; }
};
struct AtCompileTime {
  //@ AtCompileTime::AtCompileTime {"x": 4}
  //@ AtCompileTime::AtCompileTime {"x": 111} throws early std::runtime_error: checked 111
  M constexpr explicit AtCompileTime(int x) : x(x < 10 ? x : checked(x)) {}
  //@ AtCompileTime::~AtCompileTime {}
  M constexpr ~AtCompileTime() { x = 0; }
  int x;
};
static_assert(AtCompileTime(3).x == 3);
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

int main() {
  Value value;
  int sum = value.get() + value.touch() + value.read() + value.lvalue() + Value().rvalue();
  sum += int(value.both().size() + Value().both().size());
  value += Value::make(7);
  ++value;
  value++;
  sum += value[3] + value(1, "two") + value->x + *value + (value, 3) + &value;
  sum += bool(value) + int(std::string(value).size()) + (value == value);
  Value a{1}, b{2};
  swap(a, b);
  std::printf("operators %d %d\n", sum, a.x);

  {
    std::unique_ptr<Base> base = std::make_unique<Derived>(2);
    sum = base->pure(5) + int(base->overridden().size()) + (base->self() == base.get());
  }
  sum += Delegating().x + Inheriting(5).x;
  caught([] { Delegating text(std::string("100")); });
  { Bottom bottom; }
  std::printf("inheritance %d %d\n", sum, gLog);

  Initialized fine(1, "ok");
  caught([] { Initialized(102, "member"); });
  caught([] { Initialized(50, "body"); });
  caught([] { DefaultInitialized(); });
  caught([] { HasBadBase(1); });
  { Tried tried(1); }
  caught([] { Tried(3); });
  caught([] { Tried(105); });
  caught([] { Tried(-1); });
  caught([] { Translated(106); });
  caught([] { Skipping(107, 1); });
  caught([] { Wrapper<int>(108); });
  Wrapper<int> wrapper(9);
  std::printf("constructors %d\n", gLog);

  caught(unwinds);
  caught([] { ThrowingEnd end; });
  delete new Allocated;
  std::puts("ends");

  sum = Outer::Inner().run(1) + Outer().useInner() + Hidden().run() + usesLocal();
  sum += Late().declared(1) + Late::alsoStatic(2);
  Marked marked(1);
  sum += marked.run(2) + marked.get() + marked.ignored();
#if __cplusplus > 202002L && defined(__cpp_explicit_this_parameter)
  Explicit object;
  sum += object.byValue(2) + object.deduced() + Explicit().deduced();
  StaticCall call;
  sum += StaticCall()(3) + call[1, 2];
#endif
#if __cplusplus >= 202002L
  sum += Ordered{1} < Ordered{2};
  volatile int four = 4;
  sum += AtCompileTime(four).x;
  caught([] {
    volatile int big = 111;
    AtCompileTime object(big);
  });
#endif
  std::printf("places %d\n", sum);
}
