"""What the seeded market sells: 20 shops of Taiwan, each with its things, words and prices."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from chassis.clock import now
from yeshi_local.story.people import Json


@dataclass(frozen=True)
class Line:
    """Things of one category: their nouns, the words before them, and what they cost, from and to, in TWD."""

    category: str
    nouns: tuple[str, ...]
    words: tuple[str, ...]
    prices: tuple[int, int]
    options: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Shop:
    """A shop of the market."""

    name: str
    owner: str
    kind: str
    brand: str
    lines: tuple[Line, ...]
    pictures: tuple[str, ...] = ("brick", "coins", "gravel")


@dataclass(frozen=True)
class Goods:
    """One product to be made."""

    name: str
    desc: str
    price: int
    discount: int
    stock: int
    category: str
    condition: str
    attributes: Json
    options: list[Json] = field(default_factory=list)
    tiers: list[Json] = field(default_factory=list)


CLOTHES = (("顏色", ("米白", "墨綠", "深藍")), ("尺寸", ("S", "M", "L")))
SHOES = (("尺寸", ("38", "40", "42")),)
FLAVOURS = (("口味", ("原味", "綜合")),)

SHOPS = (
    Shop("美玉手沖咖啡", "陳美玉", "飲料", "美玉", (
        Line("cat-coffee-beans", ("半磅豆", "一磅豆", "試飲包"), ("阿里山淺焙", "古坑中焙", "東山日曬", "泰武水洗", "國姓蜜處理"), (280, 980)),
        Line("cat-drip-coffee", ("濾掛 10 入", "濾掛 30 入"), ("阿里山", "耶加雪菲", "曼特寧", "低因"), (180, 690)),
        Line("cat-coffee-ware", ("手沖壺", "濾杯", "磨豆機", "分享壺"), ("不鏽鋼", "陶瓷", "玻璃", "隨行"), (250, 2480)),
    ), ("coffee",)),
    Shop("鹿谷茶行", "林文山", "茶葉", "文山號", (
        Line("cat-tea-leaf", ("四兩裝", "半斤裝", "禮盒"), ("凍頂烏龍", "阿里山高山茶", "東方美人", "日月潭紅玉", "文山包種", "木柵鐵觀音"), (350, 2800)),
        Line("cat-tea-bags", ("20 入茶包", "50 入茶包"), ("四季春", "紅玉紅茶", "桂花烏龍"), (150, 480)),
        Line("cat-tea-ware", ("蓋碗", "茶海", "茶盤", "品茗杯組"), ("柴燒", "青瓷", "竹製"), (320, 3600)),
    ), ("grass",)),
    Shop("老街鳳梨酥", "王秀蘭", "糕餅", "秀蘭", (
        Line("cat-pineapple-cakes", ("6 入", "12 入禮盒", "20 入禮盒"), ("土鳳梨酥", "冬瓜鳳梨酥", "鳳凰酥"), (180, 720), FLAVOURS),
        Line("cat-cookies", ("一包", "鐵盒裝"), ("手工杏仁瓦片", "牛軋餅", "蔥軋餅", "芝麻脆餅"), (90, 420)),
        Line("cat-mooncakes", ("9 入禮盒", "單顆"), ("綠豆椪", "蛋黃酥", "芋頭酥"), (45, 680)),
    )),
    Shop("好味夜市小吃", "黃建國", "美食", "好味", (
        Line("cat-night-market", ("三入組", "家庭號", "單份"), ("大腸麵線", "鹽酥雞調理包", "藥燉排骨", "蚵仔煎粉", "滷味拼盤"), (99, 599)),
        Line("cat-frozen-meals", ("10 入", "一盒"), ("手工水餃", "港式蘿蔔糕", "麻辣鴨血", "牛肉湯"), (120, 650)),
        Line("cat-seasoning", ("一瓶", "兩瓶組"), ("蒜蓉辣椒醬", "沙茶醬", "古法黑豆醬油"), (85, 380)),
    )),
    Shop("果園直送", "張世豪", "生鮮", "世豪果園", (
        Line("cat-fresh-fruit", ("五斤裝", "十斤裝", "禮盒"), ("玉井愛文芒果", "大湖草莓", "燕巢芭樂", "麻豆文旦", "拉拉山水蜜桃", "枋山西瓜"), (250, 1680)),
        Line("cat-gift-boxes", ("禮盒", "精緻禮盒"), ("綜合水果", "果乾", "果醬"), (399, 1580)),
    ), ("grass",)),
    Shop("山行者登山", "周志偉", "戶外用品", "山行者", (
        Line("cat-hiking", ("登山背包", "登山杖", "頭燈", "雨衣", "快乾毛巾"), ("輕量", "專業級", "入門", "四季"), (199, 5200)),
        Line("cat-camping", ("天幕", "睡袋", "露營椅", "卡式爐", "營燈"), ("輕量", "雙人", "家庭", "復古"), (299, 6800)),
    ), ("rocket", "moon")),
    Shop("喵星人雜貨", "李佳穎", "寵物", "喵屋", (
        Line("cat-pet-food", ("1.5 公斤", "3 公斤", "試吃包"), ("無穀雞肉貓糧", "鮭魚貓糧", "室內貓配方"), (120, 1480)),
        Line("cat-pet-snacks", ("10 入", "50 入桶裝"), ("凍乾雞肉", "貓肉泥", "柴魚片"), (89, 880)),
        Line("cat-pet-supplies", ("貓抓板", "逗貓棒", "貓砂盆", "飲水機"), ("瓦楞紙", "大尺寸", "靜音", "可拆洗"), (79, 1680)),
    ), ("chelsea",)),
    Shop("阿明機車材料", "吳明輝", "機車", "明輝", (
        Line("cat-scooter-accessories", ("手機架", "後照鏡", "腳踏墊", "置物箱"), ("鋁合金", "通用型", "加大", "快拆"), (150, 2200)),
        Line("cat-motor-parts", ("煞車來令片", "空濾", "皮帶", "火星塞"), ("原廠型", "強化", "陶瓷"), (90, 1500)),
        Line("cat-helmets", ("3/4 安全帽", "全罩安全帽", "半罩安全帽"), ("輕量", "透氣", "彩繪"), (690, 3980)),
    ), ("motorcycle_left",)),
    Shop("質感女裝衣櫃", "許雅婷", "服飾", "雅", (
        Line("cat-women-tops", ("上衣", "針織衫", "襯衫"), ("法式方領", "寬鬆棉麻", "冰絲涼感", "微透膚"), (290, 1280), CLOTHES),
        Line("cat-women-dresses", ("洋裝", "連身裙"), ("碎花", "無袖棉質", "緞面", "襯衫式"), (490, 1880), CLOTHES),
        Line("cat-women-skirts", ("長裙", "短裙"), ("百褶", "牛仔", "緞面"), (390, 1180), CLOTHES),
    )),
    Shop("紳士日常", "鄭凱文", "服飾", "日常", (
        Line("cat-men-tops", ("T 恤", "POLO 衫", "帽 T"), ("重磅純棉", "吸濕排汗", "素面"), (250, 990), CLOTHES),
        Line("cat-men-trousers", ("長褲", "短褲", "工裝褲"), ("彈力", "直筒", "九分"), (390, 1490), CLOTHES),
        Line("cat-men-sneakers", ("休閒鞋", "慢跑鞋"), ("輕量", "透氣網面", "真皮"), (690, 2980), SHOES),
    )),
    Shop("皂事工坊", "劉淑芬", "手作", "皂事", (
        Line("cat-handmade-soap", ("手工皂", "三入禮盒"), ("左手香", "紫草", "備長炭", "檜木", "艾草平安"), (120, 560)),
        Line("cat-body-care", ("沐浴乳", "洗手乳", "浴鹽"), ("檜木", "薰衣草", "無患子"), (150, 690)),
    )),
    Shop("文青紙膠帶", "蔡宜庭", "文創", "宜庭", (
        Line("cat-washi-tape", ("紙膠帶", "貼紙包"), ("台灣小吃", "老屋窗花", "貓咪日常", "山林", "星空"), (45, 220)),
        Line("cat-notebooks", ("手帳", "筆記本", "明信片組"), ("2027", "方格", "老街手繪", "活版印刷"), (60, 690)),
        Line("cat-creative-goods", ("帆布袋", "鑰匙圈", "杯墊"), ("台灣黑熊", "鐵窗花", "夜市"), (90, 480)),
    ), ("hubble_deep_field",)),
    Shop("光速 3C", "何冠宇", "3C", "光速", (
        Line("cat-phone-cases", ("手機殼", "玻璃保護貼"), ("軍規防摔", "磁吸", "透明", "防窺"), (150, 890)),
        Line("cat-chargers", ("行動電源", "快充頭", "充電線"), ("20W", "65W 氮化鎵", "磁吸", "三合一"), (199, 1880)),
        Line("cat-headphones", ("藍牙耳機", "耳罩耳機"), ("降噪", "運動", "開放式"), (490, 4980)),
    )),
    Shop("二手書房", "曾子瑜", "書店", "書房", (
        Line("cat-second-hand-books", ("小說", "散文集", "食譜", "旅遊書", "漫畫全套"), ("絕版", "九成新", "作家簽名", "老書店收藏"), (60, 1200)),
        Line("cat-children-books", ("繪本", "科學故事", "成語故事"), ("注音版", "精裝", "立體"), (120, 480)),
    )),
    Shop("媽咪寶貝屋", "洪佩君", "母嬰", "寶貝屋", (
        Line("cat-baby-clothes", ("包屁衣", "套裝", "睡衣"), ("有機棉", "紗布", "恐龍圖案"), (190, 890), (("尺寸", ("70", "80", "90")),)),
        Line("cat-baby-toys", ("固齒器", "布書", "疊疊樂"), ("木製", "矽膠", "觸感"), (120, 780)),
    )),
    Shop("阿嬤的廚房", "郭月娥", "居家", "阿嬤", (
        Line("cat-kitchenware", ("鑄鐵鍋", "不沾平底鍋", "蒸籠", "砧板"), ("22 公分", "28 公分", "竹製", "檜木"), (250, 3680)),
        Line("cat-tableware", ("碗盤組", "筷子組", "馬克杯"), ("大同風", "手繪青花", "胭脂紅"), (99, 1280)),
        Line("cat-storage-boxes", ("保鮮盒", "收納箱", "調味罐"), ("玻璃", "可堆疊", "附蓋"), (79, 690)),
    )),
    Shop("綠手指園藝", "葉振聲", "園藝", "綠手指", (
        Line("cat-garden", ("觀葉植物", "多肉組盆", "種子包", "陶盆", "有機肥"), ("龜背芋", "琴葉榕", "迷你", "香草", "手捏"), (35, 1680)),
        Line("cat-decoration", ("花器", "乾燥花束", "掛畫"), ("侘寂", "北歐", "日式"), (150, 1580)),
    ), ("grass", "gravel")),
    Shop("單車日和", "邱柏翰", "自行車", "日和", (
        Line("cat-cycling", ("車燈", "坐墊", "水壺架", "車鎖", "車衣"), ("碳纖維", "充電式", "輕量", "反光"), (120, 3200)),
        Line("cat-sportswear", ("運動短褲", "運動上衣", "袖套"), ("抗 UV", "壓縮", "透氣"), (150, 1280)),
    )),
    Shop("桌遊小宇宙", "賴俊傑", "玩具", "小宇宙", (
        Line("cat-board-games", ("桌遊", "擴充包", "牌套"), ("派對", "策略", "親子", "推理"), (90, 2280)),
        Line("cat-puzzles", ("500 片拼圖", "1000 片拼圖"), ("台北街景", "九份夜色", "名畫"), (250, 980)),
        Line("cat-figures", ("扭蛋公仔", "盒玩", "模型"), ("夜市系列", "黑熊", "復古機車"), (99, 1980)),
    ), ("astronaut",)),
    Shop("古物拾光", "江振東", "收藏", "拾光", (
        Line("cat-collectables", ("錢幣", "郵票", "老招牌", "火柴盒"), ("民國早期", "日治時期", "限量", "整套"), (150, 8800)),
        Line("cat-others", ("老物件", "雜貨", "擺飾"), ("懷舊", "手工", "倉庫發現的"), (80, 2600)),
    ), ("coins",)),
)  # fmt: skip


def offers(shop: Shop, categories: Sequence[Json], chance: random.Random) -> Iterator[Goods]:
    """Products without end, different in name, with every attribute that their category requires."""
    attributes = {leaf["category_id"]: leaf["attributes"] for leaf in categories}
    for number in count():
        line = shop.lines[number % len(shop.lines)]
        yield _one(shop, line, attributes[line.category], number, chance)


def _one(shop: Shop, line: Line, asked: Sequence[Json], number: int, chance: random.Random) -> Goods:
    turn = number // len(shop.lines)
    noun, word = line.nouns[turn % len(line.nouns)], line.words[(turn // len(line.nouns)) % len(line.words)]
    edition = turn // (len(line.nouns) * len(line.words))
    name = f"{word} {noun}" if word[-1].isascii() or noun[0].isascii() else f"{word}{noun}"
    price = round(chance.uniform(*line.prices) / 10) * 10
    used = line.category in ("cat-second-hand-books", "cat-collectables")
    return Goods(
        name=f"【{shop.brand}】{name}" + (f" 第 {edition + 1} 款" if edition else ""),
        desc=f"{shop.name}自營，{name}。下單後兩天內出貨，七天鑑賞期。",
        price=price,
        discount=price // 10 if chance.random() < 0.3 else 0,
        stock=chance.randint(3, 120),
        category=line.category,
        condition="used" if used else "new",
        attributes={one["attribute_id"]: _value(one, shop, chance) for one in asked if one["required"]},
        options=[{"name": level, "values": list(values)} for level, values in line.options],
        tiers=[{"from_quantity": 3, "percent_off": 5}] if chance.random() < 0.2 else [],
    )


def _value(attribute: Json, shop: Shop, chance: random.Random) -> Any:
    """Something a seller could have written for this attribute."""
    if attribute["attribute_id"] == "brand":
        return shop.brand
    return {
        "text": lambda: f"{shop.brand}-{chance.randint(1000, 9999)}",
        "integer": lambda: chance.randint(1, 365),
        "number": lambda: chance.randint(5, 65),
        "boolean": lambda: chance.random() < 0.5,
        "date": lambda: (now() + timedelta(days=chance.randint(60, 400))).date().isoformat(),
        "choice": lambda: chance.choice(attribute["choices"]),
    }[attribute["type"]]()
