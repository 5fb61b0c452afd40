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

#pragma GCC visibility push(hidden)
namespace obs::detail {

// Appends values to a piece of memory. At the first one that does not fit it
// stops for good, `cut` says so; only a container ends with the last item that
// fitted and lets the values behind it follow.
class Encoder {
public:
  OBS_INLINE Encoder(U8 *begin, U8 *end) : cursor_(begin), end_(end) {}

  OBS_INLINE U8 *cursor() const { return cursor_; }
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

  // `count` code units of `unit` bytes.
  OBS_QUIET void text(const void *units, U64 count, U32 unit) {
    const U32 full = count < 0xFFFFFFFF ? U32(count) : 0xFFFFFFFF;
    U32 stored = full < kMaxText ? full : kMaxText;
    const U64 room = U64(end_ - cursor_);
    if (room < 8) {
      stop();
      return;
    }
    if (stored * unit > room - 8) {
      stored = U32((room - 8) / unit);
      cut_ = true;
    }
    number(stored);
    number(full);
    bytes(units, U64(stored) * unit);
  }

  OBS_QUIET void textPointer(const char *pointer) {
    if (U64(end_ - cursor_) < 9 + kMaxText) {
      stop();
      return;
    }
    if (!pointer) {
      *cursor_++ = 0;
      return;
    }
    const U32 full = obs_rt_text(pointer, cursor_ + 9, kMaxText);
    if (full == kUnreadable) {
      *cursor_++ = 2;
      number(pointer);
      return;
    }
    *cursor_++ = 1;
    const U32 stored = full < kMaxText ? full : kMaxText;
    number(stored);
    number(full);
    cursor_ += stored;
  }

  // The items from `it` on; `full` of them, or as many as there are.
  template <bool kPairs, class It, class End>
  OBS_QUIET void items(It it, const End &end, U64 full) {
    U8 *const head = cursor_;
    U8 *const limit = end_;
    U32 stored = 0;
    number(stored);
    number(full);
    if (stopped_) {
      cursor_ = head;
      return;
    }
    const U64 most = full == kUnknownSize ? kMaxItems + 1
                     : full <= kMaxItems  ? full
                                          : 0;
    for (; stored < most && it != end; ++it, ++stored) {
      U8 *const item = cursor_;
      auto &&value = *it;
      if constexpr (kPairs) {
        nested(value.first);
        nested(value.second);
      } else {
        nested(value);
      }
      if (stopped_) { // the item did not fit
        cursor_ = item;
        end_ = limit;
        stopped_ = false;
        break;
      }
    }
    if (full == kUnknownSize) {
      if (stored > kMaxItems) { // too many, as it turns out
        stored = 0;
        cursor_ = head + 12;
      } else if (!(it != end)) {
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
    U32 stored = full <= kMaxItems ? U32(full) : 0;
    const U64 room = U64(end_ - cursor_) - 12;
    if (U64(stored) * size > room) {
      stored = U32(room / size);
      cut_ = true;
    }
    number(stored);
    number(full);
    bytes(from, U64(stored) * size);
  }

private:
  OBS_QUIET void stop() {
    cut_ = true;
    stopped_ = true;
    end_ = cursor_;
  }

  U8 *cursor_;
  U8 *end_;
  U32 depth_ = 0;
  bool cut_ = false;     // something did not fit
  bool stopped_ = false; // and it was no item of a container
};

// Reflection. The plugin replaces the bodies of these three, per type:
// describeClass by structure(…) and a field(…) for each base and field,
// encodeFields by a member(…) or memberReference(…) for each in the same order,
// describeEnumerators by an enumerator(…) for each. Left alone (no plugin, or a
// class that is not looked into) a class is opaque.
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
  if (depth_ == kMaxDepth)
    return;
  ++depth_;
  encode(*this, value);
  --depth_;
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

template <class T> OBS_QUIET void encode(Encoder &encoder, const T &value) {
  using V = Plain<T>;
  constexpr TypeKind kind = kindOf<V>();
  if constexpr (kind == kSecret) {
    return;
  } else if constexpr (kind == kAddress && !__is_pointer(V)) {
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
  } else if constexpr (kind == kTextPointer) {
    encoder.textPointer(value);
  } else if constexpr (__is_array(V)) {
    constexpr U64 count = kArrayCount<V>;
    using Item = Plain<decltype(value[0])>;
    if constexpr (isScalar(kindOf<Item>()))
      encoder.block(const_cast<const Item *>(&value[0]), count, sizeof(Item));
    else
      encoder.items<false>(&value[0], &value[0] + count, count);
  } else if constexpr (kind == kMap) {
    encoder.items<true>(value.begin(), value.end(), sizeOf(value));
  } else if constexpr (kind == kSequence) {
    if constexpr (kIsBlock<V>)
      encoder.block(value.data(), sizeOf(value), sizeof(*value.data()));
    else
      encoder.items<false>(value.begin(), value.end(), sizeOf(value));
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
    encoder.number(U64(value.rows()));
    encoder.number(U64(value.cols()));
  } else if constexpr (kind == kStruct) {
    encodeFields(encoder, value);
  }
}

template <class T> OBS_QUIET void encodeFields(Encoder &, const T &) {}

// The calls that the plugin writes. A reference may dangle: only its address.
template <class T> OBS_QUIET void member(Encoder &encoder, const T &value) {
  encoder.nested(value);
}
template <class T>
OBS_QUIET void memberReference(Encoder &encoder, const T &value) {
  encoder.nested((const volatile void *)__builtin_addressof(value));
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
template <class T> OBS_QUIET void structure(Schema &schema, const T *) {
  schemaType<T>(schema, kStruct, 0);
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
  } else if constexpr (kind == kTextPointer) {
    schemaType<T>(schema, kind, 1);
  } else if constexpr (isScalar(kind) && kind != kAddress) {
    schemaType<T>(schema, kind, sizeof(T));
    if constexpr (kind == kEnum) {
      describeChildren(schema, TypeList<__underlying_type(T)>());
      describeEnumerators<T>(schema);
    }
  } else {
    schemaType<T>(schema, kind, 0);
    if constexpr (__is_array(T))
      describeChildren(schema, TypeList<decltype(lvalue<T>()[0])>());
    else if constexpr (kind == kMap)
      describeChildren(schema,
                       TypeList<decltype((*lvalue<T>().begin()).first),
                                decltype((*lvalue<T>().begin()).second)>());
    else if constexpr (kind == kSequence)
      describeChildren(schema, TypeList<decltype(*lvalue<T>().begin())>());
    else if constexpr (kind == kOptional)
      describeChildren(schema, TypeList<decltype(*lvalue<T>())>());
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
