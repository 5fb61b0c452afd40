// Functions chosen by a file of rules.
// RUN: %print -std=c++17 -fplugin-arg-obs-functions=%S/Inputs/rules.txt %s | FileCheck %s --implicit-check-not='makeSite({{&__obs_site_id[_0-9A-F]*}}, "{{.*}}untouched' --implicit-check-not='makeSite("std::'
// RUN: printf 'a sampel=1\n[ sample=1\n!b args=false\n' > %t.rules
// RUN: not %obs -std=c++17 -fplugin-arg-obs-functions=%t.rules -fsyntax-only %s 2>&1 | FileCheck --check-prefix=ERROR %s
// RUN: not %obs -std=c++17 -fplugin-arg-obs-functions=/nowhere -fsyntax-only %s 2>&1 | FileCheck --check-prefix=MISSING %s
#include "Inputs/other.h"
#include <vector>

// ERROR: {{.*}}:1:3: error: unknown key 'sampel' in 'obs::monitor'; did you mean 'sample'?
// ERROR: {{.*}}:2:1: error: '[' is no pattern:
// ERROR: {{.*}}:3:1: error: a rule that excludes takes no keys
// MISSING: error: cannot read the rules '/nowhere':

// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "inOther", {{.*}} 0.5, 1U
namespace app {
void testuntouched() { __builtin_trap(); }
struct Db {
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "app::Db::get", {{.*}} 0.01{{[0-9]*}}, 18U
  int get(int key) { return key * factor(); }
  static int factor();
};
// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "app::run", {{.*}} 1., 1U
void run(std::vector<int> v) {
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "app::run::(lambda)",
  auto lambda = [&] { v.push_back(Db::factor()); };
  lambda();
}
// The attribute wins.
// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "app::marked", {{.*}} 0.75, 1U
[[obs::monitor(sample=0.75)]] void marked() {}
[[obs::ignore]] void untouchedIgnored() { __builtin_trap(); }
}
