"""Products as they are shown: catalog's part and media's part, to those who may see them."""

import httpx

from chassis.errors import Missing, Unavailable

PRODUCT = {
    "product_id": "p1",
    "shop_id": "s1",
    "name": "茶",
    "metadata_id": "m1",
    "variants": [{"product_variant_id": "v1", "metadata_id": None, "available": 3, "stock_version": 1}],
    "version": 1,
    "state": "listed",
}


def test_a_page_of_products_is_one_question_to_each_service(http, behind):
    items = [{**PRODUCT, "product_id": f"p{number}", "metadata_id": f"m{number}"} for number in range(50)]
    behind.on("catalog.search_products", {"items": items, "next_cursor": "c2"})
    behind.on("media.get_metadata", lambda _, payload: {"items": {one: document(one) for one in payload["ids"]}})
    answer = http.get("/v1/products", params={"q": "茶", "limit": 50})
    assert answer.status_code == 200
    page = answer.json()
    assert page["next_cursor"] == "c2"
    assert page["items"][7]["metadata"] == {"of": "m7"}
    assert page["items"][7]["photos"][0]["url"] == "/media/m7.webp"
    assert [name for name, _, _ in behind.calls] == ["catalog.search_products", "media.get_metadata"]


def document(metadata_id):
    return {
        "metadata_id": metadata_id,
        "product_id": "p",
        "version": 1,
        "document": {"of": metadata_id},
        "photos": [{"photo_id": "f", "url": f"/media/{metadata_id}.webp", "width": 1, "height": 1, "urls": {}}],
    }


def test_while_media_is_away_products_are_shown_without_their_documents(world):
    def away(*_):
        raise Unavailable("media is not there")

    world.behind.on("media.get_metadata", away)
    world.behind.on("catalog.search_products", {"items": [PRODUCT], "next_cursor": None})
    program = world.start()
    (item,) = httpx.get(f"{program.url}/v1/products").json()["items"]
    assert item["degraded"] is True
    assert item["metadata"] == {}


def test_the_shops_people_see_their_product_as_it_is(http, behind, person):
    seen = {**PRODUCT, "state": "draft"}
    behind.on("catalog.get_product", lambda principal, _: seen if principal else missing())
    behind.on("media.get_metadata", {"items": {}})
    assert http.get("/v1/products/p1?view=shop", headers=person.headers).json()["state"] == "draft"
    assert http.get("/v1/products/p1?view=shop").status_code == 404


def missing():
    raise Missing("there is no such product")


def test_a_document_is_seen_by_those_who_may_see_its_product(http, behind, person):
    behind.on(
        "media.get_metadata",
        lambda _, payload: {"items": {"m1": document("m1")}} if "m1" in payload["ids"] else {"items": {}},
    )
    behind.on("catalog.get_product", lambda principal, _: PRODUCT if principal else missing())
    assert http.get("/v1/metadata/m1", headers=person.headers).json()["document"] == {"of": "m1"}
    assert http.get("/v1/metadata/m1").status_code == 404
    assert http.get("/v1/metadata/other", headers=person.headers).status_code == 404


def test_the_category_tree_is_asked_for_once(world):
    tree = {"items": [{"category_id": "c1", "name": "食品", "children": [], "attributes": []}]}
    world.behind.on("catalog.get_categories", tree)
    program = world.start()
    world.behind.calls.clear()
    for _ in range(3):
        answer = httpx.get(f"{program.url}/v1/categories")
        assert answer.json() == tree
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert len(world.behind.asked("catalog.get_categories")) == 1
