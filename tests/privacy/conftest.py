"""A site that writes letters, for those that open the door to one's own comments."""

from tests.outbox.conftest import mailbox, paper, server

__all__ = ["mailbox", "paper", "server"]
