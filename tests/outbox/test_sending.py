"""Letters leave once, whatever the mail server does, whoever else is sending, and whenever a process dies."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import cms
from cms.outbox import writes
from cms.outbox.actions import posting, sending
from cms.outbox.actions.posting import ServerAway
from cms.outbox.actions.sweeping import sweep
from cms.outbox.rules import LetterKind
from cms.privacy.actions.examining import examine
from tests.conftest import ON_SQLITE
from tests.outbox.certificate import self_signed
from tests.outbox.correspondence import Correspondence
from tests.outbox.mailbox import ACCOUNT, Mailbox, Server, secure_options

WRITERS = ("Dan", "Eve", "Fay", "Gus", "Hal", "Ida", "Jim", "Kay")


def _asked(paper: Correspondence, *names: str) -> None:
    """Put one letter for each of these people, due now."""
    for name in names:
        paper.published(name, notify=True, text=f"I am {name}.")
    paper.clock.advance(minutes=2)


@pytest.mark.both_engines
def test_two_senders_at_once_send_each_letter_once(paper: Correspondence) -> None:
    _asked(paper, *WRITERS)
    other = cms.open_site(paper.site.settings)
    both = threading.Barrier(2)

    def send(site: cms.site.Site) -> int:
        both.wait()
        return sending.send_due(site, paper.clock())

    with ThreadPoolExecutor(2) as senders:
        sent = list(senders.map(send, (paper.site, other)))
    other.database.close()
    assert sum(sent) == len(WRITERS)
    assert sorted(paper.mailbox.recipients) == [f"{name.lower()}@example.org" for name in WRITERS]


@pytest.mark.both_engines
def test_a_sent_letter_keeps_no_address_and_goes_after_a_week(paper: Correspondence) -> None:
    _asked(paper, "Dan")
    paper.post()
    (letter,) = paper.letters()
    assert (letter.sent_at, letter.email_sealed, letter.leased_until) == (paper.clock(), None, None)
    paper.clock.advance(days=8)
    sweep(paper.site, paper.clock())
    assert paper.letters() == []


@pytest.mark.both_engines
def test_a_letter_to_a_typed_address_is_written_the_same_whether_it_is_known(paper: Correspondence) -> None:
    paper.published("Dan")
    paper.post(minutes=2)
    with paper.site.database.writing() as session:
        for email in ("dan@example.org", "eve@example.org"):
            writes.put_to_address(
                session, paper.site.vault, LetterKind.MY_COMMENTS, email, language="en", now=paper.clock()
            )
        session.commit()
    known, unknown = paper.letters()[1:]
    own = {"id", "mark", "email_sealed", "email_fingerprint"}
    assert known.model_dump(exclude=own) == unknown.model_dump(exclude=own)
    assert known.email_fingerprint == paper.site.vault.fingerprint("Dan@Example.org ")
    assert len(str(known.email_sealed)) == len(str(unknown.email_sealed))


@ON_SQLITE
def test_a_server_that_is_dead_for_a_day_loses_nothing_and_costs_no_attempt(paper: Correspondence) -> None:
    _asked(paper, "Dan", "Eve")
    alive, paper.site = paper.site, paper.site.but(smtp_port=9)
    with pytest.raises(ServerAway):
        sending.send_due(paper.site, paper.clock())
    for _ in range(8):
        assert paper.post(hours=3) == []
    assert [letter.attempts for letter in paper.letters()] == [0, 0]
    paper.site = alive
    assert len(paper.post(minutes=30)) == 2


@ON_SQLITE
def test_a_slow_server_is_given_up_and_asked_again(
    paper: Correspondence, monkeypatch: pytest.MonkeyPatch
) -> None:
    _asked(paper, "Dan")
    monkeypatch.setattr(posting, "TIMEOUT_SECONDS", 0.2)
    paper.mailbox.pause_seconds = 0.6
    assert paper.post() == []
    paper.mailbox.pause_seconds = 0
    monkeypatch.setattr(posting, "TIMEOUT_SECONDS", 20)
    assert len({letter["Message-ID"] for letter in paper.post(hours=1)}) == 1


@ON_SQLITE
def test_a_letter_that_is_put_off_waits_twice_as_long_each_time_and_holds_up_no_other(
    paper: Correspondence,
) -> None:
    paper.mailbox.of_recipient["dan@example.org"] = "451 4.2.1 later"
    _asked(paper, "Dan", "Eve")
    assert [letter["To"] for letter in paper.post()] == ["eve@example.org"]
    waits = []
    for _ in range(3):
        (waiting,) = (letter for letter in paper.letters() if not letter.ended_at)
        waits.append((waiting.due_at - paper.clock()).total_seconds() / 60)
        assert paper.post(minutes=waits[-1]) == []
    assert waits == [1, 2, 4]
    paper.mailbox.of_recipient.clear()
    assert len(paper.post(minutes=8)) == 1


@ON_SQLITE
@pytest.mark.parametrize(
    ("of_recipient", "of_content", "is_over"),
    [
        ("550 5.1.1 no such mailbox", "250 OK", True),
        ("250 OK", "552 5.2.2 mailbox full", True),
        ("554 5.7.1 relay access denied", "250 OK", False),
        ("250 OK", "451 4.3.0 try later", False),
        ("421 4.3.2 closing", "250 OK", False),
        ("530 5.7.0 sign in first", "250 OK", False),
    ],
)
def test_a_refusal_is_final_only_where_it_speaks_of_the_address(
    paper: Correspondence,
    of_recipient: str,
    of_content: str,
    is_over: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    paper.mailbox.of_recipient["dan@example.org"] = of_recipient
    paper.mailbox.of_content = of_content
    _asked(paper, "Dan")
    assert paper.post() == []
    (letter,) = paper.letters()
    assert (letter.ended_at is not None, letter.sent_at) == (is_over, None)
    assert "dan@example.org" not in caplog.text


@ON_SQLITE
def test_a_letter_is_given_up_after_five_days_of_trying(paper: Correspondence) -> None:
    paper.mailbox.of_recipient["dan@example.org"] = "451 4.2.1 later"
    _asked(paper, "Dan")
    began = paper.clock()
    while not paper.letters()[0].ended_at:
        paper.post()
        paper.clock.now = max(paper.letters()[0].due_at, paper.clock())
    assert 4.5 < (paper.letters()[0].ended_at - began).total_seconds() / 86_400 < 6


@ON_SQLITE
def test_no_more_letters_leave_in_an_hour_than_the_site_allows(paper: Correspondence) -> None:
    paper.site = paper.site.but(letters_per_hour=3)
    _asked(paper, *WRITERS[:5])
    assert len(paper.post()) == 3
    assert paper.post(minutes=59) == []
    assert len(paper.post(minutes=1)) == 2


@ON_SQLITE
def test_a_clock_that_is_set_back_keeps_no_letter(paper: Correspondence) -> None:
    now = paper.clock()
    paper.clock.advance(days=30)
    _asked(paper, "Dan")
    paper.clock.now = now
    assert len(paper.post()) == 1


@ON_SQLITE
def test_a_sender_that_is_killed_between_sent_and_noted_sends_twice_under_one_id(
    paper: Correspondence, tmp_path: Path
) -> None:
    _asked(paper, "Dan", "Eve")
    settings = paper.site.settings
    names = ("instance", "base_url", "smtp_host", "smtp_port", "smtp_security", "mail_from")
    environ = {f"CMS_{name.upper()}": str(getattr(settings, name)) for name in names}
    program = (
        "from datetime import datetime\nimport cms, cms.config\nfrom cms.outbox.actions import sending\n"
        f"now = datetime.fromisoformat({paper.clock().isoformat()!r})\n"
        "sending.send_due(cms.open_site(cms.config.load_settings()), now)"
    )
    sender = subprocess.Popen([sys.executable, "-c", program], env={**os.environ, **environ})
    paper.mailbox.when_taken = lambda: os.kill(sender.pid, signal.SIGKILL)
    assert sender.wait(60) == -signal.SIGKILL
    paper.mailbox.when_taken = lambda: None
    (first,) = paper.mailbox.take_all()
    assert len(paper.post(minutes=9)) == 1, "the other one; the first is leased by the dead"
    (again,) = paper.post(minutes=1)
    assert again["Message-ID"] == first["Message-ID"]


@ON_SQLITE
@pytest.mark.parametrize(
    ("email", "to"),
    [
        ("dan@bücher.example", "dan@xn--bcher-kva.example"),
        ("dän@example.org", "dän@example.org"),
        (
            f"{'d' * 64}@{'.'.join(['example' * 4] * 4)}.org",
            f"{'d' * 64}@{'.'.join(['example' * 4] * 4)}.org",
        ),
    ],
)
def test_an_address_in_any_script_or_length_is_written_to(paper: Correspondence, email: str, to: str) -> None:
    paper.published("Dan", email=email)
    (asked,) = paper.post(minutes=2)
    assert str(asked["To"]) == to
    assert paper.mailbox.recipients == [to]


@ON_SQLITE
def test_an_address_that_the_server_cannot_write_to_is_given_up(
    paper: Correspondence, mailbox: Mailbox
) -> None:
    old = Server(mailbox, enable_SMTPUTF8=False)
    old.start()
    paper.site = paper.site.but(smtp_port=old.port)
    paper.published("Dan", email="dän@example.org")
    assert paper.post(minutes=2) == []
    old.stop()
    assert paper.letters()[0].ended_at is not None


@ON_SQLITE
def test_letters_travel_encrypted_and_signed_in(
    paper: Correspondence, mailbox: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, context = self_signed(tmp_path)
    secure = Server(mailbox, **secure_options(context))
    secure.start()
    password = tmp_path / "password"
    password.write_text(f"{ACCOUNT[1].decode()}\n")
    paper.site = paper.site.but(
        smtp_host="localhost",
        smtp_port=secure.port,
        smtp_security="starttls",
        smtp_user=ACCOUNT[0].decode(),
        smtp_password_file=str(password),
    )
    _asked(paper, "Dan")
    assert paper.post() == [], "nobody vouches for the server"
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    assert len(paper.post(hours=1)) == 1
    password.write_text("not the password")
    said = {sentence for is_well, sentence in _found(paper) if not is_well}
    secure.stop()
    assert said == {
        f"The mail server localhost:{secure.port} does not let us in: SMTPAuthenticationError 535."
        " Letters wait until it does."
    }


@ON_SQLITE
def test_the_doctor_says_whether_letters_leave(paper: Correspondence, server: Server) -> None:
    assert (True, f"Letters are written, and the mail server 127.0.0.1:{server.port} lets us in.") in _found(
        paper
    )
    assert any("DKIM" in sentence and "SPF" in sentence for _, sentence in _found(paper))
    alive, paper.site = paper.site, paper.site.but(smtp_host="")
    assert (False, "Of smtp_host and mail_from only one is set, so no letters are written.") in _found(paper)
    paper.site = alive.but(smtp_host="", mail_from="")
    assert (True, "No letters are written: smtp_host and mail_from are not set.") in _found(paper)


def _found(paper: Correspondence) -> list[tuple[bool, str]]:
    return [(one.is_well, one.sentence) for one in examine(paper.site.settings, paper.clock())]
