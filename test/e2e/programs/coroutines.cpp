// SPDX-License-Identifier: Apache-2.0
// Coroutines of every kind, all of them marked. What they do is printed, so
// that the plain program can be compared.
#include <chrono>
#include <coroutine>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// --- Types ------------------------------------------------------------------

template <class T> struct Returned {
  std::optional<T> value;
  void return_value(T result) { value.emplace(std::move(result)); }
};
template <> struct Returned<void> {
  void return_void() {}
};

// Starts when awaited, by symmetric transfer, and goes back to its awaiter.
template <class T> struct Task {
  struct promise_type : Returned<T> {
    std::coroutine_handle<> awaiter = std::noop_coroutine();
    std::exception_ptr error;
    Task get_return_object() {
      return Task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    struct Final {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<>
      await_suspend(std::coroutine_handle<promise_type> done) noexcept {
        return done.promise().awaiter;
      }
      void await_resume() noexcept {}
    };
    Final final_suspend() noexcept { return {}; }
    void unhandled_exception() { error = std::current_exception(); }
  };

  explicit Task(std::coroutine_handle<promise_type> h) : handle(h) {}
  Task(Task &&other) noexcept : handle(std::exchange(other.handle, {})) {}
  ~Task() {
    if (handle)
      handle.destroy();
  }
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) {
    handle.promise().awaiter = awaiter;
    return handle;
  }
  T await_resume() { return result(); }

  T result() {
    auto &promise = handle.promise();
    if (promise.error)
      std::rethrow_exception(promise.error);
    if constexpr (!std::is_void_v<T>)
      return std::move(*promise.value);
  }
  T run() {
    handle.resume();
    return result();
  }

  std::coroutine_handle<promise_type> handle;
};

template <class T> struct Generator {
  struct promise_type {
    const T *value = nullptr;
    Generator get_return_object() {
      return Generator{
          std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(const T &next) {
      value = &next;
      return {};
    }
    void return_void() {}
    void unhandled_exception() { throw; }
  };
  explicit Generator(std::coroutine_handle<promise_type> h) : handle(h) {}
  Generator(Generator &&other) noexcept
      : handle(std::exchange(other.handle, {})) {}
  ~Generator() {
    if (handle)
      handle.destroy();
  }
  const T *next() {
    handle.resume();
    return handle.done() ? nullptr : handle.promise().value;
  }
  std::coroutine_handle<promise_type> handle;
};

// Goes on in a thread of its own.
struct Elsewhere {
  std::thread *thread;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiting) const {
    std::thread *const to = thread; // this awaiter may be gone any moment
    *to = std::thread([waiting] { waiting.resume(); });
  }
  int await_resume() const { return 7; }
};

struct Counted { // of copies and moves
  static inline int copies = 0, moves = 0;
  int value = 0;
  explicit Counted(int v) : value(v) {}
  Counted(const Counted &other) : value(other.value) { ++copies; }
  Counted(Counted &&other) noexcept : value(other.value) { ++moves; }
};

// --- Functions --------------------------------------------------------------

[[obs::monitor]] int leaf(int x) { return x + 1; }

[[obs::monitor]] Task<int> twice(int x) { co_return leaf(x) * 2; }

[[obs::monitor]] Task<int> sum(int a, int b) {
  const int left = co_await twice(a);
  const int right = co_await twice(b);
  co_return left + leaf(right);
}

[[obs::monitor]] Task<std::string> text(std::string name) {
  if (name.empty())
    co_return "nobody";
  co_return "hello " + name;
}

[[obs::monitor]] Task<Counted> counted(int x) { co_return Counted(x); }
[[obs::monitor]] Task<Counted> countedLocal(int x) {
  Counted local(x);
  co_return local;
}

[[obs::monitor]] Task<std::unique_ptr<int>> owner(int x) {
  co_return std::make_unique<int>(x);
}

[[obs::monitor]] Task<void> nothing(int x) {
  if (x > 0)
    co_return;
  co_await std::suspend_never();
}

[[obs::monitor]] Task<int> fails(int x) {
  co_await std::suspend_never();
  if (x > 2)
    throw std::out_of_range("too much");
  co_return x;
}

[[obs::monitor]] Task<int> passesOn(int x) {
  co_return co_await fails(x) + 1;
}

[[obs::monitor]] Task<int> handles(int x) {
  int result = 0;
  try {
    result = co_await fails(x);
  } catch (const std::exception &error) {
    std::printf("handled: %s\n", error.what());
    result = -1;
  }
  co_return result;
}

[[obs::monitor]] Generator<int> iota(int count) {
  for (int i = 0; i != count; ++i)
    co_yield leaf(i);
}

template <class T>
[[obs::monitor]] Generator<T> repeat(T value, int count) {
  while (count-- > 0)
    co_yield value;
}

[[obs::monitor]] Task<int> moves(std::thread *thread) {
  const int seven = co_await Elsewhere{thread};
  co_return leaf(seven);
}

[[obs::monitor]] Task<int> sleeps(std::thread *thread) {
  co_await Elsewhere{thread};
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  co_return 1;
}

struct Suspend {
  bool suspends;
  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<>) const { return suspends; }
  void await_resume() const {}
};
struct Refuses {
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<>) const {
    throw std::runtime_error("no suspension");
  }
  void await_resume() const {}
};

[[obs::monitor]] Task<int> goesOn(int x) {
  co_await Suspend{false};
  try {
    co_await Refuses{};
  } catch (const std::runtime_error &error) {
    std::printf("goesOn: %s\n", error.what());
  }
  co_return leaf(x);
}

[[obs::monitor]] Task<void> waits(std::string why) {
  co_await std::suspend_always();
  std::printf("never: %s\n", why.c_str());
}

struct Service {
  int base = 10;
  [[obs::monitor]] Task<int> add(int x) { co_return base + x; }
};


[[obs::monitor(sample = 0)]] Task<int> unsampled(int x) {
  co_await std::suspend_never();
  if (x < 0)
    throw std::invalid_argument("negative");
  co_return x;
}

[[obs::monitor(result = false, args = false)]] Task<int> quiet(int x) {
  co_return x;
}

[[obs::monitor]] void event_loop() {
  std::vector<Task<void>> waiting;
  for (int i = 0; i != 3; ++i) {
    waiting.push_back(waits("abandoned " + std::to_string(i)));
    waiting.back().handle.resume();
  }
  std::printf("leaf inside: %d\n", leaf(41));
}

template <class F> void report(const char *name, F call) {
  try {
    std::printf("%s: %d\n", name, call());
  } catch (const std::exception &error) {
    std::printf("%s: %s\n", name, error.what());
  }
}

int main() {
  report("sum", [] { return sum(1, 2).run(); });
  std::printf("text: %s\n", text("you").run().c_str());
  std::printf("text: %s\n", text("").run().c_str());
  std::printf("counted: %d\n", counted(5).run().value);
  std::printf("counted: %d\n", countedLocal(6).run().value);
  std::printf("copies %d, moves %d\n", Counted::copies, Counted::moves);
  std::printf("owner: %d\n", *owner(8).run());
  nothing(0).run();
  nothing(1).run();
  report("fails", [] { return fails(1).run(); });
  report("fails", [] { return fails(3).run(); });
  report("passesOn", [] { return passesOn(4).run(); });
  report("handles", [] { return handles(5).run(); });
  Generator<int> numbers = iota(3);
  while (const int *number = numbers.next())
    std::printf("iota: %d\n", *number);
  {
    Generator<std::string> words = repeat(std::string("again"), 5);
    std::printf("repeat: %s\n", words.next()->c_str());
  } // given up
  {
    std::thread thread;
    Task<int> task = moves(&thread);
    task.handle.resume();
    thread.join();
    std::printf("moves: %d\n", task.result());
  }
  {
    std::thread thread;
    Task<int> task = sleeps(&thread);
    task.handle.resume();
    thread.join();
    std::printf("sleeps: %d\n", task.result());
  }
  report("goesOn", [] { return goesOn(1).run(); });
  event_loop();
  Service service;
  report("add", [&] { return service.add(5).run(); });
  report("unsampled", [] { return unsampled(5).run(); });
  report("unsampled", [] { return unsampled(-5).run(); });
  report("quiet", [] { return quiet(5).run(); });
  auto lambda = [] [[obs::monitor]] (int x) -> Task<int> { co_return x + 1; };
  report("lambda", [&] { return lambda(1).run(); });
  static Task<void> never = waits("in flight"); // not ended by the exit
  never.handle.resume();
  never.handle = {};
}
