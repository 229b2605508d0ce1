"""Conditions: boolean functions that are equal if and only if they are the same."""

from itertools import product

from plugindex.conditions import Blurred, Conditions, decide

SIZE = 4


def table(conditions, condition):
    """Return what a condition gives for every assignment of the variables."""
    rows = product((False, True), repeat=SIZE)
    return [decide(conditions.nodes, condition, row.__getitem__, {}) for row in rows]


def every_condition(conditions):
    """Return conditions of one, two and three variables."""
    found = [conditions.variable(n) for n in range(SIZE)]
    found += [conditions.negated(one) for one in found]
    for operation in (conditions.both, conditions.either):
        found += [operation(one, other) for one, other in product(found[:8], repeat=2)]
    return [*found, True, False]


def test_operations_are_those_of_booleans():
    conditions = Conditions()
    for one, other in product(every_condition(conditions)[::5], repeat=2):
        first, second = table(conditions, one), table(conditions, other)
        pairs = list(zip(first, second, strict=True))
        assert table(conditions, conditions.both(one, other)) == [a and b for a, b in pairs]
        assert table(conditions, conditions.either(one, other)) == [a or b for a, b in pairs]
        assert table(conditions, conditions.negated(one)) == [not a for a in first]


def test_equal_conditions_are_the_same():
    conditions = Conditions()
    seen = {}
    for one in every_condition(conditions):
        assert seen.setdefault(tuple(table(conditions, one)), one) == one


def test_a_condition_given_a_fact_equals_it_wherever_the_fact_holds():
    conditions = Conditions()
    for one, fact in product(every_condition(conditions)[::3], repeat=2):
        given = table(conditions, conditions.given(one, fact))
        rows = zip(table(conditions, one), given, table(conditions, fact), strict=True)
        assert all(before == after for before, after, holds in rows if holds)


def test_a_fact_that_says_all_decides():
    conditions = Conditions()
    one, other = conditions.variable(0), conditions.variable(1)
    assert conditions.given(conditions.both(one, other), conditions.both(one, other)) is True
    assert conditions.given(one, conditions.negated(one)) is False


def test_a_fact_brings_nothing_in_that_a_condition_does_not_ask_for():
    conditions = Conditions()
    one, other, third = (conditions.variable(number) for number in range(3))
    fact = conditions.either(one, conditions.both(other, third))
    assert conditions.given(other, fact) == other
    assert conditions.given(conditions.both(other, fact), fact) == other


def test_what_is_unknown_leaves_a_condition_open_unless_it_does_not_matter():
    conditions = Conditions()
    one, other = conditions.variable(0), conditions.variable(1)
    known = {0: True, 1: None}.get
    assert decide(conditions.nodes, conditions.both(one, other), known, {}) is None
    assert decide(conditions.nodes, conditions.either(one, other), known, {}) is True
    both_ways = conditions.choose(other, one, one)
    assert decide(conditions.nodes, both_ways, known, {}) is True


def test_a_deep_condition_is_decided_without_deep_recursion():
    conditions = Conditions()
    deep = True
    for number in range(5_000):
        deep = conditions.both(deep, conditions.variable(number))
    assert decide(conditions.nodes, deep, lambda number: True, {}) is True
    assert decide(conditions.nodes, deep, lambda number: number != 17, {}) is False


def test_adding_a_variable_to_a_long_condition_adds_one_node():
    conditions = Conditions()
    deep = True
    for number in range(100):
        deep = conditions.both(deep, conditions.variable(number))
    assert len(conditions.nodes) < 2 * 100


def test_blurred_conditions_hold_do_not_or_may():
    blurred = Blurred()
    maybe = blurred.variable(7)
    assert blurred.variable(3) == maybe
    assert blurred.both(maybe, False) is False
    assert blurred.either(maybe, True) is True
    assert blurred.both(maybe, blurred.negated(maybe)) == maybe  # it forgets that it is the same
    assert decide(blurred.nodes, maybe, lambda _: None, {}) is None
