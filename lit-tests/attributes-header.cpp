// obs/attributes.h: the attribute with the plugin, nothing without it.
// RUN: %print -std=c++17 -I%include %s | FileCheck %s
// RUN: %clang -std=c++17 -Weverything -Werror -Wno-c++98-compat -Wno-c++98-compat-pedantic -Wno-missing-prototypes -I%include -fsyntax-only %s
// RUN: %clang -std=c++98 -Weverything -Werror -Wno-variadic-macros -Wno-c99-extensions -Wno-missing-prototypes -I%include -fsyntax-only %s
// RUN: g++ -std=c++17 -Wall -Wextra -Werror -I%include -fsyntax-only %s
#include "obs/attributes.h"

// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "all", {{.*}} 1., 19U
OBS_MONITOR() int all(int a) { return a; }
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "some", {{.*}}, "a", 0.01{{[0-9]*}}, {{[0-9]+}}U
OBS_MONITOR(sample=0.01, skip=(b)) int some(int a, int b) { return a + b; }
// CHECK: obs_rt_enter(&__obs_call, &__obs_site, token);
OBS_MONITOR() int keyed(OBS_SECRET int a, OBS_NOT_SECRET int token) { return a + token; }
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "hidden", {{.*}}, {{[0-9]+}}U
// CHECK: return a;
OBS_MONITOR() OBS_SECRET int hidden(int a) { return a; }
// CHECK-NOT: makeSite
OBS_IGNORE int none(int a) { return a; }
