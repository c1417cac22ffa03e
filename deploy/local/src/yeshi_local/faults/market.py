"""Who buys and who sells in a run: two stalls, a crowd, and the ways in which the first stall's bell is heard."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from yeshi_local.faults.basket import ASSORTMENT, Basket, demand
from yeshi_local.faults.driver import Stall
from yeshi_local.faults.tabs import Tab
from yeshi_local.platform import Platform
from yeshi_local.story.line_user import LineUser
from yeshi_local.story.listener import SnsListener
from yeshi_local.story.people import Buyer, Person, Seller, variant_of

PRICES = 100, 650  # of each stall, TWD: three of the second one's ship free


@dataclass
class Market:
    """`stalls` with their sellers, `crowd` the buyers. The first seller is bound to LINE and, when `sns` listens, hears
    by SNS too.
    """

    stalls: list[Stall]
    crowd: list[Buyer]
    sns: SnsListener | None = None

    @classmethod
    def open(cls, platform: Platform, baskets: Sequence[Basket], buyers: int, *, enough: bool, sns: bool) -> "Market":
        """Stock is a fifth short of what the baskets want of each variant, or enough."""
        with ThreadPoolExecutor(8) as pool:
            crowd = pool.map(lambda number: Buyer(platform.url, f"買家 {number}"), range(buyers))
            sellers = [Seller(platform.url, "風雨老闆", "風雨無阻"), Seller(platform.url, "隔壁老闆", "隔壁賣場")]
            LineUser(platform.values["line.url"], "風雨老闆").bind(sellers[0])
            listener = _listens(platform, sellers[0]) if sns else None
            wanted = demand(baskets)
            stalls = []
            for stall, seller in enumerate(sellers):
                stock = [
                    wanted[stall, number] if enough else wanted[stall, number] * 4 // 5
                    for number in range(ASSORTMENT[stall])
                ]
                variants = [
                    variant_of(seller.sell(f"耐用的商品 {number}", PRICES[stall], max(1, pieces)))
                    for number, pieces in enumerate(stock)
                ]
                stalls.append(Stall(seller, seller.shop_id, variants))
            return cls(stalls, list(crowd), listener)

    @property
    def people(self) -> list[Person]:
        """Everybody with a bell."""
        return [*(stall.seller for stall in self.stalls), *self.crowd]

    @property
    def bound(self) -> dict[str, set[str]]:
        """By which channels whose bell leaves the platform."""
        return {self.stalls[0].seller.user_id: {"line", "sns"} if self.sns else {"line"}}

    def tabs(self, platform: Platform) -> list[Tab]:
        """The first seller's, open at every gateway; two at a proxy. Each has begun when this returns."""
        seller = self.stalls[0].seller
        urls = platform.gateways * (2 if len(platform.gateways) == 1 else 1)
        tabs = [Tab(seller.at(url), seller.user_id) for url in urls]
        for tab in tabs:
            tab.begun()
        return tabs

    def close(self) -> None:
        """Nobody listens any more."""
        if self.sns is not None:
            self.sns.close()


def _listens(platform: Platform, seller: Seller) -> SnsListener:
    preferences = seller.api.get("/v1/notifications/preferences")
    wanted = {name: preferences[name] for name in ("line", "quiet_from", "quiet_to", "muted_types")}
    seller.api.put("/v1/notifications/preferences", {**wanted, "sns": True})
    return SnsListener(platform.values["sns.url"], platform.values["sns.topic_arn"], seller.user_id)
