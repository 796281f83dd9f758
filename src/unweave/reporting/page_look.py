"""The style sheet of pages, in light and in dark."""

# The variable that holds a picture's own width.
WIDTH = "--width"

STYLE = """\
:root { color-scheme: light dark; --ink: #1c1c1c; --paper: #fdfdfc; --soft: #666;
  --line: #dcdcd8; --shade: #f3f3f0; --link: #0060a8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e3; --paper: #17181a; --soft: #a0a0a0; --line: #3a3b3e;
    --shade: #222326; --link: #6db7f2; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1.25rem 4rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .75rem; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; margin: 3rem 0 .75rem; padding-top: .75rem;
  border-top: 1px solid var(--line); overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 0 0 .4rem; }
p { max-width: 46rem; margin: .5rem 0; }
a { color: var(--link); }
nav ol { columns: 22rem; padding-left: 1.4rem; margin: 1rem 0 0; }
.scroll { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .25rem .9rem .25rem 0;
  border-bottom: 1px solid var(--line); font-weight: normal; }
thead th { font-weight: 600; }
.across th { white-space: nowrap; }
.facts th { color: var(--soft); white-space: nowrap; }
th button { all: unset; cursor: pointer; font-weight: 600; }
th button:focus-visible { outline: 2px solid var(--link); }
th button::after { content: " ↕"; color: var(--soft); }
th[aria-sort=ascending] button::after { content: " ↑"; color: var(--link); }
th[aria-sort=descending] button::after { content: " ↓"; color: var(--link); }
details { margin: .75rem 0; }
summary { cursor: pointer; color: var(--link); }
figure { margin: 1.75rem 0; }
figure .scroll { margin: 0; }
figure img { display: block; max-width: 100%; height: auto; background: #fff;
  border: 1px solid var(--line); border-radius: 6px; padding: .35rem; }
@media (max-width: 640px) { figure img { max-width: none;
  /* Half the size that figures are drawn in can still be read; what is wider is dragged. */
  width: clamp(min(100%, var(--width)), calc(.6 * var(--width)), 46rem); } }
figcaption { color: var(--soft); font-size: .9rem; max-width: 46rem; margin-top: .4rem; }
@media print { th button::after { content: ""; } body { max-width: none; }
  figure { break-inside: avoid; } }
"""
