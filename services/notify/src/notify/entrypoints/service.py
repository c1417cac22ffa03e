"""The nameko service: methods decode, hand over and encode."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from chassis.decode import Payload, Principal, caller, new, page, request, there
from chassis.errors import Invalid, Refusal
from chassis.events import EventInbox
from chassis.green import Application, consume_events, rpc, run
from chassis.postgres import PLANNED_ONCE, Pool
from chassis.settings import load_or_exit
from contracts import notify as contract
from notify.bootstrap.service import Notify, build
from notify.domain.preferences import Preferences
from notify.entrypoints.events import NotifyRouter
from notify.settings import NotifySettings

T = TypeVar("T")

MOST_ITEMS = 200
GREATEST_SEQ = 2**63 - 1


class NotifyService:
    """The bell: its list, its badge, what streams missed, preferences."""

    name = "notify"

    app: Notify = Application()
    events = consume_events()

    @rpc
    def list_notifications(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ListNotifications`, answer `NotificationPage`."""
        by, asked = caller(principal), request(payload, contract.ListNotifications)
        before, limit = page(asked.cursor, asked.limit)
        return self.app.bell.page(by, unread=asked.unread, before=before, limit=limit)

    @rpc
    def unread_count(self, principal: Principal, payload: Payload) -> Any:
        """Answer `UnreadCount`."""
        return self.app.bell.unread(caller(principal))

    @rpc
    def unread_count_many(self, principal: Principal, items: list[dict[str, Any]]) -> Any:
        """Coalesced `unread_count`."""
        return _together(items, lambda who, _: caller(who), self.app.bell.unread_each)

    @rpc
    def list_after_many(self, principal: Principal, items: list[dict[str, Any]]) -> Any:
        """Coalesced `ListAfter`, answers `BellChanges`."""
        return _together(items, lambda _, payload: _after(payload), self.app.bell.after)

    @rpc
    def read_notification(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ReadNotification`, answer `UnreadCount`."""
        asked = request(payload, contract.ReadNotification)
        return self.app.bell.read(caller(principal), there(asked.notification_id))

    @rpc
    def read_all(self, principal: Principal, payload: Payload) -> Any:
        """Answer `UnreadCount`."""
        return self.app.bell.read_all(caller(principal))

    @rpc
    def get_preferences(self, principal: Principal, payload: Payload) -> Any:
        """Answer `Preferences`."""
        return self.app.preferences.get(caller(principal))

    @rpc
    def put_preferences(self, principal: Principal, payload: Payload) -> Any:
        """Contract `Preferences` with the version that was seen, answer the same with the next one."""
        by, asked = caller(principal), request(payload, contract.Preferences)
        wanted = Preferences.checked(
            line=asked.line,
            sns=asked.sns,
            quiet_from=asked.quiet_from,
            quiet_to=asked.quiet_to,
            muted=asked.muted_types,
            version=asked.version,
        )
        return self.app.preferences.put(by, wanted)


def _together(
    items: list[dict[str, Any]], decode: Callable[[Principal, Any], T], answer: Callable[[Sequence[T]], list[Any]]
) -> list[dict[str, Any]]:
    """Answers a coalesced call with one question for all its items; a refused item is refused alone."""
    if len(items) > MOST_ITEMS:
        raise Invalid(f"at most {MOST_ITEMS} items at once")
    answers: list[dict[str, Any]] = [{}] * len(items)
    asked: list[tuple[int, T]] = []
    for place, item in enumerate(items):
        try:
            asked.append((place, decode(item.get("principal"), item.get("payload") or {})))
        except Refusal as error:
            answers[place] = {"error": error.as_dict()}
    if asked:
        for (place, _), result in zip(asked, answer([one for _, one in asked]), strict=True):
            answers[place] = {"result": result}
    return answers


def _after(payload: Any) -> tuple[Any, int]:
    asked = request(payload, contract.ListAfter)
    if not 0 <= asked.seq <= GREATEST_SEQ:
        raise Invalid("seq must not be below nothing", field="seq")
    return new(asked.user_id, "user_id"), asked.seq


def start(_arguments: list[str]) -> int:
    """The process."""
    settings = load_or_exit(NotifySettings)
    pool = Pool(settings.postgres_dsn, size=settings.pool_size, name="notify", settings=PLANNED_ONCE)
    app = build(pool)
    return run(
        NotifyService,
        settings=settings,
        amqp_url=settings.amqp_url,
        application=app,
        inbox=EventInbox("notify", pool, NotifyRouter(app)),
        checks={"postgres": pool.problem},
        on_stopped=pool.close,
    )
