// SPDX-License-Identifier: Apache-2.0
// For types of your own that are to be shown in another way than member by
// member. Declare beside the type
//
//   void obsDescribe(obs::Writer &writer, const Order &order);
//
// (found by argument-dependent lookup). docs/values.md has an example. It runs
// on the monitored thread, at every recorded call with such a value: it should
// neither allocate nor wait. If it throws, the record says so and goes on.
// C++17. Without the plugin nothing calls it, and all of this does nothing.
#ifndef OBS_WRITER_H
#define OBS_WRITER_H

#ifdef __OBS_MONITOR__ // defined by the plugin
#include "obs/detail/described_tags.h"
#include "obs/detail/encode.h"

namespace obs {

// Takes either fields, or items, or a single value: what comes first decides,
// and the rest is left out. Values are shown as they are in a record, with the
// same limits; but of a class without obsDescribe() that is neither text nor
// container nor pointer the name only, and of an enumeration the number.
class Writer {
public:
  Writer(const Writer &) = delete;
  Writer &operator=(const Writer &) = delete;

  // {"name":value,…}
  template <class T> OBS_QUIET void field(const char *name, const T &value) {
    if (!open(kObject))
      return;
    key(name, __builtin_strlen(name));
    write(value, depth_ + 1);
  }
  // [value,…]
  template <class T> OBS_QUIET void item(const T &value) {
    if (open(kList))
      write(value, depth_ + 1);
  }
  template <class T> OBS_QUIET void value(const T &value) {
    if (form_ != kNothing)
      return;
    form_ = kSingle;
    write(value, depth_);
  }

private:
  template <class T, class W>
  friend void detail::encodeDescribed(detail::Encoder &, const T &);

  enum Form { kNothing, kObject, kList, kSingle };
  template <class T> using Plain = detail::Plain<T>;

  Writer(detail::Encoder &encoder, detail::U32 depth)
      : encoder_(encoder), depth_(depth) {}

  template <class T>
  OBS_QUIET static void describe(detail::Encoder &encoder, const T &value) {
    detail::U8 *const head = encoder.cursor;
    detail::number(encoder, detail::U32(0));
    if (encoder.cursor == head)
      return; // no room
    Writer(encoder, encoder.depth).run(value);
    const auto size = detail::U32(encoder.cursor - head - sizeof(detail::U32));
    __builtin_memcpy(head, &size, sizeof(size));
  }

  template <class T> OBS_QUIET void run(const T &value) {
#if __cpp_exceptions
    detail::U8 *const begin = encoder_.cursor;
    try {
      obsDescribe(*this, value);
    } catch (...) {
      encoder_.cursor = begin;
      tag(detail::kTagThrew);
      detail::obs_rt_encode_exception(encoder_);
      return;
    }
#else
    obsDescribe(*this, value);
#endif
    if (form_ == kNothing)
      tag(detail::kTagNull);
    else if (form_ != kSingle)
      tag(detail::kTagEnd);
  }

  OBS_QUIET bool open(Form form) {
    if (form_ == kNothing) {
      form_ = form;
      tag(form == kObject ? detail::kTagObject : detail::kTagList);
    }
    return form_ == form;
  }

  OBS_QUIET void tag(detail::DescribedTag tag) {
    detail::number(encoder_, tag);
  }

  OBS_QUIET void key(const char *name, detail::U64 size) {
    tag(detail::kTagKey);
    detail::obs_rt_encode_text(encoder_, name, size, 1);
  }

  template <class V> OBS_QUIET void number(detail::DescribedTag kind, V value) {
    tag(kind);
    detail::number(encoder_, value);
  }

  template <class T> OBS_QUIET void write(const T &value, detail::U32 depth) {
    using namespace detail;
    using V = Plain<T>;
    constexpr TypeKind kind = kindOf<V>();
    if (depth > encoder_.limits->depth) {
      tag(kTagCut);
    } else if constexpr (kind == kSecret) {
      tag(kTagText);
      detail::obs_rt_encode_text(encoder_, "***", 3, 1);
    } else if constexpr (kind == kDescribed) {
      Writer(encoder_, depth).run(value);
    } else if constexpr (kind == kBool) {
      number(kTagBool, U8(value));
    } else if constexpr (kind == kChar && sizeof(V) == 1) {
      const V unit = value;
      tag(kTagText);
      detail::obs_rt_encode_text(encoder_, &unit, 1, 1);
    } else if constexpr (kind == kUnsigned || kind == kChar) {
      number(kTagUnsigned, U64(value));
    } else if constexpr (kind == kSigned || kind == kEnum) {
      number(kTagSigned, (long long)(value));
    } else if constexpr (kind == kFloat) {
      number(kTagFloat, double(value));
    } else if constexpr (kind == kNull) {
      tag(kTagNull);
    } else if constexpr (kind == kAddress && __is_pointer(V)) {
      number(kTagAddress, (const volatile void *)value);
    } else if constexpr (kIsTextArray<V> && sizeof(value[0]) == 1) {
      tag(kTagTextPointer);
      obs_rt_encode_text_array(encoder_, &value[0], kArrayCount<V>, 1);
    } else if constexpr (kind == kTextPointer && __is_pointer(V)) {
      tag(kTagTextPointer);
      detail::obs_rt_encode_text_pointer(encoder_, value);
    } else if constexpr (kIsText<V>) {
      text(value);
    } else if constexpr (kIsPath<V>) {
      text(value.native());
    } else if constexpr (kind == kMap) {
      map(value, depth);
    } else if constexpr (kind == kSequence && kIsRange<V>) {
      list(value, depth);
    } else if constexpr (kind == kOptional) {
      if (value.has_value())
        write(*value, depth + 1);
      else
        tag(kTagNull);
    } else if constexpr (kind == kPointer && kIsFollowed<V>) {
      if (const auto *pointer = value.get())
        write(*pointer, depth + 1);
      else
        tag(kTagNull);
    } else {
      name<T>();
    }
  }

  template <class T> OBS_QUIET void text(const T &value) {
    if constexpr (sizeof(*value.data()) == 1) {
      tag(detail::kTagText);
      detail::obs_rt_encode_text(encoder_, value.data(), value.size(), 1);
    } else {
      name<T>();
    }
  }

  template <class T> OBS_QUIET void list(const T &range, detail::U32 depth) {
    tag(detail::kTagList);
    bounded(range, [&](const auto &value) { write(value, depth + 1); });
    tag(detail::kTagEnd);
  }

  template <class T> OBS_QUIET void map(const T &range, detail::U32 depth) {
    constexpr bool named = detail::kIsText<Plain<typename T::key_type>>;
    tag(named ? detail::kTagObject : detail::kTagList);
    bounded(range, [&](const auto &pair) {
      if constexpr (named) {
        key(pair.first.data(), pair.first.size());
        write(pair.second, depth + 1);
      } else {
        tag(detail::kTagList);
        write(pair.first, depth + 1);
        write(pair.second, depth + 1);
        tag(detail::kTagEnd);
      }
    });
    tag(detail::kTagEnd);
  }

  // What fits the limits, and how many more there are.
  template <class T, class Visit>
  OBS_QUIET void bounded(const T &range, Visit visit) {
    const detail::U64 size = detail::sizeOf(range);
    const detail::U32 most = encoder_.limits->items;
    detail::U64 shown = 0;
    if (size <= most || size == detail::kUnknownSize)
      for (auto it = range.begin(); shown < most && it != range.end();
           ++it, ++shown)
        visit(*it);
    if (size != detail::kUnknownSize && shown < size)
      number(detail::kTagMore, size - shown);
  }

  template <class T> OBS_QUIET void name() {
    constexpr detail::TypeName name = detail::nameOf<T>();
    tag(detail::kTagType);
    detail::obs_rt_encode_text(encoder_, name.text, name.size, 1);
  }

  detail::Encoder &encoder_;
  const detail::U32 depth_;
  Form form_ = kNothing;
};

} // namespace obs

#else // no plugin

namespace obs {
class Writer {
public:
  template <class T> void field(const char *, const T &) {}
  template <class T> void item(const T &) {}
  template <class T> void value(const T &) {}
};
} // namespace obs

#endif
#endif // OBS_WRITER_H
