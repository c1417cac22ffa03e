"""The one place where the gateway's real parts meet."""

import time
from dataclasses import dataclass, field

import msgspec

from chassis import sheets
from chassis.aio import Bus
from chassis.health import Readiness
from contracts.catalog import CategoriesChangedV1
from contracts.notify import BellChangedV1
from contracts.users import SessionRevokedV1
from gateway.adapters import bells, card_events
from gateway.adapters.card_source import BusCardSource
from gateway.adapters.desk_calls import BusCatalog, BusMedia, BusOrders, BusSheets
from gateway.adapters.event_feed import EventFeed
from gateway.adapters.line_login import HttpLine, LineIdTokens, SealedJourneys
from gateway.adapters.object_store import ObjectStore
from gateway.adapters.services import Services
from gateway.adapters.sessions import SessionWatch
from gateway.adapters.sns import CertificateSignatures, parse_sns, visit
from gateway.adapters.tokens import Es256Verifier, KeyRing
from gateway.adapters.upload_body import read_file, read_form
from gateway.adapters.webhook_events import WebhookEvents, parse_line
from gateway.application.access import Access
from gateway.application.addresses import Addresses
from gateway.application.bells import BellHub
from gateway.application.cards import CardCache
from gateway.application.checkout import CheckoutDesk
from gateway.application.imports import ImportDoor
from gateway.application.leaving import LeavingDesk
from gateway.application.limits import Limit
from gateway.application.line_login import Channel, LineLogin
from gateway.application.payments import PaymentDesk
from gateway.application.photos import PhotoDesk
from gateway.application.sessions import RevokedSessions
from gateway.application.showcase import Showcase
from gateway.application.sns import SnsDoor
from gateway.application.webhooks import LineDoor
from gateway.settings import GatewaySettings


@dataclass
class Door:
    """Everything behind the door, for routes."""

    settings: GatewaySettings
    services: Services
    access: Access
    keys: KeyRing
    hub: BellHub
    line: LineDoor
    sns: SnsDoor
    cards: CardCache
    store: ObjectStore
    checkouts: CheckoutDesk
    photos: PhotoDesk
    imports: ImportDoor
    payments: PaymentDesk
    showcase: Showcase
    line_login: LineLogin
    leaving: LeavingDesk
    reads: Limit
    addresses: Addresses
    readiness: Readiness = field(default_factory=Readiness)
    draining: bool = False


@dataclass
class Gateway:
    """A door with the bus that it stands on."""

    door: Door
    bus: Bus
    feed: EventFeed
    sessions: SessionWatch
    line: HttpLine

    def start(self) -> None:
        """Begins to connect. The door opens at once; it is ready when its checks say so."""
        self.bus.start()
        self.feed.stream.start()

    async def close(self) -> None:
        """Ends the connections."""
        await self.sessions.close()
        await self.line.close()
        await self.feed.stream.close()
        await self.door.cards.close()
        self.door.store.close()
        await self.bus.close()


def build(settings: GatewaySettings) -> Gateway:
    """The gateway on a real bus."""
    bus = Bus(settings.amqp_url, "gateway")
    services, feed = Services(bus), EventFeed(bus)
    access, keys, revoked = _access(settings, services)
    hub = _bells(settings, services, feed)
    sessions = SessionWatch(services, revoked)
    revoked.on_revoked(hub.end_session)
    feed.on(SessionRevokedV1, sessions.heard)
    feed.on_bound(sessions.bound)
    webhooks = WebhookEvents(bus)
    source = BusCardSource(bus)
    store = _store(settings)
    sheet_calls = BusSheets(bus)
    line = HttpLine(settings.line_api_url, settings.line_login_channel_id, settings.line_login_channel_secret)
    door = Door(
        settings=settings,
        services=services,
        access=access,
        keys=keys,
        hub=hub,
        line=LineDoor(settings.line_channel_secret, parse_line, webhooks.line),
        sns=SnsDoor(settings.sns_topic_arn, parse_sns, CertificateSignatures(), webhooks.sns, visit),
        cards=CardCache(source, msgspec.json),
        store=store,
        checkouts=CheckoutDesk(BusOrders(bus)),
        photos=PhotoDesk(BusCatalog(bus), BusMedia(bus), store, read_file),
        imports=ImportDoor(sheet_calls, sheet_calls, store, read_form, sheets.writer, settings.public_url),
        payments=PaymentDesk(services),
        showcase=Showcase(services, source),
        line_login=_line_login(settings, line, access),
        leaving=LeavingDesk(services),
        reads=Limit(settings.reads_per_second * settings.limit_factor, settings.reads_burst * settings.limit_factor),
        addresses=Addresses(settings.trusted_proxies),
    )
    card_events.listen(feed, door.cards, door.checkouts, door.photos)
    feed.on(CategoriesChangedV1, lambda event: door.showcase.categories_changed(event.version))
    feed.on_bound(door.showcase.forget_categories)
    door.readiness.add("bus", lambda: None if bus.up else "the bus cannot be reached")
    door.readiness.add("events", lambda: None if feed.alive else "the event queue is not there")
    door.readiness.add("sessions", lambda: None if revoked.known else "users has not told the ended sessions")
    return Gateway(door, bus, feed, sessions, line)


def _access(settings: GatewaySettings, services: Services) -> tuple[Access, KeyRing, RevokedSessions]:
    keys = KeyRing(lambda: services.ask("users", "jwks", None, {}))
    revoked = RevokedSessions()
    access = Access(Es256Verifier(keys, settings.jwt_issuer, settings.jwt_audience), revoked, time.time)
    keys.on_changed(access.forget)
    return access, keys, revoked


def _line_login(settings: GatewaySettings, line: HttpLine, access: Access) -> LineLogin:
    channel, secret = settings.line_login_channel_id, settings.line_login_channel_secret
    return LineLogin(
        Channel(channel, settings.line_login_scope, settings.line_access_url, settings.public_url),
        line,
        LineIdTokens(KeyRing(line.keys), channel, secret),
        SealedJourneys(secret),
        access.stands,
        time.time,
    )


def _bells(settings: GatewaySettings, services: Services, feed: EventFeed) -> BellHub:
    notify = bells.NotifyBells(services)
    hub = BellHub(
        notify.list_after,
        notify.standing,
        bells.frame,
        per_user=settings.streams_per_user,
        total=settings.streams_total,
    )
    feed.on(BellChangedV1, lambda event: hub.heard(bells.change(event)))
    feed.on_bound(hub.bound)
    feed.on_lost(hub.lost)
    return hub


def _store(settings: GatewaySettings) -> ObjectStore:
    return ObjectStore.connect(
        settings.s3_endpoint_url,
        settings.s3_region,
        settings.s3_bucket,
        settings.s3_access_key_id,
        settings.s3_secret_access_key,
        presigns=settings.presigned_uploads,
    )
