// SPDX-License-Identifier: Apache-2.0
// Values to bytes, as abi.h lays them down, and types to their descriptions.
//
// Runs on the monitored thread: bounded, no allocation, no formatting; of the
// user's code only size(), iteration and field reads.
#ifndef OBS_ATTRIBUTES_ENCODE_H
#define OBS_ATTRIBUTES_ENCODE_H
#pragma clang system_header

#include "traits.h"

// Not stepped into, not seen by sanitizers (one thread after another writes a
// ring), coverage or profiling.
#define OBS_QUIET                                                              \
  __attribute__((nodebug, no_sanitize("undefined"),                            \
                 disable_sanitizer_instrumentation, no_instrument_function,    \
                 no_profile_instrument_function))
#define OBS_INLINE OBS_QUIET __attribute__((always_inline)) inline
#define OBS_OUTLINE OBS_QUIET __attribute__((noinline))

#pragma GCC visibility push(hidden)
namespace obs::detail {

using ItemKind = int;
inline constexpr ItemKind kValue = 0, kPair = 1,
                          kBoolProxy = 2; // of std::vector<bool>

// Appends values to a piece of memory. At the first one that does not fit it
// stops for good, `cut` says so; only a container ends with the last item that
// fitted and lets the values behind it follow.
class Encoder {
public:
  OBS_INLINE Encoder(U8 *begin, U8 *end, const Limits &limits = kDefaultLimits)
      : cursor_(begin), end_(end), limits_(&limits) {}

  OBS_INLINE U8 *cursor() const { return cursor_; }
  OBS_INLINE const Limits &limits() const { return *limits_; }
  OBS_INLINE U32 depth() const { return depth_; }
  // Takes back what was written since the cursor was at `to`.
  OBS_INLINE void rewind(U8 *to) { cursor_ = to; }
  OBS_INLINE bool cut() const { return cut_; }
  // Takes back what was written since the cursor was at `to`, and stops there.
  OBS_INLINE void cutAt(U8 *to) {
    cursor_ = to;
    stop();
  }

  OBS_INLINE void bytes(const void *from, U64 size) {
    if (size > U64(end_ - cursor_)) {
      stop();
      return;
    }
    __builtin_memcpy(cursor_, from, size);
    cursor_ += size;
  }
  template <class T> OBS_INLINE void number(T value) {
    bytes(&value, sizeof(value));
  }

  // A value inside another one.
  template <class T> OBS_QUIET void nested(const T &value);
  template <class T> OBS_QUIET void nestedIf(bool present, const T &value);

  // `count` code units of `unit` bytes.
  OBS_QUIET void text(const void *units, U64 count, U32 unit) {
    const U32 full = count < 0xFFFFFFFF ? U32(count) : 0xFFFFFFFF;
    U32 stored = least(full, limits_->text);
    const U64 room = U64(end_ - cursor_);
    if (room < 8) {
      stop();
      return;
    }
    if (U64(stored) * unit > room - 8) {
      if (inItems_) { // room for what follows the container
        stop();
        return;
      }
      stored = U32((room - 8) / unit);
      cut_ = true;
    }
    number(stored);
    number(full);
    bytes(units, U64(stored) * unit);
  }

  // A text that comes in pieces, of `full` bytes in all.
  template <class Pieces> OBS_QUIET void pieces(const Pieces &range, U64 full) {
    U8 *const head = cursor_;
    U32 left = limits_->text;
    text("", 0, 1);
    for (auto it = range.begin(); left && !stopped_ && it != range.end();
         ++it) {
      const auto &piece = *it;
      const U32 size = least(piece.size(), left);
      bytes(piece.data(), size);
      left -= size;
    }
    if (cursor_ == head)
      return;
    const U32 counts[] = {U32(cursor_ - head - 8), U32(full)};
    __builtin_memcpy(head, counts, sizeof(counts));
  }

  // A text of bytes up to its terminator.
  OBS_QUIET void textPointer(const char *pointer) {
    const U64 room = U64(end_ - cursor_);
    if (room < 32) {
      stop();
      return;
    }
    if (!pointer) {
      *cursor_++ = 0;
      return;
    }
    const U32 most = least(room - 9, limits_->text);
    const U32 full = limits_->pointer == 1
                         ? kUnreadable
                         : obs_rt_text(pointer, cursor_ + 9, most);
    if (full == kUnreadable) {
      *cursor_++ = 2;
      number(pointer);
      return;
    }
    const U32 stored = least(full, most);
    if (full > most && most < limits_->text)
      cut_ = true;
    *cursor_++ = 1;
    number(stored);
    number(full);
    cursor_ += stored;
  }

  // The same in an array of `count` units; all of it, if there is none.
  template <class Unit> OBS_QUIET void textArray(const Unit *units, U64 count) {
    U32 length = 0;
    while (length < count && length <= limits_->text && units[length])
      ++length;
    number(U8(1));
    text(const_cast<const Plain<Unit> *>(units), length, sizeof(Unit));
  }

  // The items from `it` on; `full` of them, or as many as there are. Ends
  // before the item that does not fit, or whose reading throws.
  template <ItemKind kItem, class It, class End>
  OBS_QUIET void items(It it, const End &end, U64 full) {
    U8 *const head = cursor_;
    U8 *const limit = end_;
    const U32 depth = depth_, around = inItems_;
    U32 stored = 0;
    number(stored);
    number(full);
    if (stopped_) {
      cursor_ = head;
      return;
    }
    ++inItems_;
    const U32 few = limits_->items;
    const U64 most = full == kUnknownSize ? few + 1 : full <= few ? full : 0;
    U8 *item = cursor_;
    bool all = false;
#if __cpp_exceptions
    try {
#endif
      for (; stored < most; ++it, ++stored) {
        item = cursor_;
        all = !(it != end);
        if (all)
          break;
        auto &&value = *it;
        if constexpr (kItem == kPair) {
          nested(value.first);
          nested(value.second);
        } else if constexpr (kItem == kBoolProxy) {
          nested(bool(value));
        } else {
          nested(value);
        }
        // What takes no room takes time all the same.
        if (stopped_ || (cursor_ == item && blank_++ == few))
          break;
      }
#if __cpp_exceptions
    } catch (...) {
      stopped_ = true;
    }
#endif
    inItems_ = around;
    if (stopped_) {
      cursor_ = item;
      end_ = limit;
      depth_ = depth;
      stopped_ = false;
    }
    if (full == kUnknownSize) {
      if (stored > few) { // too many, as it turns out
        stored = 0;
        cursor_ = head + 12;
      } else if (all) {
        full = stored;
      }
      __builtin_memcpy(head + 4, &full, sizeof(full));
    }
    __builtin_memcpy(head, &stored, sizeof(stored));
  }

  // `full` scalars in one piece of memory.
  OBS_QUIET void block(const void *from, U64 full, U32 size) {
    if (U64(end_ - cursor_) < 12) {
      stop();
      return;
    }
    U32 stored = full <= limits_->items ? U32(full) : 0;
    const U64 room = U64(end_ - cursor_) - 12;
    if (U64(stored) * size > room) {
      stored = U32(room / size);
      cut_ = true;
    }
    number(stored);
    number(full);
    bytes(from, U64(stored) * size);
  }

  // `full` bits, from the lowest of the first byte on.
  OBS_QUIET void bits(const void *from, U64 full) {
    const U32 stored = full <= limits_->items ? U32(full) : 0;
    number(stored);
    number(full);
    bytes(from, (stored + 7) / 8);
  }

  template <class... N> OBS_QUIET void dimensions(N... sizes) {
    number(U8(sizeof...(N)));
    (number(U64(sizes)), ...);
  }

  // The name of the type of a polymorphic object, by the Itanium C++ ABI: in
  // front of its virtual functions is a pointer to the type's description (null
  // without RTTI), whose second word is the name.
  OBS_QUIET void dynamicType(const volatile void *object) {
    struct Description {
      const void *virtuals;
      const char *name;
    };
    if (depth_ == limits_->depth)
      return;
    const auto *type = (*(const Description *const *const *)object)[-1];
    textPointer(type && !inBase_ ? type->name : nullptr);
    inBase_ = false;
  }

  // A base, whose dynamic type has been told.
  template <class T> OBS_QUIET void base(const T &value) {
    inBase_ = __is_polymorphic(T);
    nested(value);
    inBase_ = false;
  }

private:
  OBS_QUIET static U32 least(U64 a, U32 b) { return a < b ? U32(a) : b; }

  OBS_QUIET void stop() {
    cut_ = true;
    stopped_ = true;
    end_ = cursor_;
  }

  U8 *cursor_;
  U8 *end_;
  const Limits *limits_;
  U32 depth_ = 0;
  U32 inItems_ = 0;      // containers that are being encoded
  U32 blank_ = 0;        // items so far that took no room
  bool inBase_ = false;  // the next polymorphic class is a base
  bool cut_ = false;     // something did not fit
  bool stopped_ = false; // and it was no item of a container
};

// Reflection. The plugin replaces the bodies of these three, per type:
// describeClass by shown(…) and a field(…) for each base and field,
// encodeFields by a member(…), base(…) … for each in the same order,
// describeEnumerators by an enumerator(…) for each. Of some classes of
// libraries it knows more than their shape, and has them encoded as another
// kind. Left alone (no plugin, or a class that is not looked into) a class is
// opaque.
template <class T>
__attribute__((annotate("obs::describe"))) OBS_QUIET void
describeClass(Schema &schema);
template <class T>
__attribute__((annotate("obs::encode"))) OBS_QUIET void
encodeFields(Encoder &encoder, const T &value);
template <class T>
__attribute__((annotate("obs::enumerators"))) OBS_QUIET void
describeEnumerators(Schema &schema);

template <class T> OBS_QUIET void encode(Encoder &encoder, const T &value);
template <class T> OBS_QUIET void describe(Schema &schema);

template <class T> inline constexpr Describe kDescribe = &describe<Plain<T>>;

// --- Encoding ---------------------------------------------------------------

template <class T> OBS_QUIET void Encoder::nested(const T &value) {
  if (depth_ == limits_->depth)
    return;
  ++depth_;
  encode(*this, value);
  --depth_;
}

template <class T>
OBS_QUIET void Encoder::nestedIf(bool present, const T &value) {
  if (depth_ == limits_->depth)
    return;
  number(U8(present ? 0 : 255));
  if (present)
    nested(value);
}

template <class T, int... I>
OBS_QUIET void encodeElements(Encoder &encoder, const T &value,
                              Indices<int, I...>) {
  (encoder.nested(get<I>(value)), ...);
}

template <class T, int... I>
OBS_QUIET void encodeAlternative(Encoder &encoder, const T &value,
                                 Indices<int, I...>) {
  const U8 index = value.valueless_by_exception() ? 255 : U8(value.index());
  encoder.number(index);
  ((index == I ? encoder.nested(get<I>(value)) : void()), ...);
}

template <class T>
OBS_QUIET void encodeShape(Encoder &encoder, const T &value) {
  if constexpr (kHasRows<T>) {
    encoder.dimensions(value.rows(), value.cols());
  } else if constexpr (kHasNumRows<T>) {
    encoder.dimensions(value.num_rows(), value.num_columns());
  } else if constexpr (kHasExtents<T>) {
    encoder.number(U8(value.rank()));
    for (U8 i = 0; i < U8(value.rank()); ++i)
      encoder.number(U64(value.extent(i)));
  } else {
    U64 sizes[8];
    U8 count = 0;
    const auto &shape = value.shape();
    for (auto it = shape.begin(); count < 8 && it != shape.end(); ++it)
      sizes[count++] = U64(*it);
    encoder.number(count);
    encoder.bytes(sizes, count * sizeof(U64));
  }
}

template <class Item>
OBS_QUIET void encodeArray(Encoder &encoder, const Item *first, U64 count) {
  if constexpr (isScalar(kindOf<Plain<Item>>()))
    encoder.block(const_cast<const Plain<Item> *>(first), count, sizeof(Item));
  else
    encoder.items<kValue>(first, first + count, count);
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
  encoder.number(index);
  unsigned next = 0;
  ((index == next++ ? encode(encoder, *value.template get_ptr<const A *>())
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

template <class T> OBS_QUIET void encode(Encoder &encoder, const T &value) {
  using V = Plain<T>;
  constexpr TypeKind kind = kindOf<V>();
  if constexpr (kind == kSecret) {
    return;
  } else if constexpr ((kind == kAddress && !__is_pointer(V)) ||
                       __is_function(V)) {
    encoder.number((const volatile void *)__builtin_addressof(value));
  } else if constexpr (isScalar(kind)) {
    if constexpr (__is_same(T, V)) {
      encoder.bytes(&value, sizeof(V));
    } else {
      encoder.number(V(value)); // volatile
    }
  } else if constexpr (kind == kText) {
    if constexpr (kIsPath<V>)
      encode(encoder, value.native());
    else
      encoder.text(value.data(), value.size(), sizeof(*value.data()));
  } else if constexpr (kIsTextArray<V>) {
    encoder.textArray(&value[0], kArrayCount<V>);
  } else if constexpr (kind == kTextPointer) {
    encoder.textPointer(value);
  } else if constexpr (__is_array(V)) {
    encodeArray(encoder, &value[0], kArrayCount<V>);
  } else if constexpr (kind == kMap) {
    encoder.items<kPair>(value.begin(), value.end(), sizeOf(value));
  } else if constexpr (kind == kSequence) {
    const U64 size = sizeOf(value);
    if constexpr (kIsBlock<V>) {
      if (U64(value.end() - value.begin()) == size) { // it does not lie
        encoder.block(value.data(), size, sizeof(*value.data()));
        return;
      }
    }
    encoder.items<kIsBools<V> ? kBoolProxy : kValue>(value.begin(), value.end(),
                                                     size);
  } else if constexpr (kind == kOptional) {
    const U8 present = bool(value.has_value());
    encoder.number(present);
    if (present)
      encoder.nested(*value);
  } else if constexpr (kind == kPointer) {
    const auto *pointer = value.get();
    encoder.number(static_cast<const volatile void *>(pointer));
    if constexpr (kIsFollowed<V>) {
      const U8 followed = pointer != nullptr;
      encoder.number(followed);
      if (followed)
        encoder.nested(*pointer);
    } else {
      encoder.number(U8(0));
    }
  } else if constexpr (kind == kVariant) {
    encodeAlternative(encoder, value, IndicesOf<V>());
  } else if constexpr (kind == kTuple) {
    if constexpr (kIsPair<V>) {
      encoder.nested(value.first);
      encoder.nested(value.second);
    } else {
      encodeElements(encoder, value, IndicesOf<V>());
    }
  } else if constexpr (kind == kShape) {
    encodeShape(encoder, value);
  } else if constexpr (kind == kExpected) {
    const U8 present = hasValue(value);
    encoder.number(present);
    if (!present)
      encoder.nested(errorOf(value));
    else if constexpr (!__is_same(decltype(*value), void))
      encoder.nested(*value);
  } else if constexpr (kind == kChoice) {
    encodeJson(encoder, value, JsonTypes<V>());
  } else if constexpr (kind == kBytes) {
    encoder.text((const void *)__builtin_addressof(value), sizeof(V), 1);
  } else if constexpr (kind == kDescribed) {
    encodeDescribed(encoder, value);
  } else if constexpr (kind == kStruct) {
    encodeFields(encoder, value);
  }
}

template <class T> OBS_QUIET void encodeFields(Encoder &, const T &) {}

// A value of any type, with the function for its type: what is written around
// values has no types, so a program has it once.
struct Value {
  U64 bits; // of a scalar of at most 8 bytes, else the address of the value
  void (*encode)(Encoder &encoder, U64 bits);
};

template <class T, bool IsCopied> struct Erased {
  OBS_INLINE static U64 bits(const T &value) {
    return U64(__builtin_addressof(value));
  }
  OBS_QUIET static void encode(Encoder &encoder, U64 bits) {
    detail::encode(encoder, *reinterpret_cast<T *>(bits));
  }
};
// By value, so that the function's own variables stay in registers.
template <class T> struct Erased<T, true> {
  OBS_INLINE static U64 bits(const T &value) {
    const Plain<T> copy = value;
    U64 bits = 0;
    __builtin_memcpy(&bits, &copy, sizeof(copy));
    return bits;
  }
  OBS_QUIET static void encode(Encoder &encoder, U64 bits) {
    Plain<T> copy;
    __builtin_memcpy(&copy, &bits, sizeof(copy));
    detail::encode(encoder, copy);
  }
};

template <class T, bool IsScalar> inline constexpr bool kIsCopied = false;
template <class T>
inline constexpr bool kIsCopied<T, true> = sizeof(T) <= sizeof(U64);

template <class T> OBS_INLINE Value valueOf(const T &value) {
  using E = Erased<T, kIsCopied<T, kIsScalar<T>>>;
  return {E::bits(value), &E::encode};
}

template <int N> struct Values {
  Value all[N ? N : 1];
};
template <class... A>
OBS_INLINE Values<sizeof...(A)> valuesOf(const A &...values) {
  return {{valueOf(values)...}};
}

struct ValueList {
  const Value *first;
  U32 count;

  OBS_INLINE ValueList(const Value *first, U32 count)
      : first(first), count(count) {}
  template <int N>
  OBS_INLINE ValueList(const Values<N> &values) : first(values.all), count(N) {}
};

// The calls that the plugin writes. A reference may dangle: only its address.
template <class T> OBS_QUIET void member(Encoder &encoder, const T &value) {
  encoder.nested(value);
}
template <class T>
OBS_QUIET void memberReference(Encoder &encoder, const T &value) {
  encoder.nested((const volatile void *)__builtin_addressof(value));
}
template <class T> OBS_QUIET void base(Encoder &encoder, const T &value) {
  encoder.base(value);
}
template <class T>
OBS_QUIET void dynamicType(Encoder &encoder, const T &value) {
  encoder.dynamicType(__builtin_addressof(value));
}
// Of a field that may be absent.
template <class T>
OBS_QUIET void memberIf(Encoder &encoder, bool present, const T &value) {
  encoder.nestedIf(present, value);
}
// Of classes of libraries, whole.
template <class T> OBS_QUIET void typeName(Encoder &encoder, const T &info) {
  encoder.textPointer(info.name());
}
template <class T> OBS_QUIET void typeName(Encoder &encoder, const T *info) {
  encoder.textPointer(info ? info->name() : nullptr);
}
template <class T>
OBS_QUIET void exceptionType(Encoder &encoder, const T &value) {
  typeName(encoder, value ? value.__cxa_exception_type() : nullptr);
}
template <class T> OBS_QUIET void bits(Encoder &encoder, const T &value) {
  encoder.bits(__builtin_addressof(value), value.size());
}
template <class... N> OBS_QUIET void sizes(Encoder &encoder, N... values) {
  encoder.dimensions(values...);
}
template <class T> OBS_QUIET void indexed(Encoder &encoder, const T &value) {
  const U64 size = value.size();
  encodeArray(encoder, size ? __builtin_addressof(value[0]) : nullptr, size);
}
template <class T> OBS_QUIET void pieces(Encoder &encoder, const T &value) {
  encoder.pieces(value.Chunks(), value.size());
}
template <class T> OBS_QUIET void splitTime(Encoder &encoder, const T &value) {
  encoder.bytes(__builtin_addressof(value), sizeof(U64) + sizeof(U32));
}

// --- Describing -------------------------------------------------------------

// `pretty` is the __PRETTY_FUNCTION__ of a template with one parameter T.
OBS_QUIET inline void schemaType(Schema &schema, TypeKind kind, U32 size,
                                 const char *pretty, U32 prettySize) {
  const char *name = pretty;
  while (!(name[0] == '[' && name[1] == 'T' && name[2] == ' '))
    ++name;
  name += sizeof("[T = ") - 1;
  obs_rt_schema_type(&schema, kind, size, name,
                     U32(pretty + prettySize - 1 - name));
}

template <class T>
OBS_QUIET void schemaType(Schema &schema, TypeKind kind, U32 size) {
  schemaType(schema, kind, size, __PRETTY_FUNCTION__,
             sizeof(__PRETTY_FUNCTION__) - 1);
}

// The calls that the plugin writes.
template <class T>
OBS_QUIET void shown(Schema &schema, const T *, U32 kind, U32 size) {
  schemaType<T>(schema, TypeKind(kind), size);
}
template <class T> OBS_QUIET void describePresent(Schema &schema) {
  schemaType<T>(schema, kChoice, 0);
  obs_rt_schema_child(&schema, nullptr, kDescribe<T>);
}
template <class T>
OBS_QUIET void fieldIf(Schema &schema, const char *name, const T *) {
  obs_rt_schema_child(&schema, name, &describePresent<Plain<T>>);
}
OBS_QUIET inline void describeDynamicType(Schema &schema) {
  obs_rt_schema_type(&schema, kDynamicType, 1, "", 0);
}
OBS_QUIET inline void dynamicTypeField(Schema &schema) {
  obs_rt_schema_child(&schema, nullptr, &describeDynamicType);
}
template <class T>
OBS_QUIET void field(Schema &schema, const char *name, const T *) {
  obs_rt_schema_child(&schema, name, kDescribe<T>);
}
OBS_QUIET inline void enumerator(Schema &schema, const char *name, U64 value) {
  obs_rt_schema_enumerator(&schema, name, value);
}

template <class T> OBS_QUIET void describeClass(Schema &schema) {
  schemaType<T>(schema, kOpaque, 0);
}
template <class T> OBS_QUIET void describeEnumerators(Schema &) {}

template <class... T>
OBS_QUIET void describeChildren(Schema &schema, TypeList<T...>) {
  (obs_rt_schema_child(&schema, nullptr, kDescribe<T>), ...);
}

template <class T> OBS_QUIET void describe(Schema &schema) {
  constexpr TypeKind kind = kindOf<T>();
  if constexpr (kind == kSecret) {
    schemaType<T>(schema, kind, 0);
  } else if constexpr (kind == kStruct) {
    describeClass<T>(schema);
  } else if constexpr (kind == kText) {
    if constexpr (kIsPath<T>)
      schemaType<T>(schema, kind, sizeof(typename T::value_type));
    else
      schemaType<T>(schema, kind, sizeof(*lvalue<T>().data()));
  } else if constexpr (kIsTextArray<T>) {
    schemaType<T>(schema, kind, sizeof(lvalue<T>()[0]));
  } else if constexpr (kind == kTextPointer) {
    schemaType<T>(schema, kind, 1);
  } else if constexpr (isScalar(kind) && kind != kAddress &&
                       kind != kFunction) {
    schemaType<T>(schema, kind, sizeof(T));
    if constexpr (kind == kEnum) {
      using Underlying = __underlying_type(T);
      if constexpr (Underlying(-1) < Underlying(0))
        describeChildren(schema, TypeList<int>());
      else
        describeChildren(schema, TypeList<U32>());
    }
    if constexpr (kind == kEnum || kind == kMember)
      describeEnumerators<T>(schema);
  } else {
    schemaType<T>(schema, kind, 0);
    if constexpr (__is_array(T))
      describeChildren(schema, TypeList<decltype(lvalue<T>()[0])>());
    else if constexpr (kind == kMap)
      describeChildren(schema,
                       TypeList<decltype((*lvalue<T>().begin()).first),
                                decltype((*lvalue<T>().begin()).second)>());
    else if constexpr (kIsBools<T>)
      describeChildren(schema, TypeList<bool>());
    else if constexpr (kind == kSequence)
      describeChildren(schema, TypeList<decltype(*lvalue<T>().begin())>());
    else if constexpr (kind == kOptional)
      describeChildren(schema, TypeList<decltype(*lvalue<T>())>());
    else if constexpr (kind == kExpected)
      describeChildren(
          schema,
          TypeList<decltype(*lvalue<T>()), decltype(errorOf(lvalue<T>()))>());
    else if constexpr (kind == kChoice)
      describeChildren(schema, JsonTypes<T>());
    else if constexpr (kind == kPointer)
      describeChildren(schema, TypeList<typename T::element_type>());
    else if constexpr (kIsPair<T>)
      describeChildren(
          schema, TypeList<typename T::first_type, typename T::second_type>());
    else if constexpr (kind == kVariant || kind == kTuple)
      describeChildren(schema, typename ArgumentsOf<T>::type());
  }
}

} // namespace obs::detail
#pragma GCC visibility pop

#endif // OBS_ATTRIBUTES_ENCODE_H
