"""Pictures, and pages that show them without outside parts."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, apart from pyplot's state."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            'Pictures need matplotlib. Install it with: pip install "gan-augment[report]"'
        ) from error
    return Figure(figsize=(width, height), layout="constrained")


def as_data_uri(figure: Figure) -> str:
    """A figure as text that an HTML page can show."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def as_page(title: str, style: str, body: str) -> str:
    """An HTML page that loads nothing and runs nothing; `body` is HTML."""
    return _PAGE.format(title=escape(title), style=style, body=body)
