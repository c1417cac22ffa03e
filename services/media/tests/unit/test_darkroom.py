"""The child process: pictures in, sizes out, and its death is nobody's but the picture's."""

import os
import signal
import subprocess
import threading
import time

import pytest
from PIL import Image, ImageCms

from chassis.errors import Unavailable
from media.adapters.darkroom import parent, pipe
from media.adapters.darkroom.develop import develop
from media.adapters.darkroom.parent import Darkrooms
from media.application.ports import NotAPhoto
from media.domain.errors import Unfit

MEMORY = 768 << 20


@pytest.fixture
def darkroom():
    made = Darkrooms(1, memory=MEMORY, seconds=10)
    made.start()
    yield made
    made.close()


def child(darkroom) -> int:
    return darkroom._children[0].start().pid


def main_size(sizes):
    return next(one for one in sizes if one.name == "full")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_ends_upright(pictures, orientation):
    turned = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    scene = pictures.scene()
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = pictures.encoded(scene.transpose(turned) if turned is not None else scene, "JPEG", exif=exif, quality=95)
    image = pictures.opened(main_size(develop(data)).body).convert("RGB")
    assert image.size == scene.size
    for place in ((100, 75), (300, 75), (100, 225), (300, 225)):
        assert all(abs(a - b) < 40 for a, b in zip(image.getpixel(place), scene.getpixel(place), strict=True))


def test_sixteen_bits_of_grey_keep_their_brightness(pictures):
    grey = Image.new("I;16", (40, 30), 0x8080)
    image = pictures.opened(main_size(develop(pictures.encoded(grey, "PNG"))).body)
    assert abs(image.convert("L").getpixel((5, 5)) - 0x80) <= 2


def test_colours_of_another_profile_are_turned_into_those_of_every_screen(pictures):
    usual = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    nameless = usual.replace("sRGB".encode("utf-16-be"), "None".encode("utf-16-be"))
    swapped = nameless.replace(b"rXYZ", b"....").replace(b"gXYZ", b"rXYZ").replace(b"....", b"gXYZ")
    plain = main_size(develop(pictures.encoded(pictures.scene(), "JPEG")))
    other = main_size(develop(pictures.encoded(pictures.scene(), "JPEG", icc_profile=swapped)))
    red, green, _ = pictures.opened(other.body).convert("RGB").getpixel((100, 75))  # what says red means green
    assert red < 60
    assert green > 200
    assert main_size(develop(pictures.encoded(pictures.scene(), "JPEG", icc_profile=usual))).body == plain.body
    broken = main_size(develop(pictures.encoded(pictures.scene(), "JPEG", icc_profile=b"no profile")))
    assert broken.body == plain.body


def test_the_same_picture_gives_the_same_bytes(pictures, darkroom):
    data = pictures.encoded(pictures.noise(400, 300), "JPEG")
    assert [one.body for one in darkroom.develop(data)] == [one.body for one in develop(data)]


def test_a_picture_that_needs_too_much_memory_is_refused_and_the_next_one_is_not(pictures):
    darkroom = Darkrooms(1, memory=160 << 20, seconds=10)
    try:
        with pytest.raises(NotAPhoto) as refused:
            darkroom.develop(pictures.bomb(4800, 4800))
        assert refused.value.code is Unfit.TOO_LARGE
        assert darkroom.develop(pictures.encoded(pictures.scene(), "PNG"))
    finally:
        darkroom.close()


def test_a_picture_that_needs_too_much_time_is_refused(pictures, darkroom):
    os.kill(child(darkroom), signal.SIGSTOP)
    outcome = over(darkroom, pictures, signal.SIGXCPU)
    assert isinstance(outcome, NotAPhoto)
    assert outcome.code is Unfit.TOO_LARGE


def test_a_picture_that_crashes_the_decoder_is_refused_and_the_next_one_is_not(pictures, darkroom):
    os.kill(child(darkroom), signal.SIGSTOP)
    outcome = over(darkroom, pictures, signal.SIGSEGV)
    assert isinstance(outcome, NotAPhoto)
    assert outcome.code is Unfit.BROKEN
    assert darkroom.develop(pictures.encoded(pictures.scene(), "PNG"))


def test_a_child_that_is_frozen_is_replaced_and_the_picture_waits(pictures):
    darkroom = Darkrooms(1, memory=MEMORY, seconds=0.2)
    try:
        os.kill(child(darkroom), signal.SIGSTOP)
        with pytest.raises(Unavailable):
            darkroom.develop(pictures.encoded(pictures.scene(20, 20), "PNG"))
        assert child(darkroom)
    finally:
        darkroom.close()


def test_the_clock_is_blamed_for_its_kill_however_late_the_kill_returns(pictures, monkeypatch):
    kill, darkroom = subprocess.Popen.kill, Darkrooms(1, memory=MEMORY, seconds=0.2)

    def preempted(process):
        kill(process)
        if isinstance(threading.current_thread(), threading.Timer):
            time.sleep(1)  # the child's end is read before this thread goes on

    monkeypatch.setattr(subprocess.Popen, "kill", preempted)
    try:
        os.kill(child(darkroom), signal.SIGSTOP)
        with pytest.raises(Unavailable):
            darkroom.develop(pictures.encoded(pictures.scene(20, 20), "PNG"))
    finally:
        darkroom.close()


def test_a_child_killed_behind_its_answer_is_not_given_the_next_picture(pictures, darkroom, monkeypatch):
    kill, read, timers, late = subprocess.Popen.kill, pipe.read_answer, [], []
    deciding = threading.Event()

    class Timer(threading.Timer):
        def __init__(self, seconds, function):
            super().__init__(seconds, function)
            timers.append(self)

    def kill_late(process):
        if threading.current_thread() in late:
            deciding.set()
            time.sleep(0.3)
        kill(process)

    def answer_just_in_time(stream):
        answer = read(stream)
        late.append(threading.Thread(target=timers[-1].function))
        late[0].start()
        deciding.wait(5)
        return answer

    first = child(darkroom)
    monkeypatch.setattr(threading, "Timer", Timer)
    monkeypatch.setattr(subprocess.Popen, "kill", kill_late)
    with monkeypatch.context() as once:
        once.setattr(pipe, "read_answer", answer_just_in_time)
        assert darkroom.develop(pictures.encoded(pictures.scene(20, 20), "PNG"))
    assert child(darkroom) != first
    late[0].join()


def test_closing_over_a_picture_blames_nobody(pictures, darkroom):
    os.kill(child(darkroom), signal.SIGSTOP)
    outcome = over(darkroom, pictures, None)
    assert isinstance(outcome, Unavailable)
    with pytest.raises(Unavailable):
        darkroom.develop(b"another")


def test_a_child_is_replaced_after_many_pictures(pictures, darkroom, monkeypatch):
    monkeypatch.setattr(parent, "PICTURES_A_CHILD", 2)
    data = pictures.encoded(pictures.scene(), "PNG")
    first = child(darkroom)
    darkroom.develop(data)
    assert child(darkroom) == first
    darkroom.develop(data)
    assert child(darkroom) != first


def test_a_child_has_no_secrets_and_few_rights(darkroom):
    pid = child(darkroom)
    with open(f"/proc/{pid}/environ", "rb") as environ:
        assert {pair.partition(b"=")[0] for pair in environ.read().split(b"\0") if pair} <= {b"LANG", b"LC_CTYPE"}
    with open(f"/proc/{pid}/limits") as limits:
        rules = {line[:26].strip(): line[26:].split()[0] for line in limits}
    assert rules["Max address space"] == str(MEMORY)
    assert rules["Max file size"] == "0"


def over(darkroom, pictures, number: int | None):
    """What a picture ends with while its frozen child gets a signal; None closes the darkroom."""
    outcome = []

    def work() -> None:
        try:
            outcome.append(darkroom.develop(pictures.encoded(pictures.scene(), "PNG")))
        except (NotAPhoto, Unavailable) as error:
            outcome.append(error)

    thread = threading.Thread(target=work)
    pid = child(darkroom)
    thread.start()
    while darkroom._children[0]._pictures == 0:
        pass
    if number is None:
        darkroom.close()
    else:
        os.kill(pid, number)
        os.kill(pid, signal.SIGCONT)
    thread.join(20)
    return outcome[0]
