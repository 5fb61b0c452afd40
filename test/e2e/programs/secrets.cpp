// SPDX-License-Identifier: Apache-2.0
// Secrets in every place that is recorded. Each one is made of the same bytes,
// which the program never spells out, so that only a value can show them. With
// an argument it ends as by kill -9, before anything is collected.
#include <csignal>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

static std::string bytes() {
  std::string text(40, ' ');
  for (size_t i = 0; i < text.size(); ++i)
    text[i] = char('a' + (i * 7 + 3) % 26);
  return text;
}

struct [[obs::secret]] Key {
  char text[48] = {};
  Key() { std::strcpy(text, bytes().c_str()); }
};
using Pin [[obs::secret]] = std::string;
template <class T> struct [[obs::secret]] Vault {
  T inside;
};
union Either {
  char open[48];
  [[obs::secret]] char closed[48];
};
struct Login {
  std::string name = "bob";
  std::string password = bytes();
  [[obs::secret]] char answer[48] = {};
  Key key;
  Login() { std::strcpy(answer, bytes().c_str()); }
};
struct Session : Login {
  std::vector<Login> former = std::vector<Login>(2);
  std::string accessToken = bytes();
  [[obs::secret(false)]] std::string token = "shown";
};

#ifndef RATE
#define RATE 1
#endif

// The last parameter is the error of sample=0: it throws.
[[obs::monitor(sample = RATE)]] void nested(const Session &session,
                                            std::unique_ptr<Login> pointer,
                                            std::optional<Key> maybe,
                                            bool throws) {
  if (throws)
    throw std::runtime_error("no");
}
[[obs::monitor(sample = RATE)]] void
containers(const std::vector<Key> &keys, const std::map<int, Key> &map,
           std::pair<int, Key> pair, std::tuple<Key, int> tuple,
           std::variant<int, Key> either, const Key (&array)[2], bool throws) {
  if (throws)
    throw Key();
}
[[obs::monitor(sample = RATE)]] void
parameters(const char *password, [[obs::secret]] std::string own, Pin pin,
           const std::vector<Pin> &pins, Vault<std::string> vault, Either bytes,
           bool throws) {
  if (throws)
    throw Session();
}
[[obs::monitor(sample = RATE), obs::secret]] std::string marked() {
  return bytes();
}
[[obs::monitor(sample = RATE)]] Key typed() {
  return Key();
}
[[obs::monitor(sample = RATE)]] Login member() {
  return Login();
}

template <class Call> static void caught(Call call) {
  try {
    call();
  } catch (...) {
  }
}

int main(int argc, char **) {
  Either either;
  std::strcpy(either.open, bytes().c_str());
  const Key array[2];
  for (bool throws : {false, true}) {
    caught(
        [&] { nested(Session(), std::make_unique<Login>(), Key(), throws); });
    caught([&] {
      containers(std::vector<Key>(2), {{1, Key()}}, {2, Key()}, {Key(), 3},
                 Key(), array, throws);
    });
    caught([&] {
      parameters(bytes().c_str(), bytes(), bytes(), {bytes()}, {bytes()},
                 either, throws);
    });
  }
  marked();
  typed();
  member();
  if (argc > 1)
    std::raise(SIGKILL);
}
