"""The table of Django, and of sqlparse: allowed calls and uses of their objects."""

from __future__ import annotations

from pgtrigger_codegen.evaluator.library.rows import LibraryTable, kind, module, modules, option

_MODULES = (
    *modules("""
        django django.apps.config django.conf django.conf.global_settings
        django.contrib.postgres.fields.array django.contrib.postgres.fields.citext
        django.contrib.postgres.fields.hstore django.contrib.postgres.fields.ranges
        django.core.serializers.json django.db
        django.db.migrations.migration django.db.migrations.operations
        django.db.migrations.operations.fields django.db.migrations.operations.models
        django.db.migrations.operations.special django.db.models.aggregates django.db.models.base
        django.db.models.constants django.db.models.constraints django.db.models.deletion
        django.db.models.enums django.db.models.fetch_modes django.db.models.fields.composite
        django.db.models.fields.files django.db.models.fields.generated django.db.models.fields.json
        django.db.models.fields.proxy django.db.models.fields.related
        django.db.models.fields.related_descriptors
        django.db.models.functions.comparison django.db.models.functions.datetime
        django.db.models.functions.math django.db.models.functions.text django.db.models.indexes
        django.db.models.lookups django.db.models.manager django.db.models.query
        django.db.models.signals django.dispatch django.utils.timezone
    """),
    module("django.apps", calls="AppConfig"),
    module("django.contrib.postgres.constraints", calls="ExclusionConstraint"),
    module(
        "django.contrib.postgres.fields",
        calls="""
            ArrayField BigIntegerRangeField CICharField CIEmailField CITextField DateRangeField
            DateTimeRangeField DecimalRangeField HStoreField IntegerRangeField JSONField
            RangeBoundary
        """,
    ),
    module("django.contrib.postgres.fields.jsonb", calls="JSONField"),
    module("django.contrib.postgres.functions", calls="RandomUUID TransactionNow"),
    module(
        "django.contrib.postgres.indexes",
        calls="""
            BloomIndex BrinIndex BTreeIndex GinIndex GistIndex HashIndex OpClass SpGistIndex
        """,
    ),
    module(
        "django.contrib.postgres.operations",
        calls="""
            AddConstraintNotValid AddIndexConcurrently BloomExtension BtreeGinExtension
            BtreeGistExtension CITextExtension CreateCollation CreateExtension CryptoExtension
            HStoreExtension RemoveCollation RemoveIndexConcurrently TrigramExtension
            UnaccentExtension ValidateConstraint
        """,
    ),
    module(
        "django.contrib.postgres.search",
        calls="""
            SearchVectorField SearchVector SearchQuery SearchRank SearchQueryField
        """,
    ),
    module(
        "django.core.exceptions", calls="FieldDoesNotExist ImproperlyConfigured ValidationError"
    ),
    module(
        "django.core.validators",
        calls="""
            DecimalValidator EmailValidator FileExtensionValidator MaxLengthValidator
            MaxValueValidator MinLengthValidator MinValueValidator ProhibitNullCharactersValidator
            RegexValidator StepValueValidator URLValidator int_list_validator
        """,
    ),
    module(
        "django.db.migrations",
        calls="""
            AddConstraint AddField AddIndex AlterConstraint AlterField AlterIndexTogether
            AlterModelManagers AlterModelOptions AlterModelTable AlterModelTableComment
            AlterOrderWithRespectTo AlterUniqueTogether CreateModel DeleteModel RemoveConstraint
            RemoveField RemoveIndex RenameField RenameIndex RenameModel RunPython RunSQL
            SeparateDatabaseAndState Migration swappable_dependency
        """,
    ),
    module("django.db.migrations.operations.base", calls="Operation"),
    module(
        "django.db.models",
        calls="""
            AutoField BigAutoField BigIntegerField BinaryField BooleanField CharField
            CommaSeparatedIntegerField CompositePrimaryKey DateField DateTimeField DecimalField
            DurationField EmailField Field FileField FilePathField FloatField ForeignKey
            ForeignObject GeneratedField GenericIPAddressField IPAddressField ImageField
            IntegerField JSONField ManyToManyField NullBooleanField OneToOneField OrderWrt
            PositiveBigIntegerField PositiveIntegerField PositiveSmallIntegerField SlugField
            SmallAutoField SmallIntegerField TextField TimeField URLField UUIDField Aggregate Avg
            Case Count Exists Expression ExpressionWrapper F Func Max Min OrderBy OuterRef Q StdDev
            Subquery Sum Transform Lookup Value Variance When Window BaseConstraint CheckConstraint
            UniqueConstraint Deferrable Index Manager QuerySet Prefetch FilteredRelation
            RestrictedError ProtectedError CASCADE PROTECT RESTRICT SET SET_DEFAULT SET_NULL
            DO_NOTHING DB_CASCADE DB_SET_NULL DB_SET_DEFAULT Choices IntegerChoices TextChoices
        """,
    ),
    module("django.db.models.expressions", calls="RawSQL"),
    module("django.db.models.fields", calls="NOT_PROVIDED"),
    module(
        "django.db.models.functions",
        calls="""
            Abs Cast Ceil Coalesce Collate Concat Extract ExtractDay ExtractHour ExtractMonth
            ExtractYear Floor Greatest JSONObject Least Left Length Lower LPad LTrim MD5 Mod Now
            NullIf Power Repeat Replace Reverse Right Round RPad RTrim SHA256 Sign StrIndex Substr
            Trim Trunc TruncDate TruncDay TruncMonth TruncYear Upper
        """,
    ),
    module("django.db.models.query_utils", calls="DeferredAttribute"),
    module("django.utils.deconstruct", calls="deconstructible"),
    module("django.utils.functional", calls="cached_property lazy classproperty"),
    module("django.utils.text", calls="slugify capfirst format_lazy"),
    module(
        "django.utils.translation",
        calls="gettext_lazy gettext_noop ngettext_lazy npgettext_lazy pgettext_lazy",
    ),
    module("sqlparse", calls="format"),
)

_TYPES = (
    kind(
        "Field",
        calls="""
            __init__ contribute_to_class deconstruct get_attname get_attname_column
            get_internal_type get_prep_value has_default to_python
        """,
    ),
    kind("CompositePrimaryKey", calls="contribute_to_class"),
    kind("DateField", calls="contribute_to_class"),
    kind("FileField", calls="contribute_to_class"),
    kind("ForeignObject", calls="contribute_to_class"),
    kind("GeneratedField", calls="contribute_to_class"),
    kind("ImageField", calls="contribute_to_class"),
    kind("ManyToManyField", calls="contribute_to_class _get_m2m_attr _get_m2m_reverse_attr"),
    kind("RelatedField", calls="contribute_to_class"),
    kind("Options", calls="get_field get_parent_list"),
    kind("Q", calls="__init__ resolve __and__ __or__ __invert__ copy"),
    kind("F", calls="__init__ asc desc"),
    kind("Manager", calls="from_queryset __init__"),
    kind("BaseManager", calls="from_queryset __init__"),
    kind("QuerySet", calls="as_manager"),
    kind("AppConfig", calls="__init__ ready"),
    kind("Choices", calls="__str__"),
    kind("RunPython", calls="noop"),
)

# Not among them: what depends on models that were not rendered (reverse relations).
_OPTIONS = (
    *(
        option(name, rendered=True)
        for name in """
        auto_field concrete_fields fields get_field local_concrete_fields local_fields
        local_many_to_many managed many_to_many parents pk proxy swapped verbose_name
        verbose_name_plural
    """.split()
    ),
    *(
        option(name)
        for name in """
        abstract app_label auto_created concrete_model constraints db_table db_tablespace indexes
        label label_lower model model_name object_name ordering pk_fields triggers unique_together
    """.split()
    ),
)

TABLE = LibraryTable(_MODULES, _TYPES, _OPTIONS)
