"""What triggers keep up to date beside the comments: their words, since when each waits, and how many there are."""

# ruff: noqa: S608  # names and conditions of ours

# Two indexes of words: of comments that wait, and of those that do not. Triggers keep them, so that no text can be
# changed, decided about or erased and still be found. They hold no copy of the text. A comment stands in one of the
# two: to enter it in both took a seventh of the time in which SQLite stores it (measured).
_IN_QUEUE, _OUT_OF_QUEUE = "{row}.waiting_since IS NOT NULL", "{row}.waiting_since IS NULL"
_SAYS = "({row}.waiting_since IS NULL, {row}.name, {row}.body_text)"


def _words_sqlite(table: str, holds: str) -> tuple[str, ...]:
    """Return the DDL of an index of the words of those comments for which `holds` is true, with its triggers."""
    of_old, of_new = holds.format(row="OLD"), holds.format(row="NEW")
    out = f"INSERT INTO {table} ({table}, rowid, words) SELECT 'delete', OLD.id, OLD.name || ' ' || OLD.body_text"
    into = f"INSERT INTO {table} (rowid, words) SELECT NEW.id, NEW.name || ' ' || NEW.body_text"
    return (
        f"CREATE VIRTUAL TABLE {table} USING fts5"
        "(words, content = '', tokenize = 'unicode61 remove_diacritics 0')",
        f"CREATE TRIGGER {table}_insert AFTER INSERT ON comment WHEN {of_new} BEGIN {into}; END",
        f"CREATE TRIGGER {table}_update AFTER UPDATE OF waiting_since, name, body_text ON comment"
        f" WHEN {_SAYS.format(row='OLD')} IS NOT {_SAYS.format(row='NEW')}"
        f" BEGIN {out} WHERE {of_old}; {into} WHERE {of_new}; END",
        f"CREATE TRIGGER {table}_delete AFTER DELETE ON comment WHEN {of_old} BEGIN {out}; END",
    )


SEARCH_SQLITE = _words_sqlite("comment_search", _IN_QUEUE)
WORDS_SQLITE = _words_sqlite("comment_words", _OUT_OF_QUEUE)
WORDS_POSTGRESQL = (  # without fastupdate, whose pending list some moderator's decision would have to work off
    "CREATE INDEX ix_comment_words_decided ON comment"
    " USING gin (to_tsvector('simple'::regconfig, name || ' ' || body_text)) WITH (fastupdate = off)"
    " WHERE waiting_since IS NULL",
)
SEARCH_POSTGRESQL = (
    "CREATE INDEX ix_comment_words ON comment USING gin (to_tsvector('simple'::regconfig, name || ' ' || body_text))"
    " WHERE waiting_since IS NOT NULL",
)

# A fingerprint is deleted with the last comment that has it, whether that is edited, swept or erased. `_BANDS` are
# the numbers that bands() in likeness.py returns.
_BANDS = ", ".join(f"{place << 16} + ((OLD.likeness >> {place * 16}) & 65535)" for place in range(4))
_IS_LAST = (
    "NOT EXISTS (SELECT 1 FROM comment WHERE likeness = OLD.likeness AND likeness <> 0 AND erased_at IS NULL)"
)
_FORGET = f"DELETE FROM likeness_band WHERE likeness = OLD.likeness AND band IN ({_BANDS})"
_LOSES_IT = {
    "update": ("UPDATE OF likeness", "OLD.likeness <> 0 AND OLD.likeness <> NEW.likeness"),
    "delete": ("DELETE", "OLD.likeness <> 0"),
}
LIKENESS_SQLITE = tuple(
    f"CREATE TRIGGER comment_likeness_{name} AFTER {deed} ON comment WHEN {loses} AND {_IS_LAST} BEGIN {_FORGET}; END"
    for name, (deed, loses) in _LOSES_IT.items()
)
LIKENESS_POSTGRESQL = (
    "CREATE FUNCTION forget_likeness() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN IF {_IS_LAST} THEN {_FORGET}; END IF; RETURN NULL; END $$",
    *(
        f"CREATE TRIGGER comment_likeness_{name} AFTER {deed} ON comment FOR EACH ROW"
        f" WHEN ({loses}) EXECUTE FUNCTION forget_likeness()"
        for name, (deed, loses) in _LOSES_IT.items()
    ),
)

# Since when a comment waits stands beside its reasons and hosts too, so that each leads through the queue in its order;
# the database copies it, since many deeds move a comment in and out of the queue. Who stores a comment says it at once.
_COPY = (
    "UPDATE hold_reason SET waiting_since = NEW.waiting_since WHERE comment_id = NEW.id; "
    "UPDATE comment_host SET waiting_since = NEW.waiting_since WHERE comment_id = NEW.id; "
)
QUEUE_ORDER_SQLITE = (
    "CREATE TRIGGER comment_waits AFTER UPDATE OF waiting_since ON comment"
    f" WHEN OLD.waiting_since IS NOT NEW.waiting_since BEGIN {_COPY}END",
    "CREATE TRIGGER hold_reason_waits AFTER INSERT ON hold_reason WHEN NEW.waiting_since IS NULL BEGIN"
    " UPDATE hold_reason SET waiting_since = (SELECT waiting_since FROM comment WHERE id = NEW.comment_id)"
    " WHERE rowid = NEW.rowid; END",
    "CREATE TRIGGER comment_host_waits AFTER INSERT ON comment_host WHEN NEW.waiting_since IS NULL BEGIN"
    " UPDATE comment_host SET waiting_since = (SELECT waiting_since FROM comment WHERE id = NEW.comment_id)"
    " WHERE rowid = NEW.rowid; END",
)
QUEUE_ORDER_POSTGRESQL = (
    f"CREATE FUNCTION comment_waits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_COPY}RETURN NULL; END $$",
    "CREATE TRIGGER comment_waits AFTER UPDATE OF waiting_since ON comment FOR EACH ROW"
    " WHEN (OLD.waiting_since IS DISTINCT FROM NEW.waiting_since) EXECUTE FUNCTION comment_waits()",
    "CREATE FUNCTION waits_with_comment() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN NEW.waiting_since := (SELECT waiting_since FROM comment WHERE id = NEW.comment_id);"
    " RETURN NEW; END $$",
    "CREATE TRIGGER hold_reason_waits BEFORE INSERT ON hold_reason FOR EACH ROW"
    " WHEN (NEW.waiting_since IS NULL) EXECUTE FUNCTION waits_with_comment()",
    "CREATE TRIGGER comment_host_waits BEFORE INSERT ON comment_host FOR EACH ROW"
    " WHEN (NEW.waiting_since IS NULL) EXECUTE FUNCTION waits_with_comment()",
)

# How many comments there are of each status and in each lane. To count up to 10,001 of each took 6 ms for every page
# of the queue on SQLite, and 100 ms on PostgreSQL, which has to visit rows that changed lately (measured).
_STANDS = "{{row}}.status = '{status}' AND {{row}}.withdrawn_at IS NULL AND {{row}}.erased_at IS NULL"
_WAITS = "{{row}}.waiting_since IS NOT NULL AND {{row}}.lane = '{lane}'"
_COUNTED = {
    **{status: _STANDS.format(status=status) for status in ("approved", "rejected", "spam")},
    **{lane: _WAITS.format(lane=lane) for lane in ("likely_fine", "needs_thought", "likely_spam")},
    "escalated": "{row}.escalated_at IS NOT NULL",
}
_NAMES = ", ".join(_COUNTED)


def _is(what: str, row: str) -> str:
    return f"CAST({_COUNTED[what].format(row=row)} AS INTEGER)"


COUNTED_NOW = "SELECT {} FROM comment".format(  # of all that there are, in the order of the columns
    ", ".join(f"coalesce(sum({_is(name, 'comment')}), 0) AS {name}" for name in _COUNTED)
)
MERGE_COUNTS = (
    f"WITH gone AS (DELETE FROM comment_count RETURNING *) INSERT INTO comment_count ({_NAMES})"
    f" SELECT {', '.join(f'sum({name})' for name in _COUNTED)} FROM gone HAVING count(*) > 0"
)

# On SQLite, where there is one writer at a time, a single row is updated for each comment.
_ADDED = ", ".join(f"{name} = {name} + {_is(name, 'NEW')}" for name in _COUNTED)
_TAKEN = ", ".join(f"{name} = {name} - {_is(name, 'OLD')}" for name in _COUNTED)
_MOVED = ", ".join(f"{name} = {name} + {_is(name, 'NEW')} - {_is(name, 'OLD')}" for name in _COUNTED)
_PARTS = "status, withdrawn_at, erased_at, waiting_since, lane, escalated_at"
_OF_OLD, _OF_NEW = (
    f"({', '.join(f'{row}.{part}' for part in _PARTS.split(', '))})" for row in ("OLD", "NEW")
)
COUNTS_SQLITE = (
    f"INSERT INTO comment_count (id, {_NAMES}) VALUES (1{', 0' * len(_COUNTED)})",
    "CREATE TRIGGER comment_counted_insert AFTER INSERT ON comment"
    f" BEGIN UPDATE comment_count SET {_ADDED}; END",
    f"CREATE TRIGGER comment_counted_update AFTER UPDATE OF {_PARTS} ON comment"
    f" WHEN {_OF_OLD} IS NOT {_OF_NEW} BEGIN UPDATE comment_count SET {_MOVED}; END",
    "CREATE TRIGGER comment_counted_delete AFTER DELETE ON comment"
    f" BEGIN UPDATE comment_count SET {_TAKEN}; END",
)

# On PostgreSQL each statement adds a row with what it changes: with a single row, every commit would wait until the
# one before it is on the disk. A timed job adds the rows up.
_CHANGES = {
    "INSERT": "SELECT 1 AS times, added.* FROM added",
    "UPDATE": "SELECT 1 AS times, added.* FROM added UNION ALL SELECT -1, gone.* FROM gone",
    "DELETE": "SELECT -1 AS times, gone.* FROM gone",
}
_SUMS = ", ".join(f"coalesce(sum(times * {_is(name, 'changed')}), 0)" for name in _COUNTED)
_NOTE = (
    f"INSERT INTO comment_count ({_NAMES}) SELECT * FROM (SELECT {_SUMS} FROM ({{changes}}) AS changed)"
    f" AS noted ({_NAMES}) WHERE ({_NAMES}) <> (0{', 0' * (len(_COUNTED) - 1)});"
)
_TABLES = {
    "insert": "NEW TABLE AS added",
    "update": "OLD TABLE AS gone NEW TABLE AS added",
    "delete": "OLD TABLE AS gone",
}
COUNTS_POSTGRESQL = (
    "CREATE FUNCTION count_comment() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    + " ".join(
        f"IF TG_OP = '{deed}' THEN {_NOTE.format(changes=changes)} END IF;"
        for deed, changes in _CHANGES.items()
    )
    + " RETURN NULL; END $$",
    *(
        f"CREATE TRIGGER comment_counted_{deed} AFTER {deed.upper()} ON comment REFERENCING {tables}"
        " FOR EACH STATEMENT EXECUTE FUNCTION count_comment()"
        for deed, tables in _TABLES.items()
    ),
)
