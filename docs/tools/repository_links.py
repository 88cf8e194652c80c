"""Let pages link to files of the repository outside docs/.

In the repository such a link is an ordinary relative one. The site does not contain those files, so this hook of MkDocs
adds each linked file under `source/`, as plain text, and points the link at the copy.
"""

import re
from pathlib import Path
from posixpath import normpath, relpath
from typing import Any

from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
_LINK = re.compile(r"\]\(((?:\.\./)+[\w./-]+)\)")


def outside(page: str, link: str) -> str | None:
    """Return the path in the repository to which a page links, or None when the link stays inside docs/."""
    path = normpath(f"docs/{page}/../{link}")
    return None if path.startswith("docs/") or not (ROOT / path).is_file() else path


def copy_of(path: str) -> str:
    """Return where the site has the copy of a file. The suffix makes browsers show it."""
    return f"source/{path}.txt"


def on_files(files: Files, *, config: Any) -> Files:
    """Add a copy of every linked file."""
    linked: set[str] = set()
    for page in files.documentation_pages():
        links = _LINK.findall(page.content_string)
        linked |= {path for link in links if (path := outside(page.src_uri, link))}
    for path in sorted(linked):
        files.append(File.generated(config, copy_of(path), abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: Any, files: Files) -> str:
    """Point links at the copies."""

    def to_copy(match: re.Match[str]) -> str:
        path = outside(page.file.src_uri, match[1])
        return f"]({relpath(copy_of(path), f'{page.file.src_uri}/..')})" if path else match[0]

    return _LINK.sub(to_copy, markdown)
