"""Amounts with and without tax."""

from hypothesis import given
from hypothesis import strategies as st

from marketplace.checkout.totals import NOTHING, Taxed, line_totals, taxed, total_of

AMOUNTS = st.integers(0, 10_000_000)
RATES = st.integers(0, 10_000)


@given(AMOUNTS, RATES, st.booleans())
def test_the_side_that_was_entered_is_kept_and_tax_is_never_negative(
    entered: int, rate_bp: int, with_tax: bool
) -> None:
    amount = taxed(entered, rate_bp, with_tax)
    assert (amount.gross_minor if with_tax else amount.net_minor) == entered
    assert amount.gross_minor >= amount.net_minor >= 0


@given(AMOUNTS, RATES, st.booleans())
def test_the_tax_is_right_to_the_centime(entered: int, rate_bp: int, with_tax: bool) -> None:
    amount = taxed(entered, rate_bp, with_tax)
    tax = amount.gross_minor - amount.net_minor
    # Twice the difference from the exact tax of the net amount is at most one rounding of each side.
    assert abs(tax * 10_000 - amount.net_minor * rate_bp) <= 10_000


def test_20_percent_in_120_dirhams_are_20_dirhams() -> None:
    assert taxed(120_00, 2000, entered_with_tax=True) == Taxed(120_00, 100_00)
    assert taxed(100_00, 2000, entered_with_tax=False) == Taxed(120_00, 100_00)


def test_the_tax_of_a_line_is_that_of_its_whole_amount() -> None:
    totals = line_totals(9_99, 12_00, 3, 2000, entered_with_tax=True)
    assert totals.unit == Taxed(9_99, 8_33)
    assert totals.undiscounted_unit == Taxed(12_00, 10_00)
    assert totals.total == Taxed(29_97, 24_98)


@given(st.lists(st.tuples(AMOUNTS, RATES)))
def test_a_total_is_the_sum_of_both_sides(parts: list[tuple[int, int]]) -> None:
    amounts = [taxed(entered, rate_bp, entered_with_tax=True) for entered, rate_bp in parts]
    total = total_of(amounts)
    assert total.gross_minor == sum(amount.gross_minor for amount in amounts)
    assert total.net_minor == sum(amount.net_minor for amount in amounts)
    assert total_of([]) == NOTHING
