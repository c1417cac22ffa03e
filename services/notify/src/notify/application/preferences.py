"""What a user wants of the bell."""

from dataclasses import replace
from uuid import UUID

from chassis.errors import StaleVersion
from notify.application import views
from notify.application.ports import Reader, Units
from notify.application.views import View
from notify.domain.preferences import Preferences


class PreferenceDesk:
    """Use cases of one's own preferences. They count for notifications made after they were written."""

    def __init__(self, units: Units, reader: Reader) -> None:
        self._units = units
        self._reader = reader

    def get(self, by: UUID) -> View:
        """The user's; who never chose has version 0."""
        return views.preferences(self._reader.preferences(by))

    def put(self, by: UUID, wanted: Preferences) -> View:
        """Replaces them. `wanted.version` is the one the user saw; repeating the call changes nothing more.

        Raises StaleVersion.
        """
        new = replace(wanted, version=wanted.version + 1)
        with self._units() as unit:
            if unit.wishes.put(by, new):
                return views.preferences(new)
            stored = unit.wishes.get(by)
        if stored == new:
            return views.preferences(stored)
        raise StaleVersion("the preferences were changed meanwhile", version=stored.version)
