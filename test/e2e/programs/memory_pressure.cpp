// SPDX-License-Identifier: Apache-2.0
// Values that are large, deep, or lie about themselves. The argument says
// which.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>
#include <new>
#include <ostream>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

// A container whose items may not be touched.
struct Untouchable {
  using value_type = int;
  using iterator = const int *;
  const int *items = nullptr;
  size_t count = 0;
  const int *data() const { return items; }
  const int *begin() const { return items; }
  const int *end() const { return items + count; }
  size_t size() const { return count; }
};

// For a vector whose items may not be touched any more.
template <class T> struct Pages {
  using value_type = T;
  static inline void *last = nullptr;
  static inline size_t bytes = 0;
  T *allocate(size_t count) {
    bytes = count * sizeof(T);
    last = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return static_cast<T *>(last);
  }
  void deallocate(T *at, size_t count) { munmap(at, count * sizeof(T)); }
  template <class... A> void construct(T *, A &&...) {} // they are zero
  bool operator==(const Pages &) const { return true; }
};

struct Matrix {
  long rows() const { return 1000000; }
  long cols() const { return 100; }
  double *cells = nullptr;
};

struct Nested {
  int level = 0;
  std::unique_ptr<Nested> next;
};

template <int N> struct Items {
  using value_type = int;
  using iterator = const int *;
  std::vector<int> items;
  const int *data() const { return items.data(); }
  const int *begin() const { return items.data(); }
  const int *end() const { return items.data() + items.size(); }
  size_t size() const { return N; } // whatever there is
};

struct Thrower {
  using value_type = int;
  struct iterator {
    int at;
    int operator*() const {
      if (at == 3)
        throw std::runtime_error("no third item");
      return at;
    }
    iterator &operator++() { return ++at, *this; }
    bool operator!=(const iterator &other) const { return at != other.at; }
  };
  iterator begin() const { return {0}; }
  iterator end() const { return {10}; }
  size_t size() const { return 10; }
};

struct SizeThrower {
  using value_type = int;
  using iterator = const int *;
  const int *begin() const { return nullptr; }
  const int *end() const { return nullptr; }
  size_t size() const { throw std::bad_alloc(); }
};

struct Blocks {
  int id = 5;
};
std::ostream &operator<<(std::ostream &out, const Blocks &) {
  pause();
  return out;
}

struct OfItself {
  std::vector<OfItself> items;
};

#define M [[obs::monitor]] __attribute__((noinline))
M void untouched(const Untouchable &items) {}
M void untouchedVector(const std::vector<long, Pages<long>> &items) {}
M void matrix(const Matrix &value) {}
M void nested(const Nested &value) {}
M void more(const Items<10> &value, int after) {}
M void fewer(const Items<2> &value, int after) {}
M void thrower(const Thrower &value, int after) {}
M void sizeThrower(const SizeThrower &value) {}
M void blocks(const Blocks &value) {}
M void ofItself(const OfItself &value) {}
M void movedFrom(const std::string &text, const std::vector<int> &items,
                 const std::unique_ptr<int> &pointer) {}
M void large(const std::vector<std::string> &texts, int after) {}
[[obs::monitor(items = 2, text = 3, depth = 1, pointers = false)]] void
own(const std::vector<int> &a, const std::vector<int> &b, std::string text,
    const OfItself &deep, const char *pointer) {}

M size_t allocates(size_t bytes) {
  const std::unique_ptr<char[]> memory(new char[bytes]);
  memset(memory.get(), 1, bytes);
  return bytes;
}
M void *tooMuch(size_t bytes) {
  return ::operator new(bytes);
}

static void values() {
  constexpr size_t kCount = 10'000'000;
  void *pages = mmap(nullptr, kCount * sizeof(int), PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  untouched({static_cast<const int *>(pages), kCount});
  const std::vector<long, Pages<long>> items80MB(kCount);
  mprotect(Pages<long>::last, Pages<long>::bytes, PROT_NONE);
  untouchedVector(items80MB);
  matrix({});
  Nested chain;
  for (Nested *last = &chain; last->level < 1000; last = last->next.get()) {
    last->next = std::make_unique<Nested>();
    last->next->level = last->level + 1;
  }
  nested(chain);
  more({{1, 2, 3}}, 7);
  fewer({{1, 2, 3}}, 7);
  thrower({}, 7);
  sizeThrower({});
  blocks({});
  ofItself({{{}, {{{}}}}});
  std::string text(100, 'x');
  std::vector<int> items(3);
  auto pointer = std::make_unique<int>(1);
  const auto to = std::make_unique<int>(2);
  std::string otherText = std::move(text);
  std::vector<int> otherItems = std::move(items);
  auto otherPointer = std::move(pointer);
  movedFrom(text, items, pointer);
  large(std::vector<std::string>(1000, std::string(1000, 'l')), 7);
  own({1, 2}, {1, 2, 3}, "four", {{{}}}, "text");
}

int main(int argc, char **argv) {
  if (argc < 2)
    return 2;
  const std::string mode = argv[1];
  if (mode == "values") {
    values();
  } else if (mode == "limited") { // RLIMIT_AS
    const rlimit limit = {100 << 20, 100 << 20};
    setrlimit(RLIMIT_AS, &limit);
    if (allocates(50 << 20) != 50 << 20)
      return 1;
    try {
      tooMuch(200 << 20);
      return 1;
    } catch (const std::bad_alloc &) {
    }
    for (int i = 0; i < 100; ++i)
      large(std::vector<std::string>(10, std::string(1000, 'l')), i);
  } else if (mode == "overflow") { // more, and larger, than the queue holds
    const std::vector<std::string> texts(50, std::string(1000, 'l'));
    for (int i = 0; i < 20000; ++i)
      large(texts, i);
  }
  std::puts("end");
}
