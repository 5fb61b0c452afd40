// SPDX-License-Identifier: Apache-2.0
// What is stepped through in a debugger: one of each kind of function. Nothing
// of the standard library is called on the way, as it would be stepped into.
#include <coroutine>

struct Point {
  int x, y;
};

struct Large {
  long values[8];
};

static int log[16];
static int *next = log;

struct Guard {
  ~Guard() { *next++ = -1; }
};

[[obs::monitor]] int add(int a, int b) {
  int sum = a;
  sum += b;
  return sum;
}

[[obs::monitor]] int atOnce(int a) {
  return add(a, 1);
}

[[obs::monitor]] void nothing(int a) {
  if (a < 0)
    return;
  *next++ = a;
}

[[obs::monitor]] void empty() {}

[[obs::monitor]] int several(int a) {
  if (a > 10)
    return 10;
  Guard guard;
  for (int i = 0; i < 2; ++i) {
    if (a == i)
      return i;
    a -= 1;
  }
  return a;
}

[[obs::monitor]] Large byValue(long first) {
  return {{first, 2, 3}};
}

[[obs::monitor]] Large named(long first) {
  Large large = {};
  large.values[0] = first;
  return large;
}

[[obs::monitor]] int &reference(int &a) {
  return a;
}

[[obs::monitor]] int recursive(int n) {
  if (n == 0)
    return 0;
  return n + recursive(n - 1);
}

struct Shape {
  [[obs::monitor]] Shape(int a, int b) : origin{a, b}, sides(add(a, b)) {
    sides += 1;
  }
  [[obs::monitor]] virtual ~Shape() { *next++ = sides; }
  [[obs::monitor]] virtual int area(int scale) const {
    int result = origin.x * scale;
    return result;
  }
  Point origin;
  int sides;
};

struct Square : Shape {
  using Shape::Shape;
  [[obs::monitor]] int area(int scale) const override {
    return Shape::area(scale) + 1;
  }
};

template <class T> [[obs::monitor]] T twice(T value) {
  T result = value;
  result += value;
  return result;
}

[[obs::monitor]] void throws(int a) {
  Guard guard;
  if (a)
    throw a;
  *next++ = 0;
}

[[obs::monitor]] int catches(int a) {
  try {
    throws(a);
  } catch (int caught) {
    return caught;
  }
  return 0;
}

[[obs::monitor]] int tried(int a) try {
  throws(a);
  return 1;
} catch (int caught) {
  return caught;
}

struct Task {
  struct promise_type {
    int value = 0;
    Task get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(int next) {
      value = next;
      return {};
    }
    void return_value(int last) { value = last; }
    void unhandled_exception() {}
  };
  std::coroutine_handle<promise_type> handle;
};

[[obs::monitor]] Task generator(int first) {
  int value = first;
  co_yield value;
  ++value;
  co_return value;
}

int main() {
  int total = add(1, 2);
  total += atOnce(3);
  nothing(-1);
  nothing(4);
  empty();
  total += several(11);
  total += several(5);
  total += several(0);
  Large large = byValue(5);
  large = named(6);
  reference(total) += 1;
  total += recursive(2);
  {
    Square square(7, 8);
    total += square.area(2);
  }
  total += twice(9);
  total += catches(0);
  total += catches(1);
  total += tried(2);
  auto lambda = [&] [[obs::monitor]] (int a) {
    total += a;
    return total;
  };
  lambda(10);
  Task task = generator(11);
  while (!task.handle.done())
    task.handle.resume();
  task.handle.destroy();
  return total == 0;
}
