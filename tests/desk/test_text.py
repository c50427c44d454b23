"""What a page of the desk asks for while an article is written."""

import io

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from tests.desk.typist import Typist


def _post(someone: Typist, path: str, **fields: object) -> TestResponse:
    token = someone.form()["csrf_token"]
    return someone.client.post(path, data={"csrf_token": token, **fields}, headers=someone.headers)


def test_a_text_comes_back_as_it_would_be_stored(ada: Typist) -> None:
    typed = "<div onclick=x>Typed</div><script>alert(1)</script><b>so</b>"
    answer = _post(ada, "/desk/texts", body_html=typed)
    address = ada.write(body_html=typed)
    assert (answer.status_code, answer.text) == (200, ada.form(address)["body_html"])
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_picture_comes_back_as_the_html_that_shows_it(ada: Typist) -> None:
    written = io.BytesIO()
    Image.new("RGB", (3200, 1600), "teal").save(written, "PNG")
    answer = _post(
        ada,
        "/desk/pictures",
        picture=(io.BytesIO(written.getvalue()), "a.png"),
        picture_alt='A "field"',
        picture_caption="Of <teal>",
    )
    assert answer.status_code == 201
    assert 'alt="A &#34;field&#34;" width="1600" height="800">' in answer.text.replace("&quot;", "&#34;")
    assert answer.text.endswith("<figcaption>Of &lt;teal&gt;</figcaption></figure>")


@pytest.mark.parametrize(
    ("sent", "status"),
    [({}, 422), ({"picture": (b"<svg/>", "a.svg")}, 415), ({"picture": (b"", "a.png")}, 415)],
)
def test_what_is_no_picture_is_refused_in_a_sentence(
    ada: Typist, sent: dict[str, tuple[bytes, str]], status: int
) -> None:
    files = {name: (io.BytesIO(body), filename) for name, (body, filename) in sent.items()}
    answer = _post(ada, "/desk/pictures", **files)
    assert answer.status_code == status
    assert answer.text in {"Please choose a picture.", "This is no picture that a page can show."}
