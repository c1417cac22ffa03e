"""What is refused about a body, whatever it holds: JSON, a form, a file."""

from chassis.errors import Invalid, Kind, Refusal


class TooLarge(Refusal):
    """More bytes than are taken."""

    code = "too_large"
    kind = Kind.TOO_LARGE


class Unsupported(Refusal):
    """A body in a format that is not read here."""

    code = "unsupported_media_type"
    kind = Kind.UNSUPPORTED


class UnknownField(Invalid):
    """A field that means nothing here: most likely a typing error."""

    code = "unknown_field"
