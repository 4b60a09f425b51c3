"""How a training went, in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gan_augment.backends.base import DiagnosableBackend
from gan_augment.frames import shown
from gan_augment.model import FittedModel
from gan_augment.notices import warn_user
from gan_augment.training.faults import FEWEST_STEPS, Fault
from gan_augment.training.scores import ScoreScale


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """How a training went; printing it shows the sentences.

    Attributes
    ----------
    verdict : {"good", "check", "poor", "unknown"}
        "poor" where something is wrong that has a name, "check" where rows are told from real ones
        easily or a class is doubtful, "unknown" where nothing was measured.
    sentences : tuple of str
        What was found, and what to do about it.
    """

    verdict: str
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.sentences)

    __repr__ = __str__


def diagnose(model: FittedModel) -> Diagnosis:
    """How the training of a model went; see `GANAugmenter.diagnose`."""
    backend = model.backend
    known = backend if isinstance(backend, DiagnosableBackend) else None
    history = list(backend.history_)
    if not history:
        why = f"{type(backend).__name__} keeps no record of its training."
        if known:
            why = (
                f"Training ended after {backend.n_steps_} steps, before anything was measured. Let "
                "it run for longer."
            )
        return Diagnosis("unknown", (why,))
    best_step = known.best_step_ if known else backend.n_steps_
    sentences = [
        f"Training took {backend.n_steps_:,} steps and {history[-1]['seconds']:.0f} s on "
        f"{backend.device_}; the model of step {best_step:,} is kept."
    ]
    score = next((r["score"] for r in history if r["step"] == best_step), math.nan)
    scale = known.score_scale if known else None
    sentences += _about_score(score, scale, history, best_step)
    sentences += _about_setbacks(history)
    sentences += known.remarks() if known else []
    faults = [told(fault, model) for fault in known.faults_] if known else []
    doubts = [f"Class {_label(model, code)!r} {doubt}" for code, doubt in model.doubts.items()]
    short = backend.n_steps_ < FEWEST_STEPS
    if short:
        sentences.append(
            f"{backend.n_steps_} steps teach little: leave max_steps='auto', or give "
            f"{FEWEST_STEPS} at least."
        )
    doubtful = doubts or short or (scale is not None and score >= scale.told_apart)
    if math.isnan(score) and not faults and not doubts and not short:
        verdict = "unknown"
    else:
        verdict = "poor" if faults else "check" if doubtful else "good"
    return Diagnosis(verdict, (*sentences, *faults, *doubts))


def warn_of_faults(model: FittedModel) -> None:
    """Warn of what went wrong in a training, by name and with the remedy."""
    if isinstance(model.backend, DiagnosableBackend):
        for fault in model.backend.faults_:
            warn_user(told(fault, model))


def told(fault: Fault, model: FittedModel) -> str:
    """A fault as a sentence with its remedy."""
    of = "" if fault.code is None else f"Class {_label(model, fault.code)!r} "
    return f"{of}{fault.sentence} {fault.remedy}"


def _about_score(
    score: float,
    scale: ScoreScale | None,
    history: Sequence[Mapping[str, Any]],
    best_step: int,
) -> list[str]:
    if math.isnan(score):
        return ["Its rows were not compared with held-out ones: early_stopping=True would do so."]
    if scale is None:
        return [f"Its score on held-out rows is {score:.3g}."]
    sentences = [scale.in_words(score)]
    scores = [record["score"] for record in history if record["step"] < best_step]
    if best_step == history[-1]["step"] and scores and score < min(scores) - scale.gain:
        sentences.append("It was still getting better at the end: more max_steps may help.")
    return sentences


def _about_setbacks(history: Sequence[Mapping[str, Any]]) -> list[str]:
    undone = [record for record in history if "undone" in record]
    if not undone:
        return []
    steps = ", ".join(f"{record['step']:,}" for record in undone)
    reasons = " and ".join(sorted({record["undone"] for record in undone}))
    return [
        f"It was set back {len(undone)} times and went on at half the learning rate each time "
        f"({reasons}, at step {steps}): a smaller learning_rate or a larger gamma makes it steady."
    ]


def _label(model: FittedModel, code: int) -> Any:
    if model.target is None:
        return code
    return shown(model.target.classes)[int(model.trained[code])]
