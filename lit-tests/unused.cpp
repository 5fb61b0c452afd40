// An inline function is monitored wherever there is code of it, however late its
// use is found; of one that nobody uses, nothing is made.
// RUN: %obs -std=c++20 -S -emit-llvm %s -o - | FileCheck %s --implicit-check-not=_Z6unused
// RUN: %obs -std=c++20 -S -emit-llvm -femit-all-decls %s -o - | FileCheck %s --check-prefix=ALL
// RUN: %obs -std=c++20 -S -emit-llvm -DALIAS %s -o - | FileCheck %s --check-prefix=ALIAS

[[obs::monitor]] inline int later(int x) { return x + 1; }
[[obs::monitor]] inline int unused(int x) { return x; }
// ALL-LABEL: define {{.*}}@_Z6unusedi(
// ALL: call {{.*}}@obs_rt_enter

struct Base {
  [[obs::monitor]] virtual int throughTable(int x) { return x; }
};

// Only the encoding of the parameter of `take` uses these.
struct Items {
  using iterator = const int *;
  using value_type = int;
  const int *first, *last;
  [[obs::monitor]] inline const int *begin() const { return first + step(); }
  const int *end() const { return last; }
  [[obs::monitor]] inline int step() const { return 0; }
};
[[obs::monitor]] inline int take(const Items &items) { return items.first[0]; }

template <class T> [[obs::monitor]] constexpr T twice(T x) { return 2 * x; }
static_assert(twice(1) == 2);
template int twice(int);

// Seen last of all, as part of an implicit constructor of a class template.
struct Late {
  int x;
};
template <class T> struct Holder {
  int (*function)(Late) = [] [[obs::monitor]] (Late late) { return late.x; };
};

// What another function is an alias of is used by its name only.
#ifdef ALIAS
[[obs::monitor]] inline int aliased(int x) { return x; }
extern "C" int alias(int) __attribute__((alias("_Z7aliasedi")));
// ALIAS-LABEL: define {{.*}}@_Z7aliasedi(
// ALIAS: call {{.*}}@obs_rt_enter
#endif

int use() { return later(1) + take({}) + Base().throughTable(1); }
int hold() { return Holder<int>().function({}); }

// CHECK-LABEL: define {{.*}}@_Z5twiceIiET_S0_(
// CHECK: call {{.*}}@obs_rt_enter
// CHECK-LABEL: define {{.*}}@_Z5lateri(
// CHECK: call {{.*}}@obs_rt_enter
// CHECK-LABEL: define {{.*}}@_Z4takeRK5Items(
// CHECK: call {{.*}}@obs_rt_enter
// CHECK-DAG: define {{.*}}encodeItems
// CHECK-DAG: define {{.*}}encodeFieldsAtI4Late
// CHECK-DAG: define {{.*}}@_ZN4Base12throughTableEi(
// CHECK-DAG: define {{.*}}@_ZNK5Items5beginEv(
// CHECK-DAG: define {{.*}}@_ZNK5Items4stepEv(
// CHECK-DAG: @_ZZNK5Items5beginEvE13__obs_site_id
