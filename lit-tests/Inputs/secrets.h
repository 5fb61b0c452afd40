// Types that are secret.
struct [[obs::secret]] Key {
  int neverRead1;
};
enum class [[obs::secret]] Pin { neverRead2 };
struct Text {
  const char *text;
};
using Password [[obs::secret]] = Text;
template <class T> struct [[obs::secret]] Vault {
  T neverRead3;
};
template <class T> using Locked [[obs::secret]] = T;
template <class T> struct Box {
  T inside;
};
union Either {
  int number;
  [[obs::secret]] int secret;
};
