// SPDX-License-Identifier: Apache-2.0
// Encoded values without others inside (abi.h, "Values") to JSON.
#ifndef OBS_RUNTIME_LEAF_DECODER_H
#define OBS_RUNTIME_LEAF_DECODER_H

#include "type_table.h"
#include "value_format.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace obs::rt {

// Appends values to `out` as it takes their bytes from the front of `bytes`.
// Never fails: what is missing is "...".
class LeafDecoder {
protected:
  LeafDecoder(std::string &out, const TypeTable &types,
              std::span<const uint8_t> bytes, const ValueContext &context)
      : out_(out), types_(types), context_(context), next_(bytes.data()),
        end_(bytes.data() + bytes.size()) {}

  // What stands for a value that is not there, or too deep.
  static constexpr std::string_view kCut = "\"...\"";

  // False, and nothing is done: values of this kind have others inside.
  bool leaf(const TypeNode &node);

  // The rest is missing: says so, and takes nothing any more.
  void over();
  bool take(void *to, size_t size);
  const uint8_t *position() const { return next_; }
  // The integer of `size` bytes, sign- or zero-extended.
  bool takeInteger(uint32_t size, bool isSigned, __int128 &value);
  void appendMore(uint32_t stored, uint64_t full);
  // False: there are no items to show, and the rest has been said.
  bool takeCounts(const TypeNode &node, uint32_t &stored, uint64_t &full);
  template <class T> bool take(T &value) { return take(&value, sizeof(value)); }

  std::string &out_;
  const TypeTable &types_;
  const ValueContext &context_;
  bool over_ = false; // the bytes have ended early

private:
  void bracketed(std::string_view name);
  void boolean();
  void integer(const TypeNode &node);
  void character(const TypeNode &node);
  void appendUnit(uint32_t unit, uint32_t size);
  void floating(const TypeNode &node);
  void enumeration(const TypeNode &node);
  void address();
  void text(const TypeNode &node);
  void wideText(uint32_t count, uint32_t size);
  void textPointer(const TypeNode &node);
  // [std::vector<int> with 10000000 items]
  bool summarized(const TypeNode &node, uint32_t stored, uint64_t full);
  // [Eigen::Matrix<double> 1000000×100]
  void shape(const TypeNode &node);
  void function();
  void member(const TypeNode &node);
  // By the Itanium C++ ABI: the function's address, or 1 + its offset in the
  // table of virtual functions; then the object's adjustment.
  void method();
  // What a union may hold: [Number 01 00 00 00]
  void rawBytes(const TypeNode &node);
  // The highest first, as std::bitset prints them.
  void bits(const TypeNode &node);
  // A type's name as kTextPointer has it; empty: there is none.
  bool takeTypeName(std::string &name);
  // [std::any: int]
  void heldType(const TypeNode &node);
  void dynamicType();
  void splitTime(const TypeNode &node);
  void described();

  const uint8_t *next_;
  const uint8_t *end_;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_LEAF_DECODER_H
