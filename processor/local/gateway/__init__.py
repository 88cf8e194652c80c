"""The stack's one base URL: the local Storage API with the Data API and Auth, as the platform's gateway serves them.

Storage answers in this process, so that a file takes no detour. `/rest/v1` and `/auth/v1` are passed on.
"""
