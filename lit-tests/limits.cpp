// Limits of values: of a function, inherited key by key, and what they may be.
// RUN: %print -std=c++20 %s | FileCheck %s
// RUN: not %obs -std=c++20 -fsyntax-only -DBAD %s 2>&1 | FileCheck %s --check-prefix=BAD

// CHECK: limited(makeSite({{&__obs_site_id[_0-9A-F]*}}, "deep", {{.*}}), 0U, 0U, 9U, 0U, 0U)
[[obs::monitor(depth=9)]] void deep() {}

// CHECK: limited(makeSite({{&__obs_site_id[_0-9A-F]*}}, "all", {{.*}}), 10U, 2000U, 1U, 1024U, 1U)
[[obs::monitor(items=10, text=2 * 1000, depth=1, record=1024, pointers=false)]] void all() {}

struct [[obs::monitor(items=7, pointers=true)]] Class {
  // CHECK: limited(makeSite({{&__obs_site_id[_0-9A-F]*}}, "Class::own", {{.*}}), 7U, 50U, 0U, 0U, 2U)
  [[obs::monitor(text=50)]] void own() {}
};

#ifdef BAD
// BAD: error: 'depth' is a whole number from 1 to 100
[[obs::monitor(depth=0)]] void none() {}
// BAD: error: 'record' is a whole number from 64 to 61440
[[obs::monitor(record=1000000)]] void large() {}
// BAD: error: 'items' is a whole number from 1 to 1000000
[[obs::monitor(items=1.5)]] void half() {}
#endif
