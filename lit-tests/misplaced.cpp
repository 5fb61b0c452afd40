// The attribute where it cannot stand.
// RUN: %obs -std=c++20 -fsyntax-only -Wno-c++23-lambda-attributes -Wno-unknown-warning-option -ferror-limit=0 -Xclang -verify %s

// expected-error@+1 {{'monitor' attribute only applies to functions, classes and namespaces}}
[[obs::monitor]] int variable;
// expected-error@+1 {{'ignore' attribute only applies to functions, classes and namespaces}}
[[obs::ignore]] extern int external;
// expected-error@+1 {{'monitor' attribute only applies to functions, classes and namespaces}}
using Alias [[obs::monitor]] = int;
// expected-error@+1 {{'monitor' attribute only applies to functions, classes and namespaces}}
[[obs::monitor]] typedef int Type;
// expected-error@+1 {{'monitor' attribute only applies to functions, classes and namespaces}}
enum [[obs::monitor]] Enum {
  // expected-error@+1 {{'monitor' attribute only applies to functions, classes and namespaces}}
  kOne [[obs::monitor]]
};
// expected-error@+1 {{'monitor' attribute only applies to functions, classes and namespaces}}
int parameter([[obs::monitor]] int x);
// expected-error@+1 {{'monitor' attribute only applies to functions, classes and namespaces}}
[[obs::monitor]];
struct Class {
  // expected-error@+1 {{'monitor' attribute only applies to functions, classes and namespaces}}
  [[obs::monitor]] int field;
  // expected-error@+1 {{'monitor' attribute only applies to functions, classes and namespaces}}
  [[obs::monitor]] static int member;
};

// After the parameters it belongs to the type of the function.
// expected-error@+1 {{'monitor' attribute cannot be applied to types}}
int afterParameters(int x) [[obs::monitor]];
// expected-error@+1 {{'monitor' attribute cannot be applied to types}}
int [[obs::monitor]] afterType(int x);
// expected-error@+1 {{'monitor' attribute cannot be applied to types}}
auto lambda = [](int x) [[obs::monitor]] { return x; };

void statements(int x) {
  // expected-error@+1 {{'monitor' attribute cannot be applied to a statement}}
  [[obs::monitor]] statements(x);
  // expected-error@+1 {{'monitor' attribute cannot be applied to a statement}}
  [[obs::monitor]] { ++x; }
  // expected-error@+1 {{'monitor' attribute cannot be applied to a statement}}
  [[obs::monitor]] while (x) --x;
  // expected-error@+1 {{'monitor' attribute only applies to functions, classes and namespaces}}
  [[obs::monitor]] int local = x;
}

// Where it can.
[[obs::monitor]] int inFront();
int behindTheName [[obs::monitor]] ();
namespace [[obs::monitor]] space {}

// What hides a value.
// expected-error@+1 {{'secret' attribute only applies to parameters, data members, types and functions}}
[[obs::secret]] int secretVariable;
// expected-error@+1 {{'secret' attribute only applies to parameters, data members, types and functions}}
namespace [[obs::secret]] secretSpace {}
// expected-error@+1 {{'secret' attribute only applies to parameters, data members, types and functions}}
enum Level { kLow [[obs::secret]] };
struct Keys {
  // expected-error@+1 {{'secret' attribute only applies to parameters, data members, types and functions}}
  [[obs::secret]] static int shared;
  // expected-error@+1 {{'obs::secret' on a function hides its result, but 'Keys' has none; mark its parameters}}
  [[obs::secret]] Keys(int key);
  [[obs::secret]] int key;
};
// expected-error@+1 {{'obs::secret' on a function hides its result, but 'unlock' has none; mark its parameters}}
[[obs::secret]] void unlock(int key);
// expected-error@+1 {{'secret' attribute cannot be applied to types}}
void behindTheType(int [[obs::secret]] key);
// expected-error@+1 {{'obs::secret(false)' only applies to parameters and data members, which are secret by their name}}
struct [[obs::secret(false)]] Open {};
// expected-error@+1 {{'obs::secret(false)' only applies to parameters and data members, which are secret by their name}}
[[obs::secret(false)]] int shown();
// expected-error@+1 {{'obs::secret' takes no arguments but 'false', which shows what has the name of a secret}}
void argument([[obs::secret("key")]] int key);
// expected-error@+1 {{'obs::secret' takes no arguments but 'false', which shows what has the name of a secret}}
void arguments([[obs::secret(true, false)]] int key);
