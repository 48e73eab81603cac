"""Stage sql: functions of other databases and languages, and what does the same in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping

_BY_MEANING = {
    "age": "datediff months_between timestampdiff",
    "array_length": "array_size",
    "array_position": "array_contains",
    "case": "choose if iff iif nvl2",
    "chr": "nchar",
    "coalesce": "ifnull isnull nvl zeroifnull",
    "current_date": "curdate today",
    "current_setting": "session_context sys_context",
    "extract": "datepart dayofmonth dayofweek dayofyear hour minute month quarter second"
    " unix_timestamp week weekday year",
    "gen_random_uuid": "generate_uuid newid newsequentialid sys_guid uuid",
    "initcap": "capitalize proper",
    "jsonb_array_length": "json_length",
    "jsonb_exists": "json_contains json_contains_path",
    "jsonb_extract_path": "json_extract",
    "jsonb_object_keys": "json_keys",
    "jsonb_set": "json_merge_patch json_modify json_replace json_set",
    "jsonb_typeof": "isjson json_type",
    "lastval": "ident_current last_insert_id scope_identity",
    "length": "datalength len lengthb strlen",
    "lower": "lcase lowercase to_lower tolower",
    "make_date": "datefromparts makedate parse_date str_to_date",
    "make_interval": "add_months adddate addtime date_sub dateadd numtodsinterval subdate"
    " timestampadd",
    "now": "getdate getutcdate sysdate sysdatetime systimestamp sysutcdatetime utc_date"
    " utc_timestamp",
    "pg_sleep": "sleep",
    "pg_trigger_depth": "trigger_nestlevel",
    "random": "rand",
    "regexp_match": "regexp_extract rlike",
    "repeat": "replicate space",
    "starts_with": "startswith str_starts_with",
    "string_agg": "group_concat listagg wm_concat",
    "string_to_array": "split string_split",
    "strpos": "charindex contains indexof instr locate patindex",
    "substr": "mid substring_index",
    "tg_op": "deleting inserting updating",
    "to_char": "date_format datename dayname format_date from_unixtime monthname strftime"
    " time_format to_string tostring",
    "to_number": "parse_int to_int tonumber",
    "trunc": "truncate",
    "unnest": "explode flatten",
    "upper": "to_upper toupper ucase uppercase",
}
ELSEWHERE: Mapping[str, str] = {
    other: name for name, others in _BY_MEANING.items() for other in others.split()
}
"""PostgreSQL's name, or its word (CASE), by the name that others have."""
