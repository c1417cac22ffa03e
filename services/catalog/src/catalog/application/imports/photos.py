"""What became of the photographs that imports named by address. A photograph never fails its product."""

from collections.abc import Sequence

from catalog.application.imports.ports import Imports, SettledPhoto


class PhotoNews:
    """Hears of photos."""

    def heard(self, news: Sequence[SettledPhoto], imports: Imports) -> None:
        """Keeps what became of them, within the transaction of the events; told again, it changes nothing."""
        imports.settle_photos(news)
