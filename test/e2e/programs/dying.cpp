// SPDX-License-Identifier: Apache-2.0
// Dies in a monitored function as its argument says.
#include <cstdlib>
#include <string>
#include <vector>

[[obs::monitor]] int overflows(const std::vector<int> &values, int i) {
  return values[i];
}

[[obs::monitor]] int dies(const std::string &reason) {
  if (reason == "abort")
    abort();
  return 0;
}

struct Owner {
  std::vector<int> values = {1, 2, 3};
  [[obs::monitor]] int call(int i) { return overflows(values, i); }
  [[obs::monitor]] int die(const std::string &reason) { return dies(reason); }
};

int main(int, char **argv) {
  Owner owner;
  if (argv[1] == std::string("overflow"))
    return owner.call(8);
  return owner.die(argv[1]);
}
