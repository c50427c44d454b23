"""Let SQLite compare with one word after another where it made a table of all that a column may say."""

import re

from alembic import op

revision = "0029"
down_revision = "0028"

ONE_OF = re.compile(r"CHECK \((\w+) IN \(('[^()]*')\)\)")


def _compared(found: re.Match[str]) -> str:
    return f"CHECK ({' OR '.join(f'{found[1]} = {word.strip()}' for word in found[2].split(','))})"


def upgrade() -> None:
    """Say the same CHECKs in other words, without a row being touched (sqlite.org/lang_altertable.html, section 7)."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    tables = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    for name, sql in tables:
        if (said := ONE_OF.sub(_compared, sql)) != sql:
            connection.exec_driver_sql(
                "UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (said, name)
            )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
