"""What `make demo` and `make seed` show, on the whole platform; the pictures are drawn, so that nothing is fetched."""

import re

import pytest
from PIL import Image

from yeshi_local.story import demo, seed
from yeshi_local.story.api import Api
from yeshi_local.story.goods import SHOPS
from yeshi_local.story.people import leaves
from yeshi_local.story.photos import PICTURES
from yeshi_local.testing import until

STEP = re.compile(r"^ *(\d+)\. +\d+ ms  (.+)$", re.MULTILINE)
FILLED, PRODUCTS = 4, 40


@pytest.fixture(scope="module", autouse=True)
def pictures(platform) -> None:
    """Where the pictures of the package would lie."""
    folder = platform.run / "photos" / "skimage" / "data"
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(PICTURES):
        Image.new("RGB", (120, 80), (20 * number, 90, 60)).save(folder / f"{name}.png")


def test_the_demonstration_shows_the_whole_story(platform, capsys):
    assert demo.play(platform.machine) == 0
    printed = capsys.readouterr().out
    found = STEP.findall(printed)
    assert [int(number) for number, _ in found] == list(range(1, len(found) + 1))
    steps, ending = "\n".join(words for _, words in found), printed.partition("What arrived where")[2]
    wanted = (
        r"開賣場 .*：美玉手沖咖啡（open）",
        r"連動帳號 .*：LINE 使用者 U",
        r"SNS too：line=True sns=True",
        r"default variant：阿里山手沖咖啡 半磅，NT\$420，庫存 24",
        r"a photo：1600×1067 /media/",
        r"mirrored on S3：metadata/.*第 2 版，內容相同",
        r"listed：listed，公開照片 \d+ KiB",
        r"enrolled：yeshi/v1/",
        r"heads are counted：來客數 進 3 出 1",
        r"the card is read：.*還有 24，照片 1 張",
        r"into the cart：NT\$840",
        r"two tabs open：未讀 unread 0、0",
        r"checkout：201 to_ship NT\$920",
        r"bell rings in both tabs：新訂單 NT\$920，兩個分頁在結帳後 \d+、\d+ ms",
        r"the unread count：GET /v1/notifications/unread-count → 1",
        r"her phone hears it：結帳後 \d+ ms",
        r"so does SNS：結帳後 \d+ ms",
        r"three more：to_ship，在庫 24，保留 5，可賣 19",
        r"cancels them：void（cancelled_by_buyer）",
        r"the seller is told：訂單不成立，在庫 24，保留 2，可賣 22",
        r"bank transfer：unpaid，付款期限 to be paid before 20\d\d-\d\d-\d\dT\d\d:\d\dZ",
        r"makes that hour now：",
        r"voids itself：void（payment_timeout）",
        r"the seller is told：訂單不成立，在庫 24，保留 2，可賣 22",
        r"the buyer is told too：訂單不成立：.*逾期未付款",
    )
    assert re.search(".*".join(wanted), steps, re.DOTALL), steps
    news = ["新訂單 NT$920", "新訂單 NT$1,340", "訂單不成立", "新訂單 NT$500", "訂單不成立"]
    bell, line, sns, end = re.split(r"\n  (?:LINE|SNS|庫存 stock +)(?=\n|在)", ending)
    assert "未讀 unread 5" in bell
    told = [re.findall(r"新訂單 NT\$[\d,]+|訂單不成立", heard) for heard in (bell, line, sns)]
    assert told[0] == news
    assert [sorted(one) for one in told] == [sorted(news)] * 3  # each push goes its own way: two may change places
    assert len(re.findall(r"retry key [0-9a-f-]{36}", line)) == len(news)
    assert end.startswith("在庫 24，保留 2，可賣 22\n")
    assert re.search(r"http://127\.0\.0\.1:\d+/phone#U[0-9a-f]{32}\n", end)


def test_the_market_is_filled_shop_by_shop(platform, capsys):
    shops = SHOPS[:FILLED]
    before = [on_sale(platform, shop) for shop in shops]
    assert seed.fill(platform.machine, products=PRODUCTS, shops=FILLED) == 0
    each, anybody = PRODUCTS // FILLED, Api(platform.url)
    for shop, known in zip(shops, before, strict=True):
        paths = [f"/v1/products/{product_id}" for product_id in on_sale(platform, shop) - known]
        assert len(paths) == each
        wanted = len(shop.pictures)
        until(lambda at=paths, all_of=wanted: sum(len(anybody.get(path)["photos"]) for path in at) == all_of)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:FILLED] == [
        f"  {shop.name}：{each} 件商品  ({each * number}/{PRODUCTS})" for number, shop in enumerate(shops, 1)
    ]
    assert lines[-1].startswith(f"{FILLED} 個賣場，{PRODUCTS} 件商品，")


def test_what_runs_already_is_not_spoken_of(platform):
    # Where somebody is slow to say that it is ready, `up` runs its steps and says so; the next has nothing to do.
    said = until(lambda: "done" not in (told := platform.up()) and told)
    assert "全部都已在執行 everything runs already" in said
    assert f"{platform.url}/docs" in said
    for chatter in ("serves", "is ready", "done", "started"):
        assert chatter not in said


def on_sale(platform, shop) -> set[str]:
    query = "SELECT product_id::text FROM products WHERE state = 'listed' AND name LIKE %s"
    return {row[0] for row in platform.rows("catalog", query, f"【{shop.brand}】%")}


def test_the_whole_market_could_be_somewhere_in_taiwan(platform):
    categories = {leaf["category_id"]: leaf for leaf in leaves(Api(platform.url))}
    market = seed.market(list(categories.values()))
    assert (len(market), sum(len(goods) for _, goods in market)) == (20, 1000)
    for told in (lambda shop: shop.name, lambda shop: shop.owner, lambda shop: shop.brand):
        assert len({told(shop) for shop, _ in market}) == 20
    for shop, goods in market:
        assert len({one.name for one in goods}) == len(goods), shop.name
        lines = {line.category: line for line in shop.lines}
        for one in goods:
            assert re.fullmatch(rf"【{shop.brand}】[\u4e00-\u9fff0-9A-Z./ ]+", one.name), one.name
            assert re.search("[\u4e00-\u9fff]{4}", one.desc), one.desc
            lowest, highest = lines[one.category].prices
            assert lowest - 5 <= one.price <= highest + 5, one
            assert 0 <= one.discount < one.price, one
            assert one.stock > 0, one
            asked = categories[one.category]["attributes"]
            assert {each["attribute_id"] for each in asked if each["required"]} == set(one.attributes), one
    assert {one.category for _, goods in market for one in goods} <= set(categories)
