"""How accounts, sellers and addresses look to whoever asked: plain values, ready for any wire."""

from typing import Any

from chassis.clock import rfc3339
from users.domain import address, line
from users.domain import seller as sellers
from users.domain.account import Profile
from users.domain.session import Session

View = dict[str, Any]


def user(profile: Profile) -> View:
    """An account, for its owner."""
    account = profile.account
    return {
        "user_id": str(account.id),
        "email": account.email,
        "name": account.name,
        "roles": list(account.roles),
        "created_at": rfc3339(account.created_at),
        "version": account.version,
        "seller_state": profile.seller_state,
        "phone": account.phone,
        "line_bound": profile.line_bound,
        "email_verified": account.email_verified_at is not None,
        "locale": account.locale.value,
        "has_password": account.password_hash is not None,
    }


def seller(seen: sellers.Seller, *, inside: bool) -> View:
    """A seller. Themselves and operators (`inside`) see the phone number and how the state came about."""
    view: View = {
        "seller_id": str(seen.id),
        "state": seen.state.value,
        "kind": seen.kind.value,
        "display_name": seen.display_name,
        "version": seen.version,
    }
    if inside:
        view |= {
            "phone": seen.phone,
            "tax_id": seen.tax_id,
            "decided_by": seen.decided_by,
            "created_at": rfc3339(seen.created_at),
            "changed_at": rfc3339(seen.changed_at),
        }
    return view


def postal_address(seen: address.Address) -> View:
    """One address of its owner's book."""
    return {
        "address_id": str(seen.id),
        "name": seen.name,
        "phone": seen.phone,
        "city": seen.city,
        "district": seen.district,
        "postal_code": seen.postal_code,
        "line": seen.line,
        "is_default": seen.is_default,
    }


def revoked(session: Session) -> View:
    """A revoked session, for those who verify access tokens."""
    return {"session_id": str(session.id), "until": rfc3339(session.until)}


def line_nonce(nonce: str, url: str | None) -> View:
    """A nonce for account linking."""
    return {"nonce": nonce, "expires_in": int(line.NONCE_LIFE.total_seconds()), "url": url}
