"""Four small services. Connections to PostgreSQL come from SQLAlchemy's pool, as nameko-sqlalchemy would give them."""

import json
import os
import uuid
from contextlib import closing, contextmanager

import psycopg2
import psycopg2.extras
from eventlet.pools import Pool
from nameko.events import EventDispatcher, event_handler
from nameko.extensions import DependencyProvider
from nameko.rpc import RpcProxy, rpc
from nameko.web.handlers import http


class Database(DependencyProvider):
    """A pool of connections; a worker takes one for each query block."""

    def setup(self):
        """The pool opens its connections when they are needed."""
        self.pool = Pool(max_size=10, create=lambda: psycopg2.connect(os.environ["POSTGRES_URL"]))

    def get_dependency(self, worker_ctx):
        """A function that lends a cursor and commits."""

        @contextmanager
        def cursor():
            with self.pool.item() as connection, connection, closing(connection.cursor()) as one:
                yield one

        return cursor


class GatewayService:
    """The HTTP door."""

    name = "gateway"

    products = RpcProxy("products")
    orders = RpcProxy("orders")

    @http("GET", "/products/<string:product_id>")
    def get_product(self, request, product_id):
        """One product."""
        return 200, {"Content-Type": "application/json"}, json.dumps(self.products.get(product_id))

    @http("POST", "/orders")
    def post_order(self, request):
        """Places an order."""
        asked = json.loads(request.get_data(as_text=True))
        order = self.orders.place(asked["buyer"], asked["key"], asked["product_id"], asked["quantity"])
        return (201 if order else 409), {"Content-Type": "application/json"}, json.dumps(order)


class ProductsService:
    """Products and their stock."""

    name = "products"

    database = Database()

    @rpc
    def get(self, product_id):
        """One product."""
        with self.database() as cursor:
            cursor.execute("SELECT id, name, price, stock FROM products WHERE id = %s", (product_id,))
            row = cursor.fetchone()
        return dict(zip(("id", "name", "price", "stock"), row, strict=True)) if row else None

    @rpc
    def take(self, product_id, quantity):
        """Takes pieces off the stock."""
        with self.database() as cursor:
            cursor.execute("SELECT stock FROM products WHERE id = %s", (product_id,))
            stock = cursor.fetchone()[0]
            if stock < quantity:
                return False
            cursor.execute("UPDATE products SET stock = %s WHERE id = %s", (stock - quantity, product_id))
        return True


class OrdersService:
    """Orders."""

    name = "orders"

    database = Database()
    products = RpcProxy("products")
    dispatch = EventDispatcher()

    @rpc
    def place(self, buyer, key, product_id, quantity):
        """An order, or None when there is not enough."""
        product = self.products.get(product_id)
        if not self.products.take(product_id, quantity):
            return None
        order = {"id": str(uuid.uuid4()), "total": product["price"] * quantity}
        with self.database() as cursor:
            cursor.execute(
                "INSERT INTO orders (id, buyer, key, product_id, quantity, total) VALUES (%s, %s, %s, %s, %s, %s)",
                (order["id"], buyer, key, product_id, quantity, order["total"]),
            )
        self.dispatch("order_placed", order)
        return order


class BellService:
    """Hears of orders."""

    name = "bell"

    database = Database()

    @event_handler("orders", "order_placed")
    def ring(self, order):
        """Writes the bell down."""
        with self.database() as cursor:
            cursor.execute("INSERT INTO bells (order_id) VALUES (%s)", (order["id"],))


class EchoService:
    """Nothing but the bus: for calls, events and idle memory."""

    name = "echo"

    @rpc
    def echo(self, principal, payload):
        """The smallest call."""
        return payload

    @event_handler("bench", "happened")
    def happened(self, payload):
        """The smallest handler."""
