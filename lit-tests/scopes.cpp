// The attribute on classes and namespaces.
// RUN: %print -std=c++20 %s | FileCheck %s --implicit-check-not='makeSite({{&__obs_site_id[_0-9A-F]*}}, "{{.*}}untouched' --implicit-check-not='{{.*}}lambda)'
// RUN: %obs -std=c++20 -O2 -c %s -o /dev/null

struct [[obs::monitor(sample=0.1)]] Account {
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Account::Account", {{.*}} 0.1
  Account(int b) : balance_(b) { log(); }
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Account::add", {{.*}} 0.1{{[0-9]*}}, 19U
  int add(int x) { log(); return balance_ += x; }
  // Keys of the function win, the others are the class's.
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Account::own", {{.*}}, "", 0.1{{[0-9]*}}, 0U
  [[obs::monitor(args=false, result=false)]] int own(int x) { return balance_ + x; }
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Account::rate", {{.*}} 0.5, 19U
  [[obs::monitor(sample=0.5)]] int rate(int x) { return x; }
  [[obs::ignore]] void untouchedIgnored() { log(); }
  // Accessors are not worth it.
  int untouchedGet() const { return balance_; }
  void untouchedSet(int b) { balance_ = b; }
  ~Account() = default;
  void later();
  static void log();
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "named", {{.*}}"void Account::holder()"
  [[obs::monitor(name="named")]] void holder() {
    // Neither by the function nor by the class around it.
    auto lambda = [this](int untouchedLambda) { add(untouchedLambda); log(); };
    lambda(1);
  }
  struct Inner {
    // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Account::Inner::run",
    void run() { log(); }
  };
  int balance_;
};
// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Account::later", {{.*}} 0.1
void Account::later() { log(); }

struct [[obs::monitor(accessors=true)]] Point {
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Point::x",
  int x() const { return x_; }
  int x_;
};

template <class T> struct [[obs::monitor]] Box {
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Box<int>::get",
  T get() { Account::log(); return T(); }
};
template struct Box<int>;

namespace [[obs::monitor(sample=0.25)]] shop {
// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "shop::buy", {{.*}} 0.25, 1U
void buy(int) { Account::log(); }
namespace detail {
// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "shop::detail::pay", {{.*}} 0.25, 1U
void pay() { Account::log(); }
}
struct [[obs::ignore]] Quiet { void untouchedMember() { Account::log(); } };
void declared();
}
// Defined elsewhere than in the marked block.
void shop::declared() { int untouchedHere; }
namespace shop { void untouchedOtherBlock() { Account::log(); } }
