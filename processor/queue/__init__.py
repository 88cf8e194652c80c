"""The queue as the processor sees it: each function is one call of an SQL function in the schema `importer`.

Connections are in autocommit mode, and a call that stands alone is one round trip: the server commits it even if this
process is paused meanwhile. With a BEGIN and a COMMIT around it, a pause in between would keep the queue's locks.
"""
