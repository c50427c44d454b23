"""The commands about staff: add, list, disable, enable, password, role."""

import json
import sys
from dataclasses import asdict

import click

from cms import now_utc
from cms.accounts import actions, queries
from cms.accounts.rules import Refusal, Role
from cms.cli import open_site_or_exit, refuse
from cms.site import Site


@click.group()
def staff() -> None:
    """Add, list, disable and enable staff; give a new password or another role."""


@staff.command()
@click.option("--name", required=True, help="As it stands in a byline.")
@click.option("--email", required=True, help="To sign in with; it is stored sealed.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--password-stdin", is_flag=True, required=True, help="Read the password from standard input.")
def add(name: str, email: str, role: str, password_stdin: bool) -> None:
    """Take someone on."""
    site = open_site_or_exit(needs_key=True)
    outcome = actions.add_staff(site, name, email, Role(role), _line_of_stdin("Password"), now_utc())
    if isinstance(outcome, Refusal):
        refuse(outcome.sentence)
    click.echo(f"{name} is here now, with id {outcome}, as {role}.")


@staff.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_staff(as_json: bool) -> None:
    """List everybody who works or worked here, without addresses."""
    with open_site_or_exit().database.reading() as session:
        lines = queries.staff_list(session)
    if as_json:
        click.echo(json.dumps({"staff": [asdict(one) for one in lines]}, ensure_ascii=False))
    else:
        for one in lines:
            click.echo(f"{one.id:>4}  {one.role:<12} {one.name}{'  (disabled)' if one.disabled else ''}")


_ID = click.option("--id", "staff_id", type=int, help="Whose account: an id of `cms staff list`.")
_EMAIL = click.option("--email-stdin", is_flag=True, help="Read whose e-mail address from standard input.")


@staff.command()
@_ID
@_EMAIL
def disable(staff_id: int | None, email_stdin: bool) -> None:
    """Let someone go; all sessions end at once."""
    site, whose = _account(staff_id, email_stdin)
    _finish(actions.disable_staff(site, whose, now_utc()), f"{whose} cannot sign in any more.")


@staff.command()
@_ID
@_EMAIL
def enable(staff_id: int | None, email_stdin: bool) -> None:
    """Have someone back, who signs in anew with the password of before.

    Where others may know that password, give a new one first, with `cms staff password`.
    """
    site, whose = _account(staff_id, email_stdin)
    _finish(actions.enable_staff(site, whose), f"{whose} can sign in again, with the password of before.")


@staff.command()
@click.option("--id", "staff_id", type=int, required=True, help="Whose password: an id of `cms staff list`.")
@click.option("--password-stdin", is_flag=True, required=True, help="Read the password from standard input.")
def password(staff_id: int, password_stdin: bool) -> None:
    """Give someone a new password; all sessions end."""
    refusal = actions.change_password(open_site_or_exit(), staff_id, _line_of_stdin("Password"), now_utc())
    _finish(refusal, f"{staff_id} signs in with the new password from now on.")


@staff.command("role")
@click.option("--id", "staff_id", type=int, required=True, help="Whose role: an id of `cms staff list`.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
def change_role(staff_id: int, role: str) -> None:
    """Trust someone with another role from now on."""
    refusal = actions.change_role(open_site_or_exit(), staff_id, Role(role))
    _finish(refusal, f"{staff_id} is {role} from now on.")


def _account(staff_id: int | None, email_stdin: bool) -> tuple[Site, int]:
    """Return the open site and whose account is meant: by its id, or by the address on standard input."""
    if (staff_id is None) != email_stdin:
        raise click.UsageError("Say who: either --id N or --email-stdin.")
    site = open_site_or_exit(needs_key=email_stdin)
    if staff_id is None:
        with site.database.reading() as session:
            staff_id = queries.staff_with(session, site.vault.fingerprint(_line_of_stdin("E-mail address")))
    if staff_id is None:
        refuse("Nobody here has that e-mail address.")
    return site, staff_id


def _finish(refusal: Refusal | None, done: str) -> None:
    if refusal:
        refuse(refusal.sentence)
    click.echo(done)


def _line_of_stdin(asked_for: str) -> str:
    """Return the first line of standard input without its end; on a terminal, ask without showing it."""
    if sys.stdin.isatty():
        typed: str = click.prompt(f"{asked_for} (not shown)", hide_input=True, err=True)
        return typed
    try:
        return sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        refuse("Standard input is not UTF-8 text.")
