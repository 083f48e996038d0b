"use strict";
// Uses the page as a reader would, once its images are there, and puts what is seen into the title of the page around it.
addEventListener("load", () => {
  const byId = (id) => document.getElementById(id);
  const all = () => Array.from(byId("claims").tBodies[0].rows);
  const heads = Array.from(byId("claims").tHead.rows[0].cells);
  const head = (name) => heads.find((cell) => cell.textContent === name);
  const told = {};

  function look(name, column) {
    const seen = all().filter((row) => row.getClientRects().length > 0);
    told[name] = {
      rows: seen.length,
      first: seen.length > 0 ? seen[0].dataset.name : "",
      text: byId("shown").textContent,
      none: !byId("none").hidden,
      sort: column ? head(column).getAttribute("aria-sort") : "",
    };
  }
  function choose(id, value) {
    byId(id).value = value;
    byId(id).dispatchEvent(new Event(id === "text" ? "input" : "change"));
  }
  // Where rows are cards the heads are not shown, and a list takes their place.
  const cards = byId("direction").getClientRects().length > 0;
  function sortBy(name) {
    if (cards) choose("sort-by", String(heads.indexOf(head(name))));
    else head(name).querySelector("button").click();
  }

  document.querySelectorAll("details").forEach((details) => { details.open = true; });
  told.width = window.innerWidth;
  told.scroll = document.documentElement.scrollWidth;
  told.beyond = Array.from(document.querySelectorAll("main *"))
    .filter((element) => element.getBoundingClientRect().right > window.innerWidth + 0.5 && !element.closest(".scroll > *"))
    .map((element) => `${element.tagName} ${element.className.baseVal ?? element.className}`).slice(0, 9).join(", ");
  told.cards = cards;
  const image = document.querySelector("figure img");
  told.figure = image.complete && image.naturalWidth > 0;

  look("all");
  sortBy("theory");
  look("ascending", "theory");
  if (cards) byId("direction").click();
  else sortBy("theory");
  look("descending", "theory");
  if (cards) byId("direction").click();
  sortBy("verdict");
  look("verdicts", "verdict");
  sortBy("statistic");
  look("statistics", "statistic");
  choose("text", "kappa");
  look("kappa");
  choose("verdict", "fail");
  look("kappa_failed");
  byId("all").click();
  choose("variant", "rate");
  choose("point", "tangent");
  look("tangent_rate");
  choose("text", "no such claim");
  look("nothing");
  byId("none").querySelector("button").click();
  look("again");
  parent.document.title = JSON.stringify(told);
});
