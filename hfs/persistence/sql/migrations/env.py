"""What Alembic runs for each migration, on the connection that it is given."""

from __future__ import annotations

from alembic import context

from hfs.persistence.sql.rows import Base
from hfs.persistence.sql.schema import VERSIONS

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, version_table=VERSIONS
)
with context.begin_transaction():
    context.run_migrations()
