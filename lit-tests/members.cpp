// Each kind of member function.
// RUN: %print -std=c++20 %s | FileCheck %s --implicit-check-not=untouched
// RUN: %obs -std=c++20 -O0 -S -emit-llvm %s -o - | FileCheck --check-prefix=IR %s
// RUN: %obs -std=c++20 -O2 -c %s -o /dev/null

struct Value {
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Value::constant", {{.*}}"int Value::constant() const"
  [[obs::monitor]] int constant() const { return x; }
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Value::changing", {{.*}}"int Value::changing() volatile"
  [[obs::monitor]] int changing() volatile { return x; }
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Value::lvalue", {{.*}}"int Value::lvalue() &"
  [[obs::monitor]] int lvalue() & { return x; }
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Value::rvalue", {{.*}}"int Value::rvalue() const &&"
  [[obs::monitor]] int rvalue() const && { return x; }
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Value::operator->",
  [[obs::monitor]] Value *operator->() { return this; }
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Value::operator[]",
  [[obs::monitor]] int operator[](int i) { return i; }
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Value::operator,",
  [[obs::monitor]] int operator,(int i) { return i; }
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Value::operator&",
  [[obs::monitor]] int operator&() { return 1; }
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Value::operator Box<int>", {{.*}}"Value::operator Box<int>() const"
  template <class T> struct Box { T t; };
  [[obs::monitor]] operator Box<int>() const { return {1}; }
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Value::operator new",
  [[obs::monitor]] static void *operator new(__SIZE_TYPE__ size) { return __builtin_malloc(size); }
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Value::operator delete",
  [[obs::monitor]] static void operator delete(void *p) { __builtin_free(p); }
  int x;
};

struct Base {
  virtual ~Base() {}
  virtual int pure() = 0;
  virtual Base *self() { return this; }
};
// Printed as it was declared.
// CHECK: : Base::pure
// CHECK-NEXT: int Base::pure() = 0
// IR: c"Base::pure\00"
[[obs::monitor]] int Base::pure() { return 1; }

struct Derived : virtual Base {
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Derived::~Derived",
  [[obs::monitor]] ~Derived() override {}
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Derived::pure",
  [[obs::monitor]] int pure() override { return Base::pure(); }
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Derived::self", {{.*}}"Derived * Derived::self()"
  [[obs::monitor]] Derived *self() final { return this; }
};

// The inherited constructor has no body of its own; the base's is monitored.
struct Counting {
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Counting::Counting", {{.*}}"n"
  [[obs::monitor]] Counting(int n) : n(n) {}
  int n;
};
struct Inheriting : Counting { using Counting::Counting; };
Inheriting inherited(3);

struct Outer {
  struct Inner {
    // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Outer::Inner::run",
    [[obs::monitor]] void run() {}
  };
  void untouchedMember() {}
};
namespace {
struct Hidden {
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Hidden::run",
  [[obs::monitor]] void run() {}
};
}
void use() { Hidden().run(); }

template <class T> struct WithFriend {
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "ofTemplate", {{.*}}"int ofTemplate(const WithFriend<int> &w)"
  [[obs::monitor]] friend int ofTemplate(const WithFriend &w) { return 1; }
};
int used = ofTemplate(WithFriend<int>());
