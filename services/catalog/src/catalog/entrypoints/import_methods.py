"""The methods around imports and exports."""

from typing import Any

from catalog.application.imports import export
from catalog.application.imports.desk import SendImport
from catalog.bootstrap import Catalog
from catalog.domain.imports import Mode, Upload
from chassis.decode import LARGEST_PAGE, Payload, Principal, caller, new, page, request, there
from chassis.errors import Invalid
from chassis.green import rpc
from contracts import catalog as contract

LONGEST_KEY = 128


class ImportMethods:
    """A part of the service: its class takes them over."""

    app: Catalog

    @rpc
    def may_import(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ShopId`: raises what speaks against it."""
        self.app.imports.may_import(caller(principal), there(request(payload, contract.ShopId).shop_id))

    @rpc
    def create_import(self, principal: Principal, payload: Payload) -> Any:
        """Contract `CreateImport`, answer `Import`."""
        by, asked = caller(principal), request(payload, contract.CreateImport)
        if asked.key is not None and not 1 <= len(asked.key) <= LONGEST_KEY:
            raise Invalid(f"a key has 1 to {LONGEST_KEY} characters", field="key")
        command = SendImport(
            by=by,
            import_id=new(asked.import_id, "import_id"),
            shop_id=there(asked.shop_id),
            mode=Mode(asked.mode),
            dry_run=asked.dry_run,
            upload=Upload(asked.address, asked.sha256, asked.size, asked.file_name),
            key=asked.key,
        )
        return self.app.imports.send(command)

    @rpc
    def get_import(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ImportId`, answer `Import`."""
        by, asked = caller(principal), request(payload, contract.ImportId)
        return self.app.imports.get(by, there(asked.shop_id), there(asked.import_id))

    @rpc
    def cancel_import(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ImportId`, answer `Import`."""
        by, asked = caller(principal), request(payload, contract.ImportId)
        return self.app.imports.cancel(by, there(asked.shop_id), there(asked.import_id))

    @rpc
    def list_imports(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ListImports`, answers `Import`s."""
        by, asked = caller(principal), request(payload, contract.ListImports)
        before, limit = page(asked.cursor, asked.limit)
        return self.app.imports.of_shop(by, there(asked.shop_id), before, limit)

    @rpc
    def list_import_errors(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ListImportErrors`, answers `ImportProblem`s."""
        by, asked = caller(principal), request(payload, contract.ListImportErrors)
        if not 1 <= asked.limit <= LARGEST_PAGE:
            raise Invalid(f"limit must be 1 to {LARGEST_PAGE}", field="limit")
        after = asked.cursor or "0"
        if not (after.isascii() and after.isdigit() and len(after) <= 18):
            raise Invalid("cursor is none of ours", field="cursor")
        return self.app.imports.problems(by, there(asked.shop_id), there(asked.import_id), int(after), asked.limit)

    @rpc
    def export_products(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ExportPage`, answer `ExportedPage`."""
        by, asked = caller(principal), request(payload, contract.ExportPage)
        after = new(asked.cursor, "cursor") if asked.cursor else None
        return self.app.export.page(by, there(asked.shop_id), after)

    @rpc
    def import_template(self, principal: Principal, payload: Payload) -> Any:
        """Answer: `columns` and `notes`."""
        return export.template()
