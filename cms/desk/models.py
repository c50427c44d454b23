"""The table of what articles said before."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cms.db import UtcTime


class ArticleRevision(SQLModel, table=True):
    """The words of an article at one of its versions, the present ones included.

    `staff_id` is who stored them; it is empty for words that were there before the desk first changed them.
    """

    __tablename__ = "article_revision"

    article_id: int = Field(foreign_key="article.id", primary_key=True, ondelete="CASCADE")
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    title: str = Field(max_length=500)
    standfirst: str = Field(max_length=2000)
    body_html: str = Field(sa_type=sa.Text)
    at: datetime = Field(sa_type=UtcTime)
    staff_id: int | None = Field(default=None, foreign_key="staff.id")
