// The header for generated code is included where there may be an attribute,
// which may stand in whatever is included.
// RUN: rm -rf %t && split-file %s %t
// RUN: %obs -std=c++17 -fsyntax-only -MD -MF - %t/none.cpp | FileCheck --check-prefix=NONE %s
// NONE: none.cpp
// NONE-NOT: scope.h
// RUN: %print -std=c++17 -DMARK='[[obs::monitor]]' %t/command-line.cpp | FileCheck %s
// No macro of the command line, and no file that it includes, comes before it.
// RUN: %print -std=c++17 -DU8=int -Dencode=# -include %t/marked.h %t/none.cpp | FileCheck %s
// RUN: %print -std=c++17 %t/beside.cpp | FileCheck %s
// RUN: %print -std=c++17 -I %t/first -I %t/second %t/next.cpp | FileCheck %s
// RUN: %print -std=c++17 -iquote %t %t/first/search.cpp | FileCheck %s
// RUN: %print -std=c++17 -isystem %t %t/first/angled.cpp | FileCheck %s
// Beside a wrapper of the standard library's headers, too.
// RUN: %print -std=c++17 -I %t/wrapper %t/wrapped.cpp | FileCheck %s
// RUN: %print -std=c++17 -DFILE='"marked.h"' %t/computed.cpp | FileCheck %s
// RUN: %print -std=c++17 %t/macro.cpp | FileCheck %s
// RUN: cd %t && %print -std=c++17 first/up.cpp | FileCheck %s
// RUN: cd %t && %print -std=c++17 -x c++ - < beside.cpp | FileCheck %s
// CHECK: obs::detail::Scope
// RUN: not %obs -std=c++17 -fsyntax-only %t/pasted.cpp 2>&1 | FileCheck --check-prefix=PASTED %s
// PASTED: pasted.cpp:2:3: error: 'obs::monitor' comes unexpectedly: neither this file nor what it includes has the word 'obs'; write it in one piece, or include <obs/attributes.h> and use OBS_MONITOR

//--- none.cpp
#include "plain.h"
#ifndef __OBS_MONITOR__
#error "the plugin is there"
#endif
int jobs(int obstacle);
//--- plain.h
#pragma once
#include "none.cpp" // not for ever
extern int _obs, obs_, obs1;
//--- marked.h
[[obs::monitor]] inline int marked(int a) { return a; }
//--- command-line.cpp
MARK int f(int a) { return a; }
//--- beside.cpp
  #  include"indirect.h"
//--- indirect.h
#include "marked.h"
//--- next.cpp
#include <next.h>
//--- first/next.h
#include_next <next.h>
//--- second/next.h
[[using obs: monitor]] inline int marked(int a) { return a; }
//--- first/search.cpp
#include "marked.h"
//--- first/angled.cpp
#include <marked.h>
//--- first/up.cpp
#include "../marked.h"
//--- wrapped.cpp
#include <wrapped.h>
//--- wrapper/cstddef
#include_next <cstddef>
//--- wrapper/wrapped.h
#include "../marked.h"
//--- computed.cpp
#include FILE
//--- macro.cpp
#include "macro.h"
MARK(sample=0.5) int f(int a) { return a; }
//--- macro.h
#define MARK(...) [[obs :: monitor(__VA_ARGS__)]]
//--- pasted.cpp
#define CAT(a, b) a##b
[[CAT(ob, s)::monitor]] int f(int a) { return a; }
