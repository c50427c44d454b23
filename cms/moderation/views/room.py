"""The moderators' room, which all pages of the dashboard belong to."""

from flask import Blueprint

from cms.moderation.views.batches import blueprint as batches
from cms.moderation.views.beside import blueprint as beside
from cms.moderation.views.colleagues import blueprint as colleagues
from cms.moderation.views.corrections import blueprint as corrections
from cms.moderation.views.decisions import blueprint as decisions
from cms.moderation.views.digests import blueprint as digests
from cms.moderation.views.figures import blueprint as figures
from cms.moderation.views.hours import blueprint as hours
from cms.moderation.views.log import blueprint as log
from cms.moderation.views.pauses import blueprint as pauses
from cms.moderation.views.policies import blueprint as policies
from cms.moderation.views.queue import blueprint as queue
from cms.moderation.views.reasons import blueprint as reasons
from cms.moderation.views.replies import blueprint as replies
from cms.moderation.views.shaping import blueprint as shaping

blueprint = Blueprint("moderation", __name__, url_prefix="/moderation")
DOORS = (
    queue,
    policies,
    shaping,
    beside,
    decisions,
    colleagues,
    batches,
    log,
    hours,
    figures,
    replies,
    reasons,
    corrections,
    pauses,
    digests,
)
for door in DOORS:
    blueprint.register_blueprint(door)
