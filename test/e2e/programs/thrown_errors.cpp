// SPDX-License-Identifier: Apache-2.0
// Exceptions of every kind. Each call is told its number; `line` markers in the
// test's expectations are the comments `// at:name`.
#include <cstdio>
#include <exception>
#include <future>
#include <stdexcept>
#include <string>
#include <vector>

#ifndef RATE
#define RATE 1
#endif

enum class Fault { kNone, kDisk };
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
static constexpr Call kCalls[] = {standard, number,  text,       string, fault,
                                  built,    copied,  library,    again,  nested,
                                  reused,   carried, interrupted};

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

int main() {
  for (int call = 0; call != int(std::size(kCalls)); ++call)
    try {
      outer(call);
    } catch (...) {
    }
  try {
    consume("moved", 1);
  } catch (const std::runtime_error &) {
  }
  std::printf("%d %d %d\n", Parcel::made, Parcel::copied, Parcel::destroyed);
}
