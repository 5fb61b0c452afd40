// SPDX-License-Identifier: Apache-2.0
// Unsampled calls that fail after what their parameters refer to has gone: by
// then it is freed, reused or not even readable.
#include <cstring>
#include <list>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unordered_map>
#include <vector>

namespace {

constexpr std::size_t kBytes = 1 << 20;
char *memory;

// An object in memory of its own, which a call takes away.
template <class T> T &placed(T value) {
  memory = static_cast<char *>(mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  return *new (memory) T(std::move(value));
}
// Not by munmap(): another thread might get these addresses.
[[noreturn]] void takeAway() {
  mprotect(memory, kBytes, PROT_NONE);
  throw std::runtime_error("gone");
}

class Slice {
public:
  Slice(const char *data, std::size_t size) : data_(data), size_(size) {}
  const char *data() const { return data_; }
  std::size_t size() const { return size_; }
  int compare(const Slice &) const;

private:
  const char *data_;
  std::size_t size_;
};
struct Span {
  using iterator = const int *;
  using value_type = int;
  const int *begin() const { return data_; }
  const int *end() const { return data_ + size_; }
  const int *data() const { return data_; }
  std::size_t size() const { return size_; }
  const int *data_;
  std::size_t size_;
};
struct Order {
  std::string id;
  std::vector<double> prices;
};
struct Shape {
  virtual ~Shape() = default;
  int sides = 4;
};
std::map<std::string, Order> orders;

} // namespace

#define QUIET [[obs::monitor(sample = 0)]]

QUIET void view(std::string_view text) {
  takeAway();
}
QUIET void ownView(Slice text) {
  takeAway();
}
QUIET void span(Span values, int behind) {
  takeAway();
}
QUIET void number(const int &value) {
  takeAway();
}
QUIET void text(const std::string &value) {
  takeAway();
}
QUIET void object(const Order &value) {
  takeAway();
}
QUIET void numbers(const std::vector<int> &values) {
  takeAway();
}
QUIET void texts(const std::vector<std::string> &values) {
  takeAway();
}
QUIET void list(const std::list<Order> &values) {
  takeAway();
}
QUIET void tree(const std::map<int, Order> &values) {
  takeAway();
}
QUIET void table(const std::unordered_map<int, int> &values) {
  takeAway();
}
QUIET void pointer(const std::unique_ptr<Order> &value) {
  takeAway();
}
QUIET void shape(const Shape &value) {
  takeAway();
}

// The block of a freed object is in other hands at once.
QUIET void reused(const std::string &id) {
  orders.erase(id); // which it is a part of
  constexpr std::size_t kNode = sizeof(decltype(orders)::value_type) + 32;
  for (int i = 0; i != 100; ++i) {
    void *const bytes = operator new(kNode);
    std::memset(bytes, 0x5a, kNode);
    asm volatile("" : : "r"(bytes) : "memory"); // it is used
  }
  throw std::runtime_error("erased");
}
QUIET void garbage(const Order &value, const std::vector<std::string> &values,
                   const std::list<int> &numbers, const Shape &shape) {
  std::memset((void *)&value, 0x5a, sizeof(value));
  std::memset((void *)&values, 0x5a, sizeof(values));
  std::memset((void *)&numbers, 0x5a, sizeof(numbers));
  std::memset((void *)&shape, 0x5a, sizeof(shape));
  throw std::runtime_error("garbage");
}
// What is there is recorded as ever.
QUIET void present(const Order &value, std::string_view name, const char *note,
                   const std::map<std::string, std::vector<int>> &map,
                   const Shape &shape, const std::unique_ptr<int> &pointer) {
  throw std::runtime_error("present");
}

namespace {
template <class F> void survives(F call) {
  try {
    call();
  } catch (const std::runtime_error &) {
  }
}
// The bytes of an object that is never destroyed.
template <class T> const T &raw() {
  return *reinterpret_cast<T *>(operator new(sizeof(T)));
}
} // namespace

int main() {
  const std::string lengthy(100, 'x');
  survives([] { view({(placed('c'), memory), 5}); });
  survives([] { ownView({(placed('c'), memory), 5}); });
  survives([] { span({&placed(7), 4}, 5); });
  survives([] { number(placed(7)); });
  survives([&] { text(placed(lengthy)); });
  survives([&] { object(placed(Order{lengthy, {1, 2}})); });
  survives([] { numbers(placed(std::vector<int>{1, 2})); });
  survives([&] { texts(placed(std::vector<std::string>{lengthy})); });
  survives([&] { list(placed(std::list<Order>{{lengthy, {}}})); });
  survives([&] { tree(placed(std::map<int, Order>{{1, {lengthy, {}}}})); });
  survives([] { table(placed(std::unordered_map<int, int>{{1, 2}})); });
  survives([] { pointer(placed(std::make_unique<Order>())); });
  survives([] { shape(placed(Shape())); });
  orders[lengthy] = {};
  survives([] { reused(orders.begin()->first); });
  survives([] {
    garbage(raw<Order>(), raw<std::vector<std::string>>(),
            raw<std::list<int>>(), raw<Shape>());
  });
  survives([&] {
    present({lengthy, {1, 2}}, lengthy, "note", {{"k", {1, 2}}, {lengthy, {}}},
            Shape(), std::make_unique<int>(5));
  });
}
