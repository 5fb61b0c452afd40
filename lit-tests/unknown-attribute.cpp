// A misspelled attribute would only be ignored, with a warning that many turn
// off.
// RUN: %obs -std=c++20 -fsyntax-only -Wno-unknown-attributes -Xclang -verify %s
// RUN: not %obs -std=c++20 -fsyntax-only -fdiagnostics-parseable-fixits %s 2>&1 | FileCheck %s

// CHECK: error: unknown attribute 'obs::moniter'; did you mean 'obs::monitor'?
// CHECK: fix-it:"{{.*}}":{[[# @LINE + 3]]:8-[[# @LINE + 3]]:15}:"monitor"
// expected-error@+2 {{unknown attribute 'obs::moniter'; did you mean 'obs::monitor'?}}
// expected-note@+1 {{there are 'obs::monitor', 'obs::ignore' and 'obs::secret'}}
[[obs::moniter(sample=0.5)]] int misspelled();

// expected-error@+2 {{unknown attribute 'obs::ignor'; did you mean 'obs::ignore'?}}
// expected-note@+1 {{there are 'obs::monitor', 'obs::ignore' and 'obs::secret'}}
[[nodiscard, deprecated("obs::no"), obs::ignor]] int second();

// expected-error@+2 {{unknown attribute 'obs::secrets'; did you mean 'obs::secret'?}}
// expected-note@+1 {{there are 'obs::monitor', 'obs::ignore' and 'obs::secret'}}
int hides([[obs::secrets]] int key);

// expected-error@+2 {{unknown attribute 'obs::tracing'}}
// expected-note@+1 {{there are 'obs::monitor', 'obs::ignore' and 'obs::secret'}}
struct [[obs::tracing]] Unlike {};

// expected-error@+2 {{unknown attribute 'obs::moniter'; did you mean 'obs::monitor'?}}
// expected-note@+1 {{there are 'obs::monitor', 'obs::ignore' and 'obs::secret'}}
[[using obs: moniter(name="a[b]"), monitor]] int withUsing();

#define RECORDED [[obs::recorded]]
// expected-error@+2 {{unknown attribute 'obs::recorded'}}
// expected-note@+1 {{there are 'obs::monitor', 'obs::ignore' and 'obs::secret'}}
RECORDED int inMacro();

// In a body, in a template, on a lambda: once each.
template <class T> struct Box {
  int run() {
    // expected-error@+2 {{unknown attribute 'obs::Monitor'; did you mean 'obs::monitor'?}}
    // expected-note@+1 {{there are 'obs::monitor', 'obs::ignore' and 'obs::secret'}}
    struct [[obs::Monitor]] Local {};
    return 1;
  }
};
int used = Box<int>().run() + Box<char>().run();

// Not attributes, and not ours.
namespace obs { struct Config {}; int value; }
int table[3];
int plain = table[obs::value] + table[table[obs::value]];
[[gnu::unused]] static obs::Config config;
[[gsl::suppress("obs::moniter")]] [[using gnu: unused]] static int other(int x = obs::value);
[[obs::monitor]] [[obs::ignore]] [[nodiscard]] int known();
