"""The one place where users' real parts meet."""

from dataclasses import dataclass

from chassis import clock
from chassis.ids import uuid7
from chassis.postgres import Pool
from users.adapters.argon2_passwords import Argon2Passwords, Elsewhere, here
from users.adapters.es256_signatures import Es256Signatures
from users.adapters.secrets import new_secret
from users.adapters.smtp_post import SmtpPost
from users.adapters.unit_of_work import readings, units
from users.application.changing_email import EmailDesk
from users.application.closing import ClosingDesk
from users.application.entry import FrontDoor
from users.application.housekeeping import Housekeeping
from users.application.issuing import Issuer
from users.application.keys import KeyRing
from users.application.line import LineDesk
from users.application.line_login import LineDoor
from users.application.mailing import Mailing
from users.application.ports import Clock, NewId, NewSecret, Passwords, Policy, Signatures, Units
from users.application.profile import ProfileDesk
from users.application.recovery import RecoveryDesk
from users.application.sellers import SellerDesk
from users.application.sessions import SessionDesk
from users.domain.limits import Limits
from users.settings import UsersSettings, WorkSettings


@dataclass(frozen=True)
class Users:
    """All use cases."""

    door: FrontDoor
    sessions: SessionDesk
    keys: KeyRing
    profile: ProfileDesk
    sellers: SellerDesk
    line: LineDesk
    line_door: LineDoor
    recovery: RecoveryDesk
    email: EmailDesk
    closing: ClosingDesk
    housekeeping: Housekeeping


def assemble(
    units: Units,
    reading: Units,
    passwords: Passwords,
    signatures: Signatures,
    policy: Policy,
    limits: Limits,
    now: Clock,
    new_id: NewId,
    new_secret: NewSecret,
) -> Users:
    """The application on whatever parts it is given. Units of `reading` change nothing."""
    keys = KeyRing(units, reading, signatures, now)
    issuer = Issuer(keys, policy, now, new_id, new_secret)
    recovery = RecoveryDesk(units, passwords, limits, now, new_id)
    return Users(
        door=FrontDoor(units, passwords, issuer, limits, now, new_id),
        sessions=SessionDesk(units, reading, issuer, now),
        keys=keys,
        profile=ProfileDesk(units, reading, now),
        sellers=SellerDesk(units, reading, policy, now),
        line=LineDesk(units, policy, now, new_secret),
        line_door=LineDoor(units, issuer, limits, now),
        recovery=recovery,
        email=EmailDesk(units, recovery, limits, now, new_id),
        closing=ClosingDesk(units, recovery, now),
        housekeeping=Housekeeping(units, now),
    )


def build(pool: Pool, settings: UsersSettings, elsewhere: Elsewhere = here) -> Users:
    """The application on PostgreSQL. `elsewhere` runs what would keep the process from everything else."""
    return assemble(
        units(pool),
        readings(pool),
        Argon2Passwords(elsewhere),
        Es256Signatures(settings.key_encryption_secret),
        Policy(
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
            approve_sellers=settings.seller_approval == "automatic",
            line_access_url=settings.line_access_url,
        ),
        Limits().times(settings.limit_factor),
        clock.now,
        uuid7,
        new_secret,
    )


def profile_desk(pool: Pool) -> ProfileDesk:
    """The use cases of accounts alone, for the command line."""
    return ProfileDesk(units(pool), readings(pool), clock.now)


def mailing(pool: Pool, settings: WorkSettings) -> Mailing:
    """What sends letters."""
    post = SmtpPost(settings.smtp_url, settings.mail_from)
    return Mailing(units(pool), post, settings.public_url, clock.now, new_secret)
