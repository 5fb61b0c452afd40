// Preprocessing and compiling apart, as ccache and -save-temps do.
// RUN: %obs -std=c++17 -E %s -o %t.ii
// RUN: %print -std=c++17 %t.ii | FileCheck %s
// RUN: %obs -std=c++17 -c %t.ii -o %t.o
#define RATE 0.5
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "f", "{{.*}}preprocessed.cpp", [[@LINE+1]]U, {{.*}}, 0.5,
[[obs::monitor(sample=RATE)]] int f(int a) { return a; }
