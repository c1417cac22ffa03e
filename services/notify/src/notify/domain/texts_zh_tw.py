"""繁體中文: the first of the tables. `texts` says how they are filled; the others have the same keys."""

NOTIFICATIONS = {
    "order.new.unpaid": ("新訂單 NT${total:,}", "{shop}有一筆新訂單，買家尚未付款，付款後請出貨。"),
    "order.new.to_ship": ("新訂單 NT${total:,}", "{shop}有一筆新訂單，貨到付款，請準備出貨。"),
    "order.voided": ("訂單不成立", "{shop}的訂單已取消。"),
    "order.voided.reason": ("訂單不成立", "{shop}的訂單已取消。原因：{reason}。"),
    "order.paid": ("訂單已付款", "{shop}有一筆訂單已付款，請準備出貨。"),
    "order.shipped": ("訂單已出貨", "{shop}已寄出你的訂單，請留意到貨通知。"),
    "order.completed": ("訂單已完成", "{shop}有一筆訂單已完成，買家已確認收貨。"),
    "stock.low": ("商品即將售完", "{shop}的{goods}剩下 {left} 件，請留意補貨。"),
    "stock.out": ("商品已售完", "{shop}的{goods}剩下 {left} 件，請留意補貨。"),
    "seller.approved": ("賣家申請已通過", "你現在可以開設賣場並上架商品。"),
    "seller.rejected": ("賣家申請未通過", "你的賣家申請沒有通過審核，請確認資料後再試一次。"),
    "seller.suspended": ("賣家權限已停用", "你的賣場已暫停營業，請聯絡客服。"),
    "staff.invited": ("有賣場邀請你", "{shop}邀請你一起工作，請在 7 天內接受或婉拒。"),
    "staff.accepted": ("邀請已被接受", "你邀請的人已加入{shop}。"),
    "staff.declined": ("邀請被婉拒", "你邀請的人這次不加入{shop}。"),
}
#: Why an order is void, by its `reason`.
REASONS = {
    "out_of_stock": "商品已售完",
    "price_changed": "商品價格已變動",
    "not_listed": "商品已下架",
    "cancelled_by_buyer": "買家取消訂單",
    "cancelled_by_seller": "賣家取消訂單",
    "payment_timeout": "逾期未付款",
}
PHRASES = {
    "shop": "「{name}」",
    "some_shop": "賣場",
    "goods": "「{name}」",
    "variant": "「{name}」（{options}）",
    "between": "，",
    "open": "查看",
    "missed": "另有 {count} 則通知因 LINE 額度用完未送出，請看小鈴鐺。",
}
