"""How routes are written into the OpenAPI document, also those whose bodies the framework does not read."""

from dataclasses import dataclass

from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Reference,
    RequestBody,
    Schema,
)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass
class Documented(Operation):
    """Only what the route itself says: the framework adds an error form of its own that nobody ever gets."""

    def __post_init__(self) -> None:
        responses = self.responses or {}
        for status, response in list(responses.items()):
            if status == "400" and "application/json" in (getattr(response, "content", None) or {}):
                del responses[status]


@dataclass
class PhotoUpload(Documented):
    """A form with one file."""

    def __post_init__(self) -> None:
        super().__post_init__()
        file = Schema(
            type=OpenAPIType.STRING, content_media_type="application/octet-stream", description="JPEG, PNG, WebP"
        )
        form = Schema(
            type=OpenAPIType.OBJECT, properties={"file": file}, required=["file"], additional_properties=False
        )
        self.request_body = RequestBody(content={"multipart/form-data": OpenAPIMediaType(schema=form)}, required=True)


@dataclass
class SheetUpload(Documented):
    """A form with one file, and how it is to be imported."""

    def __post_init__(self) -> None:
        super().__post_init__()
        text, switch = OpenAPIType.STRING, OpenAPIType.BOOLEAN
        properties: dict[str, Reference | Schema] = {
            "file": Schema(type=text, content_media_type="application/octet-stream", description="CSV, XLSX"),
            "mode": Schema(type=text, enum=["all_or_nothing", "skip_bad"], default="all_or_nothing"),
            "dry_run": Schema(type=switch, default=False),
        }
        form = Schema(type=OpenAPIType.OBJECT, properties=properties, required=["file"], additional_properties=False)
        self.request_body = RequestBody(content={"multipart/form-data": OpenAPIMediaType(schema=form)}, required=True)


@dataclass
class SheetDownload(Documented):
    """A sheet in the format that was asked for."""

    def __post_init__(self) -> None:
        super().__post_init__()
        found = (self.responses or {}).get("200")
        if isinstance(found, OpenAPIResponse) and found.content is not None:
            found.content[XLSX] = OpenAPIMediaType(schema=Schema(content_media_type=XLSX))


@dataclass
class JsonWebhook(Documented):
    """A JSON object whose raw bytes are signed."""

    def __post_init__(self) -> None:
        super().__post_init__()
        media = OpenAPIMediaType(schema=Schema(type=OpenAPIType.OBJECT))
        self.request_body = RequestBody(content={"application/json": media}, required=True)


@dataclass
class TextWebhook(Documented):
    """SNS sends its JSON as text."""

    def __post_init__(self) -> None:
        super().__post_init__()
        media = OpenAPIMediaType(schema=Schema(type=OpenAPIType.OBJECT))
        self.request_body = RequestBody(content={"text/plain": media}, required=True)
