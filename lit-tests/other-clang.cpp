// A plugin in a clang of another version says so, and does nothing.
// REQUIRES: other-clang
// RUN: not %other -fplugin=%plugin -fsyntax-only %s 2>&1 | FileCheck %s
// CHECK: error: this obs plugin is for clang [[#]], but it was loaded into {{.*}}clang version [[#]]
int x;
