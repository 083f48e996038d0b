"use strict";
// Sorts and filters the table of claims. Without it the table is plain; so buttons and controls are made or shown here.
(function () {
  const byId = (id) => document.getElementById(id);
  const table = byId("claims");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const heads = Array.from(table.tHead.rows[0].cells);
  const [text, verdict, variant, point] = ["text", "verdict", "variant", "point"].map(byId);
  const [form, sortBy, direction, shown, none] = ["controls", "sort-by", "direction", "shown", "none"].map(byId);
  let column = -1; // the order of the run
  let descending = false;

  // What a row is sorted by: a number, not a number last, or text.
  function key(row) {
    const cell = row.cells[column];
    const value = "sort" in cell.dataset ? cell.dataset.sort : cell.textContent.trim();
    if (heads[column].dataset.kind !== "number") return value;
    return value === "" ? NaN : Number(value);
  }

  function compare(a, b) {
    if (typeof a === "string") return a.localeCompare(b, "en", { numeric: true }) * (descending ? -1 : 1);
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
    return (a - b) * (descending ? -1 : 1);
  }

  function sort() {
    let sorted = rows;
    if (column >= 0) {
      const keyed = rows.map((row) => [key(row), row]);
      keyed.sort((a, b) => compare(a[0], b[0])); // stable: equal rows stay in the order of the run
      sorted = keyed.map((pair) => pair[1]);
    }
    body.append(...sorted);
    heads.forEach((head, index) => {
      head.setAttribute("aria-sort", index !== column ? "none" : descending ? "descending" : "ascending");
    });
    sortBy.value = column < 0 ? "" : String(column);
    direction.setAttribute("aria-pressed", String(descending));
    direction.disabled = column < 0;
  }

  function filter() {
    const words = text.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const choices = [["verdict", verdict], ["variant", variant], ["point", point]];
    let count = 0;
    for (const row of rows) {
      const data = row.dataset;
      const name = data.name.toLowerCase();
      const kept = words.every((word) => name.includes(word)) &&
        choices.every(([field, select]) => select.value === "" || select.value === data[field]);
      row.hidden = !kept;
      count += kept ? 1 : 0;
    }
    shown.textContent = count === rows.length ? `${count} claims` : `${count} of ${rows.length} claims`;
    none.hidden = count > 0;
  }

  heads.forEach((head, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => {
      descending = column === index && !descending;
      column = index;
      sort();
    });
    head.dataset.title = head.textContent; // for print
    head.replaceChildren(button);
    sortBy.add(new Option(button.textContent, String(index)));
  });
  sortBy.addEventListener("change", () => {
    column = sortBy.value === "" ? -1 : Number(sortBy.value);
    sort();
  });
  direction.addEventListener("click", () => {
    descending = !descending;
    sort();
  });
  text.addEventListener("input", filter);
  [verdict, variant, point].forEach((select) => select.addEventListener("change", filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  [byId("all"), none.querySelector("button")].forEach((button) => button.addEventListener("click", () => {
    form.reset();
    column = -1;
    descending = false;
    sort();
    filter();
  }));
  form.hidden = false;
  sort();
  filter();
})();
