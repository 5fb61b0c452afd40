// SPDX-License-Identifier: Apache-2.0
// Types to their descriptions (Type, abi.h), and what of values depends on
// their types: size(), iteration and field reads. The rest is the runtime's.
//
// Runs on the monitored thread: bounded, no allocation, no formatting.
#ifndef OBS_ATTRIBUTES_ENCODE_H
#define OBS_ATTRIBUTES_ENCODE_H
#pragma clang system_header

#include "traits.h"

// Not stepped into, not seen by sanitizers or coverage. Profiling may see them:
// LLVM inlines nothing into a function with no_profile_instrument_function.
#define OBS_QUIET                                                              \
  __attribute__((nodebug, no_sanitize("undefined"),                            \
                 disable_sanitizer_instrumentation, no_instrument_function))
#define OBS_INLINE OBS_QUIET __attribute__((always_inline)) inline
#define OBS_OUTLINE OBS_QUIET __attribute__((noinline))

#pragma GCC visibility push(hidden)
namespace obs::detail {

// Reflection. The plugin replaces the bodies of these, per type: classKind by
// the kind of a class and its `size` * 256, describeFields by a
// obs_rt_schema_child(…) for each base and field, encodeFields by a
// obs_rt_encode_nested(…), memberCopy(…) … for each in the same order,
// describeEnumerators by a obs_rt_schema_enumerator(…) for each. Of some
// classes of libraries it knows more than their shape, and has them encoded as
// another kind. Whether it knows all of a type without the templates of
// traits.h isKnown says, and makeKnownType what. Left alone (no plugin, or a
// class that is not looked into) a class is opaque.
template <class T>
__attribute__((annotate("obs::known"))) constexpr bool isKnown() {
  return false;
}
template <class T>
__attribute__((annotate("obs::type"))) constexpr Type makeKnownType() {
  return {};
}
template <class T>
__attribute__((annotate("obs::kind"))) constexpr U32 classKind() {
  return kOpaque;
}
template <class T>
__attribute__((annotate("obs::describe"))) OBS_QUIET void
describeFields(Schema &) {}
template <class T>
__attribute__((annotate("obs::encode"))) OBS_QUIET void
encodeFields(Encoder &, const T &) {}
template <class T>
__attribute__((annotate("obs::enumerators"))) OBS_QUIET void
describeEnumerators(Schema &) {}

template <class T> constexpr Type makeType();

// The description of a plain T.
template <class T>
__attribute__((nodebug)) inline constexpr Type kType = makeType<T>();

// What the plugin asks for the description of an array.
template <class T> constexpr const Type &typeOf(T *) {
  return kType<Plain<T>>;
}

// --- Encoding ---------------------------------------------------------------

template <class T> OBS_INLINE void number(Encoder &encoder, T value) {
  obs_rt_encode_bytes(encoder, &value, sizeof(value));
}

template <class T> OBS_INLINE const void *addressOf(const T &value) {
  return const_cast<const void *>(
      static_cast<const volatile void *>(__builtin_addressof(value)));
}

// A value inside another one.
template <class T> OBS_INLINE void nested(Encoder &encoder, const T &value) {
  obs_rt_encode_nested(encoder, kType<Plain<T>>, addressOf(value));
}

using ItemKind = int;
inline constexpr ItemKind kValue = 0, kPair = 1,
                          kBoolProxy = 2; // of std::vector<bool>

// The items from `it` on; `full` of them, or as many as there are. Ends before
// the item that does not fit, or whose reading throws.
template <ItemKind kItem, class It, class End>
OBS_QUIET void encodeItems(Encoder &encoder, It it, const End &end, U64 full) {
  Items items;
  if (!obs_rt_items_begin(encoder, items, full))
    return;
  bool all = false, threw = false;
#if __cpp_exceptions
  try {
#endif
    for (;; ++it) {
      all = !(it != end);
      if (all)
        break;
      auto &&value = *it;
      if constexpr (kItem == kPair) {
        nested(encoder, value.first);
        nested(encoder, value.second);
      } else if constexpr (kItem == kBoolProxy) {
        nested(encoder, bool(value));
      } else {
        nested(encoder, value);
      }
      if (!obs_rt_items_next(encoder, items))
        break;
    }
#if __cpp_exceptions
  } catch (...) {
    threw = true;
  }
#endif
  obs_rt_items_end(encoder, items, all, threw);
}

template <class Item>
OBS_INLINE void encodeArray(Encoder &encoder, const Item *first, U64 count) {
  obs_rt_encode_array(encoder, kType<Plain<Item>>,
                      const_cast<const Plain<Item> *>(first), count,
                      sizeof(Item));
}

template <class T, int... I>
OBS_QUIET void encodeElements(Encoder &encoder, const T &value,
                              Indices<int, I...>) {
  (nested(encoder, get<I>(value)), ...);
}

template <class T, int... I>
OBS_QUIET void encodeAlternative(Encoder &encoder, const T &value,
                                 Indices<int, I...>) {
  const U8 index = value.valueless_by_exception() ? 255 : U8(value.index());
  number(encoder, index);
  ((index == I ? nested(encoder, get<I>(value)) : void()), ...);
}

template <class... N> OBS_QUIET void sizes(Encoder &encoder, N... values) {
  number(encoder, U8(sizeof...(N)));
  (number(encoder, U64(values)), ...);
}

template <class T>
OBS_QUIET void encodeShape(Encoder &encoder, const T &value) {
  if constexpr (kHasRows<T>) {
    sizes(encoder, value.rows(), value.cols());
  } else if constexpr (kHasNumRows<T>) {
    sizes(encoder, value.num_rows(), value.num_columns());
  } else if constexpr (kHasExtents<T>) {
    number(encoder, U8(value.rank()));
    for (U8 i = 0; i < U8(value.rank()); ++i)
      number(encoder, U64(value.extent(i)));
  } else {
    U64 sizes[8];
    U8 count = 0;
    const auto &shape = value.shape();
    for (auto it = shape.begin(); count < 8 && it != shape.end(); ++it)
      sizes[count++] = U64(*it);
    number(encoder, count);
    obs_rt_encode_bytes(encoder, sizes, count * sizeof(U64));
  }
}

// The alternatives of a value of JSON after null, in their order.
template <class T>
using JsonTypes =
    TypeList<typename T::object_t, typename T::array_t, typename T::string_t,
             typename T::boolean_t, typename T::number_integer_t,
             typename T::number_unsigned_t, typename T::number_float_t,
             typename T::binary_t>;

template <class T, class... A>
OBS_QUIET void encodeJson(Encoder &encoder, const T &value, TypeList<A...>) {
  const unsigned type = unsigned(value.type());
  const U8 index = type - 1 < sizeof...(A) ? U8(type - 1) : 255;
  number(encoder, index);
  unsigned next = 0;
  ((index == next++
        ? obs_rt_encode(encoder, kType<A>, value.template get_ptr<const A *>())
        : void()),
   ...);
}

template <class T> OBS_QUIET bool hasValue(const T &value) {
  if constexpr (kIsExpected<T>)
    return bool(value.has_value());
  else
    return bool(value.ok());
}
template <class T> OBS_QUIET decltype(auto) errorOf(const T &value) {
  if constexpr (kIsExpected<T>)
    return value.error();
  else
    return value.status();
}

template <class T, class W = Writer>
OBS_QUIET void encodeDescribed(Encoder &encoder, const T &value) {
  static_assert(kIsComplete<W>, "obsDescribe() needs <obs/writer.h>");
  W::describe(encoder, value);
}

template <class V> OBS_INLINE void encode(Encoder &encoder, const V &value) {
  constexpr TypeKind kind = kindOf<V>();
  if constexpr (kind == kAddress || kind == kFunction) {
    number(encoder, addressOf(value)); // of what is no pointer
  } else if constexpr (kind == kText) {
    if constexpr (kIsPath<V>)
      encode(encoder, value.native());
    else
      obs_rt_encode_text(encoder, value.data(), value.size(),
                         sizeof(*value.data()));
  } else if constexpr (kIsTextArray<V>) {
    obs_rt_encode_text_array(encoder, addressOf(value), kArrayCount<V>,
                             sizeof(value[0]));
  } else if constexpr (kind == kTextPointer) {
    obs_rt_encode_text_pointer(encoder, value);
  } else if constexpr (__is_array(V)) {
    encodeArray(encoder, &value[0], kArrayCount<V>);
  } else if constexpr (kind == kMap) {
    encodeItems<kPair>(encoder, value.begin(), value.end(), sizeOf(value));
  } else if constexpr (kind == kSequence) {
    const U64 size = sizeOf(value);
    if constexpr (kIsContiguous<V>) {
      if (U64(value.end() - value.begin()) == size) { // it does not lie
        encodeArray(encoder, value.data(), size);
        return;
      }
    }
    encodeItems<kIsBools<V> ? kBoolProxy : kValue>(encoder, value.begin(),
                                                   value.end(), size);
  } else if constexpr (kind == kOptional) {
    const U8 present = bool(value.has_value());
    number(encoder, present);
    if (present)
      nested(encoder, *value);
  } else if constexpr (kind == kPointer) {
    const auto *pointer = value.get();
    number(encoder, static_cast<const volatile void *>(pointer));
    if constexpr (kIsFollowed<V>) {
      const U8 followed = pointer != nullptr;
      number(encoder, followed);
      if (followed)
        nested(encoder, *pointer);
    } else {
      number(encoder, U8(0));
    }
  } else if constexpr (kind == kVariant) {
    encodeAlternative(encoder, value, IndicesOf<V>());
  } else if constexpr (kind == kTuple) {
    if constexpr (kIsPair<V>) {
      nested(encoder, value.first);
      nested(encoder, value.second);
    } else {
      encodeElements(encoder, value, IndicesOf<V>());
    }
  } else if constexpr (kind == kShape) {
    encodeShape(encoder, value);
  } else if constexpr (kind == kExpected) {
    const U8 present = hasValue(value);
    number(encoder, present);
    if (!present)
      nested(encoder, errorOf(value));
    else if constexpr (!__is_same(decltype(*value), void))
      nested(encoder, *value);
  } else if constexpr (kind == kChoice) {
    encodeJson(encoder, value, JsonTypes<V>());
  } else if constexpr (kind == kBytes) {
    obs_rt_encode_text(encoder, addressOf(value), sizeof(V), 1);
  } else if constexpr (kind == kDescribed) {
    encodeDescribed(encoder, value);
  } else {
    encodeFields(encoder, value);
  }
}

template <class V>
OBS_QUIET void encodeAt(Encoder &encoder, const void *value) {
  encode<V>(encoder, *static_cast<const V *>(value));
}
template <class V>
OBS_QUIET void encodeFieldsAt(Encoder &encoder, const void *value) {
  encodeFields(encoder, *static_cast<const V *>(value));
}
OBS_QUIET inline void encodeTextPointer(Encoder &encoder, const void *value) {
  obs_rt_encode_text_pointer(encoder, *static_cast<const char *const *>(value));
}
// Of kTextFirst and kTextSecond, by the place of the address.
template <int kAddress>
OBS_QUIET void encodeTextAt(Encoder &encoder, const void *value) {
  struct __attribute__((may_alias)) Words {
    U64 words[2];
  };
  const U64 *words = static_cast<const Words *>(value)->words;
  obs_rt_encode_text(encoder, (const void *)words[kAddress],
                     words[1 - kAddress], 1);
}
// Of what is behind a reference: its address. T need not be complete.
OBS_QUIET inline void encodeAddress(Encoder &encoder, const void *value) {
  number(encoder, value);
}

// The calls that the plugin writes.
//
// Of a member that has no address, or is there only as a result.
template <class T> OBS_QUIET void memberCopy(Encoder &encoder, const T &value) {
  nested(encoder, value);
}
// A reference may dangle: only its address.
template <class T>
OBS_QUIET void memberReference(Encoder &encoder, const T &value) {
  nested(encoder, (const volatile void *)__builtin_addressof(value));
}
// Of a field that may be absent.
template <class T>
OBS_QUIET void memberIf(Encoder &encoder, bool present, const T &value) {
  if (encoder.depth == encoder.limits->depth)
    return;
  number(encoder, U8(present ? 0 : 255));
  if (present)
    nested(encoder, value);
}
// Of classes of libraries, whole.
template <class T> OBS_QUIET void wrapped(Encoder &encoder, const T &value) {
  obs_rt_encode(encoder, kType<Plain<T>>, addressOf(value));
}
template <class T> OBS_QUIET void typeName(Encoder &encoder, const T &info) {
  obs_rt_encode_text_pointer(encoder, info.name());
}
template <class T> OBS_QUIET void typeName(Encoder &encoder, const T *info) {
  obs_rt_encode_text_pointer(encoder, info ? info->name() : nullptr);
}
template <class T>
OBS_QUIET void exceptionType(Encoder &encoder, const T &value) {
  typeName(encoder, value ? value.__cxa_exception_type() : nullptr);
}
template <class T> OBS_QUIET void bits(Encoder &encoder, const T &value) {
  obs_rt_encode_bits(encoder, addressOf(value), value.size());
}
template <class T> OBS_QUIET void indexed(Encoder &encoder, const T &value) {
  const U64 size = value.size();
  encodeArray(encoder, size ? __builtin_addressof(value[0]) : nullptr, size);
}
template <class T> OBS_QUIET void pieces(Encoder &encoder, const T &value) {
  Items items;
  if (!obs_rt_pieces_begin(encoder, items, value.size()))
    return;
  const auto &range = value.Chunks();
  for (auto it = range.begin(); it != range.end(); ++it) {
    const auto &piece = *it;
    if (!obs_rt_pieces_next(encoder, items, piece.data(), piece.size()))
      break;
  }
  obs_rt_pieces_end(encoder, items);
}
// A shape by the number of its dimensions, of which there are two at least.
template <class N>
OBS_QUIET void dimensions(Encoder &encoder, N count, const N *sizes) {
  const U8 most = 32, all = count < 2 ? 2 : count < most ? U8(count) : most;
  number(encoder, all);
  for (U8 i = 0; i < all; ++i)
    number(encoder, U64(sizes[i]));
}
template <class T> OBS_QUIET void splitTime(Encoder &encoder, const T &value) {
  obs_rt_encode_bytes(encoder, addressOf(value), sizeof(U64) + sizeof(U32));
}

// --- Describing -------------------------------------------------------------

OBS_INLINE void child(Schema &schema, const Type &type) {
  obs_rt_schema_child(schema, nullptr, type);
}

template <class... T>
OBS_QUIET void describeEach(Schema &schema, TypeList<T...>) {
  (child(schema, kType<Plain<T>>), ...);
}

// The types of the values inside of a T that is no class of fields.
template <class T> constexpr auto childrenOf() {
  constexpr TypeKind kind = kindOf<T>();
  if constexpr (__is_array(T) && kind == kSequence)
    return TypeList<decltype(lvalue<T>()[0])>();
  else if constexpr (kind == kMap)
    return TypeList<decltype((*lvalue<T>().begin()).first),
                    decltype((*lvalue<T>().begin()).second)>();
  else if constexpr (kind == kSequence && kIsBools<T>)
    return TypeList<bool>();
  else if constexpr (kind == kSequence)
    return TypeList<decltype(*lvalue<T>().begin())>();
  else if constexpr (kind == kOptional)
    return TypeList<decltype(*lvalue<T>())>();
  else if constexpr (kind == kExpected)
    return TypeList<decltype(*lvalue<T>()), decltype(errorOf(lvalue<T>()))>();
  else if constexpr (kind == kChoice)
    return JsonTypes<T>();
  else if constexpr (kind == kPointer)
    return TypeList<typename T::element_type>();
  else if constexpr (kIsPair<T> && kind == kTuple)
    return TypeList<typename T::first_type, typename T::second_type>();
  else if constexpr (kind == kVariant || kind == kTuple)
    return typename ArgumentsOf<T>::type();
  else
    return TypeList<>();
}

template <class T> OBS_QUIET void describeChildren(Schema &schema) {
  describeEach(schema, childrenOf<T>());
}

template <class T> OBS_QUIET void describeEnum(Schema &schema) {
  using Underlying = __underlying_type(T);
  if constexpr (Underlying(-1) < Underlying(0))
    describeEach(schema, TypeList<int>());
  else
    describeEach(schema, TypeList<U32>());
  describeEnumerators<T>(schema);
}

template <class T, TypeKind kind> constexpr Passing passingOf() {
  return kind == kMember || kind == kMethod || sizeof(T) > sizeof(U64)
             ? kByAddress
             : kAsWord;
}

// Of what is shown by its kind and name alone.
template <class T> constexpr Type namedType(TypeKind kind) {
  constexpr TypeName name = nameOf<T>();
  return {kind, kNotPassed, 0, name.text, name.size, nullptr, nullptr};
}

// What the plugin makes of a type that it knows.
constexpr Type plainType(U32 kind, U32 passing, U32 size, const char *name,
                         U32 nameSize) {
  return {TypeKind(kind), Passing(passing), size,   name,
          nameSize,       nullptr,          nullptr};
}
constexpr Type textPointerType(const char *name, U32 nameSize) {
  return {kTextPointer,       kInWord, 1, name, nameSize,
          &encodeTextPointer, nullptr};
}
constexpr Type textType(U32 passing, const char *name, U32 nameSize) {
  return {kText,
          Passing(passing),
          1,
          name,
          nameSize,
          passing == kTextFirst ? &encodeTextAt<0> : &encodeTextAt<1>,
          nullptr};
}
template <class T>
constexpr Type enumType(T *, const char *name, U32 nameSize) {
  return {kEnum,   passingOf<T, kEnum>(), sizeof(T), name, nameSize,
          nullptr, &describeEnum<T>};
}
template <class T>
constexpr Type structType(T *, const char *name, U32 nameSize) {
  return {kStruct,           kByAddress, 0, name, nameSize, &encodeFieldsAt<T>,
          &describeFields<T>};
}

template <class T> constexpr Type makeShapedType() {
  constexpr TypeKind kind = kindOf<T>();
  Type type = namedType<T>(kind);
  if constexpr (kind == kVoid || kind == kSecret || kind == kNull ||
                kind == kOpaque) {
    return type;
  } else if constexpr ((kind == kAddress && !__is_pointer(T)) ||
                       __is_function(T)) {
    type.passing = kByAddress;
    type.encode = &encodeAddress;
  } else if constexpr (isScalar(kind)) {
    type.passing = passingOf<T, kind>();
    type.size = sizeof(T);
    if constexpr (kind == kEnum)
      type.describe = &describeEnum<T>;
    else if constexpr (kind == kMember)
      type.describe = &describeEnumerators<T>;
  } else if constexpr (kind == kStruct) {
    constexpr U32 known = classKind<T>();
    type.kind = TypeKind(known);
    type.size = known >> 8;
    if constexpr (TypeKind(known) != kOpaque && TypeKind(known) != kNull) {
      type.passing = kByAddress;
      type.encode = &encodeAt<T>;
      type.describe = &describeFields<T>;
    }
  } else {
    type.passing = kByAddress;
    type.encode = &encodeAt<T>;
    if constexpr (kIsPath<T>)
      type.size = sizeof(typename T::value_type);
    else if constexpr (kind == kText)
      type.size = sizeof(*lvalue<T>().data());
    else if constexpr (kIsTextArray<T>)
      type.size = sizeof(lvalue<T>()[0]);
    else if constexpr (kind == kTextPointer) {
      type.passing = kInWord;
      type.size = 1;
    } else if constexpr (kind != kBytes && kind != kDescribed && kind != kShape)
      type.describe = &describeChildren<T>;
  }
  return type;
}

template <class T> constexpr Type makeType() {
  if constexpr (isKnown<T>())
    return makeKnownType<T>();
  else
    return makeShapedType<T>();
}

template <class T> OBS_QUIET void describePresent(Schema &schema) {
  child(schema, kType<T>);
}
template <class T>
__attribute__((nodebug)) inline constexpr Type kPresentType = {
    kChoice, kByAddress, 0, nullptr, 0, nullptr, &describePresent<T>};
template <class T> constexpr const Type &presentTypeOf(T *) {
  return kPresentType<Plain<T>>;
}
__attribute__((nodebug)) inline constexpr Type kDynamicTypeType = {
    kDynamicType, kByAddress, 1, nullptr, 0, nullptr, nullptr};

} // namespace obs::detail
#pragma GCC visibility pop

#endif // OBS_ATTRIBUTES_ENCODE_H
