"""Query parameters and headers that several routes share."""

from typing import Annotated, TypeAlias

from litestar.params import FromPath, HeaderParameter, QueryParameter

Id: TypeAlias = FromPath[str]
Limit = Annotated[int, QueryParameter(ge=1, le=100, description="每頁筆數 · Page length")]
Cursor = Annotated[str | None, QueryParameter(max_length=200, description="上一頁的 next_cursor · Of the page before")]
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        required=False,
        description="必填，8–128 個字元；重試請用同一個 · Required; the same one when trying again",
    ),
]
