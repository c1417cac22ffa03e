"""If-Match: a change only of what the caller has seen. An ETag begins with the owning service's version."""

import re
from typing import Annotated, Any

from litestar import Response
from litestar.params import HeaderParameter

from chassis.errors import Invalid, Kind, Refusal
from gateway.entrypoints.requests import DoorRequest

IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        required=False,
        description="看到的 ETag；已被別人改過就是 412 · The ETag that was seen; changed since: 412",
    ),
]
_TAG = re.compile(r'"c(\d{1,9})(?:\.m[\dx]+\.s\d+)?"')


class PreconditionFailed(Refusal):
    """Somebody else changed it since the ETag in If-Match was given out."""

    code = "stale_version"
    kind = Kind.PRECONDITION


def seen_version(if_match: str | None) -> int | None:
    """The version an If-Match names; None for `*` and for none. Raises PreconditionFailed for a tag that is not ours.

    Of several tags only the newest can still be true. Strong comparison, RFC 9110 section 13.1.1: a weak tag never
    matches.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    known = [_TAG.fullmatch(one.strip()) for one in if_match.split(",")]
    versions = [int(one[1]) for one in known if one is not None]
    if not versions:
        raise PreconditionFailed("If-Match names no version of this")
    return max(versions)


async def ask_if(
    request: DoorRequest, method: str, payload: dict[str, Any], if_match: str | None, *, service: str = "catalog"
) -> Any:
    """The service's answer, if the thing is still what the caller has seen. Raises PreconditionFailed, its Refusal."""
    version = seen_version(if_match)
    if version is None:
        return await request.ask(service, method, payload)
    if payload.get("expected_version", version) != version:
        raise Invalid("If-Match and expected_version name different versions", field="expected_version")
    try:
        return await request.ask(service, method, {**payload, "expected_version": version})
    except Refusal as refusal:
        if refusal.code == PreconditionFailed.code:
            raise PreconditionFailed(refusal.detail, **refusal.fields) from None
        raise


def tagged(seen: Any) -> Response[Any]:
    """A thing as its own people see it, with the ETag to send back."""
    return Response(seen, headers={"etag": f'"c{seen["version"]}"'} if "version" in seen else {})
