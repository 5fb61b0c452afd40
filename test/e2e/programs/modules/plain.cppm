// SPDX-License-Identifier: Apache-2.0
// A module of its own, that includes nothing.
export module plain;

export [[obs::monitor]] int inInterface(int a) {
  return a + 1;
}
export [[obs::monitor]] int inImplementation(int a);
