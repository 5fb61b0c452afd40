# SPDX-License-Identifier: Apache-2.0
"""Tables, plots, and their place in docs/performance.md."""

import re

from common import ROOT

DOCUMENT = ROOT / "docs" / "performance.md"
IMAGES = ROOT / "docs" / "images"


def number(value, digits=3):
    """To so many digits, thousands apart."""
    if value is None:
        return ""
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    text = f"{value:.{digits}g}"
    return f"{float(text):.10g}" if "e" in text else text


def table(head, rows, text_columns=1):
    """A Markdown table whose columns are in line; the first ones are text."""
    cells = [[str(c) for c in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]

    def line(row):
        return "| " + " | ".join(c.ljust(w) if i < text_columns else c.rjust(w)
                                 for i, (c, w) in enumerate(zip(row, widths))) + " |"
    rule = "|" + "|".join("-" * (w + 2) if i < text_columns else "-" * (w + 1) + ":"
                          for i, w in enumerate(widths)) + "|"
    return "\n".join([line(cells[0]), rule, *map(line, cells[1:])])


def write_section(name, text):
    """Replaces what is between the markers of that name."""
    document = DOCUMENT.read_text()
    pattern = re.compile(rf"(<!-- bench:{name} -->\n).*?(<!-- end -->)", re.S)
    document, count = pattern.subn(lambda m: f"{m[1]}{text}\n{m[2]}", document)
    if count != 1:
        raise SystemExit(f"{DOCUMENT}: {count} places marked 'bench:{name}', expected one")
    DOCUMENT.write_text(document)


def pyplot():
    import matplotlib
    matplotlib.use("svg")
    # Equal data, equal file.
    matplotlib.rcParams.update({"svg.hashsalt": "obs", "svg.fonttype": "none",
                                "font.family": "sans-serif", "font.size": 9, "axes.grid": True,
                                "grid.alpha": 0.3, "figure.facecolor": "white"})
    from matplotlib import pyplot as plots
    return plots


def save(figure, directory, name):
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}.svg"
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
    return path


def bars(directory, name, title, labels, values, colors):
    """Horizontal bars on a logarithmic axis, each with its figure."""
    plots = pyplot()
    figure, axes = plots.subplots(figsize=(8, 0.3 * len(labels) + 1))
    places = list(range(len(labels)))[::-1]
    axes.barh(places, values, color=colors)
    axes.set_yticks(places, labels)
    axes.set_xscale("log")
    axes.set_xlim(1, max(values) * 2)
    for place, value in zip(places, values):
        axes.text(value * 1.05, place, number(value), va="center")
    axes.set_xlabel(title)
    axes.grid(axis="y", visible=False)
    path = save(figure, directory, name)
    plots.close(figure)
    return path


def curves(directory, name, panels):
    """Panels beside each other: (title, x label, y label, log x, {label: [(x, y)]})."""
    plots = pyplot()
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    figure, grid = plots.subplots(rows, columns, figsize=(3.6 * columns, 2.8 * rows),
                                  squeeze=False)
    for axes, (title, x_label, y_label, log_x, series) in zip(grid.flat, panels):
        for label, points in series.items():
            axes.plot(*zip(*points), marker="o" if len(points) < 50 else None, markersize=3,
                      label=label)
        axes.set_title(title)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        if log_x:
            axes.set_xscale("symlog" if any(x == 0 for p in series.values() for x, _ in p)
                            else "log")
        axes.set_ylim(bottom=0)
        if len(series) > 1:
            axes.legend()
    for axes in list(grid.flat)[len(panels):]:
        axes.remove()
    figure.tight_layout()
    path = save(figure, directory, name)
    plots.close(figure)
    return path
