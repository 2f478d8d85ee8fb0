"""A plan that was journaled as JSON is the plan that was made."""

import json
from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from caisson.plan.document import describe, from_document, to_document
from caisson.plan.model import Action, Plan, Step

text = st.text(max_size=20)
by_type = {str: text, int: st.integers(0, 2**62), bool: st.booleans(), str | None: st.none() | text}
actions = st.one_of(
    *(
        st.builds(kind, **{each.name: by_type[each.type] for each in fields(kind)})
        for kind in Action.__args__
    )
)
steps = st.lists(st.builds(Step, text, st.lists(actions, max_size=4).map(tuple))).map(tuple)
sentences = st.lists(text, max_size=3).map(tuple)
plans = st.builds(
    Plan,
    verb=text,
    subject=text,
    steps=steps,
    blast_radius=sentences,
    cannot_undo=sentences,
    accepted_loss=st.none() | text,
    undo=steps,
    no_return=st.integers(0, 99),
)


@given(plans)
def test_a_plan_survives_its_journal(plan: Plan) -> None:
    assert from_document(json.loads(json.dumps(to_document(plan)))) == plan


@given(actions)
def test_every_action_is_said_in_words(action: Action) -> None:
    assert describe(action).startswith(type(action).__name__)
