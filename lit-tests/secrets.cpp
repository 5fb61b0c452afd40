// What is secret is neither read nor described, wherever it turns up.
// RUN: %print -std=c++20 %s | FileCheck %s --implicit-check-not=neverRead
// RUN: %print -std=c++20 -fplugin-arg-obs-secrets=none -DPLAIN %s | FileCheck --check-prefix=NONE %s
// RUN: %obs -std=c++20 -x c++-header %S/Inputs/secrets.h -o %t.pch
// RUN: %obs -std=c++20 -include-pch %t.pch -DUSE -DPRECOMPILED -S -emit-llvm -o - -x c++ %s | FileCheck --check-prefix=IR %s
// RUN: %obs -std=c++20 -S -emit-llvm -o - -DUSE %s | FileCheck --check-prefix=IR %s
// RUN: %clang -std=c++20 -fsyntax-only -Wno-unknown-attributes %s
#ifndef PRECOMPILED
#include "Inputs/secrets.h"
#endif
#ifndef USE

// NONE: makeSite({{&__obs_site_id[_0-9A-F]*}}, "byName"
// NONE: obs_rt_enter(&__obs_call, &__obs_site, {{&?}}password, {{&?}}open);
#ifdef PLAIN
[[obs::monitor]] void byName(Text password, Text open) {}
#else

// By a mark.
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "marked", {{.*}}, "a,b,c", 1., 1U,
// CHECK: obs_rt_enter(&__obs_call, &__obs_site, {{&?}}b);
// CHECK: obs_rt_failed(__obs_scope.call, &__obs_site, b);
[[obs::monitor]] void marked([[obs::secret]] Text a, int b, int c [[obs::secret]]) {}

// By a name, of which 'false' acquits.
// CHECK: obs_rt_enter(&__obs_call, &__obs_site);
[[obs::monitor]] void named(Text password, Text userPassword, Text m_apiKey, Text API_KEY_, int ssn, long creditCardNumber, Text dbpassword) {}
// CHECK: obs_rt_enter(&__obs_call, &__obs_site);
[[obs::monitor]] void plural(Text *tokens, Text accessTokens2, Text Authorization, Text privatekey) {}
// CHECK: obs_rt_enter(&__obs_call, &__obs_site, {{&?}}tokenizer, {{&?}}secretary, {{&?}}compass, {{&?}}className, {{&?}}glass_n, {{&?}}keys);
[[obs::monitor]] void others(Text tokenizer, Text secretary, Text compass, Text className, Text glass_n, Text keys) {}
enum Kind { kWord };
// CHECK: obs_rt_enter(&__obs_call, &__obs_site, {{&?}}token_count, {{&?}}maxTokens, {{&?}}hasPassword, {{&?}}token, {{&?}}token_type);
[[obs::monitor]] void numbers(int token_count, unsigned maxTokens, bool hasPassword, Kind token, int token_type) {}
// CHECK: obs_rt_enter(&__obs_call, &__obs_site, {{&?}}token);
[[obs::monitor]] void acquitted([[obs::secret(false)]] Text token, [[obs::secret(true)]] Text other) {}

// By a type: decided where the value is encoded.
// CHECK: obs_rt_enter(&__obs_call, &__obs_site);
[[obs::monitor]] void typed(Key a, Vault<int> b, Password c, const Box<Password> &d, Locked<int> e) {}

// Whatever declaration says so.
void declared(Text password, int b, [[obs::secret]] int c);
// CHECK: obs_rt_enter(&__obs_call, &__obs_site, {{&?}}b);
[[obs::monitor]] void declared(Text p, int b, int c) {}
struct Base {
  virtual void run([[obs::secret]] int a) = 0;
};
struct Derived : Base {
  // CHECK: obs_rt_enter(&__obs_call, &__obs_site);
  [[obs::monitor]] void run(int a) override {}
};
template <class T> struct Door {
  void open(T a, int b);
};
template <class T> [[obs::monitor]] void Door<T>::open([[obs::secret]] T a, int b) {}
// CHECK: obs_rt_enter(&__obs_call, &__obs_site, {{&?}}b);
template void Door<int>::open(int, int);
template <class... T> [[obs::monitor]] void pack(int a, const T &...tokens) {}
// CHECK: obs_rt_enter(&__obs_call, &__obs_site, {{&?}}a);
template void pack(int, const Text &, const long &);

// A result is not looked at.
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "result", {{.*}}, "a", 1., 3U,
// CHECK: return Text
[[obs::monitor, obs::secret]] Text result(int a) { return Text{}; }
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "aliased", {{.*}}, "", 1., 3U,
// CHECK: return {};
[[obs::monitor]] Password aliased() { return {}; }
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "off", {{.*}}, "", 1., 1U,
[[obs::monitor(result=false), obs::secret]] int off() { return 1; }
// CHECK: makeSite({{.*}}, "x", 1., 3U,
// CHECK: obs_rt_enter(&__obs_call, &__obs_site{{[_0-9A-F]*}});
auto lambda = [] [[obs::monitor, obs::secret]] ([[obs::secret]] int x) { return x; };
#endif
#else

// Members are neither described nor read, and of types that are secret there
// is no more than the name.
// IR-NOT: neverRead
// IR-NOT: swift
// IR-DAG: c"name\00"
// IR-DAG: c"password\00"
// IR-DAG: c"access\00"
// IR-NOT: neverRead
struct User {
  Text name;
  Text password;
  [[obs::secret]] int access;
  Key key;
  Pin pin;
  Box<Vault<int>> box;
  Either either;
};
[[obs::monitor]] void use(const User &user, Box<Key> key) {}
#endif
