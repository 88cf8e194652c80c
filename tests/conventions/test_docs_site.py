"""Build the documentation's site strictly, and check what the pages link to."""

import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md"))


class Links(HTMLParser):
    """Collects the anchors of a page and the targets of its links and images."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.targets: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if anchor := named.get("id"):
            self.anchors.add(anchor)
        target = named.get("href") if tag == "a" else named.get("src") if tag == "img" else None
        if target:
            self.targets.add(target)


def read(page: Path) -> Links:
    """Return the anchors and links of a built page."""
    links = Links()
    links.feed(page.read_text(encoding="utf-8"))
    return links


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the site, built strictly: any warning of MkDocs is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder


def test_every_page_is_built(site: Path) -> None:
    built = {path.relative_to(site) for path in site.rglob("index.html")}
    expected = {page.relative_to(DOCS).with_suffix("") for page in PAGES}
    assert built >= {Path("index.html") if str(page) == "index" else page / "index.html" for page in expected}


def test_every_internal_link_leads_to_a_page_and_an_anchor(site: Path) -> None:
    pages = {page: read(page) for page in site.rglob("*.html")}
    broken: list[tuple[str, str]] = []
    for page, links in pages.items():
        if page.name == "404.html":
            continue
        for target in links.targets:
            parts = urlsplit(target)
            if parts.scheme:
                continue
            path = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            path = path / "index.html" if path.is_dir() else path
            known = not parts.fragment or (path in pages and unquote(parts.fragment) in pages[path].anchors)
            if not path.is_file() or not known:
                broken.append((str(page.relative_to(site)), target))
    assert broken == []


def test_site_asks_no_other_host(site: Path) -> None:
    loaded = re.compile(r'<(?:script|link|img)\b[^>]*(?:src|href)="https?://[^"]+"')
    assert [page.name for page in site.rglob("*.html") if loaded.search(page.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_relative_links_of_a_page_exist_in_the_repository(page: Path) -> None:
    links = re.findall(r"\]\(((?!https?:|#)[^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_links_of_the_files_beside_the_docs_exist(name: str) -> None:
    links = re.findall(r"\]\(((?!https?:|#)[^)#\s]+)", (ROOT / name).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_layers_of_the_architecture_page_are_those_of_import_linter() -> None:
    page = (DOCS / "explanation" / "architecture.md").read_text(encoding="utf-8")
    drawn = page.partition("## The layers")[2].partition("```text\n")[2].partition("```")[0]
    layers = [line.split("  ")[0].strip() for line in drawn.splitlines() if line.strip()]
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {contract["name"]: contract["layers"] for contract in config["tool"]["importlinter"]["contracts"]}
    assert layers == contracts["data moves one way"]


def test_files_on_the_architecture_page_exist() -> None:
    page = (DOCS / "explanation" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:processor|supabase|tests|scripts|benchmarks|examples)/[\w./]*)`", page)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
