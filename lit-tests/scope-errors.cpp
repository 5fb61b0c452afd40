// RUN: %obs -std=c++20 -fsyntax-only -Xclang -verify %s

// expected-error@+2 {{unknown key 'skip' in 'obs::monitor'}}
// expected-note@+1 {{valid keys here are 'sample', 'args', 'result', 'errors', 'items', 'text', 'depth', 'record', 'pointers', 'resources', 'accessors'}}
struct [[obs::monitor(skip=(a))]] NoSkip {};

// expected-error@+2 {{unknown key 'accessors' in 'obs::monitor'}}
// expected-note@+1 {{valid keys here are 'sample', 'args', 'result', 'errors', 'name', 'skip', 'items', 'text', 'depth', 'record', 'pointers', 'resources'}}
[[obs::monitor(accessors=true)]] void notOnFunctions();

// expected-error@+1 {{'monitor' attribute only applies to functions, classes and namespaces}}
enum [[obs::monitor]] E {};

// expected-note@+1 {{the other ones are here}}
[[obs::monitor(sample=0.5)]] void twice();
// expected-error@+1 {{'twice' is monitored with other arguments here than where it was declared before; say it once}}
[[obs::monitor(sample=0.25)]] void twice() {}

// The same again is no harm.
[[obs::monitor(sample=0.5)]] void same();
[[obs::monitor(sample=0.5)]] void same() {}
