"""The embedded stack: Postgres with Supabase's roles and schemas, the Storage API and pg_net on loopback.

`supervisor` runs a stack in the foreground, starting each `part` again that ends, and `detached` runs it in the
background. `status`, `log_reader` and `reset` are what the other commands do. `stack` starts its parts in order: the
PostgreSQL server (`postgres`), the database objects that Supabase provides (`floor`), the stand-in for pg_net
(`pgnet`), the Storage API (`storage_api`), the migrations, and the processor.
"""
