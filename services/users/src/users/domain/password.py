"""Which passwords are accepted. Source: NIST SP 800-63B, section 5.1.1.2: length counts, composition does not."""

import unicodedata
from importlib.resources import files

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from chassis.errors import Invalid
from users.domain.errors import WeakPassword

SHORTEST, LONGEST = 8, 128  # characters

#: What Taiwan types first, and of zxcvbn's 30,000 most breached passwords those that are long enough to be chosen.
_COMMON = frozenset(files("users.domain").joinpath("common_passwords.txt").read_text("utf-8").split()) | {
    one for one in FREQUENCY_LISTS["passwords"] if len(one) >= SHORTEST
}
_FEWEST_DIFFERENT = 3


def written(text: str) -> str:
    """The form that is hashed: the same password typed on another keyboard is the same. Raises Invalid."""
    form = unicodedata.normalize("NFKC", text)
    if any(unicodedata.category(character) == "Cs" for character in form):
        raise Invalid("password holds half a character", field="password")
    return form


def chosen(text: str, email: str) -> str:
    """A password somebody wants to have from now on, as it is hashed. Raises Invalid, WeakPassword."""
    form = written(text)
    if not SHORTEST <= len(form) <= LONGEST:
        raise Invalid(f"password must have {SHORTEST} to {LONGEST} characters", field="password")
    plain = form.casefold()
    if plain in _COMMON or len(set(plain)) < _FEWEST_DIFFERENT:
        raise WeakPassword("this password is among the first that anybody would try", field="password")
    if plain in {email, email.partition("@")[0]}:
        raise WeakPassword("the password must not be the e-mail address", field="password")
    return form


def attempted(text: str) -> str | None:
    """A password somebody tries, as it is hashed; None when no account can have it."""
    try:
        form = written(text)
    except Invalid:
        return None
    return form if 0 < len(form) <= LONGEST else None
