"""Everything that is kept: one database, SQLite by default."""
