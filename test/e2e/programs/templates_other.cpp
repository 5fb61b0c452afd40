// SPDX-License-Identifier: Apache-2.0
// The second translation unit of templates.cpp.
#include "templates_other.h"

template struct Remote<int>;
template int remote(int);

int callsShared() {
  return Shared(2).x;
}
