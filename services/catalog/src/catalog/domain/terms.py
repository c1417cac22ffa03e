"""On what terms a product is sold: how many at least, how it travels, and when it can be given back."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from catalog.domain import text
from catalog.domain.money import Tier, tiers
from catalog.domain.shop_page import ShippingMethod
from chassis.errors import Invalid

LONGEST_WAIT = 30  # days
HEAVIEST = 1_000_000  # g
LONGEST_SIDE = 1_000  # cm
MOST_AT_LEAST = 1_000
LEGAL_DAYS = 7  # Consumer Protection Act of Taiwan, article 19
MOST_DAYS = 90

#: Grounds on which the law lets a seller exclude the seven days; source: 通訊交易解除權合理例外情事適用準則, article 2.
EXCLUSIONS = frozenset(
    {
        "perishable",  # 易於腐敗、保存期限較短
        "custom_made",  # 客製化
        "periodical",  # 報紙、期刊、雜誌
        "opened_media",  # 經拆封之影音商品或電腦軟體
        "digital_content",  # 非以有形媒介提供之數位內容
        "opened_hygiene",  # 經拆封之個人衛生用品
        "air_travel",  # 國際航空客運服務
    }
)
_REFUND_KEYS = frozenset({"days", "return_shipping", "exclusions", "note"})
REFUND_RULES = {"days": LEGAL_DAYS, "return_shipping": "buyer", "exclusions": [], "note": ""}


@dataclass(frozen=True)
class Package:
    """The packed product, in cm. Raises Invalid."""

    length: int
    width: int
    height: int

    def __post_init__(self) -> None:
        for side in fields(self):
            text.whole(getattr(self, side.name), f"package_cm.{side.name}", 1, LONGEST_SIDE)


@dataclass(frozen=True)
class GroupBuy:
    """團購: from `min_quantity` pieces together within `open_hours`, `percent_off` for everybody. Raises Invalid."""

    min_quantity: int
    percent_off: int
    open_hours: int

    def __post_init__(self) -> None:
        text.whole(self.min_quantity, "group_buy.min_quantity", 2, 10_000)
        text.whole(self.percent_off, "group_buy.percent_off", 1, 90)
        text.whole(self.open_hours, "group_buy.open_hours", 1, 720)


@dataclass(frozen=True)
class Terms:
    """The terms of one product. `shipping_methods` None: whatever the shop offers. Raises Invalid."""

    days_to_ship: int = 2
    min_quantity: int = 1
    tiers: tuple[Tier, ...] = ()
    weight_g: int | None = None
    package_cm: Package | None = None
    shipping_methods: tuple[ShippingMethod, ...] | None = None
    refund_rules: dict[str, Any] = field(default_factory=lambda: dict(REFUND_RULES))
    group_buy: GroupBuy | None = None

    def checked(self) -> "Terms":
        """These terms, complete and in order. Raises Invalid with the field that does not fit."""
        text.whole(self.days_to_ship, "days_to_ship", 1, LONGEST_WAIT)
        text.whole(self.min_quantity, "min_quantity", 1, MOST_AT_LEAST)
        tiers(self.tiers)
        if self.weight_g is not None:
            text.whole(self.weight_g, "weight_g", 1, HEAVIEST)
        methods = None if self.shipping_methods is None else _methods(self.shipping_methods)
        return replace(self, shipping_methods=methods, refund_rules=refund_rules(self.refund_rules))

    def changed(self, **given: Any) -> "Terms":
        """These terms with others in the places that are given. Raises Invalid."""
        return replace(self, **given).checked() if given else self


USUAL_TERMS = Terms()


def _methods(given: tuple[ShippingMethod, ...]) -> tuple[ShippingMethod, ...]:
    if not given or len(set(given)) != len(given):
        raise Invalid("shipping_methods must name at least one method, and each once", field="shipping_methods")
    return given


def not_offered(wanted: Iterable[ShippingMethod], offered: Iterable[ShippingMethod]) -> list[str]:
    """Methods a product wants that its shop does not ship by."""
    known = set(offered)
    return [method.value for method in wanted if method not in known]


def refund_rules(given: dict[str, Any]) -> dict[str, Any]:
    """Refund rules with all their parts: `days`, who pays the way back, legal exclusions and a note.

    Without an exclusion a buyer has at least the seven days of the law. Raises Invalid.
    """
    if unknown := sorted(set(given) - _REFUND_KEYS):
        raise Invalid(f"refund_rules has no {unknown[0][:60]!r}", field="refund_rules")
    rules = {**REFUND_RULES, **given}
    exclusions = rules["exclusions"]
    if not isinstance(exclusions, list) or not all(isinstance(one, str) and one in EXCLUSIONS for one in exclusions):
        raise Invalid(f"exclusions are some of {', '.join(sorted(EXCLUSIONS))}", field="refund_rules.exclusions")
    if len(set(exclusions)) != len(exclusions):
        raise Invalid("an exclusion is named twice", field="refund_rules.exclusions")
    least = 0 if exclusions else LEGAL_DAYS
    if rules["return_shipping"] not in ("buyer", "seller"):
        raise Invalid("return_shipping is buyer or seller", field="refund_rules.return_shipping")
    if not isinstance(rules["note"], str):
        raise Invalid("the note is text", field="refund_rules.note")
    return {
        "days": text.whole(rules["days"], "refund_rules.days", least, MOST_DAYS),
        "return_shipping": rules["return_shipping"],
        "exclusions": exclusions,
        "note": text.paragraph(rules["note"], "refund_rules.note", 500),
    }
