"""A comparison as one HTML page without outside parts, and tables as Markdown."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from gan_augment.benchmark.results import BenchmarkResult

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Does augmentation help?</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; }}
body {{ margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; font-size: 13px; }}
th, td {{ padding: .2rem .6rem; text-align: right; border-bottom: 1px solid #ddd; }}
th:first-child, td:first-child {{ text-align: left; }}
img {{ max-width: 100%; }}
</style>
</head>
<body>
<h1>Does augmentation help?</h1>
{body}
</body>
</html>
"""


def render(result: BenchmarkResult) -> str:
    """The page as text."""
    metrics = result.headline()
    parts = []
    for metric in metrics:
        sentences = "".join(f"<li>{escape(line)}</li>" for line in result.verdicts(metric))
        parts.append(f"<h2>{escape(metric)}, with and without</h2><ul>{sentences}</ul>")
    parts.append(_picture(result))
    summary = result.table("summary")
    summary.columns = [f"{name} {part}" for name, part in summary.columns]
    parts.append("<h2>Scores</h2>" + _table(summary.reset_index()))
    for metric in metrics:
        ranks = result.ranks(metric)
        parts.append(f"<h2>Ranks by {escape(metric)}</h2>" + _table(ranks.reset_index()))
    failures = result.failures()
    if len(failures):
        parts.append("<h2>Without a score</h2>" + _table(failures))
    return _PAGE.format(body="\n".join(parts))


def _picture(result: BenchmarkResult) -> str:
    from gan_augment.benchmark.plots import as_data_uri

    try:
        figure = result.plot()
    except ImportError as error:
        return f"<p>{escape(str(error))}</p>"
    return f'<img alt="Differences per fold" src="{as_data_uri(figure)}">'


def _table(frame: pd.DataFrame) -> str:
    return str(frame.to_html(index=False, float_format="%.3f", na_rep="", border=0))


def markdown_table(table: pd.DataFrame) -> str:
    """A table as Markdown, its index left out."""

    def text(value: object) -> str:
        if isinstance(value, float):
            tiny = 0 < abs(value) < 5e-4
            return "" if pd.isna(value) else f"{value:.0e}" if tiny else f"{value:.4f}"
        return str(value).replace("|", "\\|")

    rows = [table.columns, ["---"] * table.shape[1], *table.itertuples(index=False)]
    return "\n".join("| " + " | ".join(map(text, row)) + " |" for row in rows) + "\n"
