// SPDX-License-Identifier: Apache-2.0
// Exceptions of every kind. Each call is told its number; `line` markers in the
// test's expectations are the comments `// at:name`.
#include <csignal>
#include <cstdio>
#include <exception>
#include <future>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#ifndef RATE
#define RATE 1
#endif

#include "thrown_errors.h"

enum class Fault { kNone, kDisk };
enum Access : unsigned { kRead = 1, kWrite = 2 };
struct Parcel {
  explicit Parcel(int n) : number(n) { ++made; }
  Parcel(const Parcel &other) : number(other.number) { ++copied; }
  ~Parcel() { ++destroyed; }
  int number;
  static inline int made = 0, copied = 0, destroyed = 0;
};

static void standard() {
  throw std::runtime_error("standard"); // at:standard
}
static void number() {
  throw 42; // at:number
}
static void text() {
  throw "text"; // at:text
}
struct Login {
  std::string user = "Ada";
  std::string password = "thrown-hunter2";
  std::vector<int> tries = std::vector<int>(2000);
};
static void members() {
  throw Login(); // at:members
}
struct [[obs::secret]] Key {
  int bits = 42;
};
static void key() {
  throw Key(); // at:key
}
static void flags() {
  throw Access(kRead | kWrite); // at:flags
}
struct Done {};
static void empty() {
  throw Done(); // at:empty
}
static void wide() {
  throw std::wstring(L"wide"); // at:wide
}
struct Failed : std::runtime_error {
  using runtime_error::runtime_error;
  int code = 7;
};
static void derived() {
  throw Failed("derived"); // at:derived
}
struct Endless {
  using iterator = const char *;
  using value_type = char;
  iterator begin() const { return nullptr; }
  iterator end() const { return nullptr; }
  size_t size() const { throw std::length_error("size"); }
};
static void sizeThrows() {
  throw Endless(); // at:sizeThrows
}
static void string() {
  throw std::string("string"); // at:string
}
static void fault() {
  throw Fault::kDisk; // at:fault
}
static void built() {
  throw Parcel(1); // at:built
}
static void copied() {
  const Parcel parcel(2);
  throw parcel; // at:copied
}
static void library() {
  std::vector<int>().at(3);
}
static void again() {
  try {
    throw std::logic_error("again"); // at:again
  } catch (...) {
    throw;
  }
}
// As it is when it leaves the function.
static void changed() {
  try {
    throw Parcel(3); // at:changed
  } catch (Parcel &parcel) {
    parcel.number = 4;
    throw;
  }
}
static void rethrown() {
  std::exception_ptr kept;
  try {
    throw Parcel(5); // at:rethrown
  } catch (...) {
    kept = std::current_exception();
  }
  try {
    throw Parcel(6);
  } catch (const Parcel &) {
  }
  std::rethrow_exception(kept);
}
static void nestedValue() {
  try {
    throw Parcel(7); // at:nestedValue
  } catch (...) {
    std::throw_with_nested(std::logic_error("around"));
  }
}
static void nested() {
  try {
    try {
      throw std::out_of_range("inner"); // at:inner
    } catch (...) {
      std::throw_with_nested(std::runtime_error("middle"));
    }
  } catch (...) {
    std::throw_with_nested(std::logic_error("outer"));
  }
}
// What is thrown in the same memory as the one before, by a library, is not
// thrown where that was.
static void reused() {
  try {
    throw std::out_of_range("mine");
  } catch (const std::out_of_range &) {
  }
  library();
}
// Another type, in the memory of one whose members would be read there.
struct Letter {
  int number = 8;
};
struct Parcels {
  std::vector<int> numbers = {1, 2, 3};
};
static void reusedByAnother() {
  try {
    throw Parcels();
  } catch (const Parcels &) {
  }
  throwElsewhere(Foreign());
}
static void elsewhere() {
  throwElsewhere(Letter());
}
// One that another thread threw.
static void carried() {
  std::async(std::launch::async, [] {
    throw std::runtime_error("away");
  }).get();
}
// Others on the way do not matter.
struct Busy {
  ~Busy() {
    for (int i = 0; i < 3; ++i)
      try {
        throw std::runtime_error("on the way");
      } catch (...) {
      }
  }
};
static void interrupted() {
  Busy busy;
  throw std::runtime_error("interrupted"); // at:interrupted
}

using Call = void (*)();
static constexpr Call kCalls[] = {
    standard,   number,      text,    string,          fault,     built,
    copied,     members,     key,     flags,           empty,     wide,
    derived,    sizeThrows,  library, again,           changed,   rethrown,
    nested,     nestedValue, reused,  reusedByAnother, elsewhere, carried,
    interrupted};

[[obs::monitor(sample = RATE)]] static void run(int call) {
  kCalls[call]();
}
[[obs::monitor(sample = RATE)]] static void outer(int call) {
  run(call);
}

[[obs::monitor(sample = 0)]] static void consume(std::string text, int call) {
  const std::string own = std::move(text);
  if (call)
    throw std::runtime_error(own);
}

static void all() {
  for (int call = 0; call != int(std::size(kCalls)); ++call)
    try {
      outer(call);
    } catch (...) {
    }
}

// thrown_errors [kill | fork]: killed at the end; all once more in a child.
int main(int argc, char **argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  all();
  if (mode == "kill")
    std::raise(SIGKILL);
  if (mode == "fork") {
    if (fork() == 0) {
      all();
      return 0;
    }
    wait(nullptr);
    return 0;
  }
  try {
    consume("moved", 1);
  } catch (const std::runtime_error &) {
  }
  std::printf("%d %d %d\n", Parcel::made, Parcel::copied, Parcel::destroyed);
}
