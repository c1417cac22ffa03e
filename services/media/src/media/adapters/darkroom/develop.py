"""Every size of a picture, out of a stranger's bytes. Runs in the child process.

What comes out is encoded anew from pixels: metadata, a second file behind the picture and scripts inside it are gone.
"""

import io
from collections.abc import Callable

from PIL import Image, ImageCms, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin

from media.application.ports import Developed, NotAPhoto
from media.domain.errors import Unfit
from media.domain.photo import JPEGS, MAIN, WIDTHS, fitted, unfit_header

PLUGINS = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin)  # loaded before the child is locked in

WEBP_QUALITY, WEBP_EFFORT, JPEG_QUALITY = 80, 4, 85

_ORIENTATION = 0x0112  # Source: Exif 2.32, 4.6.4 A
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING = frozenset({5, 6, 7, 8})  # orientations that swap width and height

_SRGB_NAMES = (b"sRGB", "sRGB".encode("utf-16-be"))  # a profile that says so needs no conversion
_SRGB = ImageCms.createProfile("sRGB")
Image.MAX_IMAGE_PIXELS = None  # the header is judged here, by our own bounds


def develop(data: bytes) -> list[Developed]:
    """The sizes of a picture. Raises NotAPhoto with the reason."""
    kind = _kind(data)
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as picture:
            _check_header(picture, kind)
            return _sizes(_main(picture))
    except NotAPhoto:
        raise
    except MemoryError:
        raise NotAPhoto(Unfit.TOO_LARGE) from None
    except Exception as error:  # a decoder meets hostile bytes here: whatever it raises, they are no photo
        raise NotAPhoto(Unfit.BROKEN) from error


def _check_header(picture: Image.Image, kind: str) -> None:
    """Raises NotAPhoto for what is not even decoded."""
    if unfit_header(*picture.size, at_once=kind != "JPEG"):
        raise NotAPhoto(Unfit.TOO_LARGE)
    if kind != "JPEG" and getattr(picture, "is_animated", False):  # a JPEG may have a second view behind it
        raise NotAPhoto(Unfit.ANIMATED)


def _kind(data: bytes) -> str:
    """The format by content. Raises NotAPhoto."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    raise NotAPhoto(Unfit.UNSUPPORTED)


def _main(picture: Image.Image) -> Image.Image:
    """The largest size, upright, in sRGB, with transparency if it has any, and without any metadata."""
    orientation = _orientation(picture)
    width, height = picture.size[::-1] if orientation in _LYING else picture.size
    box = fitted(width, height, WIDTHS[MAIN])
    box = box[::-1] if orientation in _LYING else box
    picture.draft(None, box)  # a JPEG's decoder halves for free
    profile = picture.info.get("icc_profile")
    made = _reduced(_resizable(picture), box)
    made = _in_srgb(made, profile)
    if orientation in _TURNS:
        made = made.transpose(_TURNS[orientation])
    made.info = {}
    return made


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except (ValueError, TypeError, SyntaxError, KeyError, IndexError):
        return 1  # unreadable metadata says nothing; the pixels may be fine


def _resizable(picture: Image.Image) -> Image.Image:
    """In a mode that can be averaged."""
    if picture.mode in {"P", "PA", "LA", "La", "RGBa"} or "transparency" in picture.info:
        transparent = picture.mode != "P" or "transparency" in picture.info
        return picture.convert("RGBA" if transparent else "RGB")
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode.startswith("I"):  # 16 bits of grey
        return picture.point(_high_byte, "L") if picture.mode == "I" else picture.convert("I").point(_high_byte, "L")
    picture.load()
    return picture


_high_byte: Callable[..., float] = lambda value: value / 257  # noqa: E731 - point() reads the formula off the function


def _reduced(picture: Image.Image, box: tuple[int, int]) -> Image.Image:
    if picture.size == box:
        return picture.copy()
    return picture.resize(box, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours as every screen shows them, since the profile that explains others is stripped."""
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    flat = picture.convert("RGB") if alpha else picture
    if profile and flat.mode in {"RGB", "CMYK"} and not any(name in profile for name in _SRGB_NAMES):
        try:
            flat = ImageCms.profileToProfile(flat, io.BytesIO(profile), _SRGB, outputMode="RGB") or flat
        except (ImageCms.PyCMSError, OSError, ValueError):
            flat = flat.convert("RGB")  # a profile nobody can read explains nothing
    flat = flat if flat.mode == "RGB" else flat.convert("RGB")
    if alpha and alpha.getextrema() != (255, 255):
        flat.putalpha(alpha)
    return flat


def _sizes(main: Image.Image) -> list[Developed]:
    """Each size from the next larger one, in both formats."""
    made: list[Developed] = []
    picture = main
    for name, widest in WIDTHS.items():
        if name != MAIN:
            picture = _reduced(picture, fitted(*picture.size, widest))
        made += [_encoded(name, picture, "WEBP"), _encoded(JPEGS[name], _on_white(picture), "JPEG")]
    return made


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _encoded(name: str, picture: Image.Image, kind: str) -> Developed:
    out = io.BytesIO()
    if kind == "WEBP":
        picture.save(out, "WEBP", quality=WEBP_QUALITY, method=WEBP_EFFORT)
    else:
        picture.save(out, "JPEG", quality=JPEG_QUALITY)
    return Developed(name, out.getvalue(), *picture.size, f"image/{kind.lower()}")
