"""The first tables."""

import sqlalchemy as sa
from alembic import op

from cms.db import UtcTime

revision = "0001"
down_revision = None

SQLITE = (
    "CREATE VIRTUAL TABLE article_search USING fts5(title, standfirst, body, tokenize = 'unicode61 remove_diacritics 0')",
    "CREATE TRIGGER decision_no_update BEFORE UPDATE ON decision BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
    "CREATE TRIGGER decision_no_delete BEFORE DELETE ON decision BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
)
POSTGRESQL = (
    "CREATE TABLE article_search (article_id INTEGER NOT NULL CONSTRAINT pk_article_search PRIMARY KEY CONSTRAINT fk_article_search_article_id REFERENCES article (id) ON DELETE CASCADE, words TSVECTOR NOT NULL)",
    "CREATE INDEX ix_article_search_words ON article_search USING gin (words)",
    "CREATE FUNCTION decision_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the log is append-only'; END $$",
    "CREATE TRIGGER decision_no_change BEFORE UPDATE OR DELETE ON decision FOR EACH ROW EXECUTE FUNCTION decision_append_only()",
    "CREATE TRIGGER decision_no_truncate BEFORE TRUNCATE ON decision FOR EACH STATEMENT EXECUTE FUNCTION decision_append_only()",
)


def upgrade() -> None:
    """Make every table, and what only SQL can say."""
    op.create_table(
        "daily_salt",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("salt_sealed", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_daily_salt")),
    )
    op.create_table(
        "former_address",
        sa.Column("address", sa.String(length=1000), nullable=False),
        sa.Column("thing", sa.String(length=600), nullable=False),
        sa.Column("suffix", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_former_address")),
    )
    op.create_index(op.f("ix_former_address_thing"), "former_address", ["thing"], unique=False)
    op.create_table(
        "imported_thing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("foreign_id", sa.String(length=700), nullable=False),
        sa.Column("thing", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("local_version", sa.Integer(), nullable=False),
        sa.Column("imported_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_thing")),
        sa.UniqueConstraint(
            "source", "kind", "foreign_id", name=op.f("uq_imported_thing_source_kind_foreign_id")
        ),
    )
    op.create_index("ix_imported_thing_thing", "imported_thing", ["thing"], unique=False)
    op.create_table(
        "limit_count",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_limit_count_number")),
        sa.PrimaryKeyConstraint("key", "since", name=op.f("pk_limit_count")),
    )
    op.create_index("ix_limit_count_since", "limit_count", ["since"], unique=False)
    op.create_table(
        "section",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.CheckConstraint("slug <> '' AND name <> ''", name=op.f("ck_section_named")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_section")),
        sa.UniqueConstraint("slug", name=op.f("uq_section_slug")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email_sealed", sa.String(length=2000), nullable=False),
        sa.Column("email_fingerprint", sa.String(length=64), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "contributor",
                "author",
                "editor",
                "moderator",
                "admin",
                name="staff_role",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("disabled_at", UtcTime(), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_staff_named")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("email_fingerprint", name=op.f("uq_staff_email_fingerprint")),
        sa.UniqueConstraint("mark", name=op.f("uq_staff_mark")),
    )
    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.CheckConstraint("slug <> '' AND name <> ''", name=op.f("ck_tag_named")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("slug", name=op.f("uq_tag_slug")),
    )
    op.create_table(
        "vault_key",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_key")),
    )
    op.create_table(
        "version",
        sa.Column("thing", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_version_number")),
        sa.PrimaryKeyConstraint("thing", name=op.f("pk_version")),
    )
    op.create_table(
        "article",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("article", "page", name="article_kind", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("slug", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("standfirst", sa.String(length=2000), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("body_text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "published",
                "retracted",
                name="article_status",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("publish_at", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=True),
        sa.Column("section_id", sa.Integer(), nullable=True),
        sa.Column("comments_open", sa.Boolean(), nullable=False),
        sa.Column("comments_close_at", UtcTime(), nullable=True),
        sa.Column("image_path", sa.String(length=500), nullable=False),
        sa.Column("image_alt", sa.String(length=1000), nullable=False),
        sa.Column("image_caption", sa.String(length=1000), nullable=False),
        sa.Column("image_credit", sa.String(length=300), nullable=False),
        sa.Column("image_width", sa.Integer(), nullable=True),
        sa.Column("image_height", sa.Integer(), nullable=True),
        sa.Column("entry_id", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("draft_mark", sa.String(length=32), nullable=True),
        sa.CheckConstraint("slug <> '' AND title <> ''", name=op.f("ck_article_titled")),
        sa.CheckConstraint(
            "status <> 'published' OR publish_at IS NOT NULL", name=op.f("ck_article_published_at")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_article_version")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_article_made_by")),
        sa.ForeignKeyConstraint(["section_id"], ["section.id"], name=op.f("fk_article_section_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article")),
        sa.UniqueConstraint("draft_mark", name=op.f("uq_article_draft_mark")),
        sa.UniqueConstraint("kind", "slug", name=op.f("uq_article_kind_slug")),
    )
    op.create_index("ix_article_changed", "article", ["changed_at", "id"], unique=False)
    op.create_index("ix_article_made_by", "article", ["made_by"], unique=False)
    op.create_index("ix_article_public", "article", ["kind", "status", "publish_at", "id"], unique=False)
    op.create_index("ix_article_section", "article", ["section_id", "publish_at", "id"], unique=False)
    op.create_table(
        "author",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("bio", sa.String(length=2000), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("slug <> '' AND name <> ''", name=op.f("ck_author_named")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_author_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_author")),
        sa.UniqueConstraint("slug", name=op.f("uq_author_slug")),
        sa.UniqueConstraint("staff_id", name=op.f("uq_author_staff_id")),
    )
    op.create_table(
        "staff_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_session_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_session")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_staff_session_secret_hash")),
    )
    op.create_index("ix_staff_session_staff", "staff_session", ["staff_id"], unique=False)
    op.create_table(
        "article_author",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_article_author_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["author_id"], ["author.id"], name=op.f("fk_article_author_author_id")),
        sa.PrimaryKeyConstraint("article_id", "author_id", name=op.f("pk_article_author")),
    )
    op.create_index("ix_article_author_author", "article_author", ["author_id", "article_id"], unique=False)
    op.create_table(
        "article_tag",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_article_tag_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_article_tag_tag_id")),
        sa.PrimaryKeyConstraint("article_id", "tag_id", name=op.f("pk_article_tag")),
    )
    op.create_index("ix_article_tag_tag", "article_tag", ["tag_id", "article_id"], unique=False)
    op.create_table(
        "comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("root_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("body_text", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("email_sealed", sa.String(length=2000), nullable=True),
        sa.Column("email_fingerprint", sa.String(length=64), nullable=True),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "held",
                "approved",
                "rejected",
                "spam",
                name="comment_status",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("decided_at", UtcTime(), nullable=True),
        sa.Column("withdrawn_at", UtcTime(), nullable=True),
        sa.Column("erased_at", UtcTime(), nullable=True),
        sa.Column("receipt_hash", sa.String(length=64), nullable=False),
        sa.Column("repeat_key", sa.String(length=64), nullable=True),
        sa.Column("network_mark", sa.String(length=64), nullable=True),
        sa.Column("foreign_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(email_sealed IS NULL) = (email_fingerprint IS NULL)", name=op.f("ck_comment_sealed")
        ),
        sa.CheckConstraint("parent_id IS NULL OR parent_id <> id", name=op.f("ck_comment_parent")),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_comment_article_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["comment.id"], name=op.f("fk_comment_parent_id")),
        sa.ForeignKeyConstraint(["root_id"], ["comment.id"], name=op.f("fk_comment_root_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
        sa.UniqueConstraint("mark", name=op.f("uq_comment_mark")),
        sa.UniqueConstraint("receipt_hash", name=op.f("uq_comment_receipt_hash")),
    )
    op.create_index("ix_comment_email_fingerprint", "comment", ["email_fingerprint"], unique=False)
    op.create_index("ix_comment_parent", "comment", ["parent_id"], unique=False)
    op.create_index("ix_comment_queue", "comment", ["status", "created_at", "id"], unique=False)
    op.create_index(
        "ix_comment_thread", "comment", ["article_id", "root_id", "status", "created_at", "id"], unique=False
    )
    op.create_index(
        "uq_comment_repeat_key",
        "comment",
        ["repeat_key"],
        unique=True,
        sqlite_where=sa.text("status = 'held'"),
        postgresql_where=sa.text("status = 'held'"),
    )
    op.create_table(
        "related",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("related_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.CheckConstraint("article_id <> related_id", name=op.f("ck_related_another")),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_related_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["related_id"], ["article.id"], name=op.f("fk_related_related_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "related_id", name=op.f("pk_related")),
    )
    op.create_index("ix_related_related", "related", ["related_id"], unique=False)
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column(
            "deed",
            sa.Enum(
                "submitted",
                "imported",
                "decided",
                "undone",
                "edited",
                "withdrawn",
                name="decision_deed",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column(
            "from_status",
            sa.Enum(
                "held",
                "approved",
                "rejected",
                "spam",
                name="decision_from",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=True,
        ),
        sa.Column(
            "to_status",
            sa.Enum(
                "held",
                "approved",
                "rejected",
                "spam",
                name="decision_to",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("policy", sa.String(length=80), nullable=False),
        sa.Column("undo_of", sa.Integer(), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_decision_comment_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_decision_staff_id")),
        sa.ForeignKeyConstraint(["undo_of"], ["decision.id"], name=op.f("fk_decision_undo_of")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("undo_of", name=op.f("uq_decision_undo_of")),
    )
    op.create_index("ix_decision_comment", "decision", ["comment_id", "id"], unique=False)
    op.create_index("ix_decision_staff", "decision", ["staff_id", "id"], unique=False)
    op.create_table(
        "hold_reason",
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column(
            "code",
            sa.Enum(
                "every_comment",
                "links",
                "trap",
                "no_origin",
                "capitals",
                "address_in_text",
                name="hold_code",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("measure", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_hold_reason_comment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comment_id", "code", name=op.f("pk_hold_reason")),
    )
    op.create_index(
        "ix_comment_decided", "comment", ["status", sa.text("coalesce(decided_at, created_at)"), "id"]
    )
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)
