"""The nameko service: methods decode, hand over and encode."""

from typing import Any
from uuid import UUID

from eventlet import tpool
from msgspec import UnsetType

from chassis.decode import Payload, Principal, caller, known, new, operator, page, request, there, visitor
from chassis.events import EventInbox
from chassis.green import Application, consume_events, rpc, run
from chassis.postgres import Pool
from chassis.settings import load_or_exit
from chassis.worker import Task, Worker
from contracts import users as contract
from users.application.entry import Login, Register
from users.application.line_login import LoginByLine
from users.application.profile import ChangeProfile
from users.application.recovery import ChangePassword
from users.application.sellers import BecomeSeller
from users.bootstrap import Users, build
from users.domain.account import Locale
from users.domain.address import Address
from users.domain.seller import Kind, State
from users.entrypoints.events import router
from users.settings import UsersSettings


class UsersService:
    """Accounts, sessions, sellers, addresses, LINE binding."""

    name = "users"

    app: Users = Application()
    events = consume_events()

    @rpc
    def register(self, principal: Principal, payload: Payload) -> Any:
        """Contract `Register`, answer `Session`."""
        asked = request(payload, contract.Register)
        return self.app.door.register(
            Register(
                user_id=new(asked.user_id, "user_id"),
                session_id=new(asked.session_id, "session_id"),
                email=asked.email,
                password=asked.password,
                name=asked.name,
                client_ip=asked.client_ip,
            )
        )

    @rpc
    def login(self, principal: Principal, payload: Payload) -> Any:
        """Contract `Login`, answer `Session`."""
        asked = request(payload, contract.Login)
        session_id = new(asked.session_id, "session_id")
        return self.app.door.login(Login(session_id, asked.email, asked.password, asked.client_ip))

    @rpc
    def login_line(self, principal: Principal, payload: Payload) -> Any:
        """Contract `LoginLine`, answer `Session`."""
        asked = request(payload, contract.LoginLine)
        return self.app.line_door.login(
            LoginByLine(
                user_id=new(asked.user_id, "user_id"),
                session_id=new(asked.session_id, "session_id"),
                line_user_id=asked.line_user_id,
                name=asked.name,
                email=asked.email,
                client_ip=asked.client_ip,
            )
        )

    @rpc
    def refresh(self, principal: Principal, payload: Payload) -> Any:
        """Contract `Refresh`, answer `Session`."""
        return self.app.sessions.refresh(request(payload, contract.Refresh).refresh_token)

    @rpc
    def logout(self, principal: Principal, payload: Payload) -> None:
        """Contract `Logout`."""
        asked = request(payload or {}, contract.Logout)
        self.app.sessions.logout(visitor(principal), _session(principal), asked.refresh_token)

    @rpc
    def revoked_sessions(self, principal: Principal, payload: Payload) -> Any:
        """Contract `RevokedSince`."""
        return self.app.sessions.revoked(request(payload or {}, contract.RevokedSince).seconds)

    @rpc
    def jwks(self, principal: Principal, payload: Payload) -> Any:
        """Answer `Jwks`."""
        return {"keys": self.app.keys.public()}

    @rpc
    def me(self, principal: Principal, payload: Payload) -> Any:
        """Answer `User`."""
        return self.app.profile.me(caller(principal))

    @rpc
    def patch_me(self, principal: Principal, payload: Payload) -> Any:
        """Contract `PatchMe`, answer `User`."""
        by, asked = caller(principal), request(payload, contract.PatchMe)
        phone = None if isinstance(asked.phone, UnsetType) else asked.phone or ""
        locale = Locale(asked.locale) if asked.locale else None
        return self.app.profile.change(ChangeProfile(by, asked.name, phone, locale, asked.expected_version))

    @rpc
    def verify_email(self, principal: Principal, payload: Payload) -> None:
        """Contract `VerifyEmail`."""
        self.app.recovery.verify(request(payload, contract.VerifyEmail).token)

    @rpc
    def resend_verification(self, principal: Principal, payload: Payload) -> None:
        """Another letter to the caller's address."""
        self.app.recovery.resend(caller(principal))

    @rpc
    def forgot_password(self, principal: Principal, payload: Payload) -> None:
        """Contract `ForgotPassword`."""
        asked = request(payload, contract.ForgotPassword)
        self.app.recovery.forgot(asked.email, asked.client_ip)

    @rpc
    def reset_password(self, principal: Principal, payload: Payload) -> None:
        """Contract `ResetPassword`."""
        asked = request(payload, contract.ResetPassword)
        self.app.recovery.reset(asked.token, asked.password)

    @rpc
    def change_password(self, principal: Principal, payload: Payload) -> None:
        """Contract `ChangePassword`."""
        by, asked = caller(principal), request(payload, contract.ChangePassword)
        command = ChangePassword(by, _session(principal), asked.current_password, asked.new_password)
        self.app.recovery.change(command)

    @rpc
    def change_email(self, principal: Principal, payload: Payload) -> None:
        """Contract `ChangeEmail`."""
        by, asked = caller(principal), request(payload, contract.ChangeEmail)
        self.app.email.ask(by, _session(principal), asked.email, asked.password)

    @rpc
    def confirm_email(self, principal: Principal, payload: Payload) -> None:
        """Contract `VerifyEmail`, with the token of a letter to the new address."""
        self.app.email.confirm(request(payload, contract.VerifyEmail).token)

    @rpc
    def verified_email(self, principal: Principal, payload: Payload) -> Any:
        """Answer `VerifiedEmail`, for other services."""
        return {"email": self.app.email.verified(caller(principal))}

    @rpc
    def mail_invitation(self, principal: Principal, payload: Payload) -> None:
        """Contract `MailInvitation`, from catalog."""
        asked = request(payload, contract.MailInvitation)
        self.app.email.invite(new(asked.invitation_id, "invitation_id"), asked.email)

    @rpc
    def delete_account(self, principal: Principal, payload: Payload) -> None:
        """Contract `DeleteAccount`."""
        by, asked = caller(principal), request(payload or {}, contract.DeleteAccount)
        self.app.closing.delete(by, _session(principal), asked.password)

    @rpc
    def list_addresses(self, principal: Principal, payload: Payload) -> Any:
        """The caller's `Address`es."""
        return self.app.profile.addresses(caller(principal))

    @rpc
    def put_address(self, principal: Principal, payload: Payload) -> Any:
        """Contract `Address`, answered as it stands."""
        by, asked = caller(principal), request(payload, contract.Address)
        address = Address(
            id=new(asked.address_id, "address_id"),
            name=asked.name,
            phone=asked.phone,
            city=asked.city,
            district=asked.district,
            postal_code=asked.postal_code,
            line=asked.line,
            is_default=asked.is_default,
        )
        return self.app.profile.put_address(by, address)

    @rpc
    def delete_address(self, principal: Principal, payload: Payload) -> None:
        """Contract `AddressId`."""
        by, asked = caller(principal), request(payload, contract.AddressId)
        self.app.profile.delete_address(by, there(asked.address_id))

    @rpc
    def become_seller(self, principal: Principal, payload: Payload) -> Any:
        """Contract `BecomeSeller`, answer `Seller`."""
        by, asked = caller(principal), request(payload, contract.BecomeSeller)
        command = BecomeSeller(by, Kind(asked.kind), asked.display_name, asked.phone, asked.tax_id)
        return self.app.sellers.become(command)

    @rpc
    def get_seller(self, principal: Principal, payload: Payload) -> Any:
        """Answer `Seller`, of the caller."""
        return self.app.sellers.own(caller(principal))

    @rpc
    def decide_seller(self, principal: Principal, payload: Payload) -> Any:
        """Contract `DecideSeller`, answer `Seller`."""
        by, asked = operator(principal), request(payload, contract.DecideSeller)
        only_from = None if asked.only_from is None else [State(one) for one in asked.only_from]
        return self.app.sellers.decide(by, there(asked.seller_id), State(asked.state), only_from)

    @rpc
    def list_sellers(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ListSellers`."""
        operator(principal)
        asked = request(payload or {}, contract.ListSellers)
        return self.app.sellers.page(State(asked.state) if asked.state else None, *page(asked.cursor, asked.limit))

    @rpc
    def get_sellers(self, principal: Principal, payload: Payload) -> Any:
        """Contract `SellerIds`, answers `Seller` by id."""
        return self.app.sellers.many(known(request(payload, contract.SellerIds).seller_ids))

    @rpc
    def bind_line(self, principal: Principal, payload: Payload) -> Any:
        """Contract `BindLine`, answer `LineBinding`."""
        by, asked = caller(principal), request(payload or {}, contract.BindLine)
        return self.app.line.begin(by, _session(principal), asked.link_token)

    @rpc
    def link_line(self, principal: Principal, payload: Payload) -> None:
        """Contract `LinkLine`."""
        by, asked = caller(principal), request(payload, contract.LinkLine)
        self.app.line_door.link(by, _session(principal), asked.line_user_id)

    @rpc
    def unbind_line(self, principal: Principal, payload: Payload) -> None:
        """The caller has no LINE user any more."""
        self.app.line.unbind(caller(principal))


def _session(principal: Principal) -> UUID | None:
    """The session the caller's access token belongs to. Raises Invalid."""
    return new(str(principal.get("session_id")), "session_id") if principal else None


def start(_arguments: list[str]) -> int:
    """The process. Passwords are hashed in native threads, so that no call waits for another's."""
    settings = load_or_exit(UsersSettings)
    tpool.set_num_threads(settings.hash_threads)
    pool = Pool(settings.postgres_dsn, size=settings.pool_size, name="users")
    app = build(pool, settings, elsewhere=tpool.execute)
    chores = Worker([Task("keys", app.keys.keep, every=60.0), Task("housekeeping", app.housekeeping.tidy, every=300.0)])
    chores.start()

    def stopped() -> None:
        chores.stop(grace=1.0)
        pool.close()

    return run(
        UsersService,
        settings=settings,
        amqp_url=settings.amqp_url,
        application=app,
        inbox=EventInbox("users", pool, router(app)),
        checks={"postgres": pool.problem, "keys": app.keys.problem},
        on_stopped=stopped,
    )
