// Picking customers, and taking them along: to the clipboard or into a file.
const TAKEN = [
  ...["as_of", "rank", "customer_id", "action_status", "risk_band", data.risk, "value_at_risk", "value_if_retained", "expected_net_profit"],
  ...["currency", "value_tier", "recommended_action", "reason_1", "reason_2", "reason_3", "days_since_last", "expected_next_order"],
];

// With nothing picked, all that is shown; nobody who is to be left alone, either way.
function taken() {
  const rows = state.chosen.size ? everyone.filter((row) => state.chosen.has(row)) : state.shown;
  return rows.filter(mayBeContacted);
}

function tellChoice() {
  const rows = taken();
  const picked = state.chosen.size;
  byId("picked").textContent = picked ? counted("picked", picked) : rows.length ? counted("none_picked", rows.length) : say("none_to_take");
  ["copy", "export"].forEach((id) => (byId(id).disabled = rows.length === 0));
  byId("clear").hidden = picked === 0;
  const all = byId("all");
  const here = state.shown.filter(mayBeContacted);
  const chosen = here.filter((row) => state.chosen.has(row)).length;
  all.checked = here.length > 0 && chosen === here.length;
  all.indeterminate = chosen > 0 && chosen < here.length;
  all.disabled = here.length === 0;
}

function choose(row, wanted) {
  if (wanted) state.chosen.add(row);
  else state.chosen.delete(row);
  const line = lineOf(row);
  if (line) {
    line.classList.toggle("chosen", wanted);
    line.querySelector(".pick input").checked = wanted;
  }
}

function chooseShown(wanted) {
  state.shown.filter(mayBeContacted).forEach((row) => choose(row, wanted));
  tellChoice();
}

// A cell that a spreadsheet would read as a formula gets an apostrophe; a number is no formula.
function harmless(value) {
  if (typeof value === "number") return String(value);
  return /^[\s\u0000-\u001f\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/.test(value) ? "'" + value : value;
}

function cellOf(name, row) {
  if (name === "as_of") return data.as_of;
  if (name === "currency") return currencyOf(row);
  if (name === "recommended_action") return actionOf(row);
  if (name.startsWith("reason_")) return reasonsOf(row)[Number(name.slice(7)) - 1] || "";
  if (name === "expected_next_order") return isoAfter(get(name, row));
  if (data.codes[name]) return code(name, row);
  return get(name, row) ?? "";
}

function isoAfter(offset) {
  const start = Date.parse(data.as_of + "T00:00:00Z");
  return offset === null || Number.isNaN(start) ? "" : new Date(start + 86400000 * offset).toISOString().slice(0, 10);
}

function asText(rows, separator, quoted) {
  const lines = rows.map((row) => TAKEN.map((name) => quoted(harmless(cellOf(name, row)))).join(separator));
  return [TAKEN.join(separator), ...lines, ""].join("\r\n");
}

function asCsv(rows) {
  // the mark at the start tells Excel that this is UTF-8
  return "\ufeff" + asText(rows, ",", (text) => (/[",;\r\n\t]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text));
}

function asTable(rows) {
  return asText(rows, "\t", (text) => text.replace(/[\t\r\n]+/g, " "));
}

function download() {
  const rows = taken();
  const address = URL.createObjectURL(new Blob([asCsv(rows)], { type: "text/csv;charset=utf-8" }));
  const link = el("a", { href: address, download: "contacts_" + (data.as_of || "list").replace(/[^\w-]/g, "_") + ".csv" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
  byId("told").textContent = counted("exported", rows.length);
}

async function copy() {
  const rows = taken();
  const text = asTable(rows);
  let done = false;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch {
    done = copyTheOldWay(text); // a page from disk is not allowed the clipboard in every browser
  }
  byId("told").textContent = done ? counted("copied", rows.length) : say("not_copied");
}

function copyTheOldWay(text) {
  const area = el("textarea", { class: "away", "aria-hidden": "true", tabindex: -1 });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  byId("copy").focus();
  return done;
}
