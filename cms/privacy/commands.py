"""The commands about keys and personal data, and `cms doctor`."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import click

from cms import logs, now_utc
from cms.cli import open_site_or_exit, refuse, settings_or_exit
from cms.comments.rules import is_address
from cms.moderation.rules import OPERATOR
from cms.privacy.actions import auditing, erasing, keys, sweeping
from cms.privacy.actions.examining import examine
from cms.privacy.actions.rotation import NotConfirmed, Progress, rotate
from cms.privacy.queries.personal import kept_of
from cms.vault import KeyRefused, NoKey


@click.group()
def privacy() -> None:
    """Look after the keys under which addresses are sealed."""


@privacy.command("new-key")
@click.option("--yes", is_flag=True, help="I know that addresses sealed under the lost key stay unreadable.")
def new_key(yes: bool) -> None:
    """Make a new key for a site whose own is lost for ever."""
    site = open_site_or_exit()
    if site.vault_or_none is not None:
        refuse("The site has its key. Nothing was changed.")
    if not yes:
        refuse("Restore the keys folder from a backup if you can. If it is lost for ever, say --yes.")
    try:
        key_id = keys.new_key(site, now_utc())
    except KeyRefused as reason:
        refuse(str(reason))
    click.echo(
        f"The key {key_id} seals from now on. Staff whose address was under the lost one need new accounts."
    )


@privacy.command("rotate-key")
@click.option("--print-next", is_flag=True, help="Print a next key for a store of your own; change nothing.")
def rotate_key(print_next: bool) -> None:
    """Replace the key while the site serves; run it again to go on with a rotation that was interrupted."""
    site = open_site_or_exit(needs_key=True)
    if print_next:
        click.echo(keys.next_key_text(site), nl=False)
        return
    try:
        done = rotate(site, now_utc, _rotation_progress(sys.stderr.isatty()))
    except (KeyRefused, NoKey, NotConfirmed) as reason:
        refuse(str(reason))
    click.echo(f"The key {done.key_id} seals from now on; {done.sealed_anew:,} values were sealed anew.")
    for old in done.gone:
        its_own = f"Take it out of {site.keyring.source.title}." if site.keyring.source.folder is None else ""
        click.echo(f"The key {old} opens nothing here any more. {its_own}".rstrip())
    if done.stuck:
        refuse(f"{done.stuck:,} values cannot be opened, so their key stays. `cms doctor` says more.")


@privacy.command()
@click.option("--email-stdin", is_flag=True, required=True, help="Read the address from standard input.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def access(email_stdin: bool, as_json: bool) -> None:
    """Print what is kept of an address, and note in the log that it was; status 1 where that is nothing."""
    site = open_site_or_exit(needs_key=True)
    with site.database.reading() as session:
        kept = kept_of(session, site.vault.fingerprint(_address()))
    logs.write_access([row["id"] for row in kept["comments"]])
    if as_json:
        click.echo(json.dumps(kept, ensure_ascii=False))
    else:
        for kind, rows in kept.items():
            click.echo(f"{kind}: {len(rows)}")
            for row in rows:
                click.echo("  " + "; ".join(f"{name}: {value}" for name, value in row.items()))
    if not any(kept.values()):
        refuse("Nothing is kept of this address.")


@privacy.command()
@click.option("--email-stdin", is_flag=True, required=True, help="Read the address from standard input.")
def erase(email_stdin: bool) -> None:
    """Erase every comment of an address and all that is known of its owner."""
    site = open_site_or_exit(needs_key=True)
    erased = erasing.erase_address(site, site.vault.fingerprint(_address()), now_utc(), OPERATOR)
    click.echo(
        f"{erased} comments were erased. A backup forgets them when it is restored beside this keys folder."
    )


@privacy.command()
@click.option("--dry-run", is_flag=True, help="Say what would go, and take nothing away.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def sweep(dry_run: bool, as_json: bool) -> None:
    """Take away what was kept long enough by the settings in force."""
    site = open_site_or_exit()
    done = (sweeping.would_sweep if dry_run else sweeping.sweep)(site, now_utc())
    if as_json:
        click.echo(json.dumps(done))
    else:
        for kind, number in done.items():
            click.echo(f"{kind.replace('_', ' ')}: {number:,} {'would go' if dry_run else 'taken away'}")


@privacy.command()
@click.option(
    "--json", "as_json", is_flag=True, help="Print what was found as one JSON object and nothing else."
)
@click.option(
    "--also",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder elsewhere to search as well: the proxy's logs, backups. May be given several times.",
)
def audit(as_json: bool, also: tuple[Path, ...]) -> None:
    """Search everything that is kept for every sealed address; status 1 where one stands in the open."""
    with auditing.held_open(settings_or_exit()) as held:
        site = open_site_or_exit(needs_key=True)
        findings = auditing.audit(site, held, also, now_utc())
    if as_json:
        click.echo(json.dumps(findings.as_json(), ensure_ascii=False))
    else:
        for line in findings.lines():
            click.echo(line)
    if findings.found():
        raise SystemExit(1)


def _rotation_progress(on_terminal: bool) -> Callable[[Progress], None]:
    """Return a callback that prints a rotation's progress: one changing line on a terminal, else a line per step."""
    shown: list[Progress] = []

    def _show(progress: Progress) -> None:
        waiting = f", waiting for {'; '.join(progress.waiting_for[:3])}" if progress.waiting_for else ""
        counted = f": {progress.done:,} of {progress.total:,}" if progress.total else waiting
        line = f"{progress.step.capitalize()}{counted}"
        if on_terminal:
            click.echo(f"\r\033[K{line}", nl=progress.done == progress.total, err=True)
        elif not shown or shown[-1].step is not progress.step:
            click.echo(line, err=True)
        shown.append(progress)

    return _show


@click.command()
def doctor() -> None:
    """Say whether all is well, and what to do where it is not."""
    found = examine(settings_or_exit(), now_utc())
    for finding in found:
        click.echo(f"{'ok ' if finding.is_well else 'NO '} {finding.sentence}")
    if not all(finding.is_well for finding in found):
        raise SystemExit(1)


def _address() -> str:
    address = sys.stdin.readline().strip()
    if not is_address(address):
        refuse("Standard input holds no e-mail address.")
    return address
