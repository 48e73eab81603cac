"""Real libraries: which modules are looked up, and which callables are called for real.

An explicit list, callable by callable. Each is pure, deterministic and quick for the argument
sizes that `limits` admits. Module by module would not be enough: the public names of pgtrigger
include `install`, `uninstall` and `ignore`.
"""

from __future__ import annotations

# Modules whose names may be looked up; importing them has no effect on anything of the user's.
MODULES = set(
    """
    abc builtins collections collections.abc contextlib copy dataclasses datetime decimal enum
    fractions functools hashlib http itertools json math numbers operator os os.path pathlib re
    sqlparse string sys textwrap types typing typing_extensions uuid
    django django.apps django.apps.config django.conf django.conf.global_settings
    django.contrib.postgres.constraints
    django.contrib.postgres.fields django.contrib.postgres.fields.array
    django.contrib.postgres.fields.citext django.contrib.postgres.fields.hstore
    django.contrib.postgres.fields.jsonb django.contrib.postgres.fields.ranges
    django.contrib.postgres.functions django.contrib.postgres.indexes
    django.contrib.postgres.operations django.contrib.postgres.search
    django.core.exceptions django.core.serializers.json django.core.validators django.db
    django.db.migrations
    django.db.migrations.migration
    django.db.migrations.operations django.db.migrations.operations.base
    django.db.migrations.operations.fields django.db.migrations.operations.models
    django.db.migrations.operations.special django.db.models
    django.db.models.aggregates django.db.models.base django.db.models.constants
    django.db.models.constraints django.db.models.deletion django.db.models.enums
    django.db.models.expressions django.db.models.fetch_modes django.db.models.fields
    django.db.models.fields.composite django.db.models.fields.files
    django.db.models.fields.generated django.db.models.fields.json
    django.db.models.fields.proxy django.db.models.fields.related
    django.db.models.fields.related_descriptors
    django.db.models.functions django.db.models.functions.comparison
    django.db.models.functions.datetime django.db.models.functions.math
    django.db.models.functions.text django.db.models.indexes django.db.models.lookups
    django.db.models.manager django.db.models.query django.db.models.query_utils
    django.db.models.signals django.dispatch django.utils.deconstruct django.utils.functional
    django.utils.text django.utils.timezone django.utils.translation
    pgtrigger pgtrigger.compiler pgtrigger.contrib pgtrigger.core pgtrigger.migrations
    pgtrigger.utils
    """.split()
)

_FIELDS = """
    AutoField BigAutoField BigIntegerField BinaryField BooleanField CharField
    CommaSeparatedIntegerField CompositePrimaryKey DateField DateTimeField DecimalField
    DurationField EmailField Field FileField FilePathField FloatField ForeignKey ForeignObject
    GeneratedField GenericIPAddressField IPAddressField ImageField IntegerField JSONField
    ManyToManyField NullBooleanField OneToOneField OrderWrt PositiveBigIntegerField
    PositiveIntegerField PositiveSmallIntegerField SlugField SmallAutoField SmallIntegerField
    TextField TimeField URLField UUIDField
"""
_EXPRESSIONS = """
    Aggregate Avg Case Count Exists Expression ExpressionWrapper F Func Max Min OrderBy OuterRef
    Q StdDev Subquery Sum Transform Lookup Value Variance When Window BaseConstraint
    CheckConstraint UniqueConstraint Deferrable Index Manager QuerySet Prefetch FilteredRelation
    RestrictedError ProtectedError CASCADE PROTECT RESTRICT SET SET_DEFAULT SET_NULL DO_NOTHING
    DB_CASCADE DB_SET_NULL DB_SET_DEFAULT Choices IntegerChoices TextChoices
"""
_OPERATIONS = """
    AddConstraint AddField AddIndex AlterConstraint AlterField AlterIndexTogether
    AlterModelManagers AlterModelOptions AlterModelTable AlterModelTableComment
    AlterOrderWithRespectTo AlterUniqueTogether CreateModel DeleteModel RemoveConstraint
    RemoveField RemoveIndex RenameField RenameIndex RenameModel RunPython RunSQL
    SeparateDatabaseAndState
"""
_PGTRIGGER_CORE = """
    AllChange AllDontChange AnyChange AnyDontChange Condition F Func IsDistinctFrom
    IsNotDistinctFrom Level Operation Operations Q Referencing Timing Trigger UpdateOf When
"""
_PGTRIGGER_CONTRIB = "Composer FSM Protect ReadOnly SoftDelete UpdateSearchVector"

# Every name listed is resolved in its module when that module is first loaded; names that this
# version of the library does not have are skipped.
CALLABLES = {
    "builtins": """
        abs all any ascii bin bool bytes callable chr complex dict divmod enumerate filter float
        format frozenset hex int iter len list map max min next object oct ord pow property
        range repr reversed round set slice sorted staticmethod classmethod str sum tuple zip
        ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup Exception
        ExceptionGroup ImportError IndexError KeyError LookupError ModuleNotFoundError NameError
        NotImplementedError OverflowError RuntimeError StopIteration TypeError UnboundLocalError
        ValueError Warning ZeroDivisionError DeprecationWarning UserWarning
    """,
    "abc": "ABC abstractmethod",
    "collections": "ChainMap Counter OrderedDict defaultdict deque namedtuple",
    "contextlib": "nullcontext suppress",
    "copy": "copy deepcopy",
    "dataclasses": "InitVar asdict astuple dataclass field fields is_dataclass replace",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "enum": "Enum Flag IntEnum IntFlag StrEnum auto member nonmember unique",
    "fractions": "Fraction",
    "functools": """
        cache cached_property lru_cache partial partialmethod reduce total_ordering wraps
    """,
    "hashlib": "md5 sha1 sha224 sha256 sha384 sha512 blake2b blake2s",
    "http": "HTTPMethod HTTPStatus",
    "itertools": """
        accumulate chain combinations combinations_with_replacement compress count cycle dropwhile
        filterfalse groupby islice pairwise permutations product repeat starmap takewhile
        zip_longest
    """,
    "json": "dumps loads",
    "math": "ceil floor sqrt gcd lcm log log2 log10 trunc fabs",
    "operator": """
        add and_ attrgetter concat contains eq floordiv ge getitem gt index inv invert is_ is_not
        itemgetter le lt methodcaller mod mul ne neg not_ or_ pos pow sub truediv truth xor
    """,
    "os.path": "basename dirname join normpath split splitext commonpath isabs abspath",
    "pathlib": "Path PosixPath PurePath PurePosixPath",
    "re": "compile escape findall finditer fullmatch match search split sub subn",
    "sqlparse": "format",
    "string": "Template capwords",
    "textwrap": "dedent fill indent shorten",
    "types": "SimpleNamespace MappingProxyType",
    "typing": """
        Any Generic NamedTuple NewType ParamSpec Protocol TypeVar TypedDict final get_args
        get_origin overload runtime_checkable
    """,
    "django.db.models.query_utils": "DeferredAttribute",
    "uuid": "UUID uuid3 uuid5",
    "django.apps": "AppConfig",
    "django.contrib.postgres.constraints": "ExclusionConstraint",
    "django.contrib.postgres.fields": """
        ArrayField BigIntegerRangeField CICharField CIEmailField CITextField DateRangeField
        DateTimeRangeField DecimalRangeField HStoreField IntegerRangeField RangeBoundary
    """,
    "django.contrib.postgres.functions": "RandomUUID TransactionNow",
    "django.contrib.postgres.indexes": """
        BloomIndex BrinIndex BTreeIndex GinIndex GistIndex HashIndex OpClass SpGistIndex
    """,
    "django.contrib.postgres.operations": """
        AddConstraintNotValid AddIndexConcurrently BloomExtension BtreeGinExtension
        BtreeGistExtension CITextExtension CreateCollation CreateExtension CryptoExtension
        HStoreExtension RemoveCollation RemoveIndexConcurrently TrigramExtension
        UnaccentExtension ValidateConstraint
    """,
    "django.contrib.postgres.search": """
        SearchVectorField SearchVector SearchQuery SearchRank SearchQueryField
    """,
    "django.core.exceptions": "FieldDoesNotExist ImproperlyConfigured ValidationError",
    "django.core.validators": """
        DecimalValidator EmailValidator FileExtensionValidator MaxLengthValidator
        MaxValueValidator MinLengthValidator MinValueValidator ProhibitNullCharactersValidator
        RegexValidator StepValueValidator URLValidator int_list_validator
    """,
    "django.db.migrations.operations.base": "Operation",
    "django.db.migrations": _OPERATIONS + " Migration swappable_dependency",
    "django.db.models": _FIELDS + _EXPRESSIONS,
    "django.db.models.expressions": "RawSQL",
    "django.db.models.fields": "NOT_PROVIDED",
    "django.db.models.functions": """
        Abs Cast Ceil Coalesce Collate Concat Extract ExtractDay ExtractHour ExtractMonth
        ExtractYear Floor Greatest JSONObject Least Left Length Lower LPad LTrim MD5 Mod Now
        NullIf Power Repeat Replace Reverse Right Round RPad RTrim SHA256 Sign
        StrIndex Substr Trim Trunc TruncDate TruncDay TruncMonth TruncYear Upper
    """,
    "django.utils.deconstruct": "deconstructible",
    "django.utils.functional": "cached_property lazy classproperty",
    "django.utils.text": "slugify capfirst format_lazy",
    "django.utils.translation": """
        gettext_lazy gettext_noop ngettext_lazy npgettext_lazy pgettext_lazy
    """,
    "pgtrigger.compiler": "Trigger UpsertTriggerSql",
    "pgtrigger.contrib": _PGTRIGGER_CONTRIB,
    "pgtrigger.core": _PGTRIGGER_CORE,
    "pgtrigger.migrations": "AddTrigger RemoveTrigger",
    "pgtrigger.utils": "quote AttrDict",
}

# Methods of real values that are called for real; the type is the one that defines them.
METHODS: dict[str, str] = {
    "str": """
        __add__ __contains__ __eq__ __format__ __getitem__ __len__ __mod__ capitalize casefold
        center count encode endswith expandtabs find format format_map index isalnum isalpha
        isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle
        isupper join ljust lower lstrip maketrans partition removeprefix removesuffix replace
        rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase
        title translate upper zfill __str__ __new__
    """,
    "bytes": "decode fromhex hex join lower split startswith endswith strip replace upper",
    "int": "bit_count bit_length conjugate from_bytes to_bytes __str__ __format__ __new__",
    "float": "hex is_integer fromhex",
    "list": """
        append clear copy count extend index insert pop remove reverse sort __contains__
        __delitem__ __getitem__ __iter__ __len__ __setitem__ __add__
    """,
    "tuple": "count index __new__ __getitem__ __len__",
    "dict": """
        clear copy fromkeys get items keys pop popitem setdefault update values __contains__
        __delitem__ __getitem__ __iter__ __len__ __setitem__
    """,
    "mappingproxy": "copy get items keys values",
    "StringIO": "close getvalue read readline readlines",
    "set": """
        add clear copy difference difference_update discard intersection intersection_update
        isdisjoint issubset issuperset pop remove symmetric_difference
        symmetric_difference_update union update
    """,
    "frozenset": """
        copy difference intersection isdisjoint issubset issuperset symmetric_difference union
    """,
    "OrderedDict": "move_to_end copy items keys values pop popitem update setdefault",
    "Counter": "most_common elements total update subtract",
    "deque": "append appendleft extend extendleft pop popleft rotate clear copy count index",
    "date": """
        fromisoformat fromordinal isocalendar isoformat isoweekday replace strftime toordinal
        weekday
    """,
    "datetime": """
        astimezone combine date fromisoformat isoformat replace strftime time timetuple utcoffset
    """,
    "time": "isoformat replace strftime fromisoformat",
    "timedelta": "total_seconds",
    "timezone": "utcoffset",
    "Decimal": "quantize normalize as_tuple to_integral_value is_zero copy_abs",
    "UUID": "__str__",
    "BaseExceptionGroup": "derive split subgroup",
    "EnumType": "__call__ __getitem__ __contains__ __iter__ __len__",
    "Template": "substitute safe_substitute",
    "HASH": "hexdigest digest update",
    "Match": "__getitem__ end expand group groupdict groups span start",
    "Path": "absolute resolve",
    "Pattern": "findall finditer fullmatch match search split sub subn",
    "PurePath": """
        as_posix is_absolute is_relative_to joinpath match relative_to with_name with_stem
        with_suffix
    """,
    "partial": "__call__",
    "chain": "from_iterable",
    "Field": """
        __init__ contribute_to_class deconstruct get_attname get_attname_column get_internal_type
        get_prep_value has_default to_python
    """,
    "CompositePrimaryKey": "contribute_to_class",
    "DateField": "contribute_to_class",
    "FileField": "contribute_to_class",
    "ForeignObject": "contribute_to_class",
    "GeneratedField": "contribute_to_class",
    "ImageField": "contribute_to_class",
    "ManyToManyField": "contribute_to_class _get_m2m_attr _get_m2m_reverse_attr",
    "RelatedField": "contribute_to_class",
    "Options": "get_field get_parent_list",
    "Trigger": """
        __init__ __str__ format_sql get_condition get_declare get_func get_func_template_kwargs
        get_pgid get_uri render_condition render_declare render_execute render_func validate_name
    """,
    "Composer": "__init__ get_func get_func_template_kwargs render_condition render_func",
    "Protect": "__init__ get_func",
    "ReadOnly": "__init__ get_condition",
    "FSM": "__init__ get_declare get_func",
    "SoftDelete": "__init__ get_func",
    "UpdateSearchVector": "__init__ get_func render_execute",
    "Func": "__init__ render",
    "Condition": "__init__ resolve",
    "_Change": "__init__ resolve __invert__",
    "AnyChange": "__init__",
    "AnyDontChange": "__init__",
    "AllChange": "__init__",
    "AllDontChange": "__init__",
    "Q": "__init__ resolve __and__ __or__ __invert__ copy",
    "F": "__init__ asc desc",
    "object": "__init__ __new__ __init_subclass__ __str__ __repr__ __eq__ __hash__",
    "type": "mro",
    "NewType": "__call__",
    "_lru_cache_wrapper": "cache_clear cache_info",
    "property": "deleter getter setter",
    "Manager": "from_queryset __init__",
    "BaseManager": "from_queryset __init__",
    "QuerySet": "as_manager",
    "AppConfig": "__init__ ready",
    "Enum": "__str__ __format__ __new__ _generate_next_value_",
    "StrEnum": "__str__ __format__ _generate_next_value_",
    "Choices": "__str__",
    "cached_property": "__set_name__ __init__",
    "RunPython": "noop",
}

# Methods that keep or hand over items without looking into them: an Unknown among the
# arguments stays an Unknown inside the container, and is found before any other real call.
INERT_METHODS: dict[str, str] = {
    "list": "append extend insert copy",
    "dict": "get setdefault update items keys values copy pop",
    "deque": "append appendleft extend",
}

# Methods that change their receiver.
MUTATORS: dict[str, str] = {
    "list": "append clear extend insert pop remove reverse sort __delitem__ __setitem__",
    "dict": "clear pop popitem setdefault update __delitem__ __setitem__",
    "set": "add clear difference_update discard intersection_update pop remove update",
    "deque": "append appendleft extend extendleft pop popleft rotate clear",
    "OrderedDict": "move_to_end pop popitem update setdefault",
}

# Attributes of `Model._meta` that interpreted code may read on a rendered model. Not among
# them: what depends on models that were not rendered (reverse relations).
OPTIONS_ATTRIBUTES = frozenset(
    """
    abstract app_label concrete_fields concrete_model constraints db_table db_tablespace fields
    get_field indexes label label_lower local_fields local_many_to_many managed many_to_many
    model model_name object_name ordering parents pk proxy unique_together verbose_name
    verbose_name_plural swapped triggers pk_fields auto_created local_concrete_fields
    """.split()
)
# Those of them that a model has which is rendered as far as its triggers need.
RENDERED_OPTIONS = frozenset(
    """
    concrete_fields fields get_field local_concrete_fields local_fields local_many_to_many managed
    many_to_many pk proxy verbose_name verbose_name_plural parents swapped
    """.split()
)
