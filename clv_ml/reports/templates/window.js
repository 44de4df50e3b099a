// Thousands of lines in pieces: those near the window are drawn, the others keep their room empty.
const PIECE = 20;
const PRINTED = 1000;
let pieces = [];
let rowHeight = 0; // not known before lines have been drawn, nor after the window has changed its width
let printing = false;

const watcher = new IntersectionObserver(
  (entries) => {
    if (printing) return;
    entries.forEach((entry) => {
      const piece = pieces[Number(entry.target.dataset.piece)];
      if (!piece || piece.body !== entry.target) return;
      if (entry.isIntersecting) draw(piece);
      // the first lines stay: they are the way into the table for a key or a screen reader
      else if (piece.drawn && piece.from > 0 && !piece.body.contains(document.activeElement)) clear(piece);
    });
  },
  { rootMargin: "900px 0px" }
);

function drawRows() {
  const table = byId("customers");
  watcher.disconnect();
  pieces.forEach((piece) => piece.body.remove());
  pieces = [];
  for (let from = 0; from < state.shown.length; from += PIECE) {
    const rows = state.shown.slice(from, from + PIECE);
    const piece = { from, rows, drawn: false, height: 0, body: el("tbody", { "data-piece": pieces.length }) };
    pieces.push(piece);
  }
  table.setAttribute("aria-rowcount", state.shown.length + 1);
  pieces.forEach(clear);
  if (pieces.length) draw(pieces[0]);
  table.append(...pieces.map((piece) => piece.body));
  if (pieces.length && rowHeight === 0) measure(pieces[0]);
  drawInView();
  pieces.forEach((piece) => watcher.observe(piece.body));
}

// The lines that are drawn tell the height of the others.
function measure(piece) {
  const lines = Array.from(piece.body.querySelectorAll("tr[data-row]"), (line) => line.getBoundingClientRect().height);
  rowHeight = lines.reduce((sum, height) => sum + height, 0) / lines.length;
  pieces.forEach((other) => !other.drawn && clear(other));
}

// What stands in the window now must be there before it is painted.
function drawInView() {
  pieces.forEach((piece) => {
    if (piece.drawn) return;
    const box = piece.body.getBoundingClientRect();
    if (box.bottom > -200 && box.top < innerHeight + 200) draw(piece);
  });
}

function draw(piece) {
  if (piece.drawn) return;
  piece.drawn = true;
  const lines = piece.rows.flatMap((row, at) => {
    const line = drawRow(row, piece.from + at);
    return state.opened.has(row) ? [line, drawStory(row)] : [line];
  });
  piece.body.replaceChildren(...lines);
}

function clear(piece) {
  if (piece.drawn) piece.height = piece.body.getBoundingClientRect().height;
  piece.drawn = false;
  const room = el("td", { colspan: COLUMNS.length });
  room.style.height = (piece.height || rowHeight * piece.rows.length) + "px";
  piece.body.replaceChildren(el("tr", { class: "room", "aria-hidden": "true" }, room));
}

function pieceOf(row) {
  return pieces.find((piece) => piece.rows.includes(row));
}

function lineOf(row) {
  return byId("c" + row);
}

function open(row, wanted) {
  const line = lineOf(row);
  if (wanted) state.opened.add(row);
  else state.opened.delete(row);
  if (!line) return;
  const button = line.querySelector(".opener");
  button.setAttribute("aria-expanded", String(wanted));
  const story = byId("s" + row);
  if (story) story.remove();
  if (wanted) {
    button.setAttribute("aria-controls", "s" + row);
    line.after(drawStory(row));
  } else button.removeAttribute("aria-controls");
}

// Lead to a customer named in the summary: shown whatever the filters say, opened, in the window, with the focus.
function leadTo(row) {
  if (!state.shown.includes(row)) {
    resetFilters(code("action_status", row));
    refresh();
  }
  const piece = pieceOf(row);
  draw(piece);
  open(row, true);
  const line = lineOf(row);
  line.scrollIntoView({ block: "start" });
  line.querySelector(".opener").focus({ preventScroll: true });
}

function redrawLines() {
  pieces.filter((piece) => piece.drawn).forEach((piece) => {
    piece.drawn = false;
    draw(piece);
  });
}

// On paper all that is shown, not only what stands in the window, up to a number that a person can carry.
function beforePrint() {
  printing = true;
  drawHeadings(true);
  drawRows();
  pieces.forEach((piece) => (piece.from < PRINTED ? draw(piece) : piece.body.replaceChildren()));
  const n = state.shown.length;
  byId("printed").textContent = n > PRINTED ? counted("printed", n, { shown: number(PRINTED) }) : "";
}

function afterPrint() {
  printing = false;
  byId("printed").textContent = "";
  drawAgain();
}

// Headings and lines anew, such as for another width of the window.
function drawAgain() {
  rowHeight = 0;
  drawCurve();
  drawHeadings(false);
  drawRows();
  tellChoice();
  markHeadings();
}
