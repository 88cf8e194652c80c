"""The local Storage API: Supabase's /storage/v1 for development and tests.

Rows are stored in Postgres and files in one directory. Responses, including errors, are those of the real server.
"""
