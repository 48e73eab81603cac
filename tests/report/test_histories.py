"""`report` on the histories of small pull requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Outcome, run_cli, run_json
from tests.support.git_project import PROTECT, RENAME_FIELD, STAMP, GitProject, models

READS_AND_WRITES = "reads and writes"
UNREADABLE = "pgtrigger.Protect(name=open('name').read(), operation=pgtrigger.Delete)"


def report(project: GitProject, *options: str) -> Outcome:
    outcome = run_cli(project.root, "report", "--since", "main", *options)
    assert outcome.exit_code == 0, outcome.stderr
    return outcome


def facts(project: GitProject) -> dict[str, Any]:
    data: dict[str, Any] = run_json(project.root, "report", "--since", "main")
    return data


def only_change(project: GitProject) -> dict[str, Any]:
    (change,) = facts(project)["changes"]
    return dict(change)


def statements(change: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [
        (statement["does"].partition(" `")[0], statement["lock"])
        for operation in change["operations"]
        for statement in operation["statements"]
    ]


def test_a_project_in_step_is_one_line(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)

    lines = report(project).stdout.splitlines()

    assert lines == ["<!-- pgtrigger-codegen report -->", "No trigger changes since `main`."]


def test_other_code_is_no_change(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)
    project.write("shop/views.py", "TITLE = 'Shop'\n")
    project.commit()

    assert facts(project)["changes"] == []
    assert "No trigger changes since `main`.\n" in report(project).stdout


def test_a_new_trigger(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)
    project.declare(PROTECT, STAMP)
    project.migrate()
    project.commit()

    change = only_change(project)

    assert (change["kind"], change["uri"], change["written"]) == ("add", "shop.Order:stamp", True)
    assert statements(change) == [
        ("creates or replaces function", None),
        ("creates or replaces trigger", "ShareRowExclusiveLock"),
        ("records the hash", "AccessShareLock"),
    ]
    assert (change["waits"], change["reverses"]) == ("writes", True)
    assert {line[0] for line in change["diff"]} == {"@", "+"}
    assert change["reasons"] == []
    cells = ("added", "`shop.Order:stamp`", "writes", "yes", "", "`shop.0003_order_stamp`")
    row = f"| {' | '.join(cells)} | `shop_order` |"
    assert row in report(project).stdout


def test_a_changed_body_stops_nobody(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT, STAMP)
    project.declare(PROTECT, STAMP.replace("LOWER", "UPPER"))
    project.migrate()

    change = only_change(project)

    assert (change["kind"], change["waits"]) == ("alter", "nothing")
    assert change["reasons"] == ["function changed"]
    assert "-    NEW.status = LOWER(NEW.status);" in change["diff"]
    assert "+    NEW.status = UPPER(NEW.status);" in change["diff"]
    assert change["advice"] == []


def test_a_rename_with_woven_operations(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT, STAMP)
    project.declare(PROTECT, STAMP.replace("status", "state"), column="state")
    project.write("shop/migrations/0003_rename.py", RENAME_FIELD)
    project.migrate()
    project.commit()

    change = only_change(project)

    assert (change["kind"], change["written"]) == ("alter", True)
    assert change["waits"] == READS_AND_WRITES
    assert [text for text, _ in statements(change)] == [
        "keeps a disabled trigger disabled",
        "drops trigger",
        "drops function",
        "renames column",
        "creates or replaces function",
        "creates or replaces trigger",
        "records the hash",
        "keeps a disabled trigger disabled",
    ]
    assert all(operation["migration"] == "shop.0003_rename" for operation in change["operations"])


def test_a_renamed_model_renames_its_triggers(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)
    project.write("shop/models.py", models(PROTECT).replace("class Order", "class Purchase"))
    rename = RENAME_FIELD.replace('RenameField("order", "status", "state")', _RENAME_MODEL)
    rename = rename.replace("0002_order_protect_order_stamp", "0002_order_protect")
    project.write("shop/migrations/0003_rename.py", rename)
    before = only_change(project)
    project.migrate()

    change = only_change(project)

    assert not before["written"]
    assert (change["kind"], change["written"]) == ("rename", True)
    assert (change["old_uri"], change["uri"]) == ("shop.Order:protect", "shop.Purchase:protect")


_RENAME_MODEL = 'RenameModel("Order", "Purchase")'


def test_a_removed_trigger(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT, STAMP)
    project.declare(PROTECT)
    project.migrate()

    change = only_change(project)

    assert (change["kind"], change["waits"]) == ("remove", READS_AND_WRITES)
    assert change["reasons"] == ["the source no longer declares it"]


def test_a_trigger_whose_migrations_are_gone_is_left_behind(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)
    settings = (tmp_path / "settings.py").read_text()
    project.write("settings.py", settings.replace(', "shop"', ""))
    project.commit()

    change = only_change(project)
    text = report(project).stdout

    assert (change["kind"], change["left_behind"], change["written"]) == ("remove", True, False)
    assert "prune" in change["advice"][0]
    assert "| **none: kept** |" in text
    assert "makemigrations" not in text


def test_a_trigger_that_goes_with_its_table_is_not_left_behind(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)
    project.write("shop/models.py", "")
    rename = RENAME_FIELD.replace('RenameField("order", "status", "state")', 'DeleteModel("Order")')
    rename = rename.replace("0002_order_protect_order_stamp", "0002_order_protect")
    project.write("shop/migrations/0003_delete.py", rename)
    project.commit()

    before = only_change(project)
    project.migrate("--weave")
    after = only_change(project)

    assert (before["kind"], before["left_behind"], before["waits"]) == (
        "remove",
        False,
        READS_AND_WRITES,
    )
    assert ("drops table", "AccessExclusiveLock") in statements(before)
    assert (after["kind"], after["written"]) == ("remove", True)
    assert statements(after)[0] == ("drops trigger", "AccessExclusiveLock")


def test_a_change_after_a_migration_that_is_not_released(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)
    project.declare(PROTECT, STAMP)
    project.migrate()
    project.commit()
    project.declare(PROTECT, STAMP.replace('"stamp"', '"marked"'))

    change = only_change(project)

    assert (change["uri"], change["kind"]) == ("shop.Order:marked", "add")
    assert ("drops trigger", "AccessExclusiveLock") in statements(change)
    assert change["waits"] == READS_AND_WRITES


def test_what_is_in_no_migration_yet(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)
    project.declare(PROTECT, STAMP)
    project.commit()

    change = only_change(project)

    assert not change["written"]
    assert "makemigrations" in change["advice"][0]
    assert change["operations"][0]["name"] == ("to be written: shop/migrations/0003_order_stamp.py")
    assert change["waits"] == "writes"
    assert not (tmp_path / "shop/migrations/0003_order_stamp.py").exists()
    assert change["findings"] == []  # PGT401 says nothing else


def test_the_last_commit_is_compared_with_by_default(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)
    project.declare(PROTECT, STAMP)
    project.commit()
    project.migrate()

    (change,) = run_json(tmp_path, "report")["changes"]

    assert (change["kind"], change["written"]) == ("add", True)


def test_a_table_that_comes_along_stops_nobody(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)
    project.write("shop/models.py", models(PROTECT) + _INVOICE)
    project.write("shop/migrations/0003_invoice.py", _CREATE_INVOICE)
    project.migrate()

    change = only_change(project)

    assert change["uri"] == "shop.Invoice:keep"
    assert (change["new_table"], change["waits"]) == (True, "nothing")


_INVOICE = """

class Invoice(models.Model):
    class Meta:
        triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]
"""
_CREATE_INVOICE = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order_protect")]
    operations = [
        migrations.CreateModel("Invoice", [("id", models.BigAutoField(primary_key=True))]),
    ]
"""


def test_sql_that_is_written_by_hand(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)
    project.write("shop/migrations/0003_by_hand.py", _BY_HAND)

    change = only_change(project)

    assert (change["uri"], change["kind"]) == ("shop_order:audit", "add")
    assert change["reasons"] == ["nothing declares it: a migration has it as SQL"]
    assert change["reverses"] is False
    assert change["waits"] is None
    assert any("cannot be reversed" in line for line in change["advice"])
    assert "| no |" in report(project).stdout


_BY_HAND = """\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order_protect")]
    operations = [
        migrations.RunSQL('''
            CREATE FUNCTION audit() RETURNS TRIGGER LANGUAGE plpgsql AS $$
            BEGIN RETURN NULL; END $$;
            CREATE TRIGGER audit AFTER INSERT ON shop_order
            FOR EACH ROW EXECUTE FUNCTION audit();
            LOCK TABLE shop_order; -- who knows what a trigger needs
        '''),
    ]
"""


def test_what_a_branch_commits_is_not_released(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)
    slow = _BY_HAND.replace("LOCK TABLE shop_order;", "UPDATE shop_order SET status = 'new';")
    project.write("shop/migrations/0003_by_hand.py", slow)
    project.commit()

    (finding,) = [one for one in facts(project)["findings"] if one["code"] == "PGT412"]
    assert finding["severity"] == "warning"
    assert run_json(project.root, "lint", "--select", "PGT412") == []


def test_new_findings_stand_with_their_trigger(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)
    project.declare(PROTECT, STAMP.replace("RETURN NEW;", ""))
    project.migrate()

    (change,) = facts(project)["changes"]

    assert [finding["code"] for finding in change["findings"]] == ["PGT302"]
    assert "1 new error" in report(project).stdout


def test_old_findings_are_not_repeated(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT, STAMP.replace("RETURN NEW;", ""))
    project.declare(STAMP.replace("RETURN NEW;", ""), PROTECT)
    project.commit()

    data = facts(project)

    assert (data["changes"], data["findings"]) == ([], [])


@pytest.mark.parametrize("output_format", ["markdown", "html"])
def test_what_is_not_read_is_named(tmp_path: Path, output_format: str) -> None:
    project = GitProject(tmp_path, PROTECT)
    project.declare(PROTECT, UNREADABLE)
    project.commit()

    data = facts(project)
    text = report(project, "--output-format", output_format).stdout

    assert data["incomplete"]
    (unresolved,) = data["unresolved"]
    assert unresolved["new"]
    assert unresolved["reason"] == "a file by a path that is not absolute is not read"
    assert "shop/models.py:10" in text
    assert "may hide more" in text


def test_what_was_not_read_before_limits_the_one_line(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT, UNREADABLE)

    lines = report(project).stdout.splitlines()

    assert len(lines) == 2
    assert "as far as the source was read (1 place not read)" in lines[1]


def test_a_removal_that_a_gap_may_hide_is_not_claimed(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT, STAMP)
    project.declare(PROTECT, UNREADABLE)
    project.commit()

    data = facts(project)

    assert data["changes"] == []
    assert data["unresolved"]


def test_outside_of_git_only_what_is_in_no_migration(tmp_path: Path) -> None:
    project = GitProject(tmp_path / "elsewhere", PROTECT)
    project.declare(PROTECT, STAMP)
    (tmp_path / "elsewhere" / ".git").rename(tmp_path / "gone")

    data = run_json(project.root, "report")
    refused = run_cli(project.root, "report", "--since", "main")

    assert data["since"] is None
    assert [change["written"] for change in data["changes"]] == [False]
    assert refused.exit_code == 2
    assert "is not in a git repository" in refused.stderr


def test_a_commit_that_is_not_there(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)

    for name in ("origin/main", "--help", "main^{tree}"):
        outcome = run_cli(project.root, "report", f"--since={name}")
        assert outcome.exit_code == 2
        assert "git knows no commit" in outcome.stderr
        assert "fetch-depth: 0" in outcome.stderr


def test_branches_without_a_common_commit(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)
    project.git("checkout", "--quiet", "--orphan", "other")
    project.declare(PROTECT, STAMP)
    project.commit()

    outcome = run_cli(project.root, "report", "--since", "main")

    assert outcome.exit_code == 2
    assert "no common commit" in outcome.stderr


def _lose(project: GitProject, name: str) -> None:
    blob = project.git("rev-parse", f"main:{name}").strip()
    (project.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()


def test_contents_that_git_does_not_have(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT, files={"data.tsv": "1\t2\n"})
    project.declare(PROTECT, STAMP)
    _lose(project, "data.tsv")

    assert only_change(project)["kind"] == "add"

    _lose(project, "shop/models.py")
    outcome = run_cli(project.root, "report", "--since", "main")

    assert outcome.exit_code == 2
    assert "shop/models.py is part of commit" in outcome.stderr
    assert "clone without --filter" in outcome.stderr


def test_main_may_have_moved_on(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)
    project.git("checkout", "--quiet", "main")
    project.declare(PROTECT, STAMP)
    project.migrate()
    project.commit()
    project.git("checkout", "--quiet", "change")

    assert facts(project)["changes"] == []


def test_a_project_that_was_not_there(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)
    project.git("checkout", "--quiet", "--orphan", "empty")
    project.git("rm", "-r", "--quiet", "--cached", ".")
    (tmp_path / "README").touch()
    project.git("add", "README")
    project.git("commit", "--quiet", "--message", "x")
    project.git("add", "--all")

    change = only_change_since(project, "empty")

    assert (change["kind"], change["new_table"]) == ("add", True)


def only_change_since(project: GitProject, name: str) -> dict[str, Any]:
    (change,) = run_json(project.root, "report", "--since", name)["changes"]
    return dict(change)


def test_links_of_a_commit_lead_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret.py"
    secret.write_text("raise SystemExit\n")
    project = GitProject(tmp_path / "project", PROTECT)
    for name, target in (("absolute", str(secret)), ("relative", "../../secret.py")):
        (project.root / "shop" / f"{name}.py").symlink_to(target)
    project.commit()
    project.git("branch", "--force", "main")
    project.declare(PROTECT, STAMP)

    assert only_change(project)["uri"] == "shop.Order:stamp"
    assert secret.read_text() == "raise SystemExit\n"


def test_a_project_in_a_folder_of_its_repository(tmp_path: Path) -> None:
    project = GitProject(tmp_path / "back", PROTECT)
    (tmp_path / "back" / ".git").rename(tmp_path / ".git")
    project.commit()
    project.git("branch", "--force", "main")
    project.declare(PROTECT, STAMP)

    assert only_change(project)["path"] == "shop/models.py"


def test_the_file(tmp_path: Path) -> None:
    project = GitProject(tmp_path / "project", PROTECT)
    file = tmp_path / "report.md"

    outcome = report(project, "--output-file", str(file))

    assert outcome.stdout == ""
    assert file.read_text().endswith("No trigger changes since `main`.\n")
