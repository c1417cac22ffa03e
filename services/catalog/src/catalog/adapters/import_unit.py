"""One PostgreSQL transaction with an import in it."""

from catalog.adapters.postgres_imports import PostgresImports
from catalog.adapters.postgres_many import PostgresMany
from catalog.adapters.postgres_staging import PostgresStaging
from catalog.adapters.unit_of_work import PostgresUnit
from catalog.application.imports.ports import Imports, ImportUnits, ManyProducts, Staging
from chassis.postgres import Pool, Transaction, units_on


class PostgresImportUnit(PostgresUnit):
    """The repositories of a unit of work, and those of imports."""

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx)
        self.imports: Imports = PostgresImports(tx.cursor)
        self.staging: Staging = PostgresStaging(tx.cursor)
        self.many: ManyProducts = PostgresMany(tx.cursor)

    def flush(self) -> None:
        """Writes the events so far, so that they do not gather in memory."""
        self._tx.write_events()


def import_units(pool: Pool) -> ImportUnits:
    """Makes units of work on a pool."""
    return units_on(pool, PostgresImportUnit)
