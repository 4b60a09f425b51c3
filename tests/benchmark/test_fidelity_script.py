from __future__ import annotations

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "benchmarks" / "fidelity.py"


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("fidelity_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_table_has_every_method_and_resumes(script, tmp_path, capsys):
    arguments = ["--sets", "wine", "--methods", "ours,smote,bootstrap", "--out", str(tmp_path)]
    arguments += ["--ours", '{"max_steps": 20, "gamma": 0.5}']
    script.main(arguments)
    cells = pd.read_csv(tmp_path / "cells.csv").set_index("method")
    assert list(cells.index) == ["real", "ours(gamma=0.5, max_steps=20)", "smote", "bootstrap"]
    assert set(cells["status"]) == {"ok"}
    assert cells.loc["real", "below_ceiling_auc_hgb"] == 0
    assert cells.loc["bootstrap", "copies"] == 1
    assert cells.loc["bootstrap", "distance_ratio"] < 0.01
    assert cells.loc["smote", "distance_ratio"] < 0.8
    assert "bootstrap" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    capsys.readouterr()
    script.main(arguments)
    assert "seed 0" not in capsys.readouterr().out.split("# Fidelity")[0]


@pytest.mark.slow
def test_a_failure_is_a_row_with_its_reason(script, tmp_path):
    arguments = ["--sets", "wine", "--methods", "ours", "--out", str(tmp_path)]
    script.main([*arguments, "--ours", '{"loss": "none such"}'])
    cells = pd.read_csv(tmp_path / "cells.csv").set_index("status")
    assert "loss" in cells.loc["failed", "reason"]
