"""The command that prints what an operator puts around the site."""

import sys

import click

from cms.answering.sent import SECURITY_HEADERS
from cms.cli import DEFAULT_BIND, address_at, host_and_port, settings_or_exit
from cms.pages.deploying import WRITTEN, Deployment, configuration


@click.command()
@click.argument("kind", type=click.Choice(sorted(WRITTEN)))
@click.option(
    "--bind", default=DEFAULT_BIND, show_default=True, metavar="HOST:PORT", help="where `cms serve` listens"
)
def deploy(kind: str, bind: str) -> None:
    """Print a configuration, made from the settings, for nginx, Caddy or systemd."""
    settings = settings_or_exit()
    click.echo(
        configuration(
            kind,
            Deployment(
                base_url=settings.base_url,
                instance=str(settings.instance.resolve()),
                program=f"{sys.prefix}/bin/cms",
                upstream=address_at(*host_and_port(bind)).removeprefix("http://"),
                bake_folder=settings.bake_folder,
                headers=tuple(SECURITY_HEADERS.items()),
                body_bytes=max(settings.desk_max_bytes, settings.comment_max_bytes),
            ),
        ),
        nl=False,
    )
