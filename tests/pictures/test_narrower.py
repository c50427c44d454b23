"""A phone gets a picture as wide as it shows it."""

import io
import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from PIL import Image

from cms.pictures.actions.cleaned_files import CleanFile
from cms.pictures.actions.narrower_copies import narrowed, put_copies
from cms.pictures.commands import pictures
from cms.pictures.narrower import WIDTHS, srcset, with_copies
from cms.site import Site
from tests.conftest import START
from tests.factories import write_article
from tests.reader import Page, Reader


def noise(size: tuple[int, int], kind: str = "JPEG", mode: str = "RGB") -> CleanFile:
    """Return a picture in which no byte can be saved but by fewer pixels."""
    written = io.BytesIO()
    Image.effect_noise(size, 90).convert(mode).save(written, kind)
    return CleanFile(written.getvalue(), {"JPEG": ".jpg"}.get(kind, f".{kind.lower()}"), *size)


def test_a_wide_picture_is_offered_in_every_width_below_its_own() -> None:
    assert srcset("2026/a.jpg", 1000) == (
        "/media/w480/2026/a.jpg 480w, /media/w800/2026/a.jpg 800w, /media/2026/a.jpg 1000w"
    )


@pytest.mark.parametrize(
    ("name", "width"), [("a.jpg", 480), ("a.jpg", 0), ("a.gif", 2000), ("a.pdf", 2000), ("a", 900)]
)
def test_a_narrow_picture_and_one_that_may_move_are_offered_as_they_are(name: str, width: int) -> None:
    assert srcset(name, width) == ""


def test_a_name_with_spaces_commas_and_letters_of_any_script_is_one_address() -> None:
    found = srcset("2026/قلعہ, at noon.jpg", 500)
    assert [one.count(" ") for one in found.split(", ")] == [1, 1]


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        (
            '<p><img src="/media/a.jpg" alt="a &gt; b" width="500" height="9" loading="lazy"></p>',
            '<p><img src="/media/a.jpg" srcset="/media/w480/a.jpg 480w, /media/a.jpg 500w" sizes="auto, (min-width:'
            ' 40rem) 36rem, calc(100vw - 2rem)" alt="a &gt; b" width="500" height="9" loading="lazy"></p>',
        ),
        ('<img src="/media/a.jpg" alt="">', '<img src="/media/a.jpg" alt="">'),
        ('<img src="/static/a.jpg" alt="" width="900" height="9">', '<img src="/static/a.jpg" alt="" width="900" height="9">'),
        ("<p>no picture</p>", "<p>no picture</p>"),
    ],
)  # fmt: skip
def test_pictures_within_a_text_are_offered_in_several_widths(kept: str, shown: str) -> None:
    assert with_copies(kept) == shown


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_copy_is_of_the_same_kind_and_as_wide_as_it_says(kind: str) -> None:
    copy = narrowed(noise((1600, 901), kind), 480)
    with Image.open(io.BytesIO(copy.body)) as image:
        assert (image.format, image.size) == (kind, (480, 270))


def test_a_copy_that_would_take_more_bytes_is_the_picture_itself() -> None:
    written = io.BytesIO()
    Image.effect_noise((1300, 600), 90).quantize(2).save(written, "PNG")
    drawing = CleanFile(written.getvalue(), ".png", 1300, 600)
    assert narrowed(drawing, 1200) is drawing


def test_a_picture_that_moves_keeps_moving() -> None:
    frames = [Image.new("RGB", (600, 4), colour) for colour in ("navy", "teal")]
    written = io.BytesIO()
    frames[0].save(written, "WEBP", save_all=True, append_images=frames[1:])
    file = CleanFile(written.getvalue(), ".webp", 600, 4)
    assert narrowed(file, 480) is file


def test_what_cannot_be_copied_is_no_reason_to_lose_it(tmp_path: Path) -> None:
    cut_off = CleanFile(noise((1600, 900)).body[:4000], ".jpg", 1600, 900)
    assert put_copies(tmp_path, "a.jpg", cut_off) == 0
    (tmp_path / "w480").write_text("a file where a folder should be")
    assert put_copies(tmp_path, "b.jpg", noise((700, 9))) == 0


def test_copies_are_made_once(tmp_path: Path) -> None:
    file = noise((1000, 50))
    assert [put_copies(tmp_path, "2026/a.jpg", file) for _ in range(2)] == [2, 0]
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.jpg")) == [
        "w480/2026/a.jpg", "w800/2026/a.jpg",
    ]  # fmt: skip


def test_a_copy_that_is_not_there_yet_is_answered_with_the_picture_and_soon_asked_again(
    app: Flask, site: Site
) -> None:
    whole = noise((900, 40))
    whole.put_at(site.settings.media_folder / "2026" / "a.jpg")
    reader = Reader(app)
    with reader.get("/media/w480/2026/a.jpg") as answer:
        assert answer.get_data() == whole.body
        assert answer.cache_control.max_age == 60
    put_copies(site.settings.media_folder, "2026/a.jpg", whole)
    with reader.get("/media/w480/2026/a.jpg") as answer:
        assert len(answer.get_data()) < len(whole.body)
        assert answer.cache_control.max_age == 86_400
    for nothing in ("/media/w480/2026/b.jpg", "/media/w9/2026/a.jpg", "/media/w480/../../keys/x"):
        assert reader.get(nothing).status_code == 404


def test_every_picture_of_a_page_is_offered_in_widths_that_answer(app: Flask, site: Site) -> None:
    for name in ("lead.jpg", "quay.jpg"):
        noise((1300, 40)).put_at(site.settings.media_folder / name)
    figure = '<figure><img src="/media/quay.jpg" alt="The quay" width="1300" height="40"></figure>'
    write_article(
        site, "One", START, body=figure, image_path="lead.jpg", image_alt="Low tide", image_width=1300, image_height=40
    )  # fmt: skip
    reader = Reader(app)
    for path, count in (("/articles/one", 2), ("/", 1), ("/authors/ada", 1)):
        offered = [attributes["srcset"] for attributes, _ in Page(reader.get(path).text).all("img")]
        assert len(offered) == count, path
        addresses = re.findall(r"(/\S+) \d+w", " ".join(offered))
        assert len(addresses) == count * (len(WIDTHS) + 1)
        for address in addresses:
            with reader.get(address) as answer:
                assert answer.status_code == 200, address


def test_the_command_makes_what_is_missing(instance: Path) -> None:
    media = instance / "media"
    noise((900, 40)).put_at(media / "2024" / "a.jpg")
    noise((300, 40)).put_at(media / "2024" / "small.jpg")
    (media / "2024" / "b.jpg").write_bytes(b"no picture at all")
    said = [CliRunner().invoke(pictures).output for _ in range(2)]
    assert said == ["Made: 2 copies.\n", "Made: 0 copies.\n"]


def test_two_who_write_the_same_picture_never_show_half_of_it(tmp_path: Path) -> None:
    file = noise((1600, 900), "PNG")
    with ThreadPoolExecutor(4) as threads:
        done = [threads.submit(file.put_at, tmp_path / "a.png") for _ in range(40)]
        lengths = set()
        while not all(one.done() for one in done):
            with suppress(FileNotFoundError):
                lengths.add((tmp_path / "a.png").stat().st_size)
    assert [one.exception() for one in done] == [None] * 40
    assert lengths <= {len(file.body)}
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_picture_that_was_removed_or_replaced_is_shown_by_no_copy(app: Flask, site: Site) -> None:
    media, before, after = site.settings.media_folder, noise((900, 40)), noise((900, 41))
    before.put_at(media / "a.jpg")
    put_copies(media, "a.jpg", before)
    after.put_at(media / "a.jpg")
    os.utime(media / "a.jpg", (2e9, 2e9))
    with Reader(app).get("/media/w480/a.jpg") as answer:
        assert answer.get_data() == after.body
    (media / "a.jpg").unlink()
    assert Reader(app).get("/media/w480/a.jpg").status_code == 404
