"""Puts the double together: one world, its rules, its routes."""

from yeshi_local.line.accounts import Accounts
from yeshi_local.line.actors import Actors
from yeshi_local.line.bot import Sending
from yeshi_local.line.config import Config
from yeshi_local.line.controls import Controls
from yeshi_local.line.faults import Faults
from yeshi_local.line.guard import Guard
from yeshi_local.line.http import App
from yeshi_local.line.idtoken import IdTokens
from yeshi_local.line.ledger import Ledger
from yeshi_local.line.liff import Liff
from yeshi_local.line.login import Login
from yeshi_local.line.login_pages import LoginPages
from yeshi_local.line.pay import Pay
from yeshi_local.line.pay_pages import PayPages
from yeshi_local.line.phone import Phone
from yeshi_local.line.richmenus import RichMenus
from yeshi_local.line.state import World
from yeshi_local.line.tokens import ChannelTokens
from yeshi_local.line.webhooks import Webhooks


class Double:
    """The running double."""

    def __init__(self, config: Config) -> None:
        self.world = World(config.data)
        self.faults = Faults()
        self.webhooks = Webhooks(self.world, self.faults)
        self.actors = Actors(self.world, self.webhooks, config)
        self.actors.set_up()
        self.app = App(config.public_url)
        guard = Guard(self.world, self.faults)
        tokens, id_tokens = ChannelTokens(self.world, self.faults), IdTokens(self.world)
        login, ledger = Login(self.world, self.faults, tokens, id_tokens), Ledger(self.world)
        for part in (
            Sending(self.world, guard),
            Accounts(self.world, guard, self.webhooks),
            RichMenus(self.world, guard),
            tokens,
            login,
            LoginPages(self.world, self.faults, self.webhooks, self.actors),
            Liff(self.world, login, id_tokens),
            Pay(self.world, self.faults, ledger),
            PayPages(ledger),
            Phone(self.world),
            Controls(self.world, self.faults, guard, self.webhooks, self.actors),
        ):
            part.mount(self.app)

    def start(self) -> None:
        """Begin sending webhooks; call inside the running loop."""
        self.webhooks.start()

    async def stop(self) -> None:
        """Stop sending and release the data folder."""
        await self.webhooks.stop()
        self.world.store.close()
