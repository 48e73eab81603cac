"""A project with one model and its first migration, to which tests add others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.database.project import Shop, make_shop
from tests.support.cli import Outcome, run_cli

ORDER = """
class Order(models.Model):
    status = models.CharField(max_length=20)
    total = models.IntegerField()

    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="{name}",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Condition("NEW.total > {least}"),
                func="NEW.total = NEW.total * {factor}; RETURN NEW;",
            ),
        ]
"""
CREATE_ORDER = """
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("status", models.CharField(max_length=20)),
                ("total", models.IntegerField()),
            ],
        ),
"""


def make_migrated_shop(folder: Path, dsn: str) -> Shop:
    """The project with its first migration."""
    shop = make_shop(folder, dsn)
    add_migration(shop, "0001_initial", CREATE_ORDER)
    return shop


def add_migration(shop: Shop, name: str, operations: str, *, more: str = "") -> None:
    """Write a migration that comes after all others.

    Args:
        operations: The items of the list.
        more: Statements before the class.
    """
    folder = shop.root / "shop" / "migrations"
    before = sorted(path.stem for path in folder.glob("0*.py") if path.stem < name)
    (folder / f"{name}.py").write_text(
        f"""
from django.db import migrations, models
{more}

class Migration(migrations.Migration):
    dependencies = {[("shop", stem) for stem in before[-1:]]}
    operations = [{operations}]
"""
    )


def declare(shop: Shop, name: str = "double", least: int = 1, factor: int = 2) -> None:
    """Write the model with its one trigger."""
    shop.write(ORDER.format(name=name, least=least, factor=factor))


def migrate(shop: Shop) -> None:
    """Let `makemigrations` write what is missing."""
    outcome = run_cli(shop.root, "makemigrations")
    assert outcome.exit_code == 0, outcome.stderr


def verify_migrations(shop: Shop, *arguments: str) -> Outcome:
    """The command's outcome."""
    return shop.run("verify", "--migrations", *arguments)


def migrations_of(shop: Shop) -> dict[str, Any]:
    """What the command tells of the migrations."""
    found: dict[str, Any] = verify_migrations(shop, "--output-format", "json").data["migrations"]
    return found


def reasons(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The causes and the reasons of what was left out."""
    return [(one["cause"], one["reason"]) for one in found["skipped"]]
