"""Whether a policy of the newsroom closes an article to comments."""

import sqlalchemy as sa
from sqlmodel import col

from cms.articles.models import Article
from cms.moderation.models import Policy
from cms.moderation.policies import Effect

# In statements about articles, in place of what the desk has set: open there, and by no policy closed.
TAKES_COMMENTS = sa.and_(
    col(Article.comments_open),
    sa.not_(
        sa.exists()
        .where(
            col(Policy.effect) == sa.literal_column(f"'{Effect.CLOSE.value}'"),  # as the index has it
            col(Policy.is_on),
            sa.or_(
                col(Policy.article_id) == col(Article.id), col(Policy.section_id) == col(Article.section_id)
            ),
        )
        .correlate(Article)
    ),
).label("comments_open")
