"""Resumable uploads, TUS 1.0, as the real server has them at /upload/resumable.

Answers, including the plain texts of errors, are those of @tus/server behind Supabase's Storage.
"""
