// RUN: not %clang -std=c++17 -fplugin=%plugin -fplugin-arg-obs-prnt -fsyntax-only %s 2>&1 | FileCheck %s
// CHECK: unknown argument '-fplugin-arg-obs-prnt'; valid are '-fplugin-arg-obs-print', '-fplugin-arg-obs-functions=<file>' and '-fplugin-arg-obs-include=<dir>'
// RUN: not %clang -std=c++17 -fplugin=%plugin -fplugin-arg-obs-include=/nowhere -fsyntax-only %s 2>&1 | FileCheck --check-prefix=HEADER %s
// HEADER: the obs plugin does not find its header '/nowhere/obs/detail/scope.h'; pass '-fplugin-arg-obs-include=<dir>'
int x;
