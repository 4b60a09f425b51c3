"""A comparison as one HTML page without outside parts, and tables as Markdown."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from gan_augment.figures import as_data_uri, as_page

if TYPE_CHECKING:
    from gan_augment.benchmark.results import BenchmarkResult

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1f2937; max-width: 76rem; }
body { margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; margin: .5rem 0; }
h2 { font-size: 1.3rem; margin: 2.2rem 0 .5rem; }
h2 { border-top: 1px solid #e5e7eb; padding-top: 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; }
th, td { padding: .2rem .6rem; text-align: right; border-bottom: 1px solid #e5e7eb; }
th, td { white-space: nowrap; }
th.text, td.text { text-align: left; }
td.text { white-space: normal; min-width: 9rem; }
tr.first td { border-top: 2px solid #9ca3af; }
.helps { background: #d9efdf; } .hurts { background: #f6d9dc; }
.note { font-size: .9rem; color: #4b5563; max-width: 60rem; }
img { max-width: 100%; height: auto; }
"""


def render(result: BenchmarkResult) -> str:
    """The page as text."""
    metrics = result.headline()
    parts = [_story(result, metrics), "<h2>With and without</h2>", _comparison(result, metrics)]
    parts += ["<h2>Fold by fold</h2>", _picture(result), "<h2>All scores and costs</h2>"]
    parts += [_note(_SCORES), _summary(result)]
    for metric in metrics:
        ranks = result.ranks(metric)
        parts += [f"<h2>Ranks by {escape(metric)}</h2>", _note(_ranks_note(ranks.attrs))]
        parts.append(_table(ranks.reset_index()))
    failures = result.failures()
    if len(failures):
        parts += ["<h2>Without a score</h2>", _table(failures)]
    warned = result.warned()
    if len(warned):
        parts += ["<h2>Warnings</h2>", _table(warned)]
    return as_page("Does augmentation help?", _STYLE, "\n".join(parts))


_FEW_FOLDS = 10
_SCORES = (
    "Means and standard deviations over folds. f1_best is F1 at the best threshold of the test "
    "rows, which nobody can know: it tells better probabilities from a threshold that moved. For "
    "brier and log_loss less is better. augment_seconds is the time to make a fold's rows, "
    "fit_seconds the time to fit the learner on them."
)


def _story(result: BenchmarkResult, metrics: list[str]) -> str:
    cells = result.cells
    folds = cells[["seed", "fold"]].drop_duplicates()
    sentences = [
        f"{len(result.methods) - 1} methods and {len(result.learners)} learners on the same "
        f"{len(folds)} folds ({folds['seed'].nunique()} seed(s)), each with about "
        f"{cells['n_train'].mean():.0f} rows to train on and {cells['n_test'].mean():.0f} to test "
        "on. Test rows are real, and no method has seen them."
    ]
    for metric in metrics:
        verdicts = result.differences(metric).get("verdict", pd.Series(dtype=object))
        helps, hurts, failed = (
            [" with ".join(key[::-1]) for key in verdicts.index[verdicts == verdict]]
            for verdict in ("helps", "hurts", "no score")
        )
        unclear = len(verdicts) - len(helps) - len(hurts) - len(failed)
        sentences.append(
            f"<b>{escape(metric)}</b>: of {len(verdicts)} pairs of method and learner "
            f"{len(helps)} help{_in_brackets(helps)}, {len(hurts)} hurt{_in_brackets(hurts)}, "
            f"{unclear} show no clear difference"
            + f", {len(failed)} have no score{_in_brackets(failed)}" * bool(failed)
            + "."
        )
    if len(folds) < _FEW_FOLDS:
        sentences.append(
            f"With {len(folds)} folds only large differences are clear. Raise cv or seeds to see "
            "smaller ones."
        )
    return "".join(f"<p>{sentence}</p>" for sentence in sentences)


def _in_brackets(names: list[str]) -> str:
    return f" ({escape(', '.join(names))})" if names else ""


def _comparison(result: BenchmarkResult, metrics: list[str]) -> str:
    """Scores with and without, coloured where the interval of the difference leaves out 0."""
    tables = {metric: result.differences(metric) for metric in metrics}
    head = '<th class="text">learner</th><th class="text">method</th>'
    for metric in metrics:
        name = escape(metric)
        head += f"<th>{name} without</th><th>with</th><th>better by</th><th>95% interval</th>"
    rows, last = [], None
    for key in next(iter(tables.values())).index:
        line = f'<td class="text">{escape(key[0])}</td><td class="text">{escape(key[1])}</td>'
        for table in tables.values():
            found = table.loc[key]
            if found["verdict"] == "no score":
                line += '<td colspan="4">no score</td>'
                continue
            kind = found["verdict"] if found["verdict"] in ("helps", "hurts") else ""
            line += f"<td>{found['without']:.3f}</td><td>{found['with']:.3f}</td>"
            line += f'<td class="{kind}">{found["better_by"]:+.3f}</td>'
            line += f'<td class="{kind}">{found["low"]:+.3f} to {found["high"]:+.3f}</td>'
        start = '<tr class="first">' if key[0] != last else "<tr>"
        rows.append(f"{start}{line}</tr>")
        last = key[0]
    note = _note(
        "Positive differences are better. The interval is that of the mean over folds, corrected "
        "for the rows that folds share (Nadeau and Bengio 2003). Green helps, red hurts; where the "
        "interval holds 0 the folds cannot tell."
    )
    return f'{note}<div class="scroll"><table><tr>{head}</tr>{"".join(rows)}</table></div>'


def _summary(result: BenchmarkResult) -> str:
    summary = result.table("summary")
    text = pd.DataFrame(index=summary.index)
    for metric in result.scoring:
        mean, spread = summary[metric, "mean"], summary[metric, "std"]
        text[metric] = [_spread(m, s) for m, s in zip(mean, spread, strict=True)]
    for name, part in summary.columns:
        if name not in result.scoring:
            text["folds" if name == "folds" else name] = summary[name, part]
    return _table(text.reset_index())


def _spread(mean: float, deviation: float) -> str:
    if pd.isna(mean):
        return ""
    return f"{mean:.3f}" if pd.isna(deviation) else f"{mean:.3f} ± {deviation:.3f}"


def _ranks_note(attrs: Mapping[Hashable, Any]) -> str:
    left_out = ", ".join(attrs.get("unranked", ()))
    return (
        f"{attrs['blocks']} blocks (learner, seed and fold). Friedman's test of equal ranks: "
        f"p = {attrs['friedman_p']:.2g}; mean ranks further apart than "
        f"{attrs['critical_difference']:.2f} differ at 5% (Nemenyi). Folds share rows, so these "
        "p-values are too small: they say where to look."
        + f" Not ranked: {left_out}."
        * bool(left_out)
    )


def _note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>'


def _picture(result: BenchmarkResult) -> str:
    if len(result.methods) < 2:
        return _note("There is nothing to compare with the baseline.")
    try:
        figure = result.plot()
    except ImportError as error:
        return f"<p>{escape(str(error))}</p>"
    return f'<img alt="Differences per fold" src="{as_data_uri(figure)}">'


def _table(frame: pd.DataFrame) -> str:
    """A table whose words stand left and whose figures stand right."""
    words = {name for name in frame if name in _WORDS}
    kinds = [' class="text"' if name in words else "" for name in frame]
    head = "".join(
        f"<th{kind}>{escape(str(name))}</th>" for kind, name in zip(kinds, frame, strict=True)
    )
    rows = [
        "".join(f"<td{kind}>{_cell(v)}</td>" for kind, v in zip(kinds, row, strict=True))
        for row in frame.itertuples(index=False)
    ]
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'


_WORDS = ("learner", "method", "status", "reason", "notes")


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:.3f}"
    return escape(str(value))


def markdown_table(table: pd.DataFrame) -> str:
    """A table as Markdown, its index left out."""

    def text(value: object) -> str:
        if isinstance(value, float):
            tiny = 0 < abs(value) < 5e-4
            return "" if pd.isna(value) else f"{value:.0e}" if tiny else f"{value:.4f}"
        return str(value).replace("|", "\\|")

    rows = [table.columns, ["---"] * table.shape[1], *table.itertuples(index=False)]
    return "\n".join("| " + " | ".join(map(text, row)) + " |" for row in rows) + "\n"
