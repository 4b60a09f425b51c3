"""The examples and benchmarks of images to images run from end to end, with short trainings."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gan_augment

EXAMPLES = Path(__file__).parents[2] / "examples"
SHORT = {"max_steps": 2, "width": 4}


def opened(name, monkeypatch, tmp_path):
    """A script whose trainings are short, in an empty folder."""
    for needed in ("matplotlib", "skimage", "PIL"):
        pytest.importorskip(needed)
    spec = importlib.util.spec_from_file_location("script", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for kind in ("ImageDenoiser", "ImageTranslator"):
        if hasattr(module, kind):
            whole = getattr(gan_augment, kind)
            short = SHORT if kind == "ImageTranslator" else {**SHORT, "dead_leaves": False}
            monkeypatch.setattr(
                module, kind, lambda whole=whole, short=short, **given: whole(**{**given, **short})
            )
    monkeypatch.chdir(tmp_path)
    return module


@pytest.mark.parametrize(
    ("name", "pictures", "printed"),
    [
        ("09_denoise_images", ["denoising.png"], "KNeighborsClassifier"),
        ("10_translate_images", ["negatives.png", "scarce_class.png"], "real negatives"),
    ],
)
def test_examples_draw_and_print(name, pictures, printed, monkeypatch, tmp_path, capsys):
    opened(name, monkeypatch, tmp_path).main()
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == pictures
    assert printed in capsys.readouterr().out


def test_denoising_of_digits_is_scored_and_gone_on_with(monkeypatch, tmp_path, capsys):
    script = opened("benchmarks/denoising", monkeypatch, tmp_path)
    monkeypatch.setattr("sys.argv", ["denoising.py", "--tasks", "digits"])
    script.main()
    results = pd.read_json("results/denoising.jsonl", lines=True)
    assert len(results) == 9
    assert results["accuracy"].between(0.05, 1).all()
    script.main()
    assert len(pd.read_json("results/denoising.jsonl", lines=True)) == 9
    assert "ImageDenoiser before it" in capsys.readouterr().out


def test_rivals_and_noise_of_the_benchmark(monkeypatch, tmp_path):
    script = opened("benchmarks/denoising", monkeypatch, tmp_path)
    rng = np.random.default_rng(0)
    clean = np.kron(rng.integers(60, 200, (20, 4, 4)), np.ones((1, 7, 7))).astype(np.uint8)
    noisy = script.add_noise(clean, "gaussian", 0)
    assert 23 < (noisy.astype(float) - clean).std() < 27
    function, grid = script.rivals("gaussian", None)["nl_means"]
    scores = script.run_rival(function, grid, noisy / 255, clean / 255, None, calibrate=True)
    assert scores["best"] >= scores["psnr"] - 1e-9
    assert scores["psnr"] > script.measure(noisy / 255, clean / 255, None)["psnr"] + 2
    lost = script.add_noise(clean, "salt_and_pepper", 0)
    assert 0.08 < (lost != clean).mean() < 0.12
    assert set(np.unique(lost[lost != clean])) == {0, 255}


def test_translation_without_pairs_and_fills_are_scored(monkeypatch, tmp_path, capsys):
    script = opened("benchmarks/translation", monkeypatch, tmp_path)
    arguments = ["--tasks", "inverted", "augment", "--cases", "digits 1 to 7"]
    methods = ["--methods", "nothing", "copies", "translation and copies"]
    monkeypatch.setattr("sys.argv", ["translation.py", *arguments, *methods])
    script.main()
    results = pd.read_json("results/translation.jsonl", lines=True)
    assert results["translated"].count() == 1
    assert results["average_precision"].count() == 9
    assert (tmp_path / "results" / "inverted_0.png").exists()
    assert "digits 1 to 7" in capsys.readouterr().out


def test_edges_of_an_image_know_nothing_of_its_neighbours(monkeypatch, tmp_path):
    script = opened("benchmarks/translation", monkeypatch, tmp_path)
    images = np.zeros((3, 8, 8), np.uint8)
    images[1, 2:6, 2:6] = 200
    edges = script.edges_of(images)
    assert not edges[[0, 2]].any()
    assert edges[1].max() == 255
    assert edges[1, 3:5, 3:5].max() == 0
