"""The table GAN as a backend of `GANAugmenter`."""

from __future__ import annotations

from functools import partial
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from sklearn.utils._param_validation import Interval, StrOptions
from torch import nn

from gan_augment.backends.collapses import table_faults
from gan_augment.backends.gan import ClassConditionalGAN
from gan_augment.backends.tabular.encoder import TableEncoder
from gan_augment.backends.tabular.few_rows import interpolate, unrecognised_classes
from gan_augment.backends.tabular.lessons import prepare_lesson
from gan_augment.backends.tabular.networks import (
    ACTIVATIONS,
    NORMALIZATIONS,
    TableDiscriminator,
    TableGenerator,
)
from gan_augment.backends.tabular.sizing import (
    choose_architecture,
    default_steps,
)
from gan_augment.backends.tabular.taught import TaughtGenerator, taught_generator
from gan_augment.backends.tabular.teacher import remarks_on
from gan_augment.backends.tabular.validation import HeldOutScore
from gan_augment.columns import FloatArray, IntArray
from gan_augment.frames import FrameBorder, Table
from gan_augment.notices import warn_user
from gan_augment.training.batches import ClassTemperedRows
from gan_augment.training.devices import (
    low_precision,
    one_thread,
    threads_of_this_process,
)
from gan_augment.training.faults import Fault
from gan_augment.training.held_out import split_held_out
from gan_augment.training.initialisation import first_weights
from gan_augment.training.interrupts import is_interrupt_kept
from gan_augment.training.parts import draw_in_parts
from gan_augment.training.recipe import Recipe
from gan_augment.training.session import Purpose, Resources, Session, Task

_SAMPLING_BATCH = 4_096  # whose activations fit into a core's cache
_PENALTY_STRIDE = 4
# The last steps, of small rates, are the best ones: only what has clearly failed ends early.
_PATIENCE = 6


class TabularGAN(ClassConditionalGAN):
    """Class-conditional GAN for tables; the default backend for two-dimensional data.

    Parameters
    ----------
    loss : {"relativistic", "non_saturating", "hinge", "wasserstein"}, default="relativistic"
        The adversarial game. "relativistic" is regularised by R1 and R2 [1]_, "non_saturating"
        [2]_ and "hinge" [3]_ likewise, "wasserstein" by the interpolated gradient penalty [4]_.
    gamma : float, default=0.5
        Weight of the gradient penalty; 0 switches it off.
    penalty_interval : int, default=2
        The penalty is applied at every so many steps, to a quarter of the rows, with a weight to
        match.
    generator_width, discriminator_width : int or "auto", default="auto"
        Width of the hidden layers; "auto" grows with the number of rows, up to 128 and 192.
    depth : int, default=2
        Residual blocks in each network.
    latent_dim : int, default=64
        Length of the generator's noise vector.
    n_frequencies : int, default=4
        The discriminator sees each continuous column's place in its distribution as sines and
        cosines of so many frequencies [6]_, too. 0 leaves them out.
    activation : {"leaky_relu", "relu", "silu", "gelu"}, default="leaky_relu"
        Activation of both networks.
    normalization : {"none", "layer"}, default="none"
        Normalisation of the generator's blocks. The discriminator has none.
    temperature : float, default=0.3
        Temperature of the Gumbel softmax [5]_ that relaxes categorical draws during training.
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}, default="adam"
        Optimiser of both networks.
    learning_rate : float, default=3e-3
        Peak rate of both players; falls by a cosine to a twentieth.
    beta1 : float, default=0.0
        Momentum of "adam" and "adamw".
    discriminator_steps : int, default=1
        Discriminator updates per generator update.
    ema_decay : float, default=0.995
        Decay of the moving average of the generator's weights, per step.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Number format of the matrix products in training. "auto" takes bfloat16 on processors and
        GPUs that multiply it faster, about twice on a CPU, and float32 elsewhere: choose
        "float32" where machines of several kinds are to give the same rows. Weights, losses and
        the last layers are always float32.
    cuda_graph : bool, default=True
        Whether a step on a CUDA GPU is recorded after the first few and replayed as a CUDA graph,
        which is one launch in the place of hundreds. Goes for "adam" and "adamw" and one process;
        elsewhere it changes nothing.
    batch_size : int or "auto", default="auto"
        Rows per step; "auto" is 256, and less for small data.
    class_balance : float, default=0.5
        How classes are drawn in training: 0 by their frequency, 1 all alike, between: by their
        frequency to the power of ``1 - class_balance``.
    teacher_weight : float or "auto", default="auto"
        How much a teacher, boosted trees that have learned the real rows, has to say in what the
        class of a synthetic row is; the rest is the generator's. A network learns to say what the
        teacher would [8]_, and rows that are of another class than the one asked for go there, or
        are drawn anew [9]_. "auto" is ``0.5 + 0.5 * n_rows / (n_rows + 3000)``: half for few rows,
        all for many. Classes of fewer than 30 rows are left to the generator.
    label_sharpness : float or "auto", default="auto"
        How much surer of its class a row has to be than rows are of theirs, where a teacher has a
        say: log-odds of the classes are multiplied by it, and the classes keep their shares. A row
        that could be of either class carries a label drawn at random, and in few rows such noise
        costs a classifier more than it learns. "auto" is ``1 + min(1, 3000 / n_rows)``: twice up
        to 3,000 rows, hardly at all in many. 1 leaves classes as mixed as they really are; choose
        it where synthetic rows are to be like real ones rather than to be learned from.
    interpolate_below : int, default=30
        For a class of fewer rows the GAN is put to the test: where a classifier does not take its
        rows for that class, they are drawn between neighbouring real rows of it instead, as SMOTE
        does [7]_ but between normal scores, and `fit` warns. 0 leaves every class to the GAN.

    Attributes
    ----------
    history_ : list of dict
        One record per evaluation: step, both losses, held-out score and seconds. The score is the
        AUC with which a classifier tells synthetic from held-out rows, from 0.5 (cannot) to 1.
    n_steps_ : int
        Steps taken.
    doubts_ : dict of int to str
        Class codes whose rows are interpolated, and why.
    faults_ : list of Fault
        What went wrong, if anything did; see `GANAugmenter.diagnose`.
    best_step_ : int
        Step whose moving average is kept.
    device_ : str
        Where training ran.
    teacher_weight_ : float
        The teacher's say, 0 where there is no teacher.
    label_sharpness_ : float
        How much surer of their class rows are than real ones; 1 where there is no teacher.

    References
    ----------
    .. [1] Huang et al. (2024), "The GAN is dead; long live the GAN!", NeurIPS.
    .. [2] Goodfellow et al. (2014), "Generative adversarial nets", NeurIPS.
    .. [3] Lim & Ye (2017), "Geometric GAN", arXiv:1705.02894.
    .. [4] Gulrajani et al. (2017), "Improved training of Wasserstein GANs", NeurIPS.
    .. [5] Jang et al. (2017), "Categorical reparameterization with Gumbel-softmax", ICLR.
    .. [6] Gorishniy et al. (2022), "On embeddings for numerical features in tabular deep
       learning", NeurIPS.
    .. [7] Chawla et al. (2002), "SMOTE: synthetic minority over-sampling technique", JAIR 16.
    .. [8] Hinton et al. (2015), "Distilling the knowledge in a neural network", arXiv:1503.02531.
    .. [9] Azadi et al. (2019), "Discriminator rejection sampling", ICLR.

    Examples
    --------
    >>> from gan_augment import GANAugmenter, TabularGAN
    >>> GANAugmenter(backend=TabularGAN(loss="hinge", generator_width=64))
    GANAugmenter(backend=TabularGAN(generator_width=64, loss='hinge'))
    """

    score_scale = HeldOutScore.scale
    _parameter_constraints: dict[str, Any] = {
        **ClassConditionalGAN._parameter_constraints,
        "gamma": [Interval(Real, 0, None, closed="left")],
        "generator_width": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "discriminator_width": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "depth": [Interval(Integral, 0, None, closed="left")],
        "n_frequencies": [Interval(Integral, 0, None, closed="left")],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "normalization": [StrOptions(set(NORMALIZATIONS))],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "teacher_weight": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="both")],
        "label_sharpness": [StrOptions({"auto"}), Interval(Real, 1, None, closed="left")],
        "interpolate_below": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self,
        *,
        loss: str = "relativistic",
        gamma: float = 0.5,
        penalty_interval: int = 2,
        generator_width: int | str = "auto",
        discriminator_width: int | str = "auto",
        depth: int = 2,
        latent_dim: int = 64,
        n_frequencies: int = 4,
        activation: str = "leaky_relu",
        normalization: str = "none",
        temperature: float = 0.3,
        optimizer: str = "adam",
        learning_rate: float = 3e-3,
        beta1: float = 0.0,
        discriminator_steps: int = 1,
        ema_decay: float = 0.995,
        precision: str = "auto",
        cuda_graph: bool = True,
        batch_size: int | str = "auto",
        class_balance: float = 0.5,
        teacher_weight: float | str = "auto",
        label_sharpness: float | str = "auto",
        interpolate_below: int = 30,
    ):
        self.loss = loss
        self.gamma = gamma
        self.penalty_interval = penalty_interval
        self.generator_width = generator_width
        self.discriminator_width = discriminator_width
        self.depth = depth
        self.latent_dim = latent_dim
        self.n_frequencies = n_frequencies
        self.activation = activation
        self.normalization = normalization
        self.temperature = temperature
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.beta1 = beta1
        self.discriminator_steps = discriminator_steps
        self.ema_decay = ema_decay
        self.precision = precision
        self.cuda_graph = cuda_graph
        self.batch_size = batch_size
        self.class_balance = class_balance
        self.teacher_weight = teacher_weight
        self.label_sharpness = label_sharpness
        self.interpolate_below = interpolate_below

    def border(self, X: Any, *, categorical_features: Any, image_shape: Any) -> FrameBorder:
        """What turns `X` into this backend's rows and back."""
        if image_shape is not None:
            raise ValueError(
                f"image_shape={image_shape!r} is for images, but the backend is TabularGAN. "
                "Leave image_shape=None."
            )
        return FrameBorder(categorical_features)

    @threads_of_this_process()
    def fit(
        self, data: Table, labels: IntArray, *, n_classes: int, resources: Resources
    ) -> TabularGAN:
        """Train on the rows of `data`.

        Parameters
        ----------
        data : Table
            Training rows.
        labels : ndarray of shape (n_rows,)
            Class codes, ``0..n_classes-1``.
        n_classes : int
            Number of classes.
        resources : Resources
            Budget, device, seed and verbosity.

        Returns
        -------
        self : TabularGAN
            The trained backend.
        """
        self._validate_params()
        session = Session(resources)
        training, held_out = split_held_out(labels, session.rng(Purpose.SPLIT))
        self.encoder_ = TableEncoder(data)
        self.n_classes_ = n_classes
        self._architecture = choose_architecture(self.get_params(), len(training))
        budget = session.budget(default_steps(len(training)), patience=_PATIENCE)
        score = None
        if budget.is_scored:
            seed = session.seed(Purpose.SCORE)
            score = HeldOutScore(data, labels, held_out, self._draw, seed)

        def task_on(device: torch.device) -> Task[TableGenerator]:
            generator, discriminator = self._networks(session.seed(Purpose.NETWORKS))
            rows = self.encoder_.encode(data.take(training)).to(device)
            source = ClassTemperedRows(rows, labels[training], self.class_balance, device)
            return Task(generator.to(device), discriminator.to(device), source, score)

        with one_thread():
            self._train(
                task_on, recipe=self._recipe_for(len(training)), budget=budget, session=session
            )
        self._teach(data, labels, session)
        self.doubts_ = unrecognised_classes(
            data,
            labels,
            self.interpolate_below,
            partial(self._draw, self._loaded_generator()),
            session.rng(Purpose.DOUBTS),
        )
        self._interpolated = {code: data.values[labels == code] for code in self.doubts_}
        self.faults_ = self._faults(data, labels, session.rng(Purpose.FAULTS))
        return self

    def _teach(self, data: Table, labels: IntArray, session: Session) -> None:
        """Give a classifier of the real rows its say in the classes of generated ones."""
        try:
            rng = session.rng(Purpose.TEACHER)
            lesson = prepare_lesson(data, labels, self.get_params(deep=False), self.n_steps_, rng)
            if lesson is None:
                return
            student = {**self._architecture["discriminator"], **lesson.student}

            def make(generator: TableGenerator) -> TaughtGenerator:
                seed = session.seed(Purpose.STUDENT)
                with first_weights(seed):
                    model = taught_generator(generator, self.encoder_, **student)
                progress = session.progress(lesson.n_steps, "classes")
                model.learn(lesson, self._draw, self.encoder_, seed, progress)
                return model

            self._keep(self._made(make))
            self._architecture["student"] = student
        except KeyboardInterrupt:
            if not is_interrupt_kept():
                raise
            warn_user(
                "Training was interrupted in its last phase, lessons about classes: the GAN is "
                "whole, but its rows are of their classes less surely. Fit again, or set "
                "TabularGAN(teacher_weight=0) to do without.",
                RuntimeWarning,
            )

    @property
    def teacher_weight_(self) -> float:
        """The teacher's say in this model; 0 where there is no teacher."""
        return float(self._architecture.get("student", {}).get("teacher_weight", 0.0))

    @property
    def label_sharpness_(self) -> float:
        """How much surer of their class rows are than real ones; 1 where there is no teacher."""
        return float(self._architecture.get("student", {}).get("label_sharpness", 1.0))

    def remarks(self) -> list[str]:
        """What the teacher's say means, as sentences for `GANAugmenter.diagnose`."""
        return remarks_on(self.teacher_weight_, self.label_sharpness_)

    def _compare(
        self,
        data: Table,
        labels: IntArray,
        drawn: FloatArray,
        drawn_labels: IntArray,
        rng: np.random.Generator,
    ) -> list[Fault]:
        return table_faults(data.columns, data.values, labels, drawn, drawn_labels, rng)

    @threads_of_this_process()
    def sample(self, labels: IntArray, seed: int) -> FloatArray:
        """Table values of one synthetic row per class code, shape (n_rows, n_columns)."""
        values = super().sample(labels, seed)
        for code, real in self._interpolated.items():
            asked = labels == code
            rows = self.encoder_.encode(Table(real, ()))
            rng = torch.Generator().manual_seed(seed + code)
            between = interpolate(rows, int(np.count_nonzero(asked)), rng)
            values[asked] = self.encoder_.decode(between.numpy())
        return values

    def _draw(
        self, generator: TableGenerator | TaughtGenerator, labels: IntArray, seed: int
    ) -> FloatArray:
        device = next(generator.parameters()).device
        values = np.empty((len(labels), self.encoder_.n_columns))

        def draw(part: slice, seed: int) -> None:
            rng = torch.Generator(device).manual_seed(seed)
            codes = torch.as_tensor(labels[part], dtype=torch.int64, device=device)
            of_part = values[part]
            with torch.no_grad(), low_precision(self.precision, device):
                for positions, rows in generator.rows_of(codes, _SAMPLING_BATCH, rng):
                    decoded = self.encoder_.decode(rows.cpu().numpy())
                    of_part[positions.cpu().numpy()] = decoded

        draw_in_parts(draw, len(labels), seed, device)
        return values

    def _new_generator(self) -> TableGenerator | TaughtGenerator:
        generator = self._networks(seed=0)[0]
        student = self._architecture.get("student")
        return (
            generator if student is None else taught_generator(generator, self.encoder_, **student)
        )

    def get_state(self) -> dict[str, Any]:
        """What `fit` learned, as plain values and NumPy arrays."""
        return {
            **super().get_state(),
            "encoder": self.encoder_.get_state(),
            "n_classes": self.n_classes_,
            "doubts": self.doubts_,
            "interpolated": self._interpolated,
        }

    def set_state(self, state: dict[str, Any]) -> TabularGAN:
        """Become what had this state."""
        self.encoder_ = TableEncoder.from_state(state["encoder"])
        self.n_classes_ = state["n_classes"]
        self.doubts_, self._interpolated = state.get("doubts", {}), state.get("interpolated", {})
        super().set_state(state)
        return self

    def border_from_state(self, state: dict[str, Any]) -> FrameBorder:
        """The border that had this state."""
        return FrameBorder.from_state(state)

    def _recipe_for(self, n_rows: int) -> Recipe:
        return self._recipe(
            batch_size=int(np.clip(n_rows // 4, 32, 256)),
            gamma=self.gamma,
            penalty_stride=_PENALTY_STRIDE,
        )

    def _networks(self, seed: int) -> tuple[TableGenerator, nn.Module]:
        encoder = self.encoder_
        with first_weights(seed):
            generator = TableGenerator(
                n_scores=encoder.n_scores,
                sizes=encoder.sizes,
                gate=encoder.gate,
                n_classes=self.n_classes_,
                **self._architecture["generator"],
            )
            discriminator = TableDiscriminator(
                row_width=encoder.width,
                n_scores=encoder.n_scores,
                n_classes=self.n_classes_,
                **self._architecture["discriminator"],
            )
        return generator, discriminator
