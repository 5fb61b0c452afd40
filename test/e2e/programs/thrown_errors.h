// SPDX-License-Identifier: Apache-2.0
// A throw that the plugin takes for one of a library.
#pragma GCC system_header

struct Foreign {
  void *numbers[3] = {(void *)8, (void *)0x1008, (void *)0x1008};
};

template <class T> [[noreturn]] void throwElsewhere(T exception) {
  throw exception;
}
