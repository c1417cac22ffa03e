"""A seller who sends sheets, and the processes that work on them."""

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from chassis import sheets
from chassis.ids import uuid7
from yeshi_local.kit.service import ServiceProcess
from yeshi_local.servers.small import REGION
from yeshi_local.testing import until

BUCKET = "sheets"
OVER = {"done", "refused", "cancelled"}
HEADER = [
    "主商品貨號",
    "商品名稱",
    "類別",
    "規格名稱 1",
    "規格選項 1",
    "價格",
    "商品數量",
    "商品選項貨號",
    "上架狀態",
    "圖片網址 1",
]
TEAS = "cat-others"
# The looks of the timetable are commits too, as many as there are seconds: here CRASH_AT counts those of imports.
IMPORTS_ALONE = """
from catalog.entrypoints import work
run = work.run
work.run = lambda name, tasks, **rest: run(name, tasks=[one for one in tasks if one.name == "imports"], **rest)
raise SystemExit(work.main([]))
"""


def goods(count: int, first: int = 0, **cells: Any) -> list[list[Any]]:
    """Rows of so many products with two variants each."""
    rows: list[list[Any]] = []
    for number in range(first, first + count):
        for option in ("小", "大"):
            row = dict(zip(HEADER, [f"T{number}", f"茶 {number}", TEAS, "尺寸", option, 100 + number, 5], strict=False))
            rows.append([{**row, "商品選項貨號": f"T{number}{option}", **cells}.get(name, "") for name in HEADER])
    return rows


@dataclass
class Sheets:
    """The store of uploads, the work processes of a test, and a seller's hands."""

    market: Any
    client: Any
    signer: Any  # knows the keys; what it signs may name another way to the store
    url: str
    workers: list[ServiceProcess] = field(default_factory=list)

    def work(self, *, wait: bool = True, **environment: object) -> ServiceProcess:
        """Another work process."""
        worker = self.market.start("work", wait=wait, **{"S3_ENDPOINT_URL": self.url, **environment})
        self.workers.append(worker)
        return worker

    def doomed(self, place: str) -> ServiceProcess:
        """A work process that imports alone, one at a time, and dies at this commit of its own."""
        values = {"S3_ENDPOINT_URL": self.url, "IMPORT_WORKERS": 1, "CRASH_AT": place}
        worker = ServiceProcess(
            ["-c", IMPORTS_ALONE],
            log=self.market.home / f"catalog-imports-{len(self.workers)}.log",
            environment={**self.market.environment(), **values},
        )
        worker.start()
        self.workers.append(worker)
        return worker

    def send(self, shop: dict[str, Any], rows: list[list[Any]], form: str = "csv", **asked: Any) -> str:
        """Uploads a sheet as the door does. Answers the import's id."""
        return self.send_bytes(shop, sheets.written(form, [HEADER, *rows])[1], **asked)

    def send_bytes(self, shop: dict[str, Any], body: bytes, by: str | None = None, **asked: Any) -> str:
        import_id = str(uuid7())
        self.client.put_object(Bucket=BUCKET, Key=f"incoming/{import_id}", Body=body)
        wanted = {"Bucket": BUCKET, "Key": f"incoming/{import_id}"}
        payload = {
            "import_id": import_id,
            "shop_id": shop["shop_id"],
            "mode": "skip_bad",
            "dry_run": False,
            "file_name": "茶.csv",
            "address": self.signer(self.url).generate_presigned_url("get_object", Params=wanted, ExpiresIn=600),
            "sha256": hashlib.sha256(body).hexdigest(),
            "size": len(body),
            **asked,
        }
        made = self.market.call("create_import", by or shop["owner_id"], **payload)
        return str(made["import_id"])

    def seen(self, shop: dict[str, Any], import_id: str) -> dict[str, Any]:
        """How an import stands."""
        found: dict[str, Any] = self.market.call(
            "get_import", shop["owner_id"], shop_id=shop["shop_id"], import_id=import_id
        )
        return found

    def ended(self, shop: dict[str, Any], import_id: str, patience: float = 40) -> dict[str, Any]:
        """The import, once it is over."""
        return until(lambda: (now := self.seen(shop, import_id))["state"] in OVER and now, patience)

    def errors(self, shop: dict[str, Any], import_id: str) -> list[dict[str, Any]]:
        """What is wrong with it."""
        asked = {"shop_id": shop["shop_id"], "import_id": import_id, "limit": 100}
        return list(self.market.call("list_import_errors", shop["owner_id"], **asked)["items"])

    def products(self, shop: dict[str, Any]) -> list[tuple[Any, ...]]:
        """(parent sku, version, variants, on hand) of each product of a shop."""
        query = """
            SELECT parent_sku, p.version, count(*), sum(on_hand)::int FROM products p
              JOIN variants v USING (product_id) JOIN stock USING (variant_id)
             WHERE shop_id = %s AND NOT v.deleted GROUP BY p.product_id ORDER BY p.product_id
        """
        return list(self.market.rows(query, shop["shop_id"]))

    def exported(self, shop: dict[str, Any], form: str) -> bytes:
        """The whole shop as the door writes it, without photographs."""
        cursor, written = None, []
        while True:
            page = self.market.call("export_products", shop["owner_id"], shop_id=shop["shop_id"], cursor=cursor)
            rows = [row for product in page["products"] for row in product["rows"]]
            written += rows if cursor else [page["columns"], *rows]
            cursor = page["next_cursor"]
            if cursor is None:
                return sheets.written(form, written)[1]


@contextlib.contextmanager
def sheets_of(market: Any, s3: Any) -> Iterator[Sheets]:
    """A store and no work process; those a test starts end with it, and nothing impossible is left."""

    def client_at(url: str) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id=s3.server.access_key,
            aws_secret_access_key=s3.server.secret_key,
            config=Config(
                s3={"addressing_style": "path"}, request_checksum_calculation="when_required", signature_version="s3v4"
            ),
        )

    client = client_at(s3.server.url)
    with contextlib.suppress(client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
        client.create_bucket(Bucket=BUCKET)
    made = Sheets(market, client, client_at, s3.server.url)
    yield made
    for worker in made.workers:
        worker.kill()
    assert market.violations() == {}
    client.close()
