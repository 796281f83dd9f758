"use strict";
// The first page gives way to the studio, by an address that leads the studio to the same view.
const waiting = find("waiting"), menu = find("run"), shown = !find("stage").hidden;
// The server holds this until the studio is open, which then answers it.
const STUDIO = "/gradio_api/app_id";
let touched = false;

function address() {
  const moved = Object.entries(state.moved).map(([name, value]) => [name, +value.toFixed(2)]);
  const row = facts.starts[state.start].row;
  return "?" + new URLSearchParams([["run", menu.value], ["row", row], ...moved]);
}

// What an address of the studio asks for, as far as this page has it.
function beginAsAsked() {
  const given = new URLSearchParams(location.search), moved = {};
  for (const {name} of facts.sliders) {
    const value = parseFloat(given.get(name));
    if (Math.abs(value) < 1e6) moved[name] = value;
  }
  const place = facts.starts.findIndex(start => String(start.row) === given.get("row"));
  begin(Math.max(0, place), moved);
}

function makeWay() {
  if (!touched) return location.reload();
  const link = make("a", "go on there with what you see");
  const lead = () => { link.href = address(); };
  for (const kind of ["input", "click", "dblclick"]) document.addEventListener(kind, lead);
  lead();
  waiting.replaceChildren("The whole studio is open: ", link, `. It has ${waiting.dataset.rest}.`);
}

async function awaitStudio() {
  for (;;) {
    const answer = await fetch(STUDIO, {cache: "no-store"}).catch(() => null);
    if (answer?.ok) return makeWay();
    waiting.textContent = answer
      ? "The rest of the studio could not start; the terminal that it was started from says why."
      : "The studio has ended; this page still moves what it shows.";
    await new Promise(resolve => setTimeout(resolve, 2000));
  }
}

for (const kind of ["pointerdown", "keydown", "input"])
  document.addEventListener(kind, () => { touched = true; });
menu.addEventListener("change", () => { location.search = `run=${menu.value}`; });
if (shown && location.search) beginAsAsked();
awaitStudio();
