"""The words of every comment, so that what was decided is found by them too."""

from alembic import op

revision = "0021"
down_revision = "0020"

OUT = (
    "INSERT INTO comment_words (comment_words, rowid, words)"
    " VALUES ('delete', OLD.id, OLD.name || ' ' || OLD.body_text); "
)
IN = "INSERT INTO comment_words (rowid, words) VALUES (NEW.id, NEW.name || ' ' || NEW.body_text); "
SQLITE = (
    "CREATE VIRTUAL TABLE comment_words USING fts5"
    "(words, content = '', tokenize = 'unicode61 remove_diacritics 0')",
    "INSERT INTO comment_words (rowid, words) SELECT id, name || ' ' || body_text FROM comment",
    f"CREATE TRIGGER comment_words_insert AFTER INSERT ON comment BEGIN {IN}END",
    f"CREATE TRIGGER comment_words_update AFTER UPDATE OF name, body_text ON comment BEGIN {OUT}{IN}END",
    f"CREATE TRIGGER comment_words_delete AFTER DELETE ON comment BEGIN {OUT}END",
)
POSTGRESQL = (
    "CREATE INDEX ix_comment_words_decided ON comment"
    " USING gin (to_tsvector('simple'::regconfig, name || ' ' || body_text)) WITH (fastupdate = off)"
    " WHERE waiting_since IS NULL",
)


def upgrade() -> None:
    """Make the index."""
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
