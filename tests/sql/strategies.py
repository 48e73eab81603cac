"""Text and triggers for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from pgtrigger_codegen.triggers.compiled import TriggerParts
from tests.sql.cases import parts

lexical_noise = st.text(
    st.sampled_from(list("aAeE_1.;:()[]'\"$\\-/*+=<>@ \t\n\r,%")) | st.characters(codec="utf-8"),
    max_size=40,
)
"""Text made of what the lexer must tell apart, closed or not."""

spaces = st.sampled_from([" ", "  ", "\n", "\n    ", "\n\n\t", " \n        "])

statements = st.sampled_from(
    [
        "NULL;",
        "NEW.total := NEW.total + 1;",
        "NEW.status := 'a  b\n   c''d';",
        "PERFORM $x$ '; \n -- $x$;",
        "IF OLD.\"Mixed\" = 'x' THEN RETURN NEW; END IF;",
        "-- a comment; with 'quote\n",
        "/* block\n comment */",
        "RAISE NOTICE '%', E'it\\'s';",
        "FOR i IN 1..3 LOOP NULL; END LOOP;",
        "INSERT INTO erc.report (order_id) SELECT id FROM orders;",
    ]
)


@st.composite
def bodies(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(["", "\n", "  "]))
    for statement in draw(st.lists(statements, max_size=6)):
        text += statement + draw(spaces)
    return text + "RETURN NEW;" + draw(st.sampled_from(["", "\n", " -- end", "\n\n   "]))


comparisons = st.sampled_from(
    [
        'OLD."status" IS DISTINCT FROM NEW."status"',
        "OLD.total > 3",
        "NEW.\"Mixed\" IN ('a AND b', 'c\nd', '%')",
        "OLD.* IS DISTINCT FROM NEW.*",
        "NEW.total BETWEEN 1 AND 2",
        "NEW.is_active /* OR */",
    ]
)
conditions = st.recursive(
    comparisons,
    lambda inner: (
        st.builds("({}{}{} {})".format, inner, spaces, st.sampled_from(["AND", "OR", "and"]), inner)
        | st.builds("NOT ({})".format, inner)
    ),
    max_leaves=8,
)


@st.composite
def triggers(draw: st.DrawFn) -> TriggerParts:
    condition = draw(st.none() | conditions)
    return parts(
        func=draw(bodies()),
        declare=draw(st.sampled_from(["", "DECLARE a INTEGER;", "DECLARE a TEXT := ';'; b INT;"])),
        table=draw(st.sampled_from(["orders", 'erc"."report', '"erc"."report"', "Camel Table's"])),
        operation=draw(st.sampled_from(["UPDATE", "INSERT OR UPDATE", 'UPDATE OF "a", "B c"'])),
        condition="" if condition is None else f"WHEN ({condition})",
        **draw(
            st.sampled_from(
                [
                    {},
                    {
                        "constraint": "CONSTRAINT",
                        "timing": "DEFERRABLE INITIALLY DEFERRED",
                        "when": "AFTER",
                    },
                    {"execute": 'tsvector_update_trigger("a", \'pg_catalog.simple\', "b")'},
                ]
            )
        ),
    )
