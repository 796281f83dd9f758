"""Pages of the site that differ from docs/: the README is one, and links out of docs/ are text."""

import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File

# Shown on the site as text: the files are part of the repository, not of the site.
_OUTSIDE = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)\s:]+)\)")
_README, _FIRST_STEPS = "../README.md", "first-steps.md"


def on_files(files, config):
    """Take the README in as a page of its own."""
    text = Path(config.docs_dir, _README).read_text(encoding="utf-8")
    text = "---\ntitle: First steps\n---\n" + text.replace("](docs/", "](")
    files.append(File.generated(config, _FIRST_STEPS, content=text))
    return files


def on_page_markdown(markdown, page, config, files):
    """Take the link off what leads out of docs/, or to a folder."""

    def written(found):
        target, mark, anchor = found["target"].partition("#")
        place = posixpath.normpath(posixpath.join(posixpath.dirname(page.file.src_uri), target))
        if place == _README:
            return f"[{found['text']}]({_to_first_steps(page)}{mark}{anchor})"
        inside = not target or files.get_file_from_path(place) is not None
        return found[0] if inside else found["text"]

    return _OUTSIDE.sub(written, markdown)


def _to_first_steps(page):
    return posixpath.relpath(_FIRST_STEPS, posixpath.dirname(page.file.src_uri) or ".")
