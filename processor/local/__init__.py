"""The embedded stack: a Supabase-shaped Postgres, Storage and pg_net on loopback, without Docker."""
