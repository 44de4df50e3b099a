(function () {
  "use strict";
  const table = document.getElementById("customers");
  if (!table) return;
  const body = table.tBodies[0];
  const pairs = Array.from(body.querySelectorAll("tr:not(.story)"), (row) => ({ row, story: row.nextElementSibling }));
  // Closed stories leave the document, so that thousands of rows sort and scroll lightly.
  pairs.forEach((pair) => {
    pair.button = pair.row.querySelector(".opener");
    pair.story.hidden = false;
    pair.story.remove();
  });
  const headers = Array.from(table.tHead.rows[0].cells);
  const find = document.getElementById("find");
  const status = document.getElementById("status");
  const shown = document.getElementById("shown");
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  function open(pair, wanted) {
    pair.button.setAttribute("aria-expanded", String(wanted));
    if (wanted) pair.row.after(pair.story);
    else pair.story.remove();
  }

  function key(pair, column) {
    const cell = pair.row.cells[column];
    if (cell.dataset.v !== undefined) return cell.dataset.v === "" ? null : Number(cell.dataset.v);
    const text = (cell.querySelector(".band, bdi") || cell).textContent.trim();
    return text === "" || text === "—" ? null : text;
  }

  function sortBy(column) {
    const header = headers[column];
    // A first click puts the largest number, or the first word, on top; the next one turns the order round.
    const before = header.getAttribute("aria-sort");
    const down = before ? before === "ascending" : header.matches(".num:not(.rank)");
    headers.forEach((other) => other.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    const rows = pairs
      .map((pair) => ({ pair, key: key(pair, column) }))
      .sort((a, b) => {
        if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
        const order = typeof a.key === "number" ? a.key - b.key : compare(a.key, b.key);
        return down ? -order : order;
      })
      .flatMap(({ pair }) => (pair.story.isConnected ? [pair.row, pair.story] : [pair.row]));
    body.replaceChildren(...rows);
  }

  // What a person looks for: who, why and what to do; not the figures, which would match any number.
  function wordsOf(pair) {
    const parts = [pair.row.querySelector(".who"), pair.row.querySelector(".do"), pair.story.querySelector("section")];
    return parts.map((part) => (part ? part.textContent : "")).join(" ");
  }

  function filter() {
    const words = fold(find.value).split(/\s+/).filter(Boolean);
    const wanted = status ? status.value : "";
    let count = 0;
    pairs.forEach((pair) => {
      if (pair.text === undefined) pair.text = fold(wordsOf(pair));
      const match = (!wanted || pair.row.dataset.status === wanted) && words.every((word) => pair.text.includes(word));
      pair.row.hidden = !match;
      pair.story.hidden = !match;
      if (match) count += 1;
    });
    shown.textContent = count === pairs.length ? count + " customers" : count + " of " + pairs.length + " customers";
    document.getElementById("none").hidden = count > 0;
    table.hidden = count === 0;
  }

  function follow() {
    const pair = pairs.find((one) => "#" + one.row.id === location.hash);
    if (!pair) return;
    if (pair.row.hidden) {
      find.value = "";
      if (status) status.value = "";
      filter();
    }
    open(pair, true);
    pair.row.scrollIntoView({ block: "center" });
    pair.button.focus({ preventScroll: true });
  }

  headers.forEach((header, column) => header.querySelector("button").addEventListener("click", () => sortBy(column)));
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr:not(.story)");
    if (!row || (String(getSelection()) && !event.target.closest(".opener"))) return;
    const pair = pairs.find((one) => one.row === row);
    open(pair, !pair.story.isConnected);
  });
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
  find.addEventListener("input", filter);
  if (status) status.addEventListener("change", filter);
  addEventListener("hashchange", follow);
  document.querySelectorAll(".first a").forEach((link) => link.addEventListener("click", () => setTimeout(follow)));
  follow();
  if (find.value || (status && status.value)) filter();
})();
