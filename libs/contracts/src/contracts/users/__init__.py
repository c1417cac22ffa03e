"""What users says, is asked and answers, a file for each subject; this is all of it by name.

Methods without a request of their own: `me` and `get_seller` of the principal, `list_addresses`
(`{"items": [Address]}`), `unbind_line` and `resend_verification` (answer nothing), `jwks`.

Refusals with a code of their own: `email_taken`, `weak_password`, `invalid_credentials`, `invalid_refresh_token`,
`too_many_requests` (with `retry_after` in seconds in its fields), `too_many_addresses`, `illegal_transition`,
`invalid_link`, `wrong_password`, `password_not_set`, `login_again`, `line_taken`, `last_way_in`.
"""

from contracts.users.accounts import (
    ChangeEmail,
    ChangePassword,
    DeleteAccount,
    ForgotPassword,
    Locale,
    LocaleChangedV1,
    MailInvitation,
    PatchMe,
    Register,
    ResetPassword,
    User,
    VerifiedEmail,
    VerifyEmail,
)
from contracts.users.addresses import Address, AddressId
from contracts.users.line import BindLine, LineBinding, LineChangedV1, LinkLine, LoginLine
from contracts.users.sellers import (
    BecomeSeller,
    DecideSeller,
    ListSellers,
    Seller,
    SellerChangedV1,
    SellerIds,
    SellerState,
)
from contracts.users.sessions import (
    Jwks,
    Login,
    Logout,
    Refresh,
    RevokedSession,
    RevokedSince,
    Session,
    SessionRevokedV1,
)
