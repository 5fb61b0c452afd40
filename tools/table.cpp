// SPDX-License-Identifier: Apache-2.0
// Tables of text for terminals and pipes.
#include "table.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <sys/ioctl.h>
#include <unistd.h>

namespace obs::ctl {
namespace {

constexpr int kGap = 2;        // spaces between columns
constexpr int kMinShrunk = 12; // a column is not shrunk below this

// One character of UTF-8: its bytes, and its columns or -1 if it is not
// printable. Independent of the user's locale.
struct Glyph {
  size_t bytes;
  int columns;
  bool valid;
};

Glyph nextGlyph(std::string_view text) {
  static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  locale_t before = utf8 ? uselocale(utf8) : nullptr;
  wchar_t c = 0;
  std::mbstate_t state = {};
  size_t bytes = std::mbrtowc(&c, text.data(), text.size(), &state);
  Glyph glyph = {1, -1, false};
  if (bytes == 0) // a zero byte
    glyph = {1, -1, true};
  else if (bytes <= text.size())
    glyph = {bytes, wcwidth(c), true};
  if (before)
    uselocale(before);
  return glyph;
}

std::string padded(std::string text, int width, Table::Align align) {
  int missing = width - displayWidth(text);
  if (missing > 0)
    text.insert(align == Table::Align::Right ? 0 : text.size(), missing, ' ');
  return text;
}

} // namespace

Screen Screen::standardOutput() {
  Screen screen;
  if (!isatty(STDOUT_FILENO))
    return screen;
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
    screen.width = size.ws_col;
  const char *noColor = std::getenv("NO_COLOR");
  screen.colour = !noColor || !*noColor;
  return screen;
}

std::string styled(const Screen &screen, Style style, std::string_view text) {
  const char *code = "";
  switch (style) {
  case Style::Plain:
    return std::string(text);
  case Style::Bold:
    code = "1";
    break;
  case Style::Dim:
    code = "2";
    break;
  case Style::Red:
    code = "31";
    break;
  case Style::Green:
    code = "32";
    break;
  case Style::Yellow:
    code = "33";
    break;
  }
  if (!screen.colour)
    return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

int displayWidth(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    Glyph glyph = nextGlyph(text);
    width += std::max(glyph.columns, 0);
    text.remove_prefix(glyph.bytes);
  }
  return width;
}

std::string shortened(std::string_view text, int width) {
  if (displayWidth(text) <= width)
    return std::string(text);
  size_t end = 0;
  for (int used = 0; end < text.size();) {
    Glyph glyph = nextGlyph(text.substr(end));
    used += std::max(glyph.columns, 0);
    if (used > width - 1)
      break;
    end += glyph.bytes;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    Glyph glyph = nextGlyph(text);
    if (!glyph.valid) {
      out += "\xef\xbf\xbd";
    } else if (glyph.columns >= 0) {
      out += text.substr(0, glyph.bytes);
    } else if (text[0] == '\n') {
      out += "\\n";
    } else if (text[0] == '\t') {
      out += "\\t";
    } else {
      for (char c : text.substr(0, glyph.bytes)) {
        std::array<char, 8> escape;
        std::snprintf(escape.data(), escape.size(), "\\x%02x",
                      static_cast<unsigned char>(c));
        out += escape.data();
      }
    }
    text.remove_prefix(glyph.bytes);
  }
  return out;
}

void Table::add(std::vector<Cell> row) {
  assert(row.size() == columns_.size());
  for (Cell &cell : row)
    cell.text = printable(cell.text);
  rows_.push_back(std::move(row));
}

std::vector<int> Table::layOut(const Screen &screen) const {
  std::vector<int> widths;
  int total = -kGap;
  for (size_t i = 0; i < columns_.size(); ++i) {
    int width = displayWidth(columns_[i].title);
    for (const auto &row : rows_)
      width = std::max(width, displayWidth(row[i].text));
    widths.push_back(width);
    total += width + kGap;
  }
  if (screen.width == 0)
    return widths;
  // Take from the widest one at a time, so that short columns stay whole.
  for (; total > screen.width; --total) {
    int *widest = nullptr;
    for (size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].shrinks && widths[i] > kMinShrunk &&
          (!widest || widths[i] > *widest))
        widest = &widths[i];
    if (!widest)
      break;
    --*widest;
  }
  return widths;
}

std::string Table::render(const Screen &screen) const {
  std::vector<int> widths = layOut(screen);
  std::string out;
  auto line = [&](auto cellOf) {
    std::string plainTail; // spaces are kept back, so that none trail
    for (size_t i = 0; i < columns_.size(); ++i) {
      auto [text, style] = cellOf(i);
      std::string cell =
          padded(shortened(text, widths[i]), widths[i], columns_[i].align);
      size_t end = cell.find_last_not_of(' ');
      size_t begin = cell.find_first_not_of(' ');
      if (end != std::string::npos) {
        out += plainTail + cell.substr(0, begin) +
               styled(screen, style, cell.substr(begin, end + 1 - begin));
        plainTail = cell.substr(end + 1);
      } else {
        plainTail += cell;
      }
      plainTail.append(kGap, ' ');
    }
    out += '\n';
  };
  line([&](size_t i) { return Cell(columns_[i].title, Style::Bold); });
  for (const auto &row : rows_)
    line([&](size_t i) { return row[i]; });
  return out;
}

} // namespace obs::ctl
