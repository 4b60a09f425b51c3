"""What importing the package costs and shows."""

import ast
import json
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import gan_augment

# Each is imported where it is used: some are extras, and all take time.
LAZY = {
    "dask",
    "imageio",
    "matplotlib",
    "polars",
    "pyarrow",
    "sdmetrics",
    "sdv",
    "skimage",
    "typer",
}


def brought_by(module):
    program = (
        "import json, sys, torch, sklearn, imblearn, pandas; before = set(sys.modules)\n"
        f"import {module}\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    command = [sys.executable, "-W", "error", "-c", program]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    return json.loads(run.stdout)


def test_import_warns_of_nothing_and_brings_no_extras():
    brought = {name.partition(".")[0] for name in brought_by("gan_augment")}
    assert "gan_augment" in brought
    assert not brought & LAZY


def test_evaluation_brings_no_benchmark():
    brought = brought_by("gan_augment.evaluation")
    assert "gan_augment.evaluation.report" in brought
    assert not [name for name in brought if name.startswith("gan_augment.benchmark")]


def imported(path, modules):
    """Modules of the package that a file imports anywhere, those for types alone left out."""
    found, nodes = set(), [ast.parse(path.read_text(encoding="utf-8"))]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (names & modules) or {node.module}
        nodes += ast.iter_child_nodes(node)
    return found & modules


def test_a_module_imports_only_what_lies_below_it():
    root = Path(gan_augment.__file__).parent
    files = {
        ".".join(path.relative_to(root.parent).with_suffix("").parts): path
        for path in root.rglob("*.py")
    }
    files = {name.removesuffix(".__init__"): path for name, path in files.items()}
    assert len(files) > 100
    TopologicalSorter({name: imported(path, set(files)) for name, path in files.items()}).prepare()
