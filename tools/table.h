// SPDX-License-Identifier: Apache-2.0
// Tables of text for terminals and pipes.
#ifndef OBS_TOOLS_TABLE_H
#define OBS_TOOLS_TABLE_H

#include <string>
#include <string_view>
#include <vector>

namespace obs::ctl {

// Where output goes: decides on width and colours.
struct Screen {
  int width = 0;       // columns of the terminal; 0: unlimited (a pipe)
  bool colour = false; // terminal, and NO_COLOR is not set

  // The process's standard output.
  static Screen standardOutput();
};

enum class Style { Plain, Bold, Dim, Red, Green, Yellow };

// `text` in the style, if the screen has colours.
std::string styled(const Screen &screen, Style style, std::string_view text);

// Columns that UTF-8 `text` takes on a terminal. It must be printable.
int displayWidth(std::string_view text);

// `text` cut to at most `width` columns, the last of them "…" if it was cut.
std::string shortened(std::string_view text, int width);

// `text` with control characters as escapes (\n, \x1b) and bytes that are not
// UTF-8 as U+FFFD, so that recorded values cannot drive the terminal.
std::string printable(std::string_view text);

// Thread-compatible. Collects rows, then lays them out.
class Table {
public:
  enum class Align { Left, Right };
  struct Column {
    std::string title;
    Align align = Align::Left;
    // Gives way when the table is wider than the screen; at least one column
    // should. Several share what is left, by their needs.
    bool shrinks = false;
  };
  struct Cell {
    std::string text; // any bytes; made printable
    Style style = Style::Plain;
    Cell(std::string t, Style s = Style::Plain)
        : text(std::move(t)), style(s) {}
    Cell(const char *t) : text(t) {}
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // REQUIRES: one cell a column.
  void add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }

  // Title line and rows, each ended by a newline, no trailing spaces.
  std::string render(const Screen &screen) const;

private:
  std::vector<int> layOut(const Screen &screen) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

} // namespace obs::ctl

#endif // OBS_TOOLS_TABLE_H
