// Parameters that the body moves from stand behind the names.
// RUN: %print -std=c++20 %s | FileCheck %s
namespace std {
template <class T> struct remove_reference { using type = T; };
template <class T> struct remove_reference<T &> { using type = T; };
template <class T> struct remove_reference<T &&> { using type = T; };
template <class T> constexpr typename remove_reference<T>::type &&move(T &&x) noexcept {
  return static_cast<typename remove_reference<T>::type &&>(x);
}
template <class T> constexpr T &&forward(typename remove_reference<T>::type &x) noexcept {
  return static_cast<T &&>(x);
}
} // namespace std
struct Text {
  Text();
  Text(Text &&);
  Text(const Text &);
  ~Text();
};
void sink(Text &&);

// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "moved", {{.*}}, "a,b,c,d;a,c", 1.
[[obs::monitor]] void moved(Text a, Text b, Text &&c, int d) {
  if (d)
    sink(std::move(a));
  Text own(static_cast<Text &&>(c));
  Text copy(b);
  int number = std::move(d);
}
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "notMoved", {{.*}}, "a,b", 1.
[[obs::monitor]] void notMoved(Text &a, const Text b) {
  sink(std::move(a)); // the caller's
  Text copy(std::move(b));
}
struct Holder {
  Text text;
  // CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Holder::Holder", {{.*}}, "text,other;text", 1.
  [[obs::monitor]] Holder(Text text, Text other) : text(std::move(text)) {}
};
template <class... T> [[obs::monitor]] void all(T &&...texts) {
  (sink(std::forward<T>(texts)), ...);
}
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "all<Text, Text>", {{.*}}, "texts[0],texts[1];texts[0],texts[1]", 1.
template void all(Text &&, Text &&);
// CHECK: makeSite({{&__obs_site_id[_0-9A-F]*}}, "lambda", {{.*}}, "a,b;a", 1.
[[obs::monitor]] void lambda(Text a, Text b) {
  auto kept = [c = std::move(a)] {};
  auto later = [&b] { sink(std::move(b)); }; // may never run
}
