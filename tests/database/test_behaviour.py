"""The triggers of the shop do what they say, installed by our migrations alone."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.cli import run_json
from tests.support.django_process import DjangoProject
from tests.support.projects import copy_project

_STORY = """
import datetime
import json

import pgtrigger
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.db import connection, transaction

call_command("migrate", verbosity=0)

from shop.catalog.models import Category, Price, PriceChange, Product
from shop.customers.models import Address, Customer
from shop.orders.models import JournalEntry, Order, OrderLine, Payment

results = {}


def attempt(name, action):
    try:
        with transaction.atomic():
            results[name] = action()
    except Exception as error:
        results[name] = type(error).__name__ + ": " + str(error).splitlines()[0]


def protected(name):
    return Customer.objects.create(name=name, email=name + "@Example.org", is_protected=True)


def fresh(instance, field):
    return type(instance)._base_manager.values_list(field, flat=True).get(pk=instance.pk)


ada = protected("Ada")
bob = Customer.objects.create(name="Bob", email="bob@example.org")
attempt("delete protected", lambda: ada.delete())
attempt("delete other", lambda: bob.delete()[0])
attempt("email in lower case", lambda: fresh(ada, "email"))
attempt("email of protected", lambda: Customer.objects.filter(pk=ada.pk).update(email="x@y.z"))
attempt("created_at", lambda: Customer.objects.update(created_at=datetime.datetime(
    2000, 1, 1, tzinfo=datetime.timezone.utc)))
attempt("rename", lambda: Customer.objects.update(name="Ada L."))

root = User.objects.create(username="root", is_superuser=True)
clerk = User.objects.create(username="clerk")
attempt("delete superuser", lambda: root.delete())
group = Group.objects.create(name="staff")
other_group = Group.objects.create(name="others")
clerk.groups.add(group)
permission = Permission.objects.first()
clerk.user_permissions.add(permission)
attempt("update groups", lambda: User.groups.through.objects.update(group=other_group))
attempt("update permissions", lambda: User.user_permissions.through.objects.update(user=root))
attempt("delete clerk", lambda: clerk.delete()[0])

address = Address.objects.create(customer=ada, street="High St", postcode=" ab1 ")
attempt("postcode", lambda: fresh(address, "postcode"))
Address.objects.update(postcode="KEEP")
attempt("delete kept address", lambda: Address.objects.all().delete())

category = Category.objects.create(name="Tea")
product = Product.objects.create(title="Green tea", description="leaves", category=category)
attempt("search", lambda: Product.objects.filter(search="leaves").count())
attempt("skip a status", lambda: Product.objects.update(status="sold_out"))
attempt("next status", lambda: Product.objects.update(status="for_sale"))
Product.objects.filter(pk=product.pk).delete()
attempt("soft delete", lambda: fresh(product, "is_active"))

price = Price.objects.create(
    product=product, amount=5, currency="EUR", valid_from=datetime.date(2026, 1, 1))
attempt("price changes", lambda: Price.objects.update(amount=6))
attempt("price remembered", lambda: [
    [str(change.old_amount), str(change.new_amount)] for change in PriceChange.objects.all()])
attempt("price does not change", lambda: Price.objects.update(amount=6))
attempt("currency stays", lambda: Price.objects.update(currency="USD", amount=7))
attempt("backdated", lambda: Price.objects.update(valid_from=datetime.date(2025, 1, 1), amount=8))

order = Order.objects.create(number="1", customer=ada)
line = OrderLine.objects.create(order=order, price=2, quantity=3)
attempt("sum", lambda: str(fresh(order, "total")))
attempt("version", lambda: fresh(order, "version"))
attempt("too many", lambda: OrderLine.objects.bulk_create(
    [OrderLine(order=order, price=1, quantity=1001)]))
attempt("number stays", lambda: Order.objects.update(number="2"))
attempt("unpaid payment", lambda: Payment.objects.create(order=order, amount=6) and None)
attempt("no money", lambda: Payment.objects.create(order=order, amount=0) and None)


def pay():
    Payment.objects.create(order=order, amount=6)
    Order.objects.filter(pk=order.pk).update(status="paid")
    return "paid"


attempt("pay, then say so", pay)


def truncate():
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE orders_orderline")


attempt("truncate", truncate)
order_two = Order.objects.create(number="2", customer=ada, status="paid")
attempt("delete paid", lambda: order_two.delete())

JournalEntry.objects.create(text="opened")
attempt("rewrite journal", lambda: JournalEntry.objects.update(text="closed"))
attempt("burn journal", lambda: JournalEntry.objects.all().delete())

eve = protected("Eve")
with pgtrigger.ignore("customers.Customer:keep_protected"):
    attempt("delete protected, ignoring", lambda: eve.delete()[0])

print(json.dumps(results))
"""


def test_triggers_fire(tmp_path: Path, database: str) -> None:
    root = copy_project("shop", tmp_path)
    run_json(root, "makemigrations")

    results = json.loads(DjangoProject(root, database).run(_STORY))

    refused = {name: text for name, text in results.items() if "Error" in str(text)}
    done = {name: value for name, value in results.items() if name not in refused}
    assert done == {
        "delete other": 1,
        "email in lower case": "ada@example.org",
        "rename": 1,
        "delete clerk": 3,
        "postcode": "AB1",
        "search": 1,
        "next status": 1,
        "soft delete": False,
        "price changes": 1,
        "price remembered": [["5.00", "6.00"]],
        "sum": "6.00",
        "version": 1,
        "pay, then say so": "paid",
        "delete protected, ignoring": 1,
    }
    assert refused == {
        "delete protected": _cannot("delete", "customers_customer"),
        "email of protected": _cannot('update of "email"', "customers_customer"),
        "created_at": _cannot("update", "customers_customer"),
        "delete superuser": _cannot("delete", "auth_user"),
        "update groups": _cannot("update", "auth_user_groups"),
        "update permissions": _cannot("update", "auth_user_user_permissions"),
        "delete kept address": _cannot("delete", "customers_address"),
        "skip a status": (
            'ProgrammingError: pgtrigger: Invalid transition of field "status" from'
            ' "draft" to "sold_out" on table catalog_product'
        ),
        "price does not change": _cannot("update", "catalog_price"),
        "currency stays": _cannot("update", "catalog_price"),
        "backdated": _cannot("update", "catalog_price"),
        "too many": 'ProgrammingError: At most 1000 of "100 % cotton, "it\'s soft"", please',
        "number stays": _cannot("update", "orders_order"),
        "unpaid payment": "ProgrammingError: Order 1 has a payment, but is not paid",
        "no money": "ProgrammingError: A payment of 0.00",
        "truncate": "ProgrammingError: The table orders_orderline is not truncated",
        "delete paid": _cannot("delete", "orders_order"),
        "rewrite journal": _cannot("update or delete", "Journal"),
        "burn journal": _cannot("update or delete", "Journal"),
    }


def _cannot(event: str, table: str) -> str:
    return f"ProgrammingError: pgtrigger: Cannot {event} rows from {table} table"
