"""Files outside the database: the source of a job, read as a stream, and the artifacts written beside it.

`source` reads a file and reconnects; `downloads` makes the requests that the Storage API understands, and `responses`
interprets its answers. `artifacts` writes and deletes files. A source of another kind (S3, HTTPS) is a module beside
`downloads` with the same `get`.
"""

from processor.storage.artifacts import Artifacts
from processor.storage.downloads import Downloads
from processor.storage.source import Identity, Source

__all__ = ["Artifacts", "Downloads", "Identity", "Source"]
