from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from tests.evaluator.code import execute, text_at


@pytest.mark.parametrize(
    "use",
    [
        "import pgpubsub\n@pgpubsub.post_insert_listener(Channel)",
        "from pgpubsub import post_insert_listener as on\n@on(Channel)",
        "from pgpubsub.listeners import post_insert_listener\n@post_insert_listener(Channel)",
    ],
)
def test_a_package_that_registers_for_a_decorated_function_is_not_passed_over(
    tmp_path: Path, use: str
) -> None:
    ours = execute(tmp_path, f"Channel = object\n{use}\ndef listen(): ...\n")
    [registration] = ours.vm.findings.registrations
    assert isinstance(registration.trigger, Unknown)
    assert "post_insert_listener" in registration.trigger.reason
    assert text_at(registration.span).endswith("(Channel)")


def test_other_decorators_of_functions_register_nothing(tmp_path: Path) -> None:
    ours = execute(tmp_path, "import celery\n@celery.shared_task\ndef work(): ...\n")
    assert ours.vm.findings.registrations == []
