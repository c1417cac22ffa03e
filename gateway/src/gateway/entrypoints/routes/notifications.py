"""The bell: list, read state, preferences, stream."""

from typing import Annotated

from litestar import get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, HeaderParameter, JSONBody
from litestar.types import ASGIApp

from contracts import notify
from gateway.entrypoints import answers, bodies
from gateway.entrypoints.documented import route
from gateway.entrypoints.parameters import Cursor, Id, Limit
from gateway.entrypoints.requests import DoorRequest
from gateway.entrypoints.streams import EventStreamAnswer, resume_after

TAG = "bell 小鈴鐺"


@get("/v1/notifications", **route("通知", "My notifications, newest first", tag=TAG, errors=(422,)))
async def list_notifications(
    request: DoorRequest, unread: FromQuery[bool] = False, cursor: Cursor = None, limit: Limit = 20
) -> notify.NotificationPage:
    """One page."""
    return await request.ask("notify", "list_notifications", {"unread": unread, "cursor": cursor, "limit": limit})


@get("/v1/notifications/unread-count", **route("未讀數", "How many are unread", tag=TAG))
async def unread_count(request: DoorRequest) -> answers.UnreadCount:
    """The count."""
    return await request.ask("notify", "unread_count")


@get(
    "/v1/notifications/stream",
    **route(
        "即時通知",
        "Live notifications (server-sent events)",
        tag=TAG,
        answers={
            200: ResponseSpec(
                data_container=str,
                media_type="text/event-stream",
                description="`event: unread` at once, then `id: <seq>` with `event: notification`; resume by "
                "Last-Event-ID. Ends when the token or the session does.",
                generate_examples=False,
            )
        },
    ),
)
async def bell_stream(
    request: DoorRequest,
    last_event_id: Annotated[str | None, HeaderParameter(name="Last-Event-ID", max_length=40)] = None,
) -> ASGIApp:
    """An endless answer."""
    caller = request.known
    opened = await request.door.hub.open(caller.user_id, caller.session_id, resume_after(last_event_id))
    return EventStreamAnswer(request.door.hub, opened, caller.expires_at, head=request.head)


@post(
    "/v1/notifications/{notification_id:str}/read",
    status_code=200,
    **route("標為已讀", "Mark one as read", tag=TAG, errors=(403, 404)),
)
async def read_notification(request: DoorRequest, notification_id: Id) -> answers.UnreadCount:
    """The count then. Reading twice is reading once."""
    return await request.ask("notify", "read_notification", {"notification_id": notification_id})


@post(
    "/v1/notifications/read-all",
    status_code=200,
    **route("全部已讀", "Mark all as read", tag=TAG, errors=(403,)),
)
async def read_all(request: DoorRequest) -> answers.UnreadCount:
    """The count then."""
    return await request.ask("notify", "read_all")


@get("/v1/notifications/preferences", **route("通知偏好", "Where my bell rings", tag=TAG))
async def get_preferences(request: DoorRequest) -> notify.Preferences:
    """The preferences."""
    return await request.ask("notify", "get_preferences")


@put(
    "/v1/notifications/preferences",
    **route("修改通知偏好", "Change where my bell rings", tag=TAG, body=True, errors=(403, 409)),
)
async def put_preferences(request: DoorRequest, data: JSONBody[bodies.PutPreferences]) -> notify.Preferences:
    """The preferences then. `version` is the one that was seen."""
    return await request.ask("notify", "put_preferences", data)


HANDLERS = [
    list_notifications,
    unread_count,
    bell_stream,
    read_notification,
    read_all,
    get_preferences,
    put_preferences,
]
