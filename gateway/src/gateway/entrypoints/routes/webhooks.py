"""What LINE and AWS send: taken raw, verified, handed on."""

from typing import Annotated

from litestar import post
from litestar.params import HeaderParameter

from gateway.entrypoints import answers
from gateway.entrypoints.documented import route
from gateway.entrypoints.operations import JsonWebhook, TextWebhook
from gateway.entrypoints.requests import DoorRequest

TAG = "webhooks"
LARGEST = 1024 * 1024  # bytes


@post(
    "/v1/webhooks/line",
    status_code=200,
    **route(
        "LINE webhook",
        "Events of the LINE bot, signed on the raw body",
        tag=TAG,
        auth="none",
        errors=(400, 401, 413, 415, 422),
        largest_body=LARGEST,
        operation=JsonWebhook,
    ),
)
async def line_webhook(
    request: DoorRequest,
    signature: Annotated[str | None, HeaderParameter(name="x-line-signature", max_length=200)] = None,
) -> answers.Taken:
    """Answered once the events are safe on the bus."""
    taken = await request.door.line.receive(await request.body(), signature)
    return answers.Taken(events=taken)


@post(
    "/v1/webhooks/sns",
    status_code=200,
    **route(
        "SNS webhook",
        "Deliveries of Amazon SNS, signed by Amazon",
        tag=TAG,
        auth="none",
        errors=(400, 401, 413, 415),
        largest_body=LARGEST,
        operation=TextWebhook,
    ),
)
async def sns_webhook(request: DoorRequest) -> answers.Received:
    """Answered once a notification is safe on the bus, or a subscription confirmed."""
    return answers.Received(type=await request.door.sns.receive(await request.body()))


HANDLERS = [line_webhook, sns_webhook]
