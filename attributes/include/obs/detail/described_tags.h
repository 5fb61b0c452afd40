// SPDX-License-Identifier: Apache-2.0
// How the values of a type with an obsDescribe() are encoded: part of the
// contract of abi.h, apart from it as few files need it.
#ifndef OBS_ATTRIBUTES_DESCRIBED_TAGS_H
#define OBS_ATTRIBUTES_DESCRIBED_TAGS_H
#pragma clang system_header

#include "abi.h"

namespace obs::detail {

// What obsDescribe() wrote: a value, or several between kBegin… and kEnd.
enum DescribedTag : U8 {
  kTagNull,
  kTagBool,     // U8
  kTagSigned,   // S64
  kTagUnsigned, // U64
  kTagFloat,    // double
  kTagText,     // as kText, of bytes
  kTagKey,      // the same: of the value that follows
  kTagType,     // the same: stands for a value of this type
  kTagThrew,    // the same: obsDescribe() threw this, instead of all it wrote
  kTagAddress,  // U64
  kTagTextPointer, // as kTextPointer
  kTagObject,      // keys and values follow
  kTagList,        // values follow
  kTagEnd,         // of an object or list
  kTagMore,        // U64: so many more items of the list
  kTagCut,         // stands for a value nested too deep
};

} // namespace obs::detail

#endif // OBS_ATTRIBUTES_DESCRIBED_TAGS_H
