"""Links from the site's pages to files outside of docs/, and names of results' folders."""

import posixpath
import re

# Shown on the site as text: the files are part of the repository, not of the site.
_OUTSIDE = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)\s:]+)\)")


def on_page_markdown(markdown, page, config, files):
    """Take the link off what leads out of docs/, or to a folder."""

    def written(found):
        target = found["target"].partition("#")[0]
        place = posixpath.normpath(posixpath.join(posixpath.dirname(page.file.src_uri), target))
        inside = not target or files.get_file_from_path(place) is not None
        return found[0] if inside else found["text"]

    return _OUTSIDE.sub(written, markdown)
