"""Scripts that try to reach out of the database that they run in; `{mark}` is a file to make."""

from __future__ import annotations

HOSTILE = {
    "program": "COPY (SELECT 1) TO PROGRAM 'touch {mark}'",
    "program, read": "CREATE TABLE t (a text); COPY t FROM PROGRAM 'touch {mark}'",
    "program, as whoever made the role": "RESET ROLE; COPY (SELECT 1) TO PROGRAM 'touch {mark}'",
    "program, in a function": (
        "DO $$ BEGIN EXECUTE 'COPY (SELECT 1) TO PROGRAM ''touch {mark}'''; END $$"
    ),
    "program, with a right of one's own": (
        "GRANT pg_execute_server_program TO CURRENT_USER; COPY (SELECT 1) TO PROGRAM 'touch {mark}'"
    ),
    "file, written": "COPY (SELECT 1) TO '{mark}'",
    "file, read": "CREATE TABLE t (a text); COPY t FROM '/etc/passwd'",
    "file, by a function": "SELECT pg_read_file('/etc/passwd')",
    "folder": "SELECT pg_ls_dir('/')",
    "large object": "SELECT lo_import('/etc/passwd')",
    "C": "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'libc.so.6', 'getpid'",
    "internal": "CREATE FUNCTION f() RETURNS int LANGUAGE internal AS 'pg_backend_pid'",
    "setting of the server": "ALTER SYSTEM SET archive_command = 'touch {mark}'",
    "library": "LOAD '/tmp/x.so'",
    "role": "CREATE ROLE another SUPERUSER",
    "more rights": "ALTER ROLE CURRENT_USER SUPERUSER",
    "another's role": "SET SESSION AUTHORIZATION postgres",
    "another's sessions": (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    ),
    "tablespace": "CREATE TABLESPACE t LOCATION '/tmp'",
    "event trigger": (
        "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$; "
        "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()"
    ),
    "another's table": "ALTER TABLE pg_catalog.pg_class ADD COLUMN x int",
}
