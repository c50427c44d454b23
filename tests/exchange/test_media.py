"""Bringing in the files that articles use."""

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cms.exchange.actions import pictures
from cms.exchange.report import ImportReport
from cms.pictures.actions.cleaned_files import FileRefused, cleaned
from cms.site import Site
from tests.exchange.conftest import export, post

Bring = Callable[..., ImportReport]
Rows = Callable[..., list[Any]]
UPLOADS = "https://old.example/wp-content/uploads"


def picture(
    path: Path,
    kind: str = "JPEG",
    size: tuple[int, int] = (40, 20),
    orientation: int = 1,
    noted: str = "where I live",
) -> Path:
    exif = Image.Exif()
    exif[0x010E] = noted
    if orientation != 1:
        exif[0x0112] = orientation
    path.parent.mkdir(parents=True, exist_ok=True)
    extra = {} if kind == "GIF" else {"exif": exif}
    Image.effect_noise(size, 50).convert("RGB").save(path, kind, **extra)
    return path


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    folder = tmp_path / "uploads"
    picture(folder / "2024/05/a.jpg")
    picture(folder / "2024/05/a-20x10.jpg", size=(20, 10))
    return folder


def attachment(number: int, path: str, **fields: object) -> str:
    values = {
        "wp_post_type": "attachment",
        "wp_status": "inherit",
        "content_encoded": "",
        "wp_attachment_url": f"{UPLOADS}/{path}",
        **fields,
    }
    return post(number, **values)


def featured(number: int) -> str:
    return f"<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>{number}</wp:meta_value></wp:postmeta>"


def body_of(rows: Rows) -> str:
    return str(rows("SELECT body_html FROM article ORDER BY id")[0][0])


def test_a_picture_comes_in_at_the_size_that_the_article_used(
    bring: Bring, rows: Rows, uploads: Path, site: Site
) -> None:
    report = bring(
        export(post(1, content_encoded=f'<img src="{UPLOADS}/2024/05/a-20x10.jpg" alt="A">')), media=uploads
    )
    assert 'src="/media/2024/05/a-20x10.jpg" alt="A" width="20" height="10"' in body_of(rows)
    assert report.media["brought_in"] == 1
    assert [path.name for path in site.settings.media_folder.rglob("*.*")] == ["a-20x10.jpg"]


def test_a_dry_run_tells_the_same_of_files_and_copies_none(bring: Bring, uploads: Path, site: Site) -> None:
    text = export(
        post(1, content_encoded=f'<img src="{UPLOADS}/2024/05/a.jpg"><img src="{UPLOADS}/none.jpg">')
    )
    dry = bring(text, media=uploads, dry_run=True).as_json()
    assert not site.settings.media_folder.exists()
    assert dry == bring(text, media=uploads).as_json()


def test_where_a_size_is_missing_the_whole_picture_is_taken(bring: Bring, rows: Rows, uploads: Path) -> None:
    bring(export(post(1, content_encoded=f'<img src="{UPLOADS}/2024/05/a-300x150.jpg">')), media=uploads)
    assert 'width="40" height="20"' in body_of(rows)


def test_pictures_after_the_first_are_loaded_when_they_are_needed(
    bring: Bring, rows: Rows, uploads: Path
) -> None:
    image = f'<img src="{UPLOADS}/2024/05/a.jpg">'
    bring(export(post(1, content_encoded=f"{image}\n\n{image}")), media=uploads)
    assert body_of(rows).count("lazy") == 1


@pytest.mark.both_engines
def test_a_featured_picture_becomes_the_article_s_own(bring: Bring, rows: Rows, uploads: Path) -> None:
    items = post(1, featured(2)), attachment(2, "2024/05/a.jpg", excerpt_encoded="Said <b>so</b>")
    bring(export(*items), media=uploads)
    assert rows("SELECT image_path, image_width, image_height, image_caption FROM article") == [
        ("2024/05/a.jpg", 40, 20, "Said so")
    ]


@pytest.mark.both_engines
def test_old_addresses_of_files_and_of_their_pages_lead_on(bring: Bring, rows: Rows, uploads: Path) -> None:
    content = f'<a href="{UPLOADS}/2024/05/a.jpg"><img src="{UPLOADS}/2024/05/a-20x10.jpg"></a>'
    page = attachment(2, "2024/05/a.jpg", wp_post_parent="1", link="https://old.example/2024/05/post-1/a/")
    bring(export(post(1, content_encoded=content), page), media=uploads)
    found = dict(rows("SELECT address, thing FROM former_address"))
    assert found["/wp-content/uploads/2024/05/a.jpg"] == "media:2024/05/a.jpg"
    assert found["/wp-content/uploads/2024/05/a-20x10.jpg"] == "media:2024/05/a-20x10.jpg"
    ((article,),) = rows("SELECT 'article:' || id FROM article")
    assert found["/2024/05/post-1/a"] == found["/?attachment_id=2"] == article
    assert 'href="/media/2024/05/a.jpg"' in body_of(rows)


@pytest.mark.parametrize(
    ("href", "shown"),
    [
        (f"{UPLOADS}/2020/01/gone.jpg", f"{UPLOADS}/2020/01/gone-20x10.jpg"),
        ("https://old.example/2020/01/gone/", f"{UPLOADS}/2020/01/gone-20x10.jpg"),
        ("https://other.example/", "https://other.example/"),
    ],
)
def test_a_missing_picture_that_was_a_link_leads_to_the_picture(
    bring: Bring, rows: Rows, uploads: Path, href: str, shown: str
) -> None:
    content = f'<a href="{href}"><img src="{UPLOADS}/2020/01/gone-20x10.jpg" alt="A view"></a>'
    bring(export(post(1, content_encoded=content)), media=uploads)
    assert f'href="{shown}"' in body_of(rows)
    assert body_of(rows).count("<a ") == 1


@pytest.mark.parametrize("media", [True, False])
def test_a_missing_picture_becomes_a_link_with_its_words(
    bring: Bring, rows: Rows, uploads: Path, media: bool
) -> None:
    content = f'<img class="wp-image-2" src="{UPLOADS}/2020/01/gone.jpg">'
    items = (
        post(1, featured(2), content_encoded=content),
        attachment(2, "2020/01/gone.jpg", title="A lost view"),
    )
    report = bring(export(*items), media=uploads if media else None)
    html = body_of(rows)
    assert "<img" not in html
    assert f'href="{UPLOADS}/2020/01/gone.jpg"' in html
    assert html.count(">A lost view</a>") == 2
    assert report.media["missing"] == 1
    assert any("link" in found.why for found in report.skipped)


@pytest.mark.parametrize(
    "path",
    ["../secret.jpg", "2024/../../secret.jpg", "%2e%2e/secret.jpg", "link.jpg", "linked/secret.jpg", "/etc/passwd", "a%00.jpg"],
)  # fmt: skip
def test_nothing_outside_of_the_folder_is_taken(
    bring: Bring, rows: Rows, uploads: Path, tmp_path: Path, path: str
) -> None:
    secret = picture(tmp_path / "elsewhere" / "secret.jpg")
    picture(tmp_path / "secret.jpg")
    (uploads / "link.jpg").symlink_to(secret)
    (uploads / "linked").symlink_to(secret.parent)
    report = bring(export(post(1, content_encoded=f'x <img src="{UPLOADS}/{path}" alt="A">')), media=uploads)
    assert report.media["brought_in"] == 0
    assert "<img" not in body_of(rows)


def test_files_of_other_sites_are_left_where_they_are(bring: Bring, rows: Rows, uploads: Path) -> None:
    bring(
        export(post(1, content_encoded='<img src="https://other.example/uploads/2024/05/a.jpg" alt="B">')),
        media=uploads,
    )
    assert 'href="https://other.example/uploads/2024/05/a.jpg"' in body_of(rows)


def test_a_file_with_a_name_that_is_taken_gets_another(
    bring: Bring, rows: Rows, uploads: Path, site: Site
) -> None:
    ours = site.settings.media_folder / "2024/05/a.jpg"
    ours.parent.mkdir(parents=True)
    ours.write_bytes(b"ours")
    bring(export(post(1, content_encoded=f'<img src="{UPLOADS}/2024/05/a.jpg">')), media=uploads)
    assert ours.read_bytes() == b"ours"
    assert "/media/2024/05/a-" in body_of(rows)


@pytest.mark.parametrize(
    ("kind", "suffix"), [("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp"), ("GIF", ".gif")]
)
def test_what_a_camera_wrote_is_dropped_and_the_pixels_stay(tmp_path: Path, kind: str, suffix: str) -> None:
    path = picture(tmp_path / f"a{suffix}", kind)
    clean = cleaned(path)
    assert (clean.suffix, clean.width, clean.height) == (suffix, 40, 20)
    assert b"where I live" not in clean.body
    with Image.open(io.BytesIO(clean.body)) as after, Image.open(path) as before:
        assert after.convert("RGB").tobytes() == before.convert("RGB").tobytes()
        assert not after.getexif()


def test_a_picture_that_lay_on_its_side_is_turned(tmp_path: Path) -> None:
    clean = cleaned(picture(tmp_path / "a.jpg", orientation=6))
    assert (clean.width, clean.height) == (20, 40)
    assert b"where I live" not in clean.body


def test_what_follows_the_end_of_a_jpeg_is_dropped(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.jpg")
    path.write_bytes(path.read_bytes() + b"\xff\xd8 a second picture with a place in it")
    assert b"second picture" not in cleaned(path).body


def test_an_ending_that_lies_is_corrected(tmp_path: Path) -> None:
    assert cleaned(picture(tmp_path / "a.jpg", "PNG")).suffix == ".png"


def _bomb(path: Path) -> None:
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (60_000).to_bytes(4) * 2 + b"\x08\x02\0\0\0"
    path.write_bytes(header + b"\0" * 100)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("a.jpg", b"<?php system($_GET['c']); ?>"),
        ("a.jpg", b"\xff\xd8\xff"),
        ("a.jpg", b""),
        ("a.php", b"<?php ?>"),
        ("a.html", b"<script>alert(1)</script>"),
        ("a.png", None),
    ],
)
def test_what_is_no_picture_or_could_do_harm_is_refused(
    tmp_path: Path, name: str, body: bytes | None
) -> None:
    path = tmp_path / name
    if body is None:
        _bomb(path)
    else:
        path.write_bytes(body)
    with pytest.raises(FileRefused):
        cleaned(path)


@pytest.mark.parametrize(
    ("size", "kind"), [((10_000, 10_000), "PNG"), ((8_000, 8_000), "GIF"), ((20_000, 20_000), "PNG")]
)
def test_a_picture_of_too_many_pixels_is_refused_however_few_its_bytes(
    bring: Bring, rows: Rows, tmp_path: Path, size: tuple[int, int], kind: str
) -> None:
    bomb = tmp_path / f"uploads/bomb.{kind.lower()}"
    bomb.parent.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        Image.new("1", size).save(bomb, kind)
    report = bring(export(post(1, content_encoded=f'<img src="{UPLOADS}/{bomb.name}">')), media=bomb.parent)
    assert [found.why for found in report.skipped] == ["too large a picture; shown as a link"]
    assert report.media["refused"] == 1


def test_a_gif_loses_its_words_and_keeps_its_pictures_and_their_time(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    frames = [Image.effect_noise((40, 20), spread).convert("RGB") for spread in (20, 50, 90)]
    frames[0].save(
        path,
        save_all=True,
        append_images=frames[1:],
        duration=[100, 200, 300],
        loop=3,
        comment=b"where I live",
    )
    xmp = b"!\xff\x0bXMP DataXMP<x>my street</x>\x01" + bytes(range(255, -1, -1)) + b"\0"
    text = b"!\x01\x0c" + bytes(12) + b"\x04town\0"
    path.write_bytes(path.read_bytes()[:-1] + text + xmp + b"; and my house behind the end")
    clean = cleaned(path)
    for words in (b"where I live", b"my street", b"town", b"my house"):
        assert words not in clean.body
    with Image.open(io.BytesIO(clean.body)) as after, Image.open(path) as before:
        assert (after.n_frames, after.info["loop"]) == (3, 3)  # type: ignore[attr-defined]  # a GIF has it
        for number in range(3):
            after.seek(number)
            before.seek(number)
            assert after.info["duration"] == before.info["duration"]
            assert after.convert("RGB").tobytes() == before.convert("RGB").tobytes()


def test_of_two_pictures_in_one_file_the_first_comes_in(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    first, second = (Image.effect_noise((40, 20), spread).convert("RGB") for spread in (20, 90))
    first.save(path, "MPO", save_all=True, append_images=[second])
    clean = cleaned(path)
    assert (clean.suffix, clean.width) == (".jpg", 40)
    with Image.open(io.BytesIO(clean.body)) as after, Image.open(path) as before:
        assert after.convert("RGB").tobytes() == before.convert("RGB").tobytes()


def test_missing_and_refused_files_behind_the_first_are_told_in_one_line_each(
    bring: Bring, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "TOLD_MAX", 1)
    for number in range(3):
        (uploads / f"{number}.jpg").write_bytes(b"no picture")
    names = [f"{number}.jpg" for number in range(5)]
    content = "".join(f'<img src="{UPLOADS}/{name}">' for name in names)
    report = bring(export(post(1, content_encoded=content)), media=uploads)
    assert [(found.what, found.count) for found in report.skipped] == [
        (f"{UPLOADS}/0.jpg", 1),
        ("files", 2),
        ("files", 2),
    ]
    assert (report.media["missing"], report.media["refused"]) == (2, 3)
