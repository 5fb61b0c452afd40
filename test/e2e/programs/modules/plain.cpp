// SPDX-License-Identifier: Apache-2.0
// An implementation unit without a global module fragment.
module plain;

int inImplementation(int a) {
  return inInterface(a) + 1;
}
