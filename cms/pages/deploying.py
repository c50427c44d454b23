"""Configurations for what stands around the site, made from its settings; each is text that an operator reads."""

from dataclasses import dataclass
from functools import reduce
from urllib.parse import urlsplit

from cms.pages.folder import FRONT_PAGE, KINDS, PAGES

HOMES = ("/home/", "/root/", "/run/user/")  # what ProtectHome= hides (systemd.exec)


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where the site is: its public address, its folders, the address at which `cms serve` listens."""

    base_url: str
    instance: str
    program: str
    upstream: str
    body_bytes: int
    bake_folder: str = ""
    headers: tuple[tuple[str, str], ...] = ()  # that every page has

    @property
    def host(self) -> str:
        """The public host's name."""
        return urlsplit(self.base_url).hostname or "localhost"

    @property
    def protect_home(self) -> str:
        """What systemd's ProtectHome= takes: `yes` hides homes, in which a program that lies there would not start."""
        folders = (self.instance, self.program, self.bake_folder)
        return "read-only" if any(folder.startswith(HOMES) for folder in folders) else "yes"


# The proxy writes what it saw itself into X-Forwarded-For, in place of what a visitor claims: `trusted_proxies = 1`
# then believes exactly that. Logs cut addresses as the site does (/24, /48) and hide the secrets of receipts and letters.
NGINX = """\
# Broadsheet behind nginx: put this into a file below /etc/nginx/conf.d/ (it stands inside `http {{ }}`).
# In instance/config.toml: base_url = "{base_url}" and trusted_proxies = 1.

map $remote_addr $broadsheet_network {{
    "~^(?<four>\\d+\\.\\d+\\.\\d+)\\."           "$four.0";
    "~^(?<six>[0-9a-f]+:[0-9a-f]*:[0-9a-f]*)"  "$six::";
    default                                    "-";
}}
map $uri $broadsheet_path {{
{front_page}    "~*^/+my-comments/"  "/my-comments/-";
    "~*^/+comments/"     "/comments/-";
    "~*^/+letters/"      "/letters/-";
    default              $uri;
}}
{baked_maps}log_format broadsheet '$broadsheet_network [$time_local] "$request_method $broadsheet_path" $status $body_bytes_sent';

upstream broadsheet {{
    server {upstream} max_fails=0;
    keepalive 32;
}}

server {{
    listen 80;
    # TLS is yours: listen 443 ssl http2; ssl_certificate …; ssl_certificate_key …;
    server_name {host};
    access_log /var/log/nginx/broadsheet.log broadsheet buffer=64k flush=1s;

    client_max_body_size {body_bytes};
    client_body_timeout 20s;       # between two pieces of a body
    client_header_timeout 15s;
    send_timeout 30s;              # between two pieces that a reader takes
    large_client_header_buffers 4 16k;

    # Bodies and answers are buffered here, so that a slow phone holds a connection of nginx and not of the site.
    proxy_request_buffering on;
    proxy_buffering on;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto "";
    proxy_connect_timeout 5s;
    proxy_read_timeout 60s;

    # Pictures come from the site too: nginx needs no right to look into the folder with the keys.
{locations}}}
"""

PROXIED = """\
    location / {
        proxy_pass http://broadsheet;
    }
"""

# A page that lies there is true: whoever changes something takes it away first. Questions (`?…`) and everything but
# GET and HEAD go to the site, which also answers whatever does not lie there. Measured beside nginx with a plain file,
# in its own processor time: 0.84 to 1.08 of it below 12 KB, where it was 0.7 with `try_files`, names made by four maps, and
# networks cut out of addresses for the log.
BAKED_MAPS = """\
map $http_accept_encoding $broadsheet_coding {
    "gzip, deflate, br, zstd"                            br;  # browsers and CDNs, without a look at what follows
    "gzip, deflate, br"                                  br;
    "br"                                                 br;
    "gzip"                                               gzip;
    "~*(^|,)\\s*br\\s*(;\\s*q=(1|0?\\.\\d*[1-9])|,|$)"    br;
    "~*(^|,)\\s*gzip\\s*(;\\s*q=(1|0?\\.\\d*[1-9])|,|$)"  gzip;
    default                                              "";
}
# Of baked pages it is written down what is read, and not even from which network; for that put `broadsheet` in the
# place of `broadsheet_read` below.
log_format broadsheet_read '- [$time_local] "$request_method $request_uri" $status $body_bytes_sent';
"""

BAKED = """\
    # … and a baked page is sent from its folder as long as it lies there.
    location / {
        root "__FOLDER__/$broadsheet_coding$is_args";  # with a question there is no such folder
        error_page 403 404 405 = @broadsheet;
        log_not_found off;
        open_file_cache max=4000;      # files stay open, but …
        open_file_cache_valid 0;       # … each request asks whether the file of that name is still the same
        sendfile off;                  # for a few kilobytes it costs more than it saves
        gzip off;                      # they are compressed, which nginx does not see
        types { }
        default_type "text/html; charset=utf-8";
        if_modified_since off;         # a file's time is a mark of its bytes, for the ETag
        add_header Last-Modified "";
        add_header Content-Encoding $broadsheet_coding;
        add_header Vary Accept-Encoding;
        add_header Cache-Control no-cache;
__HEADERS__
        # These are baked; rewritten, since nginx takes a name that ends in a slash for no file's.
        location = / { rewrite ^ /__FRONT_PAGE__ break; __LOG__ }
__KINDS__
        return 404;                    # nothing else is: to the site, as whatever does not lie there
    }
    location @broadsheet {
        proxy_pass http://broadsheet$request_uri;
    }
"""

CADDY = """\
# Broadsheet behind Caddy, which sees to TLS by itself.
# In instance/config.toml: base_url = "{base_url}" and trusted_proxies = 1.

{host} {{
    request_body {{
        max_size {body_bytes}
    }}
    log {{
        format filter {{
            wrap json
            fields {{
                request>remote_ip ip_mask 24 48
                request>client_ip ip_mask 24 48
                request>headers delete
                request>uri regexp "^/+((?:my-)?comments|letters)/+.*" "/$1/-"
            }}
        }}
    }}
    reverse_proxy {upstream} {{
        header_up X-Forwarded-For {{remote_host}}
    }}
}}
"""

SYSTEMD = """\
# Broadsheet as a service: put this into /etc/systemd/system/broadsheet.service, then
#   systemctl daemon-reload && systemctl enable --now broadsheet

[Unit]
Description=Broadsheet, {host}
After=network-online.target
Wants=network-online.target

[Service]
# `useradd --system broadsheet` makes this user, who has to own the folder named below and may read the program's.
User=broadsheet
Environment=CMS_INSTANCE={instance}
ExecStart={program} serve --bind {upstream} --workers 2
# New workers take over one by one, and no request fails.
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=1
TimeoutStopSec=45
LimitNOFILE=65536
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=strict
ProtectHome={protect_home}
ReadWritePaths={instance} {bake_folder}

[Install]
WantedBy=multi-user.target
"""

WRITTEN: dict[str, str] = {"nginx": NGINX, "caddy": CADDY, "systemd": SYSTEMD}


def configuration(kind: str, deployment: Deployment) -> str:
    """Return the configuration for `kind`, one of WRITTEN."""
    values = {name: getattr(deployment, name) for name in Deployment.__slots__}
    return WRITTEN[kind].format(
        **values,
        host=deployment.host,
        protect_home=deployment.protect_home,
        front_page=f'    "/{FRONT_PAGE}"  /;\n' if deployment.bake_folder else "",
        baked_maps=BAKED_MAPS if deployment.bake_folder else "",
        locations=_locations(deployment),
    )


def _locations(deployment: Deployment) -> str:
    """Return which of nginx's addresses are files, and which go to the site."""
    if not deployment.bake_folder:
        return PROXIED
    words = {
        "__FOLDER__": f"{deployment.bake_folder}/{PAGES}",
        "__FRONT_PAGE__": FRONT_PAGE,
        "__HEADERS__": "\n".join(
            f'        add_header {name} "{value}";' for name, value in deployment.headers
        ),
        "__KINDS__": "\n".join(f"        location /{kind}/ {{ __LOG__ }}" for kind in KINDS),
        "__LOG__": "access_log /var/log/nginx/broadsheet.log broadsheet_read buffer=64k flush=1s;",
    }
    return reduce(lambda text, word: text.replace(*word), words.items(), BAKED)
