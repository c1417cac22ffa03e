"""What happened inside users. `adapters.published_events` says what the outside hears of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from users.domain.account import Account
    from users.domain.line import LineBinding
    from users.domain.seller import Seller
    from users.domain.session import Session


@dataclass(frozen=True)
class SellerChanged:
    """The seller as they stand now."""

    seller: "Seller"


@dataclass(frozen=True)
class LineChanged:
    """The binding as it stands now."""

    binding: "LineBinding"


@dataclass(frozen=True)
class LocaleChanged:
    """The account, whose owner reads another language from now on."""

    account: "Account"


@dataclass(frozen=True)
class SessionRevoked:
    """Access tokens of this session must not be accepted any more."""

    session: "Session"


Event = SellerChanged | LineChanged | LocaleChanged | SessionRevoked
