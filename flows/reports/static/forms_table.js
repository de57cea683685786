// The report's table of forms: searched, put in order and shown page by page. Its rows stand in the page, so that they
// can be read where no script runs. Printed, it has all that were found.
const table = document.getElementById("forms");
const words = JSON.parse(table.dataset.words);
const heads = [...table.tHead.rows[0].cells].map(head => head.textContent);

const byLanguage = new Intl.Collator(document.documentElement.lang).compare;
for (const kind of ["string", "html"]) {
  DataTable.ext.type.order[`${kind}-asc`] = byLanguage;
  DataTable.ext.type.order[`${kind}-desc`] = (one, other) => byLanguage(other, one);
}

// On a phone a row is a card and no longer laid out as a table: it says itself what it is, and what each cell is.
function named(row) {
  row.role = "row";
  for (const cell of row.cells) {
    cell.role = cell.tagName === "TH" ? "columnheader" : "cell";
    cell.dataset.label = heads[cell.cellIndex];
  }
}

table.role = "table";
for (const part of [table.tHead, table.tBodies[0]]) part.role = "rowgroup";
const shown = new DataTable(table, {
  autoWidth: false,
  drawCallback() {
    [...table.rows].forEach(named);
    this.api().table().container().querySelector("nav").ariaLabel = words.pages;
  },
  language: words,
  layout: { topStart: "search", topEnd: "pageLength", bottomStart: "info", bottomEnd: "paging" },
  lengthMenu: [25, 100, 500],
  order: [],
  pageLength: 25,
});

let length = shown.page.len();
addEventListener("beforeprint", () => {
  length = shown.page.len();
  shown.page.len(-1).draw(false);
});
addEventListener("afterprint", () => shown.page.len(length).draw(false));
