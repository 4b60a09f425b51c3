"""What networks see of a table, and what rows come back from it."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import ndtr, ndtri

from gan_augment.backends.tabular.codes import CategoricalCode, NumericCode
from gan_augment.backends.tabular.encoder import GatedRows, TableEncoder
from gan_augment.backends.tabular.forests import ForestView
from gan_augment.frames import FrameBorder

NAN = np.nan


def table_of(**columns):
    return FrameBorder().learn(pd.DataFrame(columns))


def there_and_back(table, seed=0):
    encoder = TableEncoder(table)
    encoded = encoder.encode(table)
    rows = encoded.rows(torch.arange(len(table)), torch.Generator().manual_seed(seed))
    assert rows.shape == (len(table), encoder.width)
    return encoder, rows, encoder.decode(digits_of(encoder, rows))


def digits_of(encoder, rows):
    scores, *one_hots = rows.split([encoder.n_scores, *encoder.sizes], dim=1)
    return torch.column_stack([scores, *[digit.argmax(dim=1) for digit in one_hots]]).numpy()


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    n = 400
    spikes = np.where(rng.random(n) < 0.4, 0.0, rng.normal(size=n))
    holes = np.where(rng.random(n) < 0.2, NAN, rng.lognormal(size=n))
    kind = rng.choice(["a", "b", "c"], n).astype(object)
    kind[rng.random(n) < 0.1] = None
    return table_of(
        plain=rng.normal(size=n),
        spikes=spikes,
        holes=holes,
        ties=rng.integers(0, 40, n).astype(float),
        kind=kind,
        names=[f"id{i % 300}" for i in rng.permutation(n)],
    )


def test_what_has_names_comes_back_and_numbers_nearly(table):
    encoder, rows, decoded = there_and_back(table)
    plain, spikes, holes, ties, kind, names = range(6)
    for column in (kind, names, ties):
        assert_array_equal(decoded[:, column], table.values[:, column])
    assert_array_equal(np.isnan(decoded), np.isnan(table.values))
    assert_array_equal(decoded[:, spikes] == 0, table.values[:, spikes] == 0)
    for column in (plain, spikes, holes):
        real, back = table.values[:, column], decoded[:, column]
        present = ~np.isnan(real)
        ranks = [pd.Series(v[present]).rank().to_numpy() for v in (real, back)]
        assert np.abs(ranks[0] - ranks[1]).max() <= 2
        assert (back[present].min(), back[present].max()) >= (np.nanmin(real), -np.inf)
        assert back[present].max() <= np.nanmax(real)
    assert (encoder.n_scores, encoder.sizes) == (4, (2, 2, 4, 18, 17))
    assert_array_equal(encoder.gate, [-1, 4, 6, -1])
    assert encoder.width == rows.shape[1] == 4 + 2 + 2 + 4 + 18 + 17
    assert_array_equal(rows[:, 4:6].sum(1), np.ones(400))


def test_scores_are_normal_and_those_of_other_states_are_nothing(table):
    _, rows, _ = there_and_back(table)
    scores = rows[:, :4].numpy().astype(float)
    for column in (0, 3):
        uniform = np.sort(ndtr(scores[:, column]))
        assert np.abs(uniform - (np.arange(400) + 0.5) / 400).max() < 0.02
    assert_array_equal(scores[:, 1] == 0, table.values[:, 1] == 0)
    assert_array_equal(scores[:, 2] == 0, np.isnan(table.values[:, 2]))
    regular = ndtr(scores[scores[:, 1] != 0, 1])
    assert 0.45 < regular.mean() < 0.55


def test_ties_are_spread_anew_at_every_draw_and_nothing_else_changes(table):
    encoder = TableEncoder(table)
    encoded = encoder.encode(table)
    rng = torch.Generator().manual_seed(0)
    index = torch.tensor([5, 5, 7])
    first, second = encoded.rows(index, rng), encoded.rows(index, rng)
    assert len(encoded) == 400
    assert not torch.equal(first[:, 3], second[:, 3])
    assert torch.equal(first[:, 4:], second[:, 4:])
    assert not torch.equal(first[0, :4], first[1, :4])
    assert_array_equal(encoder.decode(digits_of(encoder, first))[:, 3], table.values[[5, 5, 7], 3])
    assert encoded.to(torch.device("cpu")) is encoded


def test_encoder_comes_back_from_its_state(table):
    encoder, rows, decoded = there_and_back(table)
    copy = TableEncoder.from_state(encoder.get_state())
    assert_array_equal(copy.decode(digits_of(encoder, rows)), decoded)
    assert (copy.sizes, copy.width) == (encoder.sizes, encoder.width)


def test_table_without_numbers_and_table_without_levels():
    levels, _, decoded = there_and_back(table_of(a=["x", "y"] * 5))
    assert (levels.n_scores, levels.sizes) == (0, (2,))
    assert_array_equal(decoded[:, 0], [0, 1] * 5)
    numbers, rows, decoded = there_and_back(table_of(a=np.arange(9.0)))
    assert (numbers.n_scores, numbers.sizes) == (1, ())
    assert rows.shape == (9, 1)
    assert_allclose(decoded[:, 0], np.arange(9.0), atol=1)


def test_distribution_function_goes_through_the_middle_of_steps():
    code = NumericCode.learn(np.array([4.0, 1.0, 3.0, 2.0]))
    assert_array_equal(code.values, [1, 2, 3, 4])
    assert_allclose(code.probabilities, [0.125, 0.375, 0.625, 0.875])
    assert (code.n_states, code.n_seen, code.has_missing) == (0, 4, False)
    low, high = code.bounds(np.array([1.0, 2.0, 2.5, 4.0, NAN, -9.0, 9.0]))
    assert_allclose(low, [0.125, 0.25, 0.375, 0.75, 0.125, 0.125, 0.75])
    assert_allclose(high, [0.25, 0.5, 0.625, 0.875, 0.25, 0.25, 0.875])
    back = code.decode(ndtri([0.01, 0.125, 0.25, 0.375, 0.5, 0.99]), None)
    assert_allclose(back, [1, 1, 1.5, 2, 2.5, 4])


def test_ties_are_steps_of_their_share():
    code = NumericCode.learn(np.r_[np.zeros(40), np.arange(1.0, 41), np.full(20, 99.0)])
    assert_array_equal(code.masses, [0, 99])
    assert (code.n_states, code.n_seen) == (3, 40)
    assert_array_equal(code.states(np.array([0.0, 1.0, 99.0])), [1, 0, 2])
    many = np.repeat(np.arange(20.0), 5)
    tied = NumericCode.learn(many)
    assert not len(tied.masses)
    low, high = tied.bounds(np.array([0.0, 3.0, 19.0]))
    assert_allclose(low, [0.005, 0.15, 0.95])
    assert_allclose(high, [0.05, 0.2, 0.995])
    assert_allclose(tied.decode(ndtri(np.array([0.151, 0.199])), None), [3, 3])


@pytest.mark.parametrize(
    ("column", "masses"),
    [
        (np.r_[np.zeros(10), np.arange(1.0, 91)], [0]),
        (np.r_[np.zeros(9), np.arange(1.0, 92)], []),
        (np.r_[np.repeat([1.0, 2, 3], 10), np.arange(10.0, 80)], [1, 2, 3]),
        (np.r_[np.repeat([1.0, 2, 3, 4], 10), np.arange(10.0, 70)], []),
        (np.repeat([1.0, 2.0], 50), []),
        (np.r_[np.zeros(10), np.arange(1.0, 81), np.full(10, NAN)], [0]),
    ],
)
def test_a_tenth_of_the_rows_is_a_mass_unless_there_are_many(column, masses):
    assert_array_equal(NumericCode.learn(column).masses, masses)


def test_missing_is_a_state_before_the_masses():
    code = NumericCode.learn(np.r_[np.full(30, NAN), np.zeros(30), np.arange(1.0, 41)])
    assert (code.n_states, code.has_missing, code.n_seen) == (3, True, 40)
    assert_array_equal(code.states(np.array([NAN, 0.0, 5.0])), [1, 2, 0])
    decoded = code.decode(np.zeros(3), np.array([0, 1, 2]))
    assert_allclose(decoded, [20.5, NAN, 0])


def test_nothing_but_missing_values_stays_that():
    code = NumericCode.learn(np.full(5, NAN))
    assert (code.n_states, code.n_seen) == (2, 0)
    assert np.isnan(code.decode(np.zeros(2), np.array([0, 1]))).all()
    low, high = code.bounds(np.full(2, NAN))
    assert (low <= high).all()
    assert np.isfinite(ndtri([*low, *high])).all()


def test_very_many_values_are_thinned_evenly_and_their_ends_kept():
    values = np.random.default_rng(0).exponential(size=20_000)
    code = NumericCode.learn(np.r_[values, np.full(100, 0.7)])
    assert 900 < len(code.values) < 1_010
    assert (code.values[0], code.values[-1]) == (values.min(), values.max())
    low, high = code.bounds(np.quantile(values, [0.1, 0.5, 0.9]))
    assert_allclose((low + high) / 2, [0.1, 0.5, 0.9], atol=0.005)
    # A tie of half a percent is a step, however many values there are.
    low, high = code.bounds(np.array([0.7]))
    assert_allclose(high - low, 100 / 20_100)
    assert (np.diff(code.values) >= 0).all()
    assert (np.diff(code.probabilities) >= 0).all()


def test_slopes_beyond_floats_give_a_value_of_the_column():
    ends = np.array([-1.0, 0.25, 1.0]) * np.finfo(float).max
    code = NumericCode.learn(np.repeat(ends, 5))
    back = code.decode(ndtri(np.linspace(0.01, 0.99, 50)), None)
    assert np.isfinite(back).all()
    assert set(back[[0, -1]]) == {ends[0], ends[2]}


@pytest.mark.parametrize(
    ("n_levels", "has_missing", "sizes"),
    [
        (3, False, (3,)),
        (3, True, (4,)),
        (256, False, (256,)),
        (255, True, (256,)),
        (256, True, (17, 16)),
        (257, False, (17, 16)),
        (1_000, False, (32, 32)),
        (1_025, False, (33, 32)),
    ],
)
def test_levels_are_digits_and_come_back(n_levels, has_missing, sizes):
    code = CategoricalCode(n_levels, has_missing)
    assert code.sizes == sizes
    values = np.r_[np.arange(n_levels), [NAN] * has_missing].astype(float)
    digits = code.encode(values)
    assert all(d.min() >= 0 and d.max() < size for d, size in zip(digits, sizes, strict=True))
    assert_array_equal(code.decode(digits), values)
    # The last digits may name more than there are: they are the last level.
    last = code.decode([np.array([size - 1]) for size in sizes])
    assert_array_equal(last, [NAN if has_missing else n_levels - 1])


def test_function_of_a_level_is_looked_up():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 200)
    kind = np.array(["p", "q", "r", None], dtype=object)[codes]
    price = np.array([1.5, 2.5, NAN, 7.0])[codes]
    table = table_of(x=rng.normal(size=200), kind=kind, price=price)
    encoder, _, decoded = there_and_back(table)
    assert encoder.sizes == (4,)
    assert encoder.n_scores == 1
    assert_array_equal(decoded[:, 1:], table.values[:, 1:])
    copy = TableEncoder.from_state(encoder.get_state())
    made = copy.decode(np.column_stack([np.zeros(4), np.arange(4)]))
    by_level = {np.nan_to_num(k, nan=-1): p for k, p in table.values[:, 1:]}
    assert_array_equal(made[:, 2], [by_level[np.nan_to_num(k, nan=-1)] for k in made[:, 1]])


def test_gated_scores_count_as_far_as_their_state_is_regular():
    join = GatedRows(np.array([-1, 3, -1]), (2,))
    rows = join(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[0.25, 0.75]]))
    assert_allclose(rows, [[1, 0.5, 3, 0.25, 0.75]])
    rows = join.of_digits(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[1]]))
    assert_allclose(rows, [[1, 0, 3, 0, 1]])
    plain = GatedRows(np.array([-1, -1]), (1,))(torch.ones(1, 2), torch.zeros(1, 1))
    assert_allclose(plain, [[1, 1, 0]])


def test_trees_are_shown_what_float32_can_tell_apart():
    n = np.arange(11.0)
    largest = np.finfo(float).max
    columns = [n, 1e15 + n, n * 1e300, n * 1e-300, (n - 5) / 5 * largest, np.full(11, 1e300)]
    real = np.column_stack([*columns, np.full(11, NAN), np.where(n > 5, NAN, 1e6 + n / 1e3)])
    seen = ForestView(real)(real)
    assert_array_equal(seen[:, 0], n)
    for column in range(1, 5):
        assert_allclose(seen[:, column], n / 10, atol=0.02)
    assert_array_equal(seen[:, 5], np.zeros(11))
    assert np.isnan(seen[:, 6]).all()
    assert_allclose(seen[:6, 7], n[:6] / 5, atol=0.01)
    assert_array_equal(np.isnan(seen[:, 7]), n > 5)
    ordinary = np.column_stack([n, n * 1e29, -1e-29 * (1 + n), 100 + n])
    assert ForestView(ordinary)(ordinary) is ordinary
