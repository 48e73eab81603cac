"""The table of Python's own libraries: allowed calls and uses of their objects."""

from __future__ import annotations

from pgtrigger_codegen.evaluator.library.rows import LibraryTable, kind, module, modules

_MODULES = (
    *modules("collections.abc numbers os stat"),
    module("_blake2", objects=True, looked_up=False),
    module("_collections", objects=True, looked_up=False),
    module("_collections_abc", objects=True, looked_up=False),
    module("_hashlib", objects=True, looked_up=False),
    module("_md5", objects=True, looked_up=False),
    module("_sha1", objects=True, looked_up=False),
    module("_sha2", objects=True, looked_up=False),
    module("_sha256", objects=True, looked_up=False),
    module("_sha3", objects=True, looked_up=False),
    module("_sha512", objects=True, looked_up=False),
    module("abc", calls="ABC abstractmethod"),
    module(
        "builtins",
        calls="""
            abs all any ascii bin bool bytes callable chr complex dict divmod enumerate filter float
            format frozenset hex int iter len list map max min next object oct ord pow property
            range repr reversed round set slice sorted staticmethod classmethod str sum tuple zip
            ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup Exception
            ExceptionGroup ImportError IndexError KeyError LookupError ModuleNotFoundError NameError
            NotImplementedError OverflowError RuntimeError StopIteration TypeError UnboundLocalError
            ValueError Warning ZeroDivisionError DeprecationWarning UserWarning
        """,
        objects=True,
    ),
    module(
        "collections",
        calls="ChainMap Counter OrderedDict defaultdict deque namedtuple",
        objects=True,
    ),
    module("contextlib", calls="nullcontext suppress", objects=True),
    module("copy", calls="copy deepcopy"),
    module(
        "dataclasses",
        calls="InitVar asdict astuple dataclass field fields is_dataclass replace",
        objects=True,
    ),
    module("datetime", calls="date datetime time timedelta timezone", objects=True),
    module("decimal", calls="Decimal", objects=True),
    module(
        "enum",
        calls="Enum Flag IntEnum IntFlag StrEnum auto member nonmember property unique",
        objects=True,
    ),
    module("fractions", calls="Fraction", objects=True),
    module(
        "functools",
        calls="""
            cache cached_property lru_cache partial partialmethod reduce total_ordering wraps
        """,
        objects=True,
    ),
    module("hashlib", calls="md5 sha1 sha224 sha256 sha384 sha512 blake2b blake2s"),
    module("http", calls="HTTPMethod HTTPStatus", objects=True),
    module(
        "itertools",
        calls="""
            accumulate chain combinations combinations_with_replacement compress count cycle
            dropwhile filterfalse groupby islice pairwise permutations product repeat starmap
            takewhile zip_longest
        """,
        objects=True,
    ),
    # Not networks: one may have more addresses than anybody wants to wait for.
    module("ipaddress", calls="ip_address IPv4Address IPv6Address", objects=True),
    module("json", calls="dumps loads"),
    module("math", calls="ceil floor sqrt isqrt gcd lcm log log2 log10 trunc fabs"),
    module(
        "operator",
        calls="""
            add and_ attrgetter concat contains eq floordiv ge getitem gt index inv invert is_
            is_not itemgetter le lt methodcaller mod mul ne neg not_ or_ pos pow sub truediv truth
            xor
        """,
        objects=True,
    ),
    module(
        "os.path",
        calls="""
            basename dirname join normpath split splitext commonpath isabs abspath
        """,
    ),
    module("pathlib", calls="Path PosixPath PurePath PurePosixPath", objects=True),
    module("pathlib._local", objects=True, looked_up=False),
    module(
        "re",
        calls="""
            compile escape findall finditer fullmatch match search split sub subn
        """,
        objects=True,
    ),
    module("string", calls="Template capwords", objects=True),
    module("sys", objects=True),
    module("textwrap", calls="dedent fill indent shorten"),
    module("time", objects=True, looked_up=False),
    module("types", calls="SimpleNamespace MappingProxyType", objects=True),
    module(
        "typing",
        calls="""
            Any Generic NamedTuple NewType ParamSpec Protocol TypeVar TypedDict final get_args
            get_origin overload runtime_checkable
        """,
        objects=True,
    ),
    module("typing_extensions", objects=True),
    module("uuid", calls="UUID uuid3 uuid5", objects=True),
    module("zoneinfo", objects=True, looked_up=False),
)

_TYPES = (
    kind(
        "str",
        calls="""
            __add__ __contains__ __eq__ __format__ __getitem__ __len__ __mod__ capitalize casefold
            center count encode endswith expandtabs find format format_map index isalnum isalpha
            isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle
            isupper join ljust lower lstrip maketrans partition removeprefix removesuffix replace
            rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase
            title translate upper zfill __str__ __new__
        """,
    ),
    kind(
        "bytes",
        calls="""
            decode fromhex hex join lower split startswith endswith strip replace upper
        """,
    ),
    kind(
        "int",
        calls="""
            bit_count bit_length conjugate from_bytes to_bytes __str__ __format__ __new__
        """,
    ),
    kind("float", calls="as_integer_ratio hex is_integer fromhex"),
    kind(
        "list",
        calls="""
            append clear copy count extend index insert pop remove reverse sort __contains__
            __delitem__ __getitem__ __iter__ __len__ __setitem__ __add__
        """,
        keeps="append extend insert copy",
        changes="""
            append clear extend insert pop remove reverse sort __delitem__ __setitem__
        """,
    ),
    kind("tuple", calls="count index __new__ __getitem__ __len__"),
    kind(
        "dict",
        calls="""
            clear copy fromkeys get items keys pop popitem setdefault update values __contains__
            __delitem__ __getitem__ __iter__ __len__ __setitem__
        """,
        keeps="get setdefault update items keys values copy pop",
        changes="clear pop popitem setdefault update __delitem__ __setitem__",
    ),
    kind("mappingproxy", calls="copy get items keys values"),
    kind("StringIO", calls="close getvalue read readline readlines"),
    kind(
        "set",
        calls="""
            add clear copy difference difference_update discard intersection intersection_update
            isdisjoint issubset issuperset pop remove symmetric_difference
            symmetric_difference_update union update
        """,
        changes="""
            add clear difference_update discard intersection_update pop remove update
        """,
    ),
    kind(
        "frozenset",
        calls="""
            copy difference intersection isdisjoint issubset issuperset symmetric_difference union
        """,
    ),
    kind(
        "OrderedDict",
        calls="move_to_end copy items keys values pop popitem update setdefault",
        changes="move_to_end pop popitem update setdefault",
    ),
    kind("Counter", calls="most_common elements total update subtract"),
    kind(
        "deque",
        calls="""
            append appendleft extend extendleft pop popleft rotate clear copy count index
        """,
        keeps="append appendleft extend",
        changes="append appendleft extend extendleft pop popleft rotate clear",
    ),
    kind(
        "date",
        calls="""
            fromisoformat fromordinal isocalendar isoformat isoweekday replace strftime toordinal
            weekday
        """,
    ),
    kind(
        "datetime",
        calls="""
            astimezone combine date fromisoformat isoformat replace strftime time timetuple
            utcoffset
        """,
    ),
    kind("time", calls="isoformat replace strftime fromisoformat"),
    kind("timedelta", calls="total_seconds"),
    kind("timezone", calls="utcoffset"),
    kind("Decimal", calls="quantize normalize as_tuple to_integral_value is_zero copy_abs"),
    kind("UUID", calls="__str__"),
    kind("BaseExceptionGroup", calls="derive split subgroup"),
    kind("EnumType", calls="__call__ __getitem__ __contains__ __iter__ __len__"),
    kind("Template", calls="substitute safe_substitute"),
    kind("HASH", calls="hexdigest digest update"),
    kind("Match", calls="__getitem__ end expand group groupdict groups span start"),
    kind("Path", calls="absolute resolve"),
    kind("Pattern", calls="findall finditer fullmatch match search split sub subn"),
    kind(
        "PurePath",
        calls="""
            as_posix is_absolute is_relative_to joinpath match relative_to with_name with_stem
            with_suffix
        """,
    ),
    kind("partial", calls="__call__"),
    kind("chain", calls="from_iterable"),
    kind("object", calls="__init__ __new__ __init_subclass__ __str__ __repr__ __eq__ __hash__"),
    kind("type", calls="mro"),
    kind("NewType", calls="__call__"),
    kind("_lru_cache_wrapper", calls="cache_clear cache_info"),
    kind("property", calls="deleter getter setter"),
    kind("Enum", calls="__str__ __format__ __new__ _generate_next_value_"),
    kind("StrEnum", calls="__str__ __format__ _generate_next_value_"),
    kind("cached_property", calls="__set_name__ __init__"),
)

TABLE = LibraryTable(_MODULES, _TYPES)
