"""A generator whose rows get their classes with the help of a teacher.

A generator knows less well than a good classifier which rows are of which class. Here a network,
the student, tells of a generated row what the teacher would say of it, and which class the
generator was asked for. By the two, a row goes to the class that it is of, or is drawn anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from gan_augment.backends.tabular.encoder import EncodedRows, TableEncoder
from gan_augment.backends.tabular.lessons import Lesson
from gan_augment.backends.tabular.networks import ClassStudent, TableGenerator
from gan_augment.columns import FloatArray, IntArray
from gan_augment.frames import Table
from gan_augment.training.devices import one_thread
from gan_augment.training.graphs import RecordedSteps
from gan_augment.training.progress import ProgressBar

_MOST_ROUNDS = 12
_SPARE = 1.5
_TINY = 1e-12
_BATCH = 256
_MOST_STUDIED = 60_000
_MOST_BALANCED = 20_000
_MOST_CORRECTIONS = 200
_SMALL_CORRECTION = 1e-3
_STUDIED_PER_STEP = 64
_LEARNING_RATE = 3e-3
_FINAL_LEARNING_RATE = 0.05


class TaughtGenerator(nn.Module):
    """A generator, and the student that corrects it.

    Attributes
    ----------
    generator : TableGenerator
        Draws the rows. Classes that the teacher did not learn are left to it.
    student : ClassStudent
        Knows the classes ``taught``.
    teacher_weight : float
        The teacher's share, from 0 to 1, in what a row's class is; the rest is the generator's.
    label_sharpness : float
        What the logits of the classes are multiplied by; above 1, labels are less noisy.
    taught : Tensor of shape (n_taught,)
        Class codes that the teacher learned.
    shares, drawn_shares : Tensor of shape (n_taught,)
        Their shares among the real rows, and among those that the student learned from.

    References
    ----------
    Azadi et al. (2019), "Discriminator rejection sampling", ICLR.
    """

    taught: Tensor
    shares: Tensor
    drawn_shares: Tensor

    def __init__(
        self,
        generator: TableGenerator,
        student: ClassStudent,
        teacher_weight: float,
        label_sharpness: float = 1.0,
    ):
        super().__init__()
        self.generator, self.student = generator, student
        self.teacher_weight, self.label_sharpness = teacher_weight, label_sharpness
        self.register_buffer("taught", torch.zeros(student.n_classes, dtype=torch.int64))
        self.register_buffer("shares", torch.ones(student.n_classes))
        self.register_buffer("drawn_shares", torch.ones(student.n_classes))

    def learn(
        self,
        lesson: Lesson,
        draw: Callable[[TableGenerator, IntArray, int], FloatArray],
        encoder: TableEncoder,
        seed: int,
        progress: ProgressBar | None,
    ) -> None:
        """Train the student on generated rows: what the teacher says, and what they were asked for.

        Parameters
        ----------
        lesson : Lesson
            What to learn.
        draw : callable
            ``draw(generator, labels, seed)`` gives rows of a table.
        encoder : TableEncoder
            Encodes them.
        seed : int
            Seed of the rows and the batches.
        progress : ProgressBar or None
            Told of every step, and closed.

        References
        ----------
        Hinton et al. (2015), "Distilling the knowledge in a neural network", arXiv:1503.02531.
        """
        device = next(self.generator.parameters()).device
        self.to(device)
        shares, drawn_shares = lesson.shares, lesson.drawn_shares
        self.taught.copy_(torch.as_tensor(lesson.taught))
        self.shares.copy_(torch.as_tensor(shares, dtype=torch.float32))
        self.drawn_shares.copy_(torch.as_tensor(drawn_shares, dtype=torch.float32))
        n_rows = min(_MOST_STUDIED, _STUDIED_PER_STEP * lesson.n_steps)
        asked = np.random.default_rng(seed).choice(len(shares), size=n_rows, p=drawn_shares)
        values = draw(self.generator, lesson.taught[asked], seed)
        rows = encoder.encode(Table(values, ())).to(device)
        asked_of = torch.as_tensor(asked, device=device)
        seen = torch.as_tensor(lesson.teacher(values), dtype=torch.float32, device=device)
        rng = torch.Generator(device).manual_seed(seed)
        try:
            self._study(rows, seen, asked_of, lesson, rng, progress)
        finally:
            if progress:
                progress.close()
        self.requires_grad_(False).eval()
        if self.label_sharpness != 1:
            few = torch.arange(min(len(rows), _MOST_BALANCED), device=device)
            self._balance(rows.rows(few, rng), asked_of[few])

    @one_thread()
    def _study(
        self,
        rows: EncodedRows,
        seen: Tensor,
        asked_of: Tensor,
        lesson: Lesson,
        rng: torch.Generator,
        progress: ProgressBar | None,
    ) -> None:
        """Steps of the student's training on rows, what the teacher says, and classes asked for."""
        steps = RecordedSteps(rng, (self.student,), lambda: (optimizer,), wanted=lesson.cuda_graph)
        optimizer = torch.optim.Adam(
            self.student.parameters(), **steps.adam_options(_LEARNING_RATE)
        )
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
            optimizer, lesson.n_steps, eta_min=_FINAL_LEARNING_RATE * _LEARNING_RATE
        )

        def step() -> tuple[Tensor, Tensor]:
            chosen = torch.randint(len(rows), (_BATCH,), generator=rng, device=rng.device)
            says_seen, says_asked = self.student(rows.rows(chosen, rng))
            of_seen = F.cross_entropy(says_seen, seen[chosen])
            of_asked = F.cross_entropy(says_asked, asked_of[chosen])
            optimizer.zero_grad(set_to_none=True)
            (of_seen + of_asked).backward()
            optimizer.step()
            return of_seen.detach(), of_asked.detach()

        for index in range(lesson.n_steps):
            steps.take("lesson", step)
            schedule.step()
            if progress:
                progress.update(index + 1)

    @one_thread()
    def _balance(self, rows: Tensor, asked: Tensor) -> None:
        """Set the classes' biases so that they have their real shares, sharpened though they are.

        Without it the rarer of two classes that overlap would become rarer still.
        """
        logits = self.label_sharpness * self._opinions(rows)[0]
        weight = (self.shares / self.drawn_shares)[asked]
        weight = weight / weight.sum()
        bias = torch.zeros_like(self.shares)
        for _ in range(_MOST_CORRECTIONS):
            found = weight @ (logits + bias).softmax(1)
            correction = self.shares.log() - found.clamp(min=_TINY).log()
            bias += correction
            if correction.abs().max() < _SMALL_CORRECTION:
                break
        says_seen = self.student.head.bias[: self.student.n_classes]
        says_seen += bias / (self.label_sharpness * self.teacher_weight)

    def _opinions(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the class of each row among real ones, and of the class it was asked for."""
        seen, asked = self.student(rows)
        likelihood = asked - self.drawn_shares.log()
        own = likelihood + self.shares.log()
        return self.teacher_weight * seen + (1 - self.teacher_weight) * own, likelihood

    def rows_of(
        self, labels: Tensor, batch_size: int, rng: torch.Generator
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Positions in `labels` and rows for them, as `TableGenerator.rows_of` gives them."""
        place = labels.new_full((self.generator.n_classes,), -1)
        place[self.taught] = torch.arange(len(self.taught), device=labels.device)
        classes = place[labels]
        waiting = [torch.nonzero(classes == k).flatten() for k in range(len(self.taught))]
        for turn in range(_MOST_ROUNDS):
            counts = labels.new_tensor([len(positions) for positions in waiting])
            n = int(counts.sum())
            if not n:
                break
            # All classes in every batch, so that a row can go to another one than it was asked of.
            asked = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), counts)
            asked = asked[torch.randperm(n, generator=rng, device=asked.device)]
            if turn:
                asked = asked.repeat(2)[: int(_SPARE * n) + 1]
            for part in asked.split(batch_size):
                latent = self.generator.draw_latent(len(part), rng)
                rows = self.generator.draw(latent, self.taught[part])
                found = self._classes(self.generator.encoded(rows), counts / n, rng)
                of_class = [torch.nonzero(found == k).flatten() for k in range(len(waiting))]
                pairs = list(zip(waiting, of_class, strict=True))
                taken = torch.cat([these[: len(positions)] for positions, these in pairs])
                yield (
                    torch.cat([positions[: len(these)] for positions, these in pairs]),
                    rows[taken],
                )
                waiting = [positions[len(these) :] for positions, these in pairs]
        left = torch.cat([torch.nonzero(classes < 0).flatten(), *waiting])
        for positions, rows in self.generator.rows_of(labels[left], batch_size, rng):
            yield left[positions], rows

    def _classes(self, rows: Tensor, shares: Tensor, rng: torch.Generator) -> Tensor:
        """Place among the taught classes that each row goes to, or one more where it is refused.

        The rows come with a density of sum_k a_k L_k, where a are the `shares` asked for and L_k
        is the generator's likelihood under class k. With the real shares p and the probabilities
        T of classes, a_k T_k / p_k sum_j p_j L_j of it is kept, as rows of class k.
        """
        opinion, likelihood = self._opinions(rows)
        classes = (self.label_sharpness * opinion).softmax(1)
        likelihood = likelihood.softmax(1)
        real = (likelihood @ self.shares) / (likelihood @ shares).clamp(min=_TINY)
        kept = (real[:, None] * classes * shares / self.shares).cumsum(1)
        # Where more would have to be kept than comes, what comes is kept.
        kept = kept / kept[:, -1:].clamp(min=1.0)
        drawn = torch.rand(len(rows), 1, generator=rng, device=rows.device)
        return (kept <= drawn).sum(1)


def taught_generator(
    generator: TableGenerator,
    encoder: TableEncoder,
    *,
    teacher_weight: float,
    label_sharpness: float = 1.0,
    **options: Any,
) -> TaughtGenerator:
    """A generator of encoded rows with an untrained student of these options."""
    student = ClassStudent(row_width=encoder.width, n_scores=encoder.n_scores, **options)
    return TaughtGenerator(generator, student, teacher_weight, label_sharpness)
