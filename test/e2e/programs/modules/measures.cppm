// SPDX-License-Identifier: Apache-2.0
// A partition, without a global module fragment.
export module shapes:measures;

namespace shapes {

export struct Measure {
  int value = 0;
  const char *unit = "m";
};

export [[obs::monitor]] Measure inMetres(int value) {
  return {value};
}

} // namespace shapes
