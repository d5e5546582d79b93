"""Uploaded files served by ourselves, whole and in parts."""

import pytest

CONTENT = bytes(range(256)) * 800  # more than one piece


@pytest.fixture
def address(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "film.mp4").write_bytes(CONTENT)
    return "/media/film.mp4"


def read(client, address, **headers):
    response = client.get(address, headers=headers)
    return response, b"".join(response)


@pytest.mark.parametrize(
    ("asked", "part", "said"),
    [
        ("bytes=0-99", CONTENT[:100], "bytes 0-99/204800"),
        ("bytes=1000-", CONTENT[1000:], "bytes 1000-204799/204800"),
        ("bytes=-50", CONTENT[-50:], "bytes 204750-204799/204800"),
        ("bytes=-999999", CONTENT, "bytes 0-204799/204800"),
        ("bytes=204799-300000", CONTENT[-1:], "bytes 204799-204799/204800"),
    ],
    ids=["first", "from", "last", "all", "over the end"],
)
def test_part_that_is_asked_for(client, address, asked, part, said):
    response, content = read(client, address, range=asked)
    assert response.status_code == 206
    assert content == part
    assert response["Content-Range"] == said
    assert response["Content-Length"] == str(len(part))
    assert response["Content-Type"] == "video/mp4"


@pytest.mark.parametrize("asked", ["", "bytes=-", "bytes=5-2", "bytes=a-b", "bytes=0-1,5-6", "lines=0-1", "bytes=" + "9" * 40 + "-"])
def test_whole_file_for_anything_else(client, address, asked):
    response, content = read(client, address, range=asked)
    assert (response.status_code, content) == (200, CONTENT)
    assert response["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("asked", ["bytes=204800-", "bytes=-0", "bytes=204800-300000"])
def test_part_behind_the_end(client, address, asked):
    response = client.get(address, headers={"range": asked})
    assert (response.status_code, response["Content-Range"]) == (416, "bytes */204800")


def test_file_that_changed_meanwhile_comes_whole(client, address):
    now = client.get(address)["Last-Modified"]
    assert read(client, address, range="bytes=0-9", if_range=now)[1] == CONTENT[:10]
    assert read(client, address, range="bytes=0-9", if_range="Mon, 01 Jan 2024 00:00:00 GMT")[1] == CONTENT


def test_nothing_outside_the_folder(client, address, tmp_path):
    (tmp_path.parent / "secret.txt").write_text("x")
    assert client.get("/media/../secret.txt").status_code == 400
    assert client.get("/media/missing.mp4").status_code == 404
