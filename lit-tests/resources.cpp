// Processor time and allocated bytes of a call: a flag of the site.
// RUN: %print -std=c++17 %s | FileCheck %s
// RUN: not %obs -std=c++17 -fsyntax-only -DBAD %s 2>&1 | FileCheck %s --check-prefix=BAD

// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "measured", {{.*}}, "int measured(int a)", "a", 1., 27U,
[[obs::monitor(resources=true)]] int measured(int a) { return a; }

// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "nothing", {{.*}}, "", 1., 8U,
[[obs::monitor(resources=true, args=false, result=false)]] int nothing(int a) { return a; }

// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "off", {{.*}}, "a", 1., 19U,
[[obs::monitor(resources=false)]] int off(int a) { return a; }

struct [[obs::monitor(resources=true)]] Class {
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Class::own", {{.*}}, "a", 1., 27U,
  int own(int a) { return measured(a) + nothing(a); }
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Class::other", {{.*}}, "a", 1., 19U,
  [[obs::monitor(resources=false)]] int other(int a) { return 3 * a; }
};

#ifdef BAD
// BAD: error: 'resources' is 'true' or 'false'
[[obs::monitor(resources=cpu)]] void bad() {}
// BAD: error: unknown key 'resource' in 'obs::monitor'; did you mean 'resources'?
[[obs::monitor(resource=true)]] void misspelt() {}
#endif
