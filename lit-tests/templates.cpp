// Templates are monitored as they are instantiated.
// RUN: %print -std=c++20 %s | FileCheck %s --implicit-check-not='makeSite({{&__obs_site_id[_0-9A-F]*}}, "{{.*}}untouched'
// RUN: %obs -std=c++20 -O0 -c %s -o /dev/null
// RUN: %obs -std=c++20 -O2 -c %s -o /dev/null

// An explicit specialization has marks of its own, and none of the template.
template <class T> [[obs::monitor(sample=0.5)]] int special(T) { return 1; }
// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "special<long>", {{.*}} 0.25
template <> [[obs::monitor(sample=0.25)]] int special(long) { return 2; }
// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "special<float>", {{.*}}, 18U,
template <> [[obs::monitor(args=false)]] int special(float);
template <> int special(float) { return 3; }
struct untouched {};
template <> int special(untouched) { return 4; }
template <> [[obs::ignore]] int special(untouched *) { return 5; }
// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "special<char>", {{.*}} 0.5
int specials = special('c');

template <class T> struct Box {
  [[obs::monitor(sample=0.5)]] int get() { return 1; }
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Box<int>::convert<char>"
  template <class U> [[obs::monitor]] U convert(U u) { return u; }
  [[obs::monitor]] void untouchedNotInstantiated() { T::nothing(); }
};
// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Box<short>::get", {{.*}} 0.25
template <> [[obs::monitor(sample=0.25)]] int Box<short>::get() { return 2; }
template <> int Box<untouched>::get() { return 3; }
// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Box<int>::get", {{.*}} 0.5
int boxes = Box<int>().get() + Box<int>().convert('c');

template <class T> struct [[obs::monitor]] Marked { int get() { return special('c'); } };
// The class still asks for it.
// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Marked<int>::get"
template <> int Marked<int>::get() { return special('d'); }
// A specialized class is another class.
template <> struct Marked<untouched> { int get() { return special('e'); } };

// Defined elsewhere; explicitly instantiated here.
template <class T> struct Remote { [[obs::monitor]] T untouchedRemote(T t); };
extern template struct Remote<int>;
int far(Remote<int> &r) { return r.untouchedRemote(1); }
template <class T> struct Here { [[obs::monitor]] T run(T t) { return t; } };
extern template struct Here<int>;
// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Here<int>::run"
template struct Here<int>;

// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "pack<1, char, long>", {{.*}}"t[0],t[1]"
template <int N, class... T> [[obs::monitor]] int pack(T... t) { return N; }
int packs = pack<1>('c', 2L);

template <class Self> struct Crtp {
  // CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Crtp<Impl>::call"
  [[obs::monitor]] int call() { return static_cast<Self *>(this)->impl(); }
};
struct Impl : Crtp<Impl> { int impl() { return 1; } };
int crtp = Impl().call();

template <class T> concept Small = sizeof(T) < 5;
// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "abbreviated<int>"
[[obs::monitor]] int abbreviated(Small auto x) { return x; }
// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "constrained<char>"
template <class T> requires Small<T> [[obs::monitor]] T constrained(T x) { return x; }
int constraints = abbreviated(1) + constrained('c');

// CHECK-DAG: {{if constexpr|if}} (sizeof(int) == 4)
template <class T> [[obs::monitor]] auto chosen(T x) { if constexpr (sizeof(T) == 4) return 1; else return "no"; }
int chose = chosen(1);

// A `get` that takes anything, with a deduced result: asking for its type would
// compile its body.
namespace user {
template <class... T> struct Box { int x; };
template <int N, class T, class... R> constexpr const auto &get(const T &first, const R &...rest) {
  static_assert(N >= 0 && N < 1 + sizeof...(R), "out of bounds");
  if constexpr (N == 0) return first; else return get<N - 1>(rest...);
}
struct Plain { int x; };
[[obs::monitor]] int boxed(Box<int, char> box, Plain plain) { return box.x + plain.x; }
}
