"""The plugin of pytest, in the tests of projects that use it, and of those that do not."""

from __future__ import annotations

from importlib import metadata

import pytest

from tests.testing.project import MODELS, write

pytest_plugins = ("pytester",)


def test_pytest_finds_the_plugin() -> None:
    (found,) = (
        point
        for point in metadata.entry_points(group="pytest11")
        if point.name == "pgtrigger_codegen"
    )

    assert found.value == "pgtrigger_codegen.testing.plugin"


NOTHING = """
import sys

def test_nothing_is_imported():
    ours = [name for name in sys.modules if name.startswith("pgtrigger_codegen")]
    assert sorted(ours) == [
        "pgtrigger_codegen",
        "pgtrigger_codegen.testing",
        "pgtrigger_codegen.testing.helpers",
        "pgtrigger_codegen.testing.installing",
        "pgtrigger_codegen.testing.plugin",
    ]
    others = {"django", "pgtrigger", "pghistory", "libcst", "msgspec", "click", "psycopg", "rich"}
    assert not others & set(sys.modules)
"""


def test_a_project_without_django_notices_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(NOTHING)
    result = pytester.runpytest_subprocess("-p", "no:django", "-W", "error")

    result.assert_outcomes(passed=1)
    assert not any("pgtrigger" in line for line in result.outlines if "plugins:" not in line)


def test_without_django_the_setting_does_no_harm(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\npgtrigger_install = strict\n")
    pytester.makepyfile(
        "import pytest\n\n@pytest.fixture\ndef other(): return 1\n\n"
        "def test_it(other): assert other == 1\n"
    )

    pytester.runpytest_subprocess("-p", "no:django").assert_outcomes(passed=1)


def test_a_value_that_means_nothing_is_refused(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\npgtrigger_install = yes\n")
    result = pytester.runpytest_subprocess("-p", "no:django")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*pgtrigger_install is 'yes', and has to be one of off, strict*"])


HELPERS = '''
import pytest
from django.db import IntegrityError
from pgtrigger_codegen.testing import assert_trigger_refuses, triggers_disabled
from shop.models import Order, Unique

KEEP, GHOSTS = "shop.Order:keep_paid", "shop.Order:no_ghosts"
pytestmark = pytest.mark.django_db


def test_triggers_are_there_and_refuse():
    order = Order.objects.create(status="PAID")
    order.refresh_from_db()
    assert order.status == "paid"
    with assert_trigger_refuses(KEEP, match="Cannot delete") as refusal:
        order.delete()
    assert refusal.message == "pgtrigger: Cannot delete rows from shop_order table"
    # The transaction of the test goes on.
    assert Order.objects.count() == 1
    with assert_trigger_refuses():
        Order.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction():
    order = Order.objects.create(status="paid")
    with assert_trigger_refuses(KEEP):
        order.delete()
    assert Order.objects.count() == 1


def test_triggers_that_wait_for_the_end_of_the_transaction():
    with assert_trigger_refuses(GHOSTS, match="^no ghosts here$"):
        Order.objects.create(status="ghost")
    assert not Order.objects.exists()


@triggers_disabled(KEEP)
def test_a_decorated_test_with_a_fixture(django_assert_num_queries):
    order = Order.objects.create(status="paid")
    with django_assert_num_queries(1):
        order.delete()


def test_disabled_in_a_block_alone():
    with triggers_disabled(KEEP, "shop.Order:in_lower_case"):
        order = Order.objects.create(status="PAID")
        order.refresh_from_db()
        assert order.status == "PAID"
    with triggers_disabled():
        Order.objects.create(status="PAID").delete()
    paid = Order.objects.create(status="paid")
    with assert_trigger_refuses(KEEP):
        paid.delete()


def refused(*arguments, **options):
    """What `assert_trigger_refuses` says of deleting an open order."""
    with pytest.raises(AssertionError) as caught, assert_trigger_refuses(*arguments, **options):
        Order.objects.create().delete()
    return str(caught.value)


def test_nothing_was_refused():
    assert refused() == "a trigger did not refuse: nothing was raised"
    assert refused(KEEP) == f"trigger {KEEP} did not refuse: nothing was raised"


def test_another_message():
    order = Order.objects.create(status="paid")
    with pytest.raises(AssertionError, match="does not match 'other': pgtrigger: Cannot"):
        with assert_trigger_refuses(KEEP, match="other"):
            order.delete()


def test_another_trigger_refused():
    order = Order.objects.create(status="paid")
    with pytest.raises(AssertionError, match="no_ghosts did not refuse: pgtrigger_keep_paid_"):
        with assert_trigger_refuses(GHOSTS):
            order.delete()


def test_something_else_refused():
    Unique.objects.create(name="x")
    with pytest.raises(AssertionError, match="something else in the database did: duplicate key"):
        with assert_trigger_refuses():
            Unique.objects.create(name="x")
    assert Unique.objects.count() == 1


def test_a_trigger_that_fails_does_not_refuse():
    Order.objects.create()
    with pytest.raises(AssertionError, match="does not refuse, it fails: function nothing_of"):
        with assert_trigger_refuses("shop.Order:broken"):
            Order.objects.update(status="broken")


def test_other_exceptions_come_through():
    with pytest.raises(ZeroDivisionError), assert_trigger_refuses(KEEP):
        1 / 0


@pytest.mark.parametrize("helper", [assert_trigger_refuses, triggers_disabled])
@pytest.mark.parametrize(
    ("uri", "meant"),
    [
        ("keep_paid", "did you mean `shop.Order:keep_paid`?"),
        ("shop.Order:keep_payed", "did you mean `shop.Order:keep_paid`?"),
        ("", "a URI is app_label.ModelName:trigger_name"),
    ],
)
def test_an_unknown_trigger(helper, uri, meant):
    with pytest.raises(LookupError) as caught:
        with helper(uri):
            raise NotImplementedError
    assert str(caught.value) == f"no trigger has the URI `{uri}`: {meant}"
'''


def test_triggers_are_installed_once_and_the_helpers_work(
    pytester: pytest.Pytester, postgres: str
) -> None:
    write(pytester, postgres, tests=HELPERS)
    result = pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider")

    result.assert_outcomes(passed=17)


NOT_THERE = """
import pytest
from pgtrigger_codegen.testing import assert_trigger_refuses, install_triggers
from shop.models import Order

@pytest.mark.django_db
def test_it():
    with pytest.raises(AssertionError, match="it is not installed in the test database: set `pgt"):
        with assert_trigger_refuses("shop.Order:keep_paid"):
            Order.objects.create(status="paid").delete()

@pytest.mark.django_db(transaction=True)
def test_installed_by_hand():
    install_triggers()
    install_triggers()
    with assert_trigger_refuses("shop.Order:keep_paid"):
        Order.objects.create(status="paid").delete()
"""


@pytest.mark.slow
def test_without_the_setting_nothing_is_installed(pytester: pytest.Pytester, postgres: str) -> None:
    write(pytester, postgres, ini="", tests=NOT_THERE)

    pytester.runpytest_subprocess().assert_outcomes(passed=2)


ONE = """
import pytest
from pgtrigger_codegen.testing import assert_trigger_refuses
from shop.models import Order

@pytest.mark.django_db
@pytest.mark.parametrize("number", range(4))
def test_it(number):
    with assert_trigger_refuses("shop.Order:keep_paid"):
        Order.objects.create(status="paid").delete()

def test_without_a_database():
    pass
"""
UNREAD = MODELS + (
    "\n\nclass Odd(models.Model):\n    class Meta:\n        triggers = __import__('odd').LIST\n"
)


@pytest.mark.slow
def test_each_worker_has_its_own_database(pytester: pytest.Pytester, postgres: str) -> None:
    write(pytester, postgres, tests=ONE)

    pytester.runpytest_subprocess("-n", "2").assert_outcomes(passed=5)


@pytest.mark.slow
def test_a_database_is_used_again(pytester: pytest.Pytester, postgres: str) -> None:
    write(pytester, postgres, tests=ONE)

    for _ in range(2):
        pytester.runpytest_subprocess("--reuse-db").assert_outcomes(passed=5)
    pytester.runpytest_subprocess("--create-db").assert_outcomes(passed=5)


@pytest.mark.slow
def test_what_was_not_read_stops_tests_with_a_database(
    pytester: pytest.Pytester, postgres: str
) -> None:
    write(
        pytester,
        postgres,
        models=UNREAD,
        tests=ONE,
        odd="import random\nLIST = random.sample([], 0)\n",
    )
    strict = pytester.runpytest_subprocess()
    (pytester.path / "pytest.ini").write_text(
        (pytester.path / "pytest.ini").read_text().replace("strict", "readable")
    )
    readable = pytester.runpytest_subprocess()

    strict.assert_outcomes(errors=4, passed=1)
    strict.stdout.fnmatch_lines(
        ["*TriggersNotInstalledError: the triggers were not all installed in the test database*"]
    )
    readable.assert_outcomes(passed=5)


@pytest.mark.slow
def test_a_fixture_that_makes_no_database_is_told_of(
    pytester: pytest.Pytester, postgres: str
) -> None:
    """The database that Django is connected to may be anybody's: nothing is installed there."""
    fixture = "import pytest\n\n@pytest.fixture(scope='session')\ndef django_db_setup(): pass\n"
    write(pytester, postgres, tests=ONE, conftest=fixture)
    result = pytester.runpytest_subprocess()

    result.assert_outcomes(errors=4, passed=1)
    result.stdout.fnmatch_lines(["*django_db_setup has made no test database*install_triggers()*"])


TRACKED = """
import pghistory
from django.db import models

@pghistory.track()
class Order(models.Model):
    status = models.TextField(default="open")
"""
HISTORY = """
import pghistory
import pytest
from shop.models import Order, OrderEvent

@pytest.mark.django_db
def test_it():
    with pghistory.context(user=1):
        order = Order.objects.create()
    order.status = "paid"
    order.save()
    first, second = OrderEvent.objects.order_by("pgh_id")
    assert first.pgh_context.metadata == {"user": 1}
    assert second.pgh_label == "update"
"""


@pytest.mark.slow
@pytest.mark.parametrize("ini", ["strict", "off"])
def test_triggers_and_functions_of_django_pghistory(
    pytester: pytest.Pytester, postgres: str, ini: str
) -> None:
    write(
        pytester,
        postgres,
        ini=f"pgtrigger_install = {ini}",
        apps='"pghistory", "shop"',
        models=TRACKED,
        tests=HISTORY,
    )
    result = pytester.runpytest_subprocess()

    result.assert_outcomes(**({"passed": 1} if ini == "strict" else {"failed": 1}))


@pytest.mark.slow
def test_a_project_in_a_folder_of_its_own(pytester: pytest.Pytester, postgres: str) -> None:
    write(pytester, postgres, tests=ONE, ini="pgtrigger_install = strict")
    inner = pytester.mkdir("backend")
    for name in ("manage.py", "settings.py", "shop"):
        (pytester.path / name).rename(inner / name)
    ini = pytester.path / "pytest.ini"
    ini.write_text(f"{ini.read_text()}\npgtrigger_project = backend\npythonpath = backend\n")

    pytester.runpytest_subprocess().assert_outcomes(passed=5)
