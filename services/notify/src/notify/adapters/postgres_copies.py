"""Copies of shops, languages and LINE bindings, who can be reached, and preferences."""

from collections.abc import Collection, Sequence
from uuid import UUID

from psycopg2.extensions import cursor
from psycopg2.extras import execute_values

from chassis.postgres import array
from chassis.postgres.prepared import Prepared
from kernel.locales import Locale
from notify.adapters.postgres_bells import preferences_of
from notify.application.ports import BindingCopy, LocaleCopy, ShopCopy
from notify.domain.chat import Friendship
from notify.domain.preferences import Preferences
from notify.domain.rules import Shop

# Shops with the languages of their people, and in a last row those of everybody else who is asked for.
AUDIENCE = Prepared.named(
    "audience",
    """
    SELECT s.shop_id, s.name, s.people::text[],
           (SELECT json_object_agg(l.user_id, l.locale) FROM locales l WHERE l.user_id = ANY(s.people))
      FROM shops s WHERE s.shop_id = ANY(%(shops)s::uuid[])
     UNION ALL
    SELECT NULL, NULL, NULL,
           (SELECT json_object_agg(l.user_id, l.locale) FROM locales l WHERE l.user_id = ANY(%(users)s::uuid[]))
    """,
)
READ_IN = """
    INSERT INTO locales (user_id, locale, version) VALUES %s
        ON CONFLICT (user_id) DO UPDATE SET locale = excluded.locale, version = excluded.version, changed_at = now()
     WHERE excluded.version > locales.version
"""
PUT_SHOPS = """
    INSERT INTO shops (shop_id, name, people, version) VALUES %s
        ON CONFLICT (shop_id) DO UPDATE
       SET name = excluded.name, people = excluded.people, version = excluded.version, changed_at = now()
     WHERE excluded.version > shops.version
"""
BIND = """
    INSERT INTO line_bindings (user_id, line_user_id, version) VALUES %s
        ON CONFLICT (user_id) DO UPDATE
       SET line_user_id = excluded.line_user_id, version = excluded.version, changed_at = now()
     WHERE excluded.version > line_bindings.version
"""
BEFRIEND = """
    INSERT INTO line_friends (line_user_id, blocked, since) VALUES %s
        ON CONFLICT (line_user_id) DO UPDATE SET blocked = excluded.blocked, since = excluded.since
     WHERE excluded.since > line_friends.since
"""
GET_WISHES = "SELECT line, sns, quiet_from, quiet_to, muted_types, version FROM preferences WHERE user_id = %s"
PUT_WISHES = """
    INSERT INTO preferences AS p (user_id, line, sns, quiet_from, quiet_to, muted_types, version)
    VALUES (%(user)s, %(line)s, %(sns)s, %(quiet_from)s, %(quiet_to)s, %(muted)s, %(version)s)
        ON CONFLICT (user_id) DO UPDATE
       SET line = excluded.line, sns = excluded.sns, quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to,
           muted_types = excluded.muted_types, version = excluded.version
     WHERE p.version = excluded.version - 1
"""


class PostgresShops:
    """Rows of `shops`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def put(self, copies: Sequence[ShopCopy]) -> None:
        """Keeps the newer ones."""
        rows = [(str(one.shop_id), one.name, [str(person) for person in one.people], one.version) for one in copies]
        execute_values(self._cursor, PUT_SHOPS, rows, template="(%s, %s, %s::uuid[], %s)", page_size=500)


class PostgresAudience:
    """Rows of `shops` and `locales`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def get(
        self, shop_ids: Collection[UUID], user_ids: Collection[UUID]
    ) -> tuple[dict[UUID, Shop], dict[UUID, Locale]]:
        """Shops that are known, and the languages of their people and of these users."""
        AUDIENCE.execute(self._cursor, shops=array(shop_ids), users=array(user_ids))
        shops: dict[UUID, Shop] = {}
        locales: dict[UUID, Locale] = {}
        for shop_id, name, people, chosen in self._cursor.fetchall():
            if shop_id is not None:
                shops[UUID(shop_id)] = Shop(name, tuple(map(UUID, people)))
            locales.update({UUID(user): Locale(locale) for user, locale in (chosen or {}).items()})
        return shops, locales

    def read_in(self, copies: Sequence[LocaleCopy]) -> None:
        """Keeps the newer ones."""
        rows = [(str(one.user_id), one.locale.value, one.version) for one in copies]
        execute_values(self._cursor, READ_IN, rows, page_size=500)


class PostgresLinePeople:
    """Rows of `line_bindings` and `line_friends`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def bind(self, copies: Sequence[BindingCopy]) -> None:
        """Keeps the newer ones."""
        rows = [(str(one.user_id), one.line_user_id, one.version) for one in copies]
        execute_values(self._cursor, BIND, rows, page_size=500)

    def befriend(self, news: Sequence[Friendship]) -> None:
        """Keeps the latest."""
        rows = [(one.line_user_id, one.blocked, one.since) for one in news]
        execute_values(self._cursor, BEFRIEND, rows, page_size=500)


class PostgresWishes:
    """Rows of `preferences`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def get(self, user_id: UUID) -> Preferences:
        """The user's, or what everybody begins with."""
        self._cursor.execute(GET_WISHES, (str(user_id),))
        row = self._cursor.fetchone()
        return preferences_of(row) if row else Preferences()

    def put(self, user_id: UUID, wanted: Preferences) -> bool:
        """Writes them if the stored version is the one before. Nobody's is 0, so theirs must become 1."""
        stored = self.get(user_id) if wanted.version > 1 else None
        if stored is not None and stored.version == 0:
            return False
        self._cursor.execute(
            PUT_WISHES,
            {
                "user": str(user_id),
                "line": wanted.line,
                "sns": wanted.sns,
                "quiet_from": wanted.quiet_from,
                "quiet_to": wanted.quiet_to,
                "muted": list(wanted.muted_types),
                "version": wanted.version,
            },
        )
        return bool(self._cursor.rowcount)
