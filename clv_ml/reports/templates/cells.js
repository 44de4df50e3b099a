// One customer as a line of the table, and the headings above the lines.
// Least is the narrowest window a column is drawn in; on paper there are those with a place there.
const ALL_COLUMNS = [
  { name: "pick", css: "pick", needs: "customer_id", least: 0 },
  { name: "rank", css: "num rank", needs: "customer_id", least: 840, paper: true },
  { name: "customer_id", css: "who", needs: "customer_id", least: 0, paper: true },
  { name: "action", css: "do", needs: "action", least: 840, paper: true },
  { name: data.risk, css: "num risk", needs: data.risk, least: 0, paper: true },
  { name: "value_at_risk", css: "num money", needs: "value_at_risk", least: 0, paper: true },
  { name: "expected_net_profit", css: "num money", needs: "expected_net_profit", least: 1120 },
  { name: "days_since_last", css: "num last", needs: "days_since_last", least: 840, paper: true },
  { name: "change", css: "change", needs: "change", least: 1120 },
].filter((column) => has(column.needs));
const WIDTHS = [840, 1120].map((least) => matchMedia(`(min-width: ${least}px)`));
let COLUMNS = ALL_COLUMNS;

function arrangeColumns(paper) {
  const width = WIDTHS[1].matches ? 1120 : WIDTHS[0].matches ? 840 : 0;
  COLUMNS = ALL_COLUMNS.filter((column) => (paper ? column.paper : column.least <= width));
}

const SORTS = [
  { name: "rank", down: false },
  { name: "customer_id", down: false },
  { name: "reason", down: false, needs: "reasons" },
  { name: "action", down: false },
  { name: data.risk, down: true },
  { name: "value_at_risk", down: true },
  { name: "expected_net_profit", down: true },
  { name: "value_if_retained", down: true },
  { name: "expected_clv", down: true },
  { name: "value_tier", down: false },
  { name: "days_since_last", down: true },
  { name: "expected_next_order", down: false },
  { name: "change", down: false },
].filter((sort) => has(sort.needs || sort.name) || sort.name === "rank");

function heading(name) {
  if (name === data.risk) return data.risk_days ? say("risk_within", { days: days(data.risk_days) }) : say("risk_own");
  return data.one_currency && data.currency && name === "value_at_risk" ? say("value_at_risk_in", { currency: data.currency }) : say(name);
}

function drawHeadings(paper) {
  arrangeColumns(paper);
  const cells = COLUMNS.map((column) => {
    if (column.name === "pick") {
      const box = el("input", { type: "checkbox", id: "all", "aria-label": say("select_all") });
      box.addEventListener("change", () => chooseShown(box.checked));
      return el("th", { scope: "col", class: "pick" }, box);
    }
    if (paper) return el("th", { scope: "col", class: column.css }, heading(column.name)); // a button is not repeated on each page
    const button = el("button", { type: "button" }, el("span", {}, heading(column.name)));
    button.addEventListener("click", () => sortBy(column.name));
    return el("th", { scope: "col", class: column.css, "data-sort": column.name }, button);
  });
  const table = byId("customers");
  table.replaceChildren(
    el("caption", {}, say("caption")),
    el("colgroup", {}, ...COLUMNS.map((column) => el("col", { class: column.css }))),
    el("thead", {}, el("tr", { "aria-rowindex": 1 }, ...cells))
  );
  const select = byId("sort");
  select.replaceChildren(...SORTS.map((sort) => el("option", { value: sort.name }, heading(sort.name))));
}

function markHeadings() {
  document.querySelectorAll("#customers thead th").forEach((cell) => {
    if (cell.dataset.sort === state.sort) cell.setAttribute("aria-sort", state.down ? "descending" : "ascending");
    else cell.removeAttribute("aria-sort");
  });
  byId("sort").value = state.sort;
  byId("turn").textContent = state.down ? say("descending") : say("ascending");
}

function bdi(text) {
  return el("bdi", {}, text);
}

function riskCell(row) {
  const share = get(data.risk, row);
  const band = code("risk_band", row);
  if (!band) return [bdi(percent(share))];
  const name = el("span", { class: "name" }, label("risk_band", band));
  const css = { "very high": "highest", high: "high", medium: "medium", low: "low" }[band] || "other";
  return [el("span", { class: "band " + css }, name, share === null ? "" : " " + percent(share))];
}

function changeCell(row) {
  const change = code("change", row);
  if (!change || change === "same") return [el("span", { class: "same" }, change ? label("change", change) : speech.missing)];
  return [el("span", { class: "shift " + change }, label("change", change))];
}

function lastCell(row) {
  const gap = get("usual_gap_days", row);
  const last = get("days_since_last", row);
  return [bdi(last === null ? speech.missing : counted("days_ago", last)), gap === null ? "" : el("small", {}, counted("usually_every", Math.max(1, gap)))];
}

function customerCell(row) {
  const id = "s" + row;
  const open = state.opened.has(row);
  const button = el("button", { type: "button", class: "opener", "aria-expanded": String(open), "aria-controls": open ? id : null }, bdi(get("customer_id", row)));
  const reason = reasonsOf(row)[0];
  const status = isContact(row) ? actionOf(row) : label("action_status", code("action_status", row));
  return [button, reason ? el("span", { class: "why" }, bdi(reason)) : "", status ? el("span", { class: "todo" }, bdi(status)) : ""];
}

const CELLS = {
  pick: (row) => [mayBeContacted(row) ? el("input", { type: "checkbox", "aria-label": say("select_one", { customer: isolated(get("customer_id", row)) }) }) : ""],
  rank: (row) => [number(get("rank", row), 0)],
  customer_id: customerCell,
  action: (row) => [bdi((isContact(row) && actionOf(row)) || label("action_status", code("action_status", row)) || speech.missing)],
  [data.risk]: riskCell,
  value_at_risk: (row) => [bdi(money(get("value_at_risk", row), data.one_currency ? "" : currencyOf(row), data.whole_money ? 0 : 2))],
  expected_net_profit: (row) => [bdi(money(get("expected_net_profit", row), data.one_currency ? "" : currencyOf(row), 2))],
  days_since_last: lastCell,
  change: changeCell,
};

// Whether a contact would fall within the number set at the slider; null where the slider stands at this list.
function within(row) {
  const place = get("place", row);
  return state.within === null || place === null ? null : place <= state.within;
}

function drawRow(row, place) {
  const mark = within(row);
  const css = [isContact(row) ? "" : "quiet", mark === null ? "" : mark ? "within" : "beyond", state.chosen.has(row) ? "chosen" : ""];
  const line = el("tr", { id: "c" + row, class: css.filter(Boolean).join(" ") || null, "aria-rowindex": place + 2, "data-row": row });
  COLUMNS.forEach((column) => {
    const parts = CELLS[column.name](row);
    line.append(column.name === "customer_id" ? el("th", { scope: "row", class: column.css }, ...parts) : el("td", { class: column.css }, ...parts));
  });
  const box = line.querySelector(".pick input");
  if (box) box.checked = state.chosen.has(row);
  return line;
}
