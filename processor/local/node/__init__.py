"""Auth, and the Data API where there is no PostgREST: @supabase/lite on Node.js, with the packages of a lock file."""
