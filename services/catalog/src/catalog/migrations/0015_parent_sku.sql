-- The seller's own number of a product: 主商品貨號. A shop has each once among the products it still has.

ALTER TABLE products ADD COLUMN parent_sku text;

CREATE UNIQUE INDEX products_by_parent_sku ON products (shop_id, parent_sku)
 WHERE parent_sku IS NOT NULL AND state <> 'deleted';
