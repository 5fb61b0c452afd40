// SPDX-License-Identifier: Apache-2.0
// A partition for the module itself.
module shapes:hidden;

namespace shapes {

[[obs::monitor]] inline int hidden(int a) {
  return a + 1;
}

} // namespace shapes
