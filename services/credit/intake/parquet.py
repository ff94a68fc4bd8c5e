"""`python -m services.credit.intake.parquet <file.parquet >file.csv`: a process of its own for one file."""

import resource
import sys

import duckdb

_FILE, _OUT = "/proc/self/fd/0", "/dev/stdout"
_MOST_BYTES = (
    4 << 30
)  # of addresses, most of which are never used: where DuckDB's own bound fails, this one holds
_SETTINGS = (
    "SET threads = 1",
    "SET memory_limit = '256MB'",
    "SET temp_directory = ''",
    f"SET allowed_paths = ['{_FILE}', '{_OUT}']",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


def main() -> str | None:
    """None, or what is wrong with the file."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    connection = duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    try:
        for setting in _SETTINGS:
            connection.execute(setting)
        columns = connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{_FILE}')").fetchall()
        cells = ", ".join(_cell(str(name), str(kind)) for name, kind, *_ in columns)
        connection.execute(
            f"COPY (SELECT {cells} FROM read_parquet('{_FILE}')) TO '{_OUT}' (FORMAT csv, HEADER)"
        )
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    return None


def _cell(name: str, kind: str) -> str:
    """Days that were written as instants, and whole numbers that were written as floats because some are missing."""
    quoted = '"' + name.replace('"', '""') + '"'
    if kind.startswith("TIMESTAMP"):
        return f"if({quoted} = date_trunc('day', {quoted}), {quoted}::DATE::VARCHAR, {quoted}::VARCHAR) AS {quoted}"
    if kind in ("FLOAT", "DOUBLE"):
        whole = f"isfinite({quoted}) AND {quoted} = trunc({quoted}) AND abs({quoted}) < 1e15"
        return f"if({whole}, {quoted}::BIGINT::VARCHAR, {quoted}::VARCHAR) AS {quoted}"
    return quoted


if __name__ == "__main__":
    sys.exit(main())
