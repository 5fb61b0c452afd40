// What a user can write wrong, and what is said about it.
// RUN: %obs -std=c++20 -fsyntax-only -ferror-limit=0 -Xclang -verify %s
// RUN: not %obs -std=c++20 -fsyntax-only -fdiagnostics-parseable-fixits %s 2>&1 | FileCheck %s

// expected-error@+3 {{unknown key 'sampel' in 'obs::monitor'; did you mean 'sample'?}}
// expected-note@+2 {{valid keys here are 'sample', 'args', 'result', 'errors', 'name', 'skip', 'items', 'text', 'depth', 'record', 'pointers', 'resources'}}
// CHECK: fix-it:"{{.*}}":{[[@LINE+1]]:16-[[@LINE+1]]:22}:"sample"
[[obs::monitor(sampel=0.1)]] void f1();

// expected-error@+2 {{unknown key 'colour' in 'obs::monitor'}}
// expected-note@+1 {{valid keys here are}}
[[obs::monitor(colour=1)]] void f2();

// expected-error@+2 {{'sample' is 1.5, but a rate is from 0 to 1}}
// expected-note@+1 {{for 1.5 % of the calls write sample=0.015}}
[[obs::monitor(sample=1.5)]] void f3();

// expected-error@+1 {{'sample' is -1, but a rate is from 0 to 1}}
[[obs::monitor(sample=-1)]] void f4();

// expected-error@+1 {{'sample' is a number from 0 to 1, such as sample=0.01}}
[[obs::monitor(sample="often")]] void f5();

// expected-error@+1 {{'sample' is a number from 0 to 1, such as sample=0.01}}
[[obs::monitor(sample=1/0)]] void f6();

// expected-error@+1 {{'args' is 'true' or 'false'}}
[[obs::monitor(args=maybe)]] void f7();

// expected-error@+1 {{'errors' is 'all' or 'exceptions'}}
[[obs::monitor(errors=none)]] void f71();

// expected-error@+1 {{'errors' is 'all' or 'exceptions'}}
[[obs::monitor(errors=true)]] void f72();

// expected-error@+1 {{'name' is a string, such as name="checkout"}}
[[obs::monitor(name=checkout)]] void f8();

// expected-error@+1 {{'name' must not be empty}}
[[obs::monitor(name="")]] void f9();

// expected-error@+2 {{'login' has no parameter 'pasword' to skip; did you mean 'password'?}}
// expected-note@+1 {{its parameters are: user, password}}
[[obs::monitor(skip=(pasword))]] void login(int user, const char *password);

// expected-error@+1 {{'none' has no parameter 'x' to skip}}
[[obs::monitor(skip=(x))]] void none();

// expected-error@+1 {{'skip' is a parameter or a list of them, such as skip=(a, b)}}
[[obs::monitor(skip=1)]] void f10(int a);

// expected-error@+1 {{expected '=' after 'sample'}}
[[obs::monitor(sample)]] void f11();

// expected-error@+2 {{expected a key in 'obs::monitor'}}
// expected-note@+1 {{valid keys here are}}
[[obs::monitor(sample=0.1,)]] void f12();

// expected-error@+1 {{expected ',' or the end of the arguments of 'obs::monitor'}}
[[obs::monitor(sample=0.1 args=false)]] void f13();

// expected-error@+1 {{key 'args' is given twice in 'obs::monitor'}}
[[obs::monitor(args=true, args=false)]] void f14();

// expected-error@+1 {{'monitor' attribute only applies to functions, classes and namespaces}}
[[obs::monitor]] int variable;
// expected-error@+1 {{'monitor' attribute only applies to functions, classes and namespaces}}
void parameter([[obs::monitor]] int p);
