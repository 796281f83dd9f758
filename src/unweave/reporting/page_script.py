"""The only script of pages, which sorts a table when a heading is clicked."""

import base64
import hashlib

SCRIPT = """\
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = table.tHead.rows[0].cells;
  const value = (row, place) => {
    const text = row.cells[place].textContent.trim(), number = parseFloat(text.replace(/,/g, ""));
    return Number.isNaN(number) ? text.toLowerCase() : number;
  };
  [...heads].forEach((head, place) => head.querySelector("button").addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "descending";
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "ascending" : "descending");
    const body = table.tBodies[0], sign = down ? 1 : -1;
    const known = (x) => typeof x === "number";
    [...body.rows].sort((a, b) => {
      const x = value(a, place), y = value(b, place);
      if (known(x) !== known(y)) return known(x) ? -1 : 1;
      return sign * (known(x) ? x - y : x.localeCompare(y));
    }).forEach((row) => body.append(row));
  }));
}
"""

# Pages allow this script by its digest, and no other.
ALLOWED = "'sha256-" + base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode() + "'"
