"""The local Storage API: Supabase's /storage/v1 over one directory and one Postgres, for development and tests."""
