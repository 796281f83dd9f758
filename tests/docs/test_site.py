"""The site of these pages builds without a warning, and needs nothing from elsewhere."""

import os
import re
import subprocess
import sys

import pytest

from documentation import ROOT


def test_the_site_builds_without_warnings(tmp_path):
    pytest.importorskip("material", reason="the site needs the extra [docs]")
    pytest.importorskip("mkdocstrings", reason="the site needs the extra [docs]")
    ended = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert "WARNING" not in ended.stderr
    pages = [page for page in (ROOT / "docs").rglob("*.md") if page.name != "index.md"]
    for page in pages:
        assert (tmp_path / page.relative_to(ROOT / "docs").with_suffix("") / "index.html").exists()
    first_steps = (tmp_path / "first-steps/index.html").read_text("utf-8")
    assert "Two commands" in first_steps
    assert 'href="../how-to/studio/"' in first_steps
    assert 'href="first-steps/"' in (tmp_path / "index.html").read_text("utf-8")
    reference = (tmp_path / "reference/index.html").read_text("utf-8")
    assert 'id="unweave.api.train"' in reference
    assert "The name of a model, such as" in reference
    fetched = re.findall(r'<(?:script|img)[^>]+src="(https?:[^"]+)"', reference)
    assert fetched == []
