"""The embedded stack: Postgres with Supabase's roles and schemas, the Storage API and pg_net on loopback.

`supervisor` runs a stack in the foreground and `detached` in the background. `stack` starts its parts in order: the
PostgreSQL server (`postgres`), the database objects that Supabase provides (`floor`), the stand-in for pg_net
(`pgnet`), the Storage API (`storage_api`), the migrations, and the processor.
"""
