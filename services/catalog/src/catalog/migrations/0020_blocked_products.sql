-- What operators took off the market, the latest first. There are few of them, so the index is small.

CREATE INDEX products_blocked ON products (blocked_at DESC, product_id DESC) WHERE state = 'blocked';
