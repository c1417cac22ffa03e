"""What the outside hears of what happened inside: the only door from our words to the contracts'."""

from functools import singledispatch

from chassis.clock import rfc3339
from contracts import Message
from contracts import users as contract
from users.domain.events import Event, LineChanged, LocaleChanged, SellerChanged, SessionRevoked


@singledispatch
def to_contract(event: Event) -> Message:
    """The message of an event. Raises TypeError for one that has none."""
    raise TypeError(f"{type(event).__name__} has no message")


@to_contract.register
def _(event: SellerChanged) -> Message:
    seller = event.seller
    return contract.SellerChangedV1(
        user_id=str(seller.id),
        version=seller.version,
        state=seller.state.value,
        display_name=seller.display_name,
        changed_at=rfc3339(seller.changed_at),
        decided_by=seller.decided_by,
    )


@to_contract.register
def _(event: LineChanged) -> Message:
    binding = event.binding
    return contract.LineChangedV1(
        user_id=str(binding.user_id),
        version=binding.version,
        line_user_id=binding.line_user_id,
        changed_at=rfc3339(binding.changed_at),
    )


@to_contract.register
def _(event: LocaleChanged) -> Message:
    account = event.account
    return contract.LocaleChangedV1(
        user_id=str(account.id),
        version=account.version,
        locale=account.locale.value,
        changed_at=rfc3339(account.changed_at),
    )


@to_contract.register
def _(event: SessionRevoked) -> Message:
    return contract.SessionRevokedV1(session_id=str(event.session.id), until=rfc3339(event.session.until))
