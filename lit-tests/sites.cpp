// What the object file says of functions and rules.
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: printf '# which\n!app::excluded\n  app::* sample=0.5  # half\nnone::*\n!nor::this\n' > rules
// RUN: %obs -std=c++20 -fplugin-arg-obs-functions=rules -c %s -o a.o
// RUN: llvm-readelf -p .obs.sites a.o | FileCheck --implicit-check-not=unused --implicit-check-not='"function":"app::excluded"' %s
// Not loaded, and merged by the linker.
// RUN: llvm-readelf -S a.o | FileCheck --check-prefix=SECTION %s
// SECTION: .obs.sites PROGBITS {{0+ [0-9a-f]+ [0-9a-f]+}} 01 MS 0

// The same by another assembler, by way of bitcode, for another processor.
// RUN: llvm-readelf -p .obs.sites a.o > a.txt
// RUN: %obs -std=c++20 -fplugin-arg-obs-functions=rules -fno-integrated-as -c %s -o b.o
// RUN: llvm-readelf -p .obs.sites b.o > b.txt
// RUN: %obs -std=c++20 -fplugin-arg-obs-functions=rules -masm=intel -save-temps=obj -g -c %s -o c.o
// RUN: llvm-readelf -p .obs.sites c.o > c.txt
// RUN: %obs -std=c++20 -fplugin-arg-obs-functions=rules --target=aarch64-linux-gnu -ffreestanding -c %s -o d.o
// RUN: llvm-readelf -p .obs.sites d.o > d.txt
// RUN: cmp a.txt b.txt
// RUN: cmp a.txt c.txt
// RUN: cmp a.txt d.txt

// Nothing where nothing is asked for, and where nothing is generated.
// RUN: echo 'int f() { return 1; }' > plain.cpp
// RUN: %obs -std=c++20 -S plain.cpp -o - | FileCheck --check-prefix=PLAIN %s
// PLAIN-NOT: obs
// RUN: %obs -std=c++20 -fsyntax-only %s

// Quotes, backslashes and other alphabets survive both escapes.
// CHECK: {"obs":1,"kind":"monitored","function":"app::Db::get","file":"{{.*}}sites.cpp","line":[[# @LINE + 26]],"signature":"int app::Db::get(int key) const","by":"rule","by_file":"rules","by_line":3,"sample":0.5,"args":true,"result":true}
// CHECK: "function":"app::byAttribute",{{.*}}"by":"attribute","sample":1,"args":true,"result":false,"skip":["a","b"],"name":"{{.*}} \"%q\" \\ {x|y}$$ end"}
// CHECK: "function":"app::byAttribute::(lambda)",{{.*}}"by":"rule"
// CHECK: "function":"app::keep::ofNamespace",{{.*}}"by":"namespace","by_name":"app::keep","sample":0.125,
// CHECK: "function":"app::pattern<int>",
// CHECK: "kind":"refused","function":"app::Class::get",{{.*}}"by":"class","by_name":"app::Class","why":"it is an accessor; accessors=true takes it along"}
// CHECK: "kind":"refused","function":"app::naked",{{.*}}"by":"rule","by_file":"rules","by_line":3,"why":"it is naked, its body is assembly without a frame"}
// CHECK: {"obs":1,"kind":"rule","file":"rules","line":2,"text":"!app::excluded","matched":true}
// CHECK: {"obs":1,"kind":"rule","file":"rules","line":3,"text":"app::* sample=0.5","matched":true}
// CHECK: {"obs":1,"kind":"rule","file":"rules","line":4,"text":"none::*","matched":false}
// CHECK: {"obs":1,"kind":"rule","file":"rules","line":5,"text":"!nor::this","matched":false}

int opaque(int);
namespace app {
int excluded() { return opaque(1); }
__attribute__((naked)) void naked() { asm("ret"); }
struct [[obs::monitor]] Class {
  int member;
  int get() const { return member; }
};
int user(Class c);
[[obs::ignore]] int ignored(Class c) { return c.get(); }
struct Db {
  int unused() const { return opaque(1); }
  int get(int key) const;
};
int Db::get(int key) const { return opaque(key); }
template <class T> T pattern(T x) { return opaque(x); }
template <class T> T unusedPattern(T x) { return opaque(x); }
[[obs::monitor(result=false, skip=(a, b), name="é \"%q\" \\ {x|y}$$ end")]]
int byAttribute(int a, int b) {
  auto lambda = [](int x) { return opaque(x); };
  return pattern(a) + lambda(b);
}
namespace [[obs::monitor(sample=0.125)]] keep {
int ofNamespace() { return opaque(2); }
}
inline int unusedInline() { return opaque(3); }
static int unusedStatic() { return opaque(3); }
}
