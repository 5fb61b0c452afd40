// SPDX-License-Identifier: Apache-2.0
// What kind of value a type is, decided by its shape: no standard header is
// included, so that a file without monitored functions parses next to nothing.
#ifndef OBS_ATTRIBUTES_TRAITS_H
#define OBS_ATTRIBUTES_TRAITS_H
#pragma clang system_header

#include "abi.h"

#pragma GCC visibility push(hidden)
namespace obs {
class Writer; // obs/writer.h
}

namespace obs::detail {

template <class...> using Void = void;
template <class T> struct Identity { using type = T; };
template <class T> struct RemoveConst : Identity<T> {};
template <class T> struct RemoveConst<const T> : Identity<T> {};
// In a variable, as clang before 17 cannot mangle the builtin in a signature.
template <class T> inline constexpr bool kIsScalar = __is_scalar(T);
template <class T, bool IsScalar> struct RemoveVolatile : Identity<T> {};
template <class T> struct RemoveVolatile<volatile T, true> : Identity<T> {};
template <class T> struct RemoveReference : Identity<T> {};
template <class T> struct RemoveReference<T &> : Identity<T> {};
template <class T> struct RemoveReference<T &&> : Identity<T> {};
template <class T>
using PlainConst =
    typename RemoveConst<typename RemoveReference<T>::type>::type;
// T without reference and const; volatile stays on classes, whose members are
// then volatile, too.
template <class T>
using Plain =
    typename RemoveVolatile<PlainConst<T>, kIsScalar<PlainConst<T>>>::type;

template <class T> const T &lvalue() noexcept; // only in unevaluated operands

// Found by argument-dependent lookup for tuples; this one only makes
// `get<0>(t)` parse as a template before C++20.
template <int> void get(Schema &) = delete;

template <class T, class = void> inline constexpr bool kIsComplete = false;
template <class T>
inline constexpr bool kIsComplete<T, Void<decltype(sizeof(T))>> = true;

template <class T, class = void> inline constexpr bool kHasSize = false;
template <class T>
inline constexpr bool kHasSize<T, Void<decltype(U64(lvalue<T>().size()))>> =
    true;

// Iterating a const T leaves it as it was: it names its iterator type, which a
// single-pass range does not.
template <class T, class = void> inline constexpr bool kIsRange = false;
template <class T>
inline constexpr bool
    kIsRange<T, Void<typename T::iterator, typename T::value_type,
                     decltype(lvalue<T>().begin() != lvalue<T>().end()),
                     decltype(*lvalue<T>().begin())>> = true;

// Whose items may be proxies, as those of std::vector<bool>.
template <class T, class = void> inline constexpr bool kIsBools = false;
template <class T>
inline constexpr bool kIsBools<T, Void<typename T::value_type>> =
    kIsRange<T> &&__is_same(typename T::value_type, bool);

// With at(), as a multimap has several values for a key.
template <class T, class = void> inline constexpr bool kIsMap = false;
template <class T>
inline constexpr bool kIsMap<
    T, Void<typename T::mapped_type, decltype((*lvalue<T>().begin()).second),
            decltype(lvalue<T>().at(lvalue<typename T::key_type>()))>> =
    kIsRange<T>;

template <class T>
inline constexpr bool kIsCharacter = __is_same(T, char) ||
                                     __is_same(T, wchar_t) ||
                                     __is_same(T, char16_t) ||
#ifdef __cpp_char8_t
                                     __is_same(T, char8_t) ||
#endif
                                     __is_same(T, char32_t);

// Strings and string views, of whatever library. compare() tells them from
// buffers, which have data() and size(), too.
template <class T, class = void> inline constexpr bool kIsText = false;
template <class T>
inline constexpr bool
    kIsText<T, Void<decltype(U64(lvalue<T>().size())),
                    decltype(lvalue<T>().compare(lvalue<T>())),
                    decltype(*lvalue<T>().data())>> =
        kIsCharacter<Plain<decltype(*lvalue<T>().data())>>;

// std::filesystem::path: a range of paths, which is not what a user wants.
template <class T, class = void> inline constexpr bool kIsPath = false;
template <class T>
inline constexpr bool
    kIsPath<T, Void<typename T::string_type, decltype(lvalue<T>().native())>> =
        kIsText<Plain<decltype(lvalue<T>().native())>>;

template <class T, class = void> inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<
    T, Void<typename T::value_type, decltype(bool(lvalue<T>().has_value())),
            decltype(&*lvalue<T>())>> = true;

// std::expected and its kin; and absl::StatusOr, which has other names for it.
template <class T, class = void> inline constexpr bool kIsExpected = false;
template <class T>
inline constexpr bool
    kIsExpected<T, Void<typename T::error_type, typename T::unexpected_type,
                        decltype(bool(lvalue<T>().has_value())),
                        decltype(lvalue<T>().error())>> =
        __is_lvalue_reference(decltype(lvalue<T>().error()));
template <class T, class = void> inline constexpr bool kIsStatusOr = false;
template <class T>
inline constexpr bool
    kIsStatusOr<T, Void<decltype(lvalue<T>().status()), decltype(*lvalue<T>()),
                        decltype(bool(lvalue<T>().ok()))>> = true;

// Either of them, with the value at hand. (Others are not asked: operator* of a
// pointer to void does not even compile.)
template <class T, class = void> inline constexpr bool kHasTarget = false;
template <class T>
inline constexpr bool kHasTarget<T, Void<decltype(*lvalue<T>())>> = true;
template <class T> constexpr bool isEither() {
  if constexpr (kIsExpected<T> || kIsStatusOr<T>)
    return kHasTarget<T>;
  else
    return false;
}

// A value of JSON, as nlohmann::json has it.
template <class T, class = void> inline constexpr bool kIsJson = false;
template <class T>
inline constexpr bool
    kIsJson<T, Void<typename T::object_t, typename T::array_t,
                    typename T::binary_t, decltype(lvalue<T>().type())>> = true;

template <class T, class = void> inline constexpr bool kIsSmartPointer = false;
template <class T>
inline constexpr bool
    kIsSmartPointer<T,
                    Void<typename T::element_type, decltype(bool(lvalue<T>())),
                         decltype(lvalue<T>().get())>> =
        __is_pointer(decltype(lvalue<T>().get()));

template <class T, class = void> inline constexpr bool kIsPair = false;
template <class T>
inline constexpr bool kIsPair<
    T, Void<typename T::first_type, typename T::second_type,
            decltype(lvalue<T>().first), decltype(lvalue<T>().second)>> = true;

// The types that a class template is applied to, if they are all types.
template <class... T> struct TypeList {
  static constexpr int kSize = sizeof...(T);
};
template <class T> struct ArgumentsOf { using type = TypeList<>; };
template <template <class...> class C, class... T> struct ArgumentsOf<C<T...>> {
  using type = TypeList<T...>;
};

// The name of a type as the compiler prints it, without a terminator.
struct TypeName {
  const char *text;
  U32 size;
};
constexpr U32 nameBegin(const char *pretty) {
  U32 at = 0;
  while (!(pretty[at] == '[' && pretty[at + 1] == 'T' && pretty[at + 2] == ' '))
    ++at;
  return at + U32(sizeof("[T = ") - 1);
}
template <class T> constexpr TypeName prettyName() {
  return {__PRETTY_FUNCTION__, U32(sizeof(__PRETTY_FUNCTION__) - 1)};
}
inline constexpr U32 kNameBegin = nameBegin(prettyName<int>().text);
template <class T> constexpr TypeName nameOf() {
  return {prettyName<T>().text + kNameBegin,
          prettyName<T>().size - kNameBegin - 1};
}

// Whether T is a type of namespace std.
template <class T> constexpr bool isStandard() {
  return __builtin_strncmp(nameOf<T>().text, "std::", 5) == 0;
}

// Only tuples of std: a `get` of someone else may be for anything, and its body
// is compiled, if need be, to know its result.
template <class T, bool = ArgumentsOf<T>::type::kSize != 0 && isStandard<T>(),
          class = void>
inline constexpr bool kIsTuple = false;
template <class T>
inline constexpr bool kIsTuple<
    T, true,
    Void<decltype(get<ArgumentsOf<T>::type::kSize - 1>(lvalue<T>()))>> = true;

template <class T, class = void> inline constexpr bool kIsVariant = false;
template <class T>
inline constexpr bool
    kIsVariant<T, Void<decltype(lvalue<T>().index()),
                       decltype(lvalue<T>().valueless_by_exception()),
                       decltype(get<0>(lvalue<T>()))>> = true;

template <class I, I... N> struct Indices {};
template <class T>
using IndicesOf = __make_integer_seq<Indices, int, ArgumentsOf<T>::type::kSize>;

template <class T> inline constexpr U64 kArrayCount = 0;
template <class T, U64 N> inline constexpr U64 kArrayCount<T[N]> = N;
template <class T> inline constexpr bool kIsTextArray = false;
template <class T, U64 N>
inline constexpr bool kIsTextArray<T[N]> = kIsCharacter<Plain<T>>;

template <class T> inline constexpr bool kIsFunction = __is_function(T);
template <class T> inline constexpr bool kIsFunction<T *> = __is_function(T);

// A class that says how large it is in two or more dimensions: matrices, Arrow
// tables, std::mdspan, tensors.
template <class T, class = void> inline constexpr bool kHasRows = false;
template <class T>
inline constexpr bool kHasRows<T, Void<decltype(U64(lvalue<T>().rows())),
                                       decltype(U64(lvalue<T>().cols()))>> =
    true;
template <class T, class = void> inline constexpr bool kHasNumRows = false;
template <class T>
inline constexpr bool
    kHasNumRows<T, Void<decltype(U64(lvalue<T>().num_rows())),
                        decltype(U64(lvalue<T>().num_columns()))>> = true;
template <class T, class = void> inline constexpr bool kHasExtents = false;
template <class T>
inline constexpr bool
    kHasExtents<T, Void<decltype(U64(lvalue<T>().rank())),
                        decltype(U64(lvalue<T>().extent(0)))>> = true;
template <class T, class = void> inline constexpr bool kHasShape = false;
template <class T>
inline constexpr bool
    kHasShape<T, Void<decltype(U64(*lvalue<T>().shape().begin())),
                      decltype(lvalue<T>().shape().end())>> = true;

// An overload of obsDescribe(), found by argument-dependent lookup.
template <class T, class = void> inline constexpr bool kIsDescribed = false;
template <class T>
inline constexpr bool kIsDescribed<
    T, Void<decltype(obsDescribe(*(Writer *)nullptr, lvalue<T>()))>> = true;

// Stands in for a parameter, member or result that is secret.
struct Secret {};

// Whether the class, union or enumeration T is marked [[obs::secret]]: the
// plugin knows, and replaces the body.
template <class T>
__attribute__((annotate("obs::secret"))) constexpr bool isSecretType() {
  return false;
}

template <class T> constexpr bool isSecret() {
  if constexpr (__is_class(T) || __is_union(T) || __is_enum(T))
    return __is_same(T, Secret) || isSecretType<T>();
  else
    return false;
}

// The kind of a plain T. It alone decides how
// values of T are encoded.
template <class T> constexpr TypeKind kindOf() {
  if constexpr (__is_same(T, void))
    return kVoid;
  else if constexpr (isSecret<T>())
    return kSecret;
  else if constexpr (__is_same(T, bool))
    return kBool;
  else if constexpr (kIsCharacter<T>)
    return kChar;
  else if constexpr (__is_same(T, decltype(nullptr)))
    return kNull;
  else if constexpr (__is_same(T, __int128))
    return kSigned;
  else if constexpr (__is_same(T, unsigned __int128))
    return kUnsigned;
  else if constexpr (__is_integral(T))
    return T(-1) < T(0) ? kSigned : kUnsigned;
  else if constexpr (__is_same(T, float) || __is_same(T, double) ||
                     __is_same(T, long double))
    return kFloat;
  else if constexpr (__is_enum(T))
    return kEnum;
  else if constexpr (__is_same(T, const char *))
    return kTextPointer;
  else if constexpr (kIsFunction<T>)
    return kFunction;
  else if constexpr (__is_pointer(T))
    return kAddress;
  else if constexpr (__is_member_object_pointer(T))
    return kMember;
  else if constexpr (__is_member_function_pointer(T))
    return kMethod;
  else if constexpr (!kIsComplete<T>) // behind a reference
    return kAddress;
  else if constexpr (kIsTextArray<T>)
    return kTextPointer;
  else if constexpr (__is_array(T))
    return kSequence;
  else if constexpr (!__is_class(T) && !__is_union(T))
    return kOpaque; // vectors of the processor
  else if constexpr (kIsDescribed<T>)
    return kDescribed;
  else if constexpr (__is_union(T))
    return kBytes;
  else if constexpr (kIsText<T> || kIsPath<T>)
    return kText;
  else if constexpr (kHasRows<T> || kHasNumRows<T> || kHasExtents<T> ||
                     kHasShape<T>)
    return kShape;
  else if constexpr (kIsJson<T>)
    return kChoice;
  else if constexpr (kIsMap<T>)
    return kMap;
  else if constexpr (kIsRange<T>)
    return kSequence;
  else if constexpr (isEither<T>())
    return kExpected;
  else if constexpr (kIsOptional<T>)
    return kOptional;
  else if constexpr (kIsSmartPointer<T>)
    return kPointer;
  else if constexpr (kIsVariant<T>)
    return kVariant;
  else if constexpr (kIsPair<T> || kIsTuple<T>)
    return kTuple;
  else
    return kStruct; // or another one: the plugin knows, see classKind
}

constexpr bool isScalar(TypeKind kind) {
  return kind == kBool || kind == kSigned || kind == kUnsigned ||
         kind == kChar || kind == kFloat || kind == kEnum || kind == kAddress ||
         kind == kFunction || kind == kMember || kind == kMethod;
}

// A sequence whose items lie in one piece of memory.
template <class T, class = void> inline constexpr bool kIsContiguous = false;
template <class T>
inline constexpr bool kIsContiguous<
    T, Void<decltype(*lvalue<T>().data()), decltype(lvalue<T>().size()),
            decltype(U64(lvalue<T>().end() - lvalue<T>().begin()))>> =
    __is_same(Plain<decltype(*lvalue<T>().data())>,
              Plain<typename T::value_type>);

// Whose pointee is an object of a known type, and just one: pointers to arrays
// have no operator->. (operator* of a pointer to void does not even compile.)
template <class T, class = void> inline constexpr bool kIsFollowed = false;
template <class T>
inline constexpr bool kIsFollowed<T, Void<decltype(lvalue<T>().operator->())>> =
    kIsComplete<typename T::element_type> &&
    !__is_function(typename T::element_type);

template <class T> constexpr U64 sizeOf(const T &container) {
  if constexpr (kHasSize<T>)
    return U64(container.size());
  else
    return kUnknownSize;
}

} // namespace obs::detail
#pragma GCC visibility pop

#endif // OBS_ATTRIBUTES_TRAITS_H
