// SPDX-License-Identifier: Apache-2.0
// Texts of each length in each kind of std::string. STRING, VIEW: how
// std::string and std::string_view are passed.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Traits : std::char_traits<char> {};

// Its state comes first in a string's object.
template <class T> struct Pool : std::allocator<T> {
  template <class U> struct rebind {
    using other = Pool<U>;
  };
  Pool() = default;
  template <class U> Pool(const Pool<U> &) {}
  long long state = 1;
};
using PoolString = std::basic_string<char, std::char_traits<char>, Pool<char>>;

[[obs::monitor]] size_t taken(const std::string &string, std::string value,
                              std::string_view view, PoolString pool,
                              std::basic_string<char, Traits> traits,
                              std::wstring wide,
                              const std::vector<std::string> &nested) {
  return string.size() + value.size() + view.size() + pool.size() +
         traits.size() + wide.size() + nested.size();
}
[[obs::monitor]] std::string returned(std::string_view view) {
  return std::string(view);
}
[[obs::monitor]] size_t empty(std::string_view null) { return null.size(); }

template <class T>
constexpr obs::detail::Passing kPassing = obs::detail::kType<T>.passing;
using namespace obs::detail;
static_assert(kPassing<std::string> == STRING &&
              kPassing<std::string_view> == VIEW &&
              kPassing<PoolString> == kByAddress &&
              kPassing<std::wstring> == kByAddress);

} // namespace

int main() {
  size_t sum = empty({});
  for (size_t length = 0; length != 300; ++length) {
    std::string text;
    for (size_t i = 0; i != length; ++i)
      text += char('a' + i % 26);
    sum += taken(text, text, text, PoolString(text.data(), text.size()),
                 {text.data(), text.size()}, {text.begin(), text.end()},
                 {text, text});
    sum += returned(text).size();
  }
  return sum == 0;
}
