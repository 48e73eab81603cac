"""Packages that are not installed where a project is read, and that a stub stands for."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.evaluator.values.unknown import External, Unknown
from pgtrigger_codegen.evaluator.values.user_classes import Class
from pgtrigger_codegen.source.stubs import FOLDER, find_stub, stubbed_packages
from tests.evaluator.code import execute
from tests.support.projects import SETTINGS, analyzed

_TRACKED = """
import pghistory
import pgtrigger
from django.db import models
{imports}

@pghistory.track()
class Order({bases}):
    name = models.CharField(max_length=10)
{body}
    class Meta:
        triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]
"""


_TRACKER = "from model_utils import FieldTracker\n"
_COUNTRY = "from django_countries.fields import CountryField\n"
_MEASURE = "from measurement.measures import Distance\n"
_TAGGED = """
from django.db import models
from tagulous.models import TagField
class M(models.Model):
    tags = TagField()
    class Meta:
        app_label = "shop"
"""


def _tracked(
    root: Path, imports: str = "", bases: str = "models.Model", body: str = ""
) -> Analysis:
    root.mkdir()
    return analyzed(root, _TRACKED.format(imports=imports, bases=bases, body=body))


def _hashes(analysis: Analysis) -> dict[str, str]:
    assert not analysis.unresolved
    return {trigger.uri: trigger.hash for trigger in analysis.triggers}


def _public_names(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
    ]


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.pyi")), ids=lambda path: path.parent.name)
def test_every_public_name_of_a_stub_is_known(path: Path, tmp_path: Path) -> None:
    module = ".".join(path.relative_to(FOLDER).with_suffix("").parts).removesuffix(".__init__")
    names = _public_names(path)
    source = "".join(f"from {module} import {name}\n{name} = {name}\n" for name in names)

    ours = execute(tmp_path, source or "pass", complete=False)

    assert not [name for name in names if isinstance(ours[name], Unknown)]


@pytest.mark.parametrize("up", ["/../../../outside", "/{}/outside"])
def test_a_name_that_is_a_path_leads_to_no_stub(up: str, tmp_path: Path) -> None:
    (tmp_path / "outside.pyi").write_text("class A: ...\n")
    dotted = f"solo.{up.format(tmp_path)}"
    assert FOLDER.joinpath("solo", f"/{tmp_path}", "outside.pyi").is_file()

    assert find_stub(dotted) is None
    assert find_stub("solo.models") is not None


def test_each_package_with_a_stub_says_what_it_was_compared_with() -> None:
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir()}

    assert set(stubbed_packages()) == folders - {"__pycache__"}


@pytest.mark.parametrize(
    ("stubbed", "plain"),
    [
        (
            {
                "imports": "from model_utils.models import TimeStampedModel",
                "bases": "TimeStampedModel",
            },
            {
                "imports": (
                    "class Base(models.Model):\n"
                    "    created = models.DateTimeField(editable=False)\n"
                    "    modified = models.DateTimeField(editable=False)\n"
                    "    class Meta:\n        abstract = True\n"
                ),
                "bases": "Base",
            },
        ),
        (
            {
                "imports": "from phonenumber_field.modelfields import PhoneNumberField",
                "body": "    phone = PhoneNumberField(region='DE')",
            },
            {"body": "    phone = models.CharField(max_length=128)"},
        ),
        (
            {
                "imports": "from queryable_properties.properties import AnnotationProperty\n"
                "from model_utils import FieldTracker",
                "body": "    total = AnnotationProperty(models.F('id'))\n    seen = FieldTracker()",
            },
            {},
        ),
        (
            {
                "imports": "import citext",
                "body": "    mail = citext.CIEmailField(unique=True)",
            },
            {"body": "    mail = models.EmailField(unique=True)"},
        ),
        (
            {
                "imports": "from measurement.base import MeasureBase\n"
                "from measurement.measures import Distance\n"
                "class Span(Distance):\n    UNITS = {'m': 1.0}\n"
                "class Measured(models.FloatField):\n"
                "    def __init__(self, *args, measurement=Distance, **kwargs):\n"
                "        if not issubclass(measurement, MeasureBase):\n"
                "            raise TypeError\n"
                "        super().__init__(*args, **kwargs)\n",
                "body": "    length = Measured(measurement=Span)",
            },
            {"body": "    length = models.FloatField()"},
        ),
        (
            {
                "imports": "from queryable_properties.properties import (\n"
                "    AnnotationGetterMixin, QueryableProperty)\n"
                "class Total(AnnotationGetterMixin, QueryableProperty):\n"
                "    def get_annotation(self, cls):\n        return models.F('id')\n",
                "body": "    total = Total()",
            },
            {},
        ),
        (
            {
                "imports": "from django_choices_field import TextChoicesField\n"
                "class Kind(models.TextChoices):\n    SMALL = 's', 'Small'\n    LARGE = 'large'\n",
                "body": "    kind = TextChoicesField(choices_enum=Kind)\n"
                "    other = TextChoicesField(Kind, 'other', null=True, blank=True)\n",
            },
            {
                "body": "    kind = models.CharField(max_length=5)\n"
                "    other = models.CharField(max_length=5, null=True)\n",
            },
        ),
    ],
    ids=["abstract model", "field", "neither", "module", "measure", "mixin", "choices"],
)
def test_a_model_is_read_as_with_djangos_own_classes(
    stubbed: dict[str, str], plain: dict[str, str], tmp_path: Path
) -> None:
    ours = _tracked(tmp_path / "stubbed", **stubbed)

    assert len(ours.triggers) == 3
    assert _hashes(ours) == _hashes(_tracked(tmp_path / "plain", **plain))


def test_a_stub_is_an_assumption_that_is_listed_once(tmp_path: Path) -> None:
    body = "    a = PhoneNumberField()\n    b = PhoneNumberField()"
    imports = "from phonenumber_field.modelfields import PhoneNumberField"

    ours = _tracked(tmp_path / "project", imports=imports, body=body)

    assumed = [each for each in ours.assumptions if each.name.startswith("package")]
    release = stubbed_packages()["phonenumber_field"]
    assert [(each.name, each.value) for each in assumed] == [
        ("package phonenumber_field", f"as in {release}")
    ]


def test_an_assumption_names_the_place_in_the_project(tmp_path: Path) -> None:
    """A stub that uses another module of its package would name a folder of this machine."""
    imports = "from model_utils.models import TimeStampedModel"

    ours = _tracked(tmp_path / "project", imports=imports, bases="TimeStampedModel")

    (assumed,) = [each for each in ours.assumptions if each.name == "package model_utils"]
    assert Path(assumed.span.path) == tmp_path / "project" / "shop" / "models.py"


def test_the_projects_environment_wins(tmp_path: Path) -> None:
    source = "from model_utils import FieldTracker\na = FieldTracker"

    assert isinstance(execute(tmp_path, source, complete=True)["a"], External)
    assert isinstance(execute(tmp_path, source, complete=False)["a"], Class)


@pytest.mark.parametrize(
    ("version", "is_read"),
    [("4.3.1", True), ("4.5", True), ("5.0.9", True), ("4.2.0", False), ("5.1.0", False)],
)
def test_a_release_that_the_stub_was_not_compared_with_is_refused(
    version: str, tmp_path: Path, *, is_read: bool
) -> None:
    lock = f'[[package]]\nname = "django-model-utils"\nversion = "{version}"\n'
    models = _TRACKED.format(
        imports="from model_utils.models import UUIDModel", bases="UUIDModel", body=""
    )

    analysis = analyzed(tmp_path, models, {"uv.lock": lock})

    assert (len(analysis.triggers) == 3) is is_read
    assert any(each.name.startswith("package") for each in analysis.assumptions) is is_read


def test_a_package_of_the_projects_own_wins(tmp_path: Path) -> None:
    source = "from model_utils import FieldTracker\na = FieldTracker"
    files = {"model_utils/__init__.py": "FieldTracker = 3"}

    assert execute(tmp_path, source, files=files, complete=False)["a"] == 3


@pytest.mark.parametrize(
    "source",
    [
        "from model_utils import Choices\na = Choices",
        "import model_utils\na = model_utils.managers.InheritanceManager",
        "from model_utils.fields import models\na = models",
        "from model_utils.fields import *\na = now",
        "from model_utils import FieldTracker\na = FieldTracker().previous",
        "from model_utils import FieldTracker\na = FieldTracker.previous",
        "from model_utils import FieldTracker\na = hasattr(FieldTracker, 'previous')",
        "from model_utils import FieldTracker\na = getattr(FieldTracker(), 'previous', 1)",
        _TRACKER
        + "class T(FieldTracker):\n    def f(self):\n        return super().x\na = T().f()",
        _TAGGED + "a = M.tags.tag_model",
        _TAGGED + "a = hasattr(M.tags, 'tag_model')",
        _TAGGED + "a = getattr(M.tags, 'tag_model', 1)",
        _TAGGED + "a = M._meta.get_field('tags').tag_options",
        _TAGGED + "a = hasattr(M._meta.get_field('tags'), 'tag_model')",
        "from swapper import join\na = join",
        "from swapper import *\na = apps",
        "from swapper import _prefixes\na = _prefixes",
        "import swapper\na = swapper.swappable_setting('shop', 'Unset')",
        "import swapper\na = swapper.get_model_name('shop', 'Unset')",
        "import swapper\nswapper.set_app_prefix = 1\na = swapper.split",
        _MEASURE + "a = Distance(m=1) == Distance(m=1)",
        _MEASURE + "a = 2 * Distance(m=1)",
        _MEASURE + "a = bool(Distance(m=0))",
        _MEASURE + "a = f'{Distance(m=0)}'",
        _MEASURE + "a = Distance.UNITS",
        _MEASURE + "try:\n    a = str(Distance(m=1))\nexcept Exception:\n    a = 1",
        _MEASURE + "a = 1\nif Distance(m=0):\n    a = 2",
        _COUNTRY
        + "try:\n    a = CountryField(multiple=True)\nexcept NotImplementedError:\n    a = 1",
        _TRACKER + "try:\n    a = FieldTracker().x\nexcept AttributeError:\n    a = 1",
    ],
)
def test_what_a_stub_does_not_tell_is_not_known(source: str, tmp_path: Path) -> None:
    assert isinstance(execute(tmp_path, source, complete=False)["a"], Unknown)


def test_an_attribute_of_the_projects_own_class_is_known(tmp_path: Path) -> None:
    source = (
        "from model_utils import FieldTracker\nclass T(FieldTracker):\n    x = 1\n"
        "a = T.x, hasattr(T(), 'x'), getattr(T, 'x', 2)"
    )

    assert execute(tmp_path, source, complete=False)["a"] == (1, True, 1)


def test_a_value_that_the_package_writes_in_its_own_way_is_refused(tmp_path: Path) -> None:
    """A number in a condition would be normalized before PostgreSQL sees it."""
    models = """
    import pgtrigger
    from django.db import models
    from phonenumber_field.modelfields import PhoneNumberField

    class Order(models.Model):
        phone = PhoneNumberField()

        class Meta:
            triggers = [
                pgtrigger.Protect(
                    name="keep",
                    operation=pgtrigger.Delete,
                    condition=pgtrigger.Q(old__phone="0123"),
                )
            ]
    """

    (refused,) = analyzed(tmp_path, models).unresolved

    assert "how phonenumber_field writes a number is not known" in refused.reason


_TAGGED_ORDER = """
import pgtrigger
from django.db import models
{imports}

class Tag({base}):
    class Meta:
        triggers = [pgtrigger.ReadOnly(name="frozen", exclude=["count"])]
{made}
class Order(models.Model):
    tags = {given}
    labels = {other}

frozen = pgtrigger.ReadOnly(name="frozen", exclude=["id"])
pgtrigger.register(frozen)(Order.tags.through)
pgtrigger.register(frozen)(Order.labels.through)
"""
_PLAIN_TAG = """
class Plain(models.Model):
    name = models.CharField(unique=True, max_length=255)
    slug = models.SlugField()
    count = models.IntegerField(default=0)
    protected = models.BooleanField(default=False)
{more}
    class Meta:
        abstract = True
"""
_TREE = """
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE)
    path = models.TextField()
    label = models.CharField(max_length=255)
    level = models.IntegerField(default=1)
"""


@pytest.mark.parametrize(("base", "more"), [("TagModel", ""), ("TagTreeModel", _TREE)])
def test_a_field_makes_a_model_of_its_own(base: str, more: str, tmp_path: Path) -> None:
    tagged = _TAGGED_ORDER.format(
        imports="from tagulous.models import TagField, TagModel, TagTreeModel",
        base=base,
        made="",
        given="TagField(to=Tag)",
        other="TagField(force_lowercase=True)",
    )
    plain = _TAGGED_ORDER.format(
        imports=_PLAIN_TAG.format(more=more),
        base="Plain",
        made="class Tagulous_Order_labels(Plain): ...",
        given="models.ManyToManyField(Tag)",
        other="models.ManyToManyField(Tagulous_Order_labels)",
    )

    ours = _hashes(analyzed(tmp_path / "tagged", tagged))

    assert len(ours) == 3
    assert ours == _hashes(analyzed(tmp_path / "plain", plain))


def test_tags_that_a_setting_may_shape_are_refused(tmp_path: Path) -> None:
    tagged = _TAGGED_ORDER.format(
        imports="from tagulous.models import TagField, TagModel",
        base="TagModel",
        made="",
        given="TagField(to=Tag)",
        other="TagField()",
    )
    settings = f'{SETTINGS}TAGULOUS_DEFAULT_TAG_OPTIONS = {{"tree": True}}\n'

    analysis = analyzed(tmp_path, tagged, {"settings.py": settings})

    assert not [each.uri for each in analysis.triggers if "labels" in each.uri]
    assert any("TAGULOUS_DEFAULT_TAG_OPTIONS" in each.reason for each in analysis.unresolved)


_SWAPPED = """
import pgtrigger
{imports}
from django.contrib.auth.models import Group
from django.db import models

class Order(models.Model):
    group = models.ForeignKey({name}, on_delete=models.CASCADE)

    class Meta:
        swappable = {setting}
        triggers = [pgtrigger.ReadOnly(name="frozen", exclude=["id"])]

    if {swapped}:
        extra = models.IntegerField()

pgtrigger.register(pgtrigger.Protect(name="keep", operation=pgtrigger.Delete))({model})
"""


def test_functions_answer_by_the_settings(tmp_path: Path) -> None:
    settings = {
        "settings.py": f'{SETTINGS}MARKET_ORDER_MODEL = "shop.Order"\nX_G_MODEL = "auth.Group"\n'
    }
    swapping = _SWAPPED.format(
        imports="import swapper\nswapper.set_app_prefix('shop', 'market')",
        name="swapper.get_model_name('x', 'G')",
        setting="swapper.swappable_setting('shop', 'Order')",
        swapped="swapper.is_swapped('x', 'G') and not swapper.is_swapped('shop', 'Order')",
        model="swapper.load_model('x', 'G', require_ready=False)",
    )
    plain = _SWAPPED.format(
        imports="", name="Group", setting="'MARKET_ORDER_MODEL'", swapped="True", model="Group"
    )

    ours = _hashes(analyzed(tmp_path / "swapping", swapping, settings))

    assert len(ours) == 2
    assert ours == _hashes(analyzed(tmp_path / "plain", plain, settings))


def test_a_model_of_an_app_that_is_not_here_is_not_taken_to_be_missing(tmp_path: Path) -> None:
    settings = SETTINGS.replace('"shop"]', '"shop", "elsewhere"]')
    models = """
    import pgtrigger
    import swapper
    from django.db import models

    def protect():
        if swapper.load_model("elsewhere", "Order", required=False) is None:
            pgtrigger.register(pgtrigger.Protect(name="keep", operation=pgtrigger.Delete))(Order)

    class Order(models.Model): ...
    """
    files = {
        "settings.py": f'{settings}ELSEWHERE_ORDER_MODEL = "elsewhere.Order"\n',
        "shop/apps.py": """
        from django.apps import AppConfig

        class ShopConfig(AppConfig):
            name = "shop"

            def ready(self):
                from shop.models import protect
                protect()
        """,
    }

    analysis = analyzed(tmp_path, models, files)

    assert not analysis.triggers
    assert analysis.unresolved
