// RUN: not %clang -std=c++17 -fplugin=%plugin -fplugin-arg-obs-prnt -fsyntax-only %s 2>&1 | FileCheck %s
// CHECK: unknown argument '-fplugin-arg-obs-prnt'; valid are '-fplugin-arg-obs-print', '-fplugin-arg-obs-functions=<file>', '-fplugin-arg-obs-secrets=<names>' and '-fplugin-arg-obs-include=<dir>'
// RUN: not %clang -std=c++17 -fplugin=%plugin -fplugin-arg-obs-include=/nowhere -fsyntax-only %s 2>&1 | FileCheck --check-prefix=HEADER %s
// HEADER: the obs plugin does not find its header '/nowhere/obs/detail/scope.h'; pass '-fplugin-arg-obs-include=<dir>'

// The names of secrets: a list, or changes to the one there is.
// RUN: not %obs -std=c++17 -fplugin-arg-obs-secrets=pin,+iban -fsyntax-only %s 2>&1 | FileCheck --check-prefix=MIXED %s
// MIXED: error: '-fplugin-arg-obs-secrets=pin,+iban': give each name a '+' or '-' to change the list, or none of them to replace it
// RUN: not %obs -std=c++17 -fplugin-arg-obs-secrets=pin,2fa -fsyntax-only %s 2>&1 | FileCheck --check-prefix=NAME %s
// NAME: error: '-fplugin-arg-obs-secrets=pin,2fa': '2fa' is no name; it is made of letters and '_'
// RUN: not %obs -std=c++17 -fplugin-arg-obs-secrets= -fsyntax-only %s 2>&1 | FileCheck --check-prefix=EMPTY %s
// EMPTY: error: '-fplugin-arg-obs-secrets=': '' is no name
// RUN: not %obs -std=c++17 -fplugin-arg-obs-secrets=-tokken -fsyntax-only %s 2>&1 | FileCheck --check-prefix=UNKNOWN %s
// UNKNOWN: error: '-fplugin-arg-obs-secrets=-tokken': there is no 'tokken' to take off the list; did you mean 'token'?

// RUN: %print -std=c++17 -fplugin-arg-obs-secrets=sort_code,pin %s | FileCheck --check-prefix=REPLACED %s
// REPLACED: obs_rt_enter(&__obs_call, &__obs_site, token);
// RUN: %print -std=c++17 -fplugin-arg-obs-secrets=+pin,-token %s | FileCheck --check-prefix=CHANGED %s
// CHANGED: obs_rt_enter(&__obs_call, &__obs_site, token, sortCode);
// RUN: %print -std=c++17 -fplugin-arg-obs-secrets=none -fplugin-arg-obs-secrets=+SortCode %s | FileCheck --check-prefix=TWICE %s
// TWICE: obs_rt_enter(&__obs_call, &__obs_site, pin, token);
[[obs::monitor]] void f(const char *pin, const char *token, const char *sortCode) {}
