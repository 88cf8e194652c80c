"""Put import-jobs into the folder `supabase` of a project: one migration, Edge Functions, settings of config.toml."""
