"""A report as one HTML page that needs nothing else."""

from __future__ import annotations

import warnings
from html import escape

import pandas as pd

from gan_augment.evaluation.aspects.base import Aspect, Picture
from gan_augment.figures import as_data_uri, as_page, new_figure

_STYLE = """
:root { --good: #1b7837; --check: #b35c00; --poor: #b2182b; --none: #6b7280; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1f2937; margin: 0 auto; padding: 1rem;
  max-width: 76rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: .5rem 0; }
h2 { font-size: 1.3rem; margin: 2.2rem 0 .5rem; border-top: 1px solid #e5e7eb; padding-top: 1rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
.verdicts { list-style: none; padding: 0; }
.verdicts li { display: grid; grid-template-columns: 7.5rem 1fr; gap: .2rem .8rem;
  margin: .6rem 0; }
.verdicts a { color: inherit; font-weight: 600; }
.status { display: inline-block; border-radius: .3rem; padding: 0 .5rem; color: #fff;
  font-size: .85rem; font-weight: 600; }
.good { background: var(--good); } .check { background: var(--check); }
.poor { background: var(--poor); } .not-measured { background: var(--none); }
.pictures { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
figure { margin: 0; } figure img { width: 100%; height: auto; display: block; }
details { margin: 1rem 0; } summary { cursor: pointer; font-weight: 600; margin: 1rem 0; }
figcaption { font-size: .9rem; font-weight: 600; }
.scroll { overflow-x: auto; overflow-wrap: normal; }
table { border-collapse: collapse; font-size: .85rem; }
th, td { padding: .2rem .6rem; text-align: right; border-bottom: 1px solid #e5e7eb;
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; white-space: normal; min-width: 8rem; }
.notes { font-size: .85rem; color: #4b5563; padding-left: 1.1rem; }
@media (max-width: 34rem) { .verdicts li { grid-template-columns: 1fr; } }
"""

_OPEN = 15


def render(aspects: tuple[Aspect, ...], subtitle: str, title: str) -> str:
    """The page as text."""
    verdicts = "\n".join(_verdict(i, aspect) for i, aspect in enumerate(aspects))
    sections = "\n".join(_section(i, aspect) for i, aspect in enumerate(aspects))
    head = f'<p>{escape(subtitle)}</p>\n<ul class="verdicts">\n{verdicts}\n</ul>'
    return as_page(title, _STYLE, f"{head}\n{sections}")


def _verdict(i: int, aspect: Aspect) -> str:
    if not aspect.status:
        return ""
    return (
        f'<li><span><a href="#aspect-{i}">{escape(aspect.name)}</a><br>{_status(aspect)}</span>'
        f"<span>{escape(_sentence(aspect))}</span></li>"
    )


def _status(aspect: Aspect) -> str:
    if not aspect.status:
        return ""
    kind = aspect.status.replace(" ", "-")
    return f'<span class="status {escape(kind)}">{escape(aspect.status)}</span>'


def _sentence(aspect: Aspect) -> str:
    return aspect.sentence[:1].upper() + aspect.sentence[1:] + "."


def _section(i: int, aspect: Aspect) -> str:
    parts = [f'<section id="aspect-{i}"><h2>{escape(aspect.name)} {_status(aspect)}</h2>']
    parts.append(f"<p>{escape(_sentence(aspect))}</p>")
    first, more = aspect.pictures[:_OPEN], aspect.pictures[_OPEN:]
    parts.append(_grid(first))
    if more:
        parts.append(
            f"<details><summary>{len(more)} more pictures</summary>{_grid(more)}</details>"
        )
    for caption, table in aspect.tables.items():
        if len(table):
            parts.append(f'<h3>{escape(caption)}</h3><div class="scroll">{_table(table)}</div>')
    if aspect.notes:
        notes = "".join(f"<li>{escape(note)}</li>" for note in aspect.notes)
        parts.append(f'<ul class="notes">{notes}</ul>')
    return "\n".join([*parts, "</section>"])


def _grid(pictures: tuple[Picture, ...]) -> str:
    if not pictures:
        return ""
    return '<div class="pictures">' + "\n".join(map(_picture, pictures)) + "</div>"


def _picture(picture: Picture) -> str:
    figure = new_figure(*picture.size)
    picture.draw(figure.subplots())
    with warnings.catch_warnings():
        # A name in letters that the font lacks is drawn as boxes; the caption has it in full.
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        source = as_data_uri(figure)
    return (
        f"<figure><figcaption>{escape(picture.title)}</figcaption>"
        f'<img alt="{escape(picture.alt)}" src="{source}" loading="lazy"></figure>'
    )


def _table(table: pd.DataFrame) -> str:
    named = table.reset_index()
    named.columns = pd.Index(["" if name == "index" else name for name in named.columns])
    return str(named.to_html(index=False, float_format="%.3f", na_rep="-", border=0, escape=True))
