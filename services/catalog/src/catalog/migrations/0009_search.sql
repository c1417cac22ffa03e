-- What searches order by: the price of the cheapest variant, and how many were sold.

ALTER TABLE products ADD COLUMN price_min integer NOT NULL DEFAULT 0;

UPDATE products
   SET price_min = cheapest.price
  FROM (SELECT product_id, min(price - discount) AS price FROM variants WHERE NOT deleted GROUP BY product_id) cheapest
 WHERE cheapest.product_id = products.product_id;

CREATE INDEX products_listed_by_price ON products (price_min, product_id) WHERE state = 'listed';
CREATE INDEX products_listed_by_category_price ON products (category_id, price_min, product_id) WHERE state = 'listed';
CREATE INDEX products_listed_by_shop ON products (shop_id, product_id) WHERE state = 'listed';

-- Beside the product, so that a shipment rewrites a narrow row and not its words.
CREATE TABLE product_sales (
    product_id uuid    PRIMARY KEY REFERENCES products,
    sold       bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 80);

INSERT INTO product_sales (product_id, sold)
SELECT product_id, coalesce(sum(-delta), 0)
  FROM products LEFT JOIN stock USING (product_id)
  LEFT JOIN stock_ledger ON stock_ledger.variant_id = stock.variant_id AND reason = 'shipped'
 GROUP BY product_id;

CREATE INDEX product_sales_by_sold ON product_sales (sold, product_id);

-- Two characters occur in many names: the planner should know how many.
ALTER TABLE products ALTER COLUMN search_terms SET STATISTICS 1000;
