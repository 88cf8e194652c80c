"""The HTTP surface's parts: who may ring, what a ring is, how long a client may take, what a refusal says."""
