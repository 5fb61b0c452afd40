// SPDX-License-Identifier: Apache-2.0
// What templates.cpp and templates_other.cpp share.
#ifndef OBS_TEST_TEMPLATES_OTHER_H
#define OBS_TEST_TEMPLATES_OTHER_H

// Instantiated in templates_other.cpp only.
template <class T> struct Remote {
  [[obs::monitor]] T run(T x) { return x + 1; }
};
template <class T> [[obs::monitor]] T remote(T x) {
  return x + 2;
}
extern template struct Remote<int>;
extern template int remote(int);

// In both; one record a call, whoever's copy the linker keeps.
[[obs::monitor]] inline int shared(int x) {
  return x * 3;
}
struct Shared {
  [[obs::monitor]] explicit Shared(int x) : x(shared(x)) { ++this->x; }
  int x;
};
int callsShared();

#endif // OBS_TEST_TEMPLATES_OTHER_H
