"""The commands that look after keys, and the one that looks after everything."""

import json
from pathlib import Path

import click

from cms import now_utc
from cms.cli import open_site_or_exit, refuse, settings_or_exit
from cms.privacy.actions import auditing, keys
from cms.privacy.actions.examining import examine


@click.group()
def privacy() -> None:
    """Look after the keys under which addresses are sealed."""


@privacy.command("new-key")
@click.option("--yes", is_flag=True, help="I know that addresses sealed under the lost key stay unreadable.")
def new_key(yes: bool) -> None:
    """Make a new key for a site whose own is lost for ever."""
    site = open_site_or_exit()
    if site.keys is not None:
        refuse("The site has its key. Nothing was changed.")
    if not yes:
        refuse("Restore the keys folder from a backup if you can. If it is lost for ever, say --yes.")
    key_id = keys.new_key(site.database, site.settings.keys_folder, now_utc())
    click.echo(f"The key {key_id} seals from now on. Restart the server. Staff need new accounts.")


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
        findings = auditing.audit(site, held, also)
    if as_json:
        click.echo(json.dumps(findings.as_json(), ensure_ascii=False))
    else:
        for line in findings.lines():
            click.echo(line)
    if findings.found():
        raise SystemExit(1)


@click.command()
def doctor() -> None:
    """Say whether all is well, and what to do where it is not."""
    found = examine(settings_or_exit())
    for finding in found:
        click.echo(f"{'ok ' if finding.is_well else 'NO '} {finding.sentence}")
    if not all(finding.is_well for finding in found):
        raise SystemExit(1)
