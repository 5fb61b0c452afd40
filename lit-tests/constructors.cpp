// An exception in an initializer of a constructor is recorded, where one may
// come. Nothing is added elsewhere.
// RUN: %print -std=c++17 %s | FileCheck %s
// RUN: %print -std=c++17 -fno-exceptions %s -DNO_TRY | FileCheck --check-prefix=NONE %s
// RUN: %obs -std=c++17 -O0 -c %s -o /dev/null
// RUN: %obs -std=c++17 -O2 -c %s -o /dev/null
// RUN: %obs -std=c++20 -O2 -c %s -o /dev/null
// RUN: %obs -std=c++20 -x c++-header %s -o %t.pch
// RUN: %obs -std=c++20 -include-pch %t.pch -DUSE -S -emit-llvm -x c++ %s -o - | FileCheck --check-prefix=PCH %s

// NONE-NOT: obs_rt_not_initialized
// NONE-NOT: failed
#if !defined(USE)
int mayThrow(int);
int neverThrows(int) noexcept;
struct Part { Part(int); };
struct Quiet { Quiet(int) noexcept; };

// The site stands outside, for the handler to see it.
// CHECK: static obs::detail::Site [[SITE:__obs_site_[0-9A-F]+]] = makeSite({{&__obs_site_id[_0-9A-F]*}}, "Member::Member", {{.*}}, "a,b",
// CHECK: Member(int a, int b, int skipped) : x(mayThrow(a))
// CHECK-NEXT: try {
// CHECK-NEXT: {
// CHECK-NEXT: ScopeData __obs_call;
// CHECK-NEXT: Scope __obs_scope = {nullptr};
// CHECK-NEXT: if (count(__obs_site_id{{_[0-9A-F]+}}))
// CHECK-NEXT: obs_rt_enter(&__obs_call, &[[SITE]], a, b);
// CHECK-NEXT: try {
// CHECK: } catch (...) {
// CHECK-NEXT: obs_rt_failed_in_body(__obs_scope.call, &[[SITE]], a, b);
// CHECK-NEXT: throw;
// CHECK: } catch (...) {
// CHECK-NEXT: obs_rt_not_initialized(&[[SITE]], a, b);
struct Member {
  [[obs::monitor(skip=skipped)]] Member(int a, int b, int skipped) : x(mayThrow(a)) { x += b; }
  int x;
};

// CHECK: : Safe::Safe
// CHECK-NEXT: Safe(int a) : {{.*}}x(neverThrows(a)) {
// CHECK-NEXT: {
// CHECK: static obs::detail::Site __obs_site = makeSite({{&__obs_site_id[_0-9A-F]*}}, "Safe::Safe"
// CHECK-NOT: obs_rt_not_initialized
// CHECK: obs_rt_failed(__obs_scope.call, &__obs_site, a);
struct Safe : Quiet {
  [[obs::monitor]] Safe(int a) : Quiet(a), x(neverThrows(a)) {}
  int x;
};

// CHECK: : Base::Base
// CHECK: obs_rt_not_initialized(&__obs_site_
struct Base : Part { [[obs::monitor]] Base(int a) : Part(a) {} };
// CHECK: : VirtualBase::VirtualBase
// CHECK: obs_rt_not_initialized(&__obs_site_
struct VirtualBase : virtual Part { [[obs::monitor]] VirtualBase() : Part(1) {} };
// CHECK: : Delegating::Delegating
// CHECK: obs_rt_not_initialized(&__obs_site_
struct Delegating : Part {
  Delegating(int a) : Part(a) {}
  [[obs::monitor]] Delegating() : Delegating(1) {}
};
// CHECK: : Default::Default
// CHECK: obs_rt_not_initialized(&__obs_site_
struct Default { [[obs::monitor]] Default() {} int x = mayThrow(1); };
// CHECK: : Implicit::Implicit
// CHECK: obs_rt_not_initialized(&__obs_site_
struct ThrowingPart { ThrowingPart(); };
struct Implicit { [[obs::monitor]] Implicit() {} ThrowingPart part; };

#ifndef NO_TRY
// The user's handlers stay; each records what came before the body.
// CHECK: : Tried::Tried
// CHECK-NEXT: Tried(int a) : x(mayThrow(a))
// CHECK-NEXT: try {
// CHECK: } catch (int thrown) {
// CHECK-NEXT: obs_rt_not_initialized(&[[TRIED:__obs_site_[0-9A-F]+]], a);
// CHECK-NEXT: {
// CHECK-NEXT: mayThrow(thrown);
// CHECK: } catch (...) {
// CHECK-NEXT: obs_rt_not_initialized(&[[TRIED]], a);
struct Tried {
  [[obs::monitor]] Tried(int a) try : x(mayThrow(a)) {} catch (int thrown) { mayThrow(thrown); }
  int x;
};

// CHECK: : CatchesAll::CatchesAll
// CHECK: } catch (...) {
// CHECK: obs_rt_failed_in_body
// CHECK: } catch (...) {
// CHECK-NEXT: obs_rt_not_initialized(
// CHECK-NOT: catch
// CHECK: : TriedDestructor::~Tried
struct CatchesAll {
  [[obs::monitor]] CatchesAll(int a) try : x(mayThrow(a)) {} catch (...) {}
  int x;
};
// Of a destructor, what it tries is monitored.
// CHECK: try {
// CHECK-NEXT: {
// CHECK-NEXT: __obs_site_id = 4294967295U;
// CHECK-NEXT: __obs_site = makeSite({{&__obs_site_id[_0-9A-F]*}}, "TriedDestructor::~TriedDestructor"
// CHECK-NOT: obs_rt_not_initialized
struct TriedDestructor { [[obs::monitor]] ~TriedDestructor() try {} catch (...) {} };
#endif

// CHECK-DAG: makeSite({{&__obs_site_id[_0-9A-F]*}}, "Box<int>::Box"
template <class T> struct Box { [[obs::monitor]] Box(T x) : x(mayThrow(x)) {} T x; };
inline int use() { return Box<int>(1).x + Member(1, 2, 3).x; }
#else
// PCH-DAG: @_ZL{{.*}}__obs_site_{{.*}} = internal global
// PCH-DAG: define {{.*}} @_ZN6MemberC2Eiii
int used = use();
#endif
