// SPDX-License-Identifier: Apache-2.0
// Counts constructions, copies, moves and destructions of values that go
// through monitored functions in every way; prints all of it. The same program
// must print the same with and without monitoring.
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

struct Counts {
  int constructed = 0, copied = 0, moved = 0, destroyed = 0;
} counts;

class Tracked {
public:
  explicit Tracked(int value) : value_(value) { ++counts.constructed; }
  Tracked(const Tracked &other) : value_(other.value_) { ++counts.copied; }
  Tracked(Tracked &&other) noexcept : value_(std::exchange(other.value_, -1)) {
    ++counts.moved;
  }
  Tracked &operator=(const Tracked &) = default;
  Tracked &operator=(Tracked &&) = default;
  ~Tracked() { ++counts.destroyed; }
  int value() const { return value_; }

private:
  int value_;
};

struct Fixed { // neither copied nor moved
  explicit Fixed(int v) : value(v) { ++counts.constructed; }
  Fixed(const Fixed &) = delete;
  ~Fixed() { ++counts.destroyed; }
  int value;
};

struct Big {
  alignas(64) long words[16];
};

void report(const char *what, int value) {
  std::printf("%-16s %4d  +%d c%d m%d -%d\n", what, value, counts.constructed,
              counts.copied, counts.moved, counts.destroyed);
  counts = {};
}

[[obs::monitor]] Tracked byValue(Tracked t) {
  return t;
}
[[obs::monitor]] Tracked prvalue(int v) {
  return Tracked(v);
}
[[obs::monitor]] Tracked braced(int v) {
  return Tracked{v};
}
[[obs::monitor]] Tracked named(int v) {
  Tracked result(v);
  return result;
}
[[obs::monitor]] Tracked either(bool first) {
  Tracked a(1), b(2);
  if (first)
    return a;
  return b;
}
[[obs::monitor]] Tracked conditional(bool first, const Tracked &a,
                                     const Tracked &b) {
  return first ? a : b;
}
[[obs::monitor]] Fixed fixed(int v) {
  return Fixed(v);
}
[[obs::monitor]] const Tracked &reference(const Tracked &t) {
  return t;
}
[[obs::monitor]] Tracked &&passOn(Tracked &&t) {
  return std::move(t);
}
[[obs::monitor]] std::unique_ptr<Tracked> unique(int v) {
  return std::make_unique<Tracked>(v);
}
[[obs::monitor]] void sink(std::unique_ptr<Tracked> p) {
  p.reset();
}
[[obs::monitor]] Big big(Big b) {
  b.words[15] += 1;
  return b;
}
[[obs::monitor]] std::vector<Tracked> many(int n) {
  std::vector<Tracked> result;
  result.reserve(n);
  for (int i = 0; i < n; ++i)
    result.emplace_back(i);
  return result;
}
[[obs::monitor]] std::optional<Tracked> maybe(bool yes) {
  if (!yes)
    return std::nullopt;
  return std::optional<Tracked>(std::in_place, 5);
}
[[obs::monitor]] std::map<std::string, int> table() {
  return {{"one", 1}, {"two", 2}};
}
[[obs::monitor]] Tracked throwing(Tracked t, bool now) {
  Tracked local(3);
  if (now)
    throw std::runtime_error("as asked");
  return t;
}
[[obs::monitor]] int recursive(int n) {
  return n <= 0 ? 0 : n + recursive(n - 1);
}

template <typename T> [[obs::monitor]] T identity(T value) {
  return value;
}

struct Machine {
  [[obs::monitor]] explicit Machine(Tracked t) : part(std::move(t)) {}
  [[obs::monitor]] ~Machine() {
    std::printf("machine %d ends\n", part.value());
  }
  [[obs::monitor]] Machine &operator+=(int v) {
    part = Tracked(part.value() + v);
    return *this;
  }
  [[obs::monitor]] virtual Tracked make() const { return part; }
  [[obs::monitor]] static Tracked create(int v) { return Tracked(v); }
  Tracked part;
};

template <typename T> struct Box {
  [[obs::monitor]] T take() { return std::move(value); }
  T value;
};

int main() {
  report("byValue", byValue(Tracked(1)).value());
  report("prvalue", prvalue(2).value());
  report("braced", braced(3).value());
  report("named", named(4).value());
  report("either a", either(true).value());
  report("either b", either(false).value());
  {
    Tracked a(10), b(20);
    report("conditional", conditional(false, a, b).value());
    report("reference", reference(a).value());
    report("passOn", passOn(std::move(b)).value());
  }
  report("fixed", fixed(6).value);
  report("unique", unique(7)->value());
  sink(unique(8));
  report("sink", 0);
  Big b = {};
  report("big", static_cast<int>(big(b).words[15]));
  report("many", static_cast<int>(many(5).size()));
  report("maybe", maybe(true)->value());
  report("maybe not", maybe(false).has_value());
  report("table", static_cast<int>(table().size()));
  try {
    throwing(Tracked(9), true);
  } catch (const std::runtime_error &error) {
    report(error.what(), 0);
  }
  report("not throwing", throwing(Tracked(9), false).value());
  report("recursive", recursive(5));
  report("identity", identity(Tracked(11)).value());
  report("identity int", identity(12));
  {
    Machine machine(Tracked(13));
    machine += 4;
    report("make", machine.make().value());
    report("create", Machine::create(14).value());
  }
  report("machine", 0);
  report("box", Box<Tracked>{Tracked(15)}.take().value());
  auto lambda = [count = 0] [[obs::monitor]] (int v) mutable {
    return Tracked(v + ++count);
  };
  report("lambda", lambda(16).value());
}
