"""A site that writes letters, and the mailbox that they come to."""

from collections.abc import Iterator

import pytest

from cms.site import Site
from tests.conftest import Clock
from tests.factories import hire, write_article
from tests.outbox.correspondence import Correspondence
from tests.outbox.mailbox import Mailbox, Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Give a mail server, begun once; each test gets an empty mailbox."""
    made = Server(Mailbox())
    made.start()
    yield made
    made.stop()


@pytest.fixture
def mailbox(server: Server) -> Mailbox:
    """Give the empty mailbox of a server that takes everything."""
    server.handler.__init__()
    return server.handler  # type: ignore[no-any-return]  # aiosmtpd says nothing of its kind


@pytest.fixture
def paper(site: Site, server: Server, mailbox: Mailbox, clock: Clock) -> Correspondence:
    """Give a paper that writes letters, with one article and a moderator."""
    writing = site.but(
        base_url="https://news.example.org",
        site_name="The Tidewaiter",
        smtp_host="127.0.0.1",
        smtp_port=server.port,
        smtp_security="none",
        mail_from="The Tidewaiter <letters@example.org>",
    )
    article = write_article(writing, "The last tram", clock())
    return Correspondence(writing, clock, mailbox, article, hire(writing, "Cleo", clock()))
