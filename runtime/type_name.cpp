// SPDX-License-Identifier: Apache-2.0
#include "type_name.h"

#include <cstdlib>
#include <cxxabi.h>

namespace obs::rt {
namespace {

// "(anonymous union at file.cpp:1:2)" without the place.
void dropPlaces(std::string &text) {
  for (std::string_view unnamed : {"(anonymous ", "(unnamed "})
    for (size_t at = 0; (at = text.find(unnamed, at)) != text.npos; ++at) {
      const size_t end = text.find(')', at);
      const size_t place = text.find(" at ", at);
      if (end != text.npos && place < end)
        text.erase(place, end - place);
    }
}

} // namespace

std::string typeName(std::string_view name) {
  static constexpr struct {
    std::string_view from, to;
  } kSpellings[] = {
      {"std::__cxx11::", "std::"},
      {"std::__1::", "std::"},
      {"std::__exception_ptr::", "std::"},
      {"std::basic_string<char, std::char_traits<char>, std::allocator<char> >",
       "std::string"},
      {"std::basic_string<char>", "std::string"},
      {"std::basic_string_view<char, std::char_traits<char> >",
       "std::string_view"},
      {"std::basic_string_view<char>", "std::string_view"},
      {" >", ">"},
  };
  std::string text(name);
  for (const auto &[from, to] : kSpellings)
    for (size_t at = 0; (at = text.find(from, at)) != text.npos;)
      text.replace(at, from.size(), to);
  dropPlaces(text);
  return text;
}

std::string briefTypeName(std::string_view name) {
  std::string text = typeName(name);
  int depth = 0;
  if (!text.ends_with('>'))
    return text;
  for (size_t at = 0; at != text.size(); ++at) {
    depth += text[at] == '<' ? 1 : text[at] == '>' ? -1 : 0;
    if (depth == 1 && text[at] == ',')
      return text.substr(0, at) + '>';
  }
  return text;
}

std::string demangle(std::string_view name) {
  const std::string mangled(name);
  int status = 0;
  char *text = abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status);
  std::string result = status == 0 && text ? text : mangled;
  free(text);
  return result;
}

} // namespace obs::rt
