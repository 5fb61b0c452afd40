// Results that can be errors, by their shape.
struct View {
  const char *data() const;
  unsigned long size() const;
  int compare(View) const;
};
struct Status {
  bool ok() const;
  int code() const;
  View message() const;
};
template <class T> struct StatusOr {
  bool ok() const;
  const Status &status() const;
};
template <class T, class E> struct Expected {
  using value_type = T;
  using error_type = E;
  using unexpected_type = int;
  bool has_value() const;
  const E &error() const;
};
struct Category {
  const char *name() const;
};
struct Code {
  explicit operator bool() const;
  int value() const;
  const Category &category() const;
};
namespace own {
struct Told {
  bool isError() const;
  View type() const;
  View message() const;
};
struct Result {
  int code;
};
Told obsError(const Result &result);
} // namespace own

// And those that cannot.
struct Copying { // its message would have to be copied
  struct Text : View {
    ~Text();
  };
  bool ok() const;
  int code() const;
  Text message() const;
};
struct Optional {
  bool has_value() const;
};
