"""What importing the package costs and shows."""

import json
import subprocess
import sys

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


def test_import_warns_of_nothing_and_brings_no_extras():
    program = (
        "import json, sys, torch, sklearn, imblearn, pandas; before = set(sys.modules)\n"
        "import gan_augment\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    command = [sys.executable, "-W", "error", "-c", program]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    brought = {name.partition(".")[0] for name in json.loads(run.stdout)}
    assert "gan_augment" in brought
    assert not brought & LAZY
