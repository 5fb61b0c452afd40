// In files of modules nothing comes before `module`.
// REQUIRES: clang16
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: %print -std=c++20 fragment.cppm | FileCheck --check-prefix=FRAGMENT %s
// FRAGMENT: // fragment.cppm:6:29: inFragment
// FRAGMENT: obs::detail::Scope
// RUN: %obs -std=c++20 --precompile %t/interface.cppm -o interface.pcm
// What is precompiled is instrumented once; what is inline, for who uses it.
// RUN: %obs -std=c++20 -c -S -emit-llvm interface.pcm -o - | FileCheck --check-prefix=ONCE %s
// ONCE: define {{.*}}exported
// ONCE: alloca %"struct.obs::detail::Scope",
// ONCE-NOT: alloca %"struct.obs::detail::Scope",
// RUN: %obs -std=c++20 -fmodule-file=m=interface.pcm -S -emit-llvm importer.cpp -o - \
// RUN:   | FileCheck --check-prefix=IMPORTER %s
// IMPORTER-DAG: define {{.*}}inlined{{.*}} {
// IMPORTER-DAG: define {{.*}}pattern{{.*}} {
// IMPORTER-DAG: define {{.*}}user{{.*}} {
// RUN: %print -std=c++20 -fmodule-file=m=interface.pcm importer.cpp \
// RUN:   | FileCheck --check-prefix=PATTERN %s
// PATTERN-NOT: : inlined
// PATTERN: // {{.*}}interface.cppm:3:46: pattern
// PATTERN-NOT: : inlined
// An interface's marks hold for what implements it.
// RUN: %print -std=c++20 -fmodule-file=m=interface.pcm implementation.cpp \
// RUN:   | FileCheck --check-prefix=IMPLEMENTATION %s
// IMPLEMENTATION: // implementation.cpp:2:5: implemented
// Preprocessed, it is still the file that it was.
// RUN: %print -std=c++20 preprocessed.iim \
// RUN:   | FileCheck --check-prefix=PREPROCESSED %s
// PREPROCESSED: // {{.*}}original.cppm:12:22: inOriginal
// RUN: %print -std=c++20 none.cpp | FileCheck --check-prefix=NONE %s
// NONE: // none.cpp:3:22: notInModule
// Built without the plugin, and with rules for the object alone.
// RUN: %clang -std=c++20 --precompile -Wno-unknown-attributes interface.cppm -o plain.pcm
// RUN: %obs -std=c++20 -fplugin-arg-obs-functions=all.rules -c -S -emit-llvm plain.pcm -o - \
// RUN:   | FileCheck --check-prefix=PLAIN %s
// PLAIN-NOT: obs::detail

//--- fragment.cppm
// Copyright
/* module; */ module;
int before();
export module fragment;
export template <class T> T pattern(T a) { return a; }
export [[obs::monitor]] int inFragment(int a) { return pattern(a); }
//--- interface.cppm
export module m;
export [[obs::monitor]] int exported(int a) { return a; }
export template <class T> [[obs::monitor]] T pattern(T a) { return a; }
export [[obs::monitor]] inline int inlined(int a) { return a; }
export [[obs::monitor]] int implemented(int a);
void throwing() { throw 1; }
//--- importer.cpp
import m;
[[obs::monitor]] int user(int a) { return inlined(a) + pattern(a); }
//--- implementation.cpp
module m;
int implemented(int a) { return a; }
//--- preprocessed.iim
# 1 "original.cppm"
# 1 "<built-in>" 1
# 1 "<command line>" 1
# 1 "<built-in>" 2
# 8 "original.cppm" 2
module;

int before();
export module original;
[[obs::monitor]] int inOriginal(int a) { return a; }
//--- none.cpp
#if 0
#endif
[[obs::monitor]] int notInModule(int module) { return module; }
//--- all.rules
*
