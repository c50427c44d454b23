"""The desk, where authors and editors work, which all its pages belong to."""

from flask import Blueprint

from cms.desk.views.at_work import blueprint as at_work
from cms.desk.views.pieces import blueprint as pieces
from cms.desk.views.revisions import blueprint as revisions
from cms.desk.views.writing import blueprint as writing

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
for door in (at_work, writing, revisions, pieces):
    blueprint.register_blueprint(door)
