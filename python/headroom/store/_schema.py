"""The tables of the SQLite store.

What is content is sealed (`content`, `value`). The rest is MACs (keys, names, tenants, digests of outputs), kinds of
content, sizes, and times. A row names the tenant's key that its own key is wrapped under, and so its tenant.
"""

from __future__ import annotations

SCHEMA_VERSION = 2
"""1 was not sealed; see _migrate.py."""

META_TABLES = ("CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",)
ORIGINAL_TABLES = (
    # Numbers of keys are never used again: a process may remember one that was given up.
    "CREATE TABLE tenant_keys (id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, wrapped BLOB NOT NULL)",
    "CREATE INDEX tenant_keys_tenant ON tenant_keys (tenant)",
    "CREATE TABLE originals (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, tenant_key INTEGER NOT NULL,"
    " kind TEXT NOT NULL, size_bytes INTEGER NOT NULL, last_seen INTEGER NOT NULL, wrapped BLOB NOT NULL,"
    " content BLOB NOT NULL)",
    "CREATE INDEX originals_last_seen ON originals (last_seen)",
    "CREATE TABLE records (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, tenant_key INTEGER NOT NULL,"
    " original INTEGER, last_seen INTEGER NOT NULL, wrapped BLOB NOT NULL, value BLOB NOT NULL)",
    "CREATE INDEX records_last_seen ON records (last_seen)",
    "CREATE INDEX records_original ON records (original) WHERE original IS NOT NULL",
)
OUTPUT_TABLES = (
    "CREATE TABLE outputs (digest TEXT PRIMARY KEY, original INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX outputs_original ON outputs (original)",
)
