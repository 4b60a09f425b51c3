from __future__ import annotations

import sys
import warnings
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from gan_augment.evaluation import quality_report
from gan_augment.figures import new_figure

pytest.importorskip("matplotlib")


class Page(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words += data

    def named(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def thirty(tmp_path_factory):
    """A report on 30 columns, and its page."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    report = quality_report(
        X[::2],
        X[1::2],
        y_real=y[::2],
        y_synthetic=y[1::2],
        history=[{"step": s, "score": 0.9 - s / 1000} for s in (100, 200, 300)],
        best_step=300,
        verbose=0,
    )
    path = tmp_path_factory.mktemp("page") / "quality.html"
    report.to_html(path)
    return report, path


def test_the_page_needs_nothing_else(thirty):
    _, path = thirty
    page = Page(path.read_text(encoding="utf-8"))
    assert path.stat().st_size < 5_000_000
    assert not page.named("script")
    assert all(image["src"].startswith("data:image/png;base64,") for image in page.named("img"))
    assert all(
        link["href"].startswith(("#", "data:")) for link in page.named("a") + page.named("link")
    )
    assert "//" not in page.words
    assert "url(" not in path.read_text(encoding="utf-8")
    assert [p.name for p in path.parent.iterdir()] == ["quality.html"]


def test_a_page_that_cannot_be_written_leaves_the_old_one(thirty, tmp_path, monkeypatch):
    report, _ = thirty
    path = tmp_path / "page.html"
    path.write_text("old")
    monkeypatch.setattr("gan_augment.evaluation.html.render", lambda *page: "new \ud800")
    with pytest.raises(UnicodeEncodeError):
        report.to_html(path)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("page.html", "old")]
    with pytest.raises(FileNotFoundError, match="no folder"):
        report.to_html(tmp_path / "none" / "page.html")


def test_every_picture_has_words_and_the_page_fits_a_phone(thirty):
    _, path = thirty
    page = Page(path.read_text(encoding="utf-8"))
    assert len(page.named("img")) >= 30
    assert all(len(image["alt"]) > 15 for image in page.named("img"))
    viewport = next(m for m in page.named("meta") if m.get("name") == "viewport")
    assert "width=device-width" in viewport["content"]


def test_the_page_says_what_the_summary_says(thirty):
    report, path = thirty
    words = Page(path.read_text(encoding="utf-8")).words
    for line in report.summary().splitlines():
        sentence = line.split("; ", 1)[1]
        assert sentence[1:] in words
    assert "step 300 was kept" in words


def test_names_cannot_break_out_of_the_page(tmp_path):
    rng = np.random.default_rng(0)
    evil = '<script>alert("$x^")</script>'
    frames = [
        pd.DataFrame(
            {
                evil: rng.normal(size=80),
                "$\\frac{": rng.choice([evil, "a&b", "名前"], 80),
                "line\nbreak": rng.choice(["x", "y"], 80),
            }
        )
        for _ in range(2)
    ]
    y = [rng.permutation([evil, "</li>"] * 40) for _ in range(2)]
    report = quality_report(*frames, y_real=y[0], y_synthetic=y[1], verbose=0)
    report.to_html(tmp_path / "evil.html")
    page = Page((tmp_path / "evil.html").read_text(encoding="utf-8"))
    assert not page.named("script")
    assert evil in page.words
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        report.plot().savefig(tmp_path / "evil.png", dpi=40)


@pytest.mark.parametrize("dates", [pd.Series, lambda stamps: stamps.dt.date])
def test_numbers_and_dates_are_shown_as_they_came(tmp_path, dates):
    rng = np.random.default_rng(0)
    frames = [
        pd.DataFrame(
            {
                "age": rng.integers(18, 65, 90),
                "since": pd.Timestamp("2019-03-01")
                + pd.to_timedelta(rng.integers(0, 900, 90), "D"),
                "level": rng.choice(["x", "y"], 90),
            }
        ).assign(since=lambda frame: dates(frame["since"]))
        for _ in range(2)
    ]
    report = quality_report(*frames, verbose=0)
    pictures = {p.title.split(":")[0]: p for p in report.aspects[0].pictures}
    figure = new_figure(4, 3)
    age, since = figure.subplots(2)
    pictures["age"].draw(age)
    pictures["since"].draw(since)
    figure.savefig(tmp_path / "dates.png")
    low, high = age.get_xlim()
    assert 14 < low <= 18
    assert 64 <= high < 68
    shown = [label.get_text() for label in since.get_xticklabels() if label.get_text()]
    assert shown
    assert all("2019-03-01" <= text[:10] <= "2021-08-18" for text in shown)


def test_the_overview_is_a_figure(thirty, tmp_path):
    report, _ = thirty
    figure = report.plot()
    titles = [axes.get_title() for axes in figure.axes]
    assert "Training" in titles
    assert "Relations between columns" in " ".join(titles).replace("\n", " ")
    figure.savefig(tmp_path / "overview.png", dpi=40)
    assert (tmp_path / "overview.png").stat().st_size > 5_000


def test_without_matplotlib_figures_and_words_are_there(thirty, tmp_path, monkeypatch):
    report, _ = thirty
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert report.summary()
    with pytest.raises(ImportError, match=r'pip install "gan-augment\[report\]"'):
        report.to_html(tmp_path / "page.html")
    assert not list(tmp_path.iterdir())
