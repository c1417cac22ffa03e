"""The languages people are written to in."""

from enum import StrEnum


class Locale(StrEnum):
    """A language somebody chose. Who never chose one reads Traditional Chinese."""

    ZH_TW = "zh-TW"
    EN = "en"


DEFAULT = Locale.ZH_TW
