// Functions that throw.
#include "system.h"
struct Error {
  Error(int);
  Error(const Error &) = delete; // so it is built where it is thrown from
  ~Error();
  const char *what() const noexcept;
};
[[obs::ignore]] inline void place(int x) {
  throw Error(x);
}
inline void scalar() {
  throw 42;
}
inline void rethrow() {
  try {
    scalar();
  } catch (int) {
    throw;
  }
}
template <class T> int inTemplate(T x) {
  return x ? 1 : throw x;
}
inline int inLambda() {
  auto lambda = [] { throw 2L; };
  lambda();
  return inTemplate(3u);
}
inline bool given = true;
struct Member {
  int value = given ? 4 : throw 4ull; // in no function
  Member(int) {}
  Member() : value(given ? 5 : throw 'c') {}
};
constexpr int evaluated(bool ok) {
  if (!ok)
    throw 1.0f;
  return 5;
}
static_assert(evaluated(true) == 5);
struct Parcel {
  int number;
};
namespace std {
struct exception {
  virtual const char *what() const noexcept;
};
} // namespace std
struct Middle : std::exception {};
struct Derived : Middle {
  int number;
};
enum class Fault { kDisk };
inline void members() {
  throw Parcel{1};
}
inline void enumerator() {
  throw Fault::kDisk;
}
inline void derived() {
  throw Derived();
}
