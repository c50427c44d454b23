"""Where settings come from, and which are refused with a clear line."""

from pathlib import Path

import pytest

from cms.config import Settings, knobs, load_settings, slips
from cms.sense import SettingsRefused, origin_of


def test_every_setting_has_a_default_and_a_reason() -> None:
    assert all(knob.metadata["why"] for knob in knobs())
    assert Settings().instance == Path("instance")


def test_the_environment_wins_over_the_file_and_an_argument_over_both(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('site_name = "File"\npage_size = 7\nfeed_size = 8\n')
    environ = {"CMS_INSTANCE": str(tmp_path), "CMS_SITE_NAME": "Environment", "CMS_PAGE_SIZE": "9"}
    found = load_settings(environ, page_size=11)
    assert (found.site_name, found.page_size, found.feed_size) == ("Environment", 11, 8)
    assert found.instance == tmp_path


@pytest.mark.parametrize(
    ("written", "read"), [("on", True), ("off", False), ("TRUE", True), ("0", False), ("1", True)]
)
def test_a_switch_is_read_from_words(tmp_path: Path, written: str, read: bool) -> None:
    environ = {"CMS_INSTANCE": str(tmp_path), "CMS_RATE_LIMITS": written}
    assert load_settings(environ).rate_limits is read


def test_comments_never_close_by_age_unless_it_is_set(tmp_path: Path) -> None:
    environ = {"CMS_INSTANCE": str(tmp_path)}
    assert load_settings(environ).close_after_days == 0
    assert load_settings({**environ, "CMS_CLOSE_AFTER_DAYS": "30"}).close_after_days == 30


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"CMS_PAGE_SIZE": "many"}, "page_size"),
        ({"CMS_PAGE_SIZE": "0"}, "page_size"),
        ({"CMS_PAGE_SIZE": "-3"}, "page_size"),
        ({"CMS_RATE_LIMITS": "maybe"}, "rate_limits"),
        ({"CMS_BASE_URL": "example.org"}, "base_url"),
        ({"CMS_BASE_URL": "ftp://example.org"}, "base_url"),
        ({"CMS_BASE_URL": "https://example.org/"}, "base_url"),
        ({"CMS_BASE_URL": "https://example.org/paper"}, "base_url"),
        ({"CMS_BASE_URL": "https://example.org?x=1"}, "base_url"),
        ({"CMS_BASE_URL": "https://[::1"}, "base_url"),
        ({"CMS_BASE_URL": "https://example.org:http"}, "base_url"),
        ({"CMS_SQLITE_SYNCHRONOUS": "OFF"}, "sqlite_synchronous"),
        ({"CMS_DATABASE_URL": "mysql://x/y"}, "database_url"),
        ({"CMS_TIMEZONE": "Mars/Olympus"}, "timezone"),
        ({"CMS_TIMEZONE": "../etc/passwd"}, "timezone"),
        ({"CMS_LANGUAGE": "klingon!"}, "language"),
        ({"CMS_BASE_URL": "https://mina@example.org"}, "base_url"),
        ({"CMS_BASE_URL": "HTTPS://example.org"}, "base_url"),
        ({"CMS_PURGE_URL": "cdn.example/purge"}, "purge_url"),
        ({"CMS_MAIL_FROM": "The Tidewaiter"}, "mail_from"),
        ({"CMS_DIGEST_HOUR": "24"}, "digest_hour"),
        ({"CMS_SPAM_THRESHOLD": "0"}, "spam_threshold"),
        ({"CMS_PROOF_OF_WORK": "on"}, "proof_of_work takes off, slow_mode or always, not 'on'"),
        ({"CMS_COMMENT_MAX_BYTES": "10"}, "comment_max_bytes"),
    ],
)
def test_nonsense_is_refused_by_its_name(tmp_path: Path, environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsRefused, match=named):
        load_settings({"CMS_INSTANCE": str(tmp_path), **environ})


def test_a_secret_that_is_refused_is_not_shown(tmp_path: Path) -> None:
    environ = {"CMS_INSTANCE": str(tmp_path), "CMS_DATABASE_URL": "mysql://clerk:hunter2@db/paper"}
    with pytest.raises(SettingsRefused) as refusal:
        load_settings(environ)
    assert "hunter2" not in str(refusal.value)
    (tmp_path / "config.toml").write_text('database_url = ["postgresql://clerk:hunter2@db/paper"]')
    with pytest.raises(SettingsRefused, match="database_url takes words") as refusal:
        load_settings({"CMS_INSTANCE": str(tmp_path)})
    assert "hunter2" not in str(refusal.value)
    assert "hunter2" not in repr(Settings(database_url="postgresql://clerk:hunter2@db/paper"))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('colour = "red"', "colour"),
        ('page_size = "ten"', "page_size"),
        ("page_size = true", "page_size"),
        ("site_name = 5", "site_name"),
        ("page_size = ", "config.toml"),
    ],
)
def test_a_file_with_a_slip_is_refused_by_the_settings_name(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(SettingsRefused, match=named):
        load_settings({"CMS_INSTANCE": str(tmp_path)})


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b'site_name = "\xff"')
    with pytest.raises(SettingsRefused, match=r"config\.toml"):
        load_settings({"CMS_INSTANCE": str(tmp_path)})


def test_a_folder_in_the_file_s_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(SettingsRefused, match=r"config\.toml"):
        load_settings({"CMS_INSTANCE": str(tmp_path)})


@pytest.mark.both_engines
def test_both_ways_to_write_a_postgresql_address_name_the_same_driver() -> None:
    for url in ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"):
        assert Settings(database_url=url).sqlalchemy_url == "postgresql+psycopg://u@h/d"


def test_cookies_are_secure_exactly_under_https() -> None:
    assert Settings(base_url="https://example.org").secure_cookies
    assert not Settings(base_url="http://example.org").secure_cookies


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://example.org", "https://example.org"),
        ("https://Example.ORG:443/articles/x?y#z", "https://example.org"),
        ("http://example.org:80", "http://example.org"),
        ("http://example.org:8000", "http://example.org:8000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("https://user:pass@example.org", "https://example.org"),
        ("null", ""),
        ("http://[::1", ""),
        ("https://example.org:99999", ""),
        ("javascript://example.org", ""),
        ("https://", ""),
        ("https://a..b", ""),
    ],
)
def test_an_origin_is_what_browsers_write(address: str, origin: str) -> None:
    assert origin_of(address) == origin


@pytest.mark.parametrize(
    ("variable", "sentence"),
    [
        ("CMS_BASEURL", "CMS_BASEURL is no setting and changes nothing. Is it CMS_BASE_URL?"),
        ("CMS_base_url", "CMS_base_url is no setting and changes nothing. Is it CMS_BASE_URL?"),
        ("CMS_TIMEZON", "CMS_TIMEZON is no setting and changes nothing. Is it CMS_TIMEZONE?"),
        ("CMS_COLOUR", "CMS_COLOUR is no setting and changes nothing."),
    ],
)
def test_a_variable_that_is_no_setting_is_named_with_the_nearest_one(variable: str, sentence: str) -> None:
    assert slips({"CMS_INSTANCE": "/x", "PATH": "/bin", variable: "x"}) == [sentence]


def test_variables_that_are_settings_or_for_tests_go_unnamed() -> None:
    every = {f"CMS_{knob.name.upper()}": "x" for knob in knobs()}
    assert slips({**every, "CMS_TEST_CHROMIUM": "chromium"}) == []


def test_a_file_with_a_slip_is_told_the_nearest_setting(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('base_ur = "https://example.org"')
    with pytest.raises(SettingsRefused, match=r"does not exist: base_ur\. Is it base_url\?"):
        load_settings({"CMS_INSTANCE": str(tmp_path)})
