"use strict";
(function () {
  const STEP = 100;
  const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December"];
  const PARTS = ["Timing", "Estimate", "Rate", "Volume", "Fixed", "Unexplained"];
  const STATUS = {standing: "standing", cancelled: "cancelled", credit_note: "credit note", gap: "no bill came"};
  const FILTERS = ["search", "verdict", "error", "site", "fuel", "supplier", "order"];
  const NOT_PUBLISHED = 1, EXPIRED = 2;
  const ESTIMATED = 1, CONTRACT_EXPIRED = 2, SMALL = 4;

  const source = document.getElementById("bill-data");
  const data = JSON.parse(source.textContent);
  const text = (place) => place === null ? "" : data.texts[place];
  const bills = data.bills.map(read);
  const byId = new Map(bills.map((bill) => [bill.id, bill]));
  const byMeter = new Map();
  for (const bill of [...bills].sort((one, other) => order(one.from, other.from))) {
    if (!byMeter.has(bill.meter)) byMeter.set(bill.meter, []);
    byMeter.get(bill.meter).push(bill);
  }

  const find = (id) => document.getElementById(id);
  const overview = find("overview"), place = find("bill"), form = find("filters"), rows = find("bill-rows");
  const more = find("more"), told = find("told");
  const title = document.title;
  let shown = STEP, matching = [], lastOpened = null;

  function read(row) {
    const [id, status, verdict, label, sentence, site, siteId, meter, supplier, contract, fuel, from, to, issued, days,
      coverage, flags, net, gross, chain, elements, lines, findings, found] = row;
    const bill = {
      id, sentence, from, to, issued, days, coverage, flags, net, gross, chain: chain || [], elements, lines, findings,
      found, status: text(status), verdict: text(verdict), label: text(label), site: text(site), siteId: text(siteId),
      meter: text(meter), supplier: text(supplier), contract: text(contract), fuel: text(fuel)
    };
    bill.errors = findings.map((finding) => text(finding[0]));
    bill.words = [id, bill.site, bill.siteId, bill.meter, bill.supplier, bill.contract].join(" ").toLowerCase();
    return bill;
  }

  function order(one, other) { return one < other ? -1 : one > other ? 1 : 0; }

  function pounds(pence) {
    const size = Math.abs(pence);
    const whole = String(Math.floor(size / 100)).replace(/\B(?=(\d{3})+$)/g, ",");
    return (pence < 0 ? "\u2212" : "") + "\u00a3" + whole + "." + String(size % 100).padStart(2, "0");
  }

  function day(iso) {
    if (!iso) return "not known";
    const [year, month, number] = iso.split("-").map(Number);
    return number + " " + MONTHS[month - 1] + " " + year;
  }

  /* 1 to 31 May 2025; 20 December 2024 to 19 January 2025 */
  function span(from, to) {
    if (!from || !to) return "not known";
    const [year, month] = from.split("-"), [lastYear, lastMonth] = to.split("-");
    const words = day(from).split(" ");
    const kept = year !== lastYear ? 3 : month !== lastMonth ? 2 : 1;
    return words.slice(0, kept).join(" ") + " to " + day(to);
  }

  function count(number, one) { return number.toLocaleString("en-GB") + " " + one + (number === 1 ? "" : "s"); }

  // Texts come from files that others sent: they become text nodes, never markup.
  function make(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    node.append(...children.filter((child) => child !== null && child !== ""));
    return node;
  }

  function link(id, label) {
    return byId.has(id) ? make("a", {class: "keep", href: "#" + encodeURIComponent(id)}, label || id) : make("span", {}, label || id);
  }

  function labelOf(bill) {
    const style = {agrees: "label", explained: "label", cancelled: "label quiet", credit_note: "label quiet"};
    return make("span", {class: style[bill.verdict] || "label warn"}, bill.label);
  }

  function amount(pence) {
    return make("td", {class: "n"}, pence ? pounds(pence) : make("span", {class: "soft"}, "\u2013"));
  }

  function table(name, heads, body, foot) {
    const head = make("tr", {}, ...heads.map(([label, style]) => make("th", {scope: "col", class: style || ""}, label)));
    const whole = make("table", {class: "dense"}, make("thead", {}, head), make("tbody", {}, ...body));
    if (foot) whole.append(make("tfoot", {}, ...foot));
    return make("div", {class: "scroll first-stays", tabindex: "0", role: "region", "aria-label": name}, whole);
  }

  /* The list */

  function listRow(bill) {
    const small = make("span", {class: "small soft under"}, [bill.meter, bill.fuel, bill.supplier].filter(Boolean).join(" \u00b7 "));
    const period = span(bill.from, bill.to);
    return make("tr", {},
      make("th", {scope: "row"}, make("a", {href: "#" + encodeURIComponent(bill.id)}, bill.site), small, make("span", {class: "small soft under narrow"}, period), make("span", {class: "under narrow"}, labelOf(bill))),
      make("td", {class: "wide"}, period),
      make("td", {class: "n wide"}, pounds(bill.net[0] || 0)),
      make("td", {class: "n wide"}, pounds(bill.net[1] || 0)),
      make("td", {class: "n"}, pounds(bill.net[2] || 0)),
      make("td", {class: "wide"}, labelOf(bill)));
  }

  // A cancelled bill and its credit note are in no comparison: what they differ by is no difference to look at.
  const off = (bill) => bill.status === "cancelled" || bill.status === "credit_note" ? 0 : Math.abs(bill.net[2] || 0);
  const ORDERS = {
    finding: (one, other) => Math.abs(other.found) - Math.abs(one.found) || off(other) - off(one) || order(other.to, one.to),
    difference: (one, other) => off(other) - off(one) || order(other.to, one.to),
    newest: (one, other) => order(other.to, one.to) || order(one.site, other.site) || order(one.id, other.id)
  };

  function choose() {
    const chosen = Object.fromEntries(new FormData(form));
    const wanted = chosen.search.toLowerCase().split(/\s+/).filter(Boolean);
    matching = bills.filter((bill) => wanted.every((word) => bill.words.includes(word))
      && (!chosen.verdict || bill.verdict === chosen.verdict)
      && (!chosen.error || bill.errors.includes(chosen.error))
      && (!chosen.site || bill.siteId === chosen.site)
      && (!chosen.fuel || bill.fuel === chosen.fuel)
      && (!chosen.supplier || bill.supplier === chosen.supplier)).sort(ORDERS[chosen.order]);
    shown = STEP;
    showRows();
  }

  function showRows() {
    rows.replaceChildren(...matching.slice(0, shown).map(listRow));
    const found = matching.filter((bill) => bill.findings.length).length;
    told.textContent = count(matching.length, "bill") + ", " + found.toLocaleString("en-GB") + " with a finding."
      + (matching.length > shown ? " The first " + shown.toLocaleString("en-GB") + " are shown." : "");
    more.hidden = matching.length <= shown;
  }

  function offer(name, pairs) {
    find(name).append(...pairs.map(([value, label]) => make("option", {value}, label)));
  }

  function offers() {
    const distinct = (of) => [...new Set(bills.map(of))].filter(Boolean).sort().map((value) => [value, value]);
    offer("verdict", Object.entries(data.verdicts));
    offer("error", Object.entries(data.errors).sort((one, other) => order(one[1], other[1])));
    const sites = new Map(bills.map((bill) => [bill.siteId, bill.site]));
    offer("site", [...sites].sort((one, other) => order(one[1], other[1])));
    offer("fuel", distinct((bill) => bill.fuel));
    offer("supplier", distinct((bill) => bill.supplier));
  }

  /* A bill */

  function facts(bill) {
    const pairs = [["Site", bill.site + " (" + bill.siteId + ")"], ["Metering point", bill.meter + " (" + bill.fuel.toLowerCase() + ")"],
      ["Supplier", bill.supplier], ["Contract", bill.contract],
      ["Period", span(bill.from, bill.to) + ", " + count(bill.days, "day")],
      ["Status", STATUS[bill.status] || bill.status]];
    if (bill.status !== "gap") {
      pairs.push(["Issued", day(bill.issued)], ["Rests on", bill.flags & ESTIMATED ? "an estimate" : "readings"]);
    }
    if (bill.coverage) pairs.push(["Half-hours delivered", bill.coverage]);
    if (bill.flags & CONTRACT_EXPIRED) pairs.push(["Contract in force", "none: the last signed rates are compared with"]);
    if (bill.flags & SMALL) pairs.push(["Small supply", "reduced VAT, no Climate Change Levy"]);
    return make("dl", {class: "pairs about"},
      ...pairs.filter(([, value]) => value).map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
  }

  function chain(bill) {
    const said = ["It takes back bill ", "It was taken back by credit note ", "It replaces bill ", "It was replaced by bill ",
      "Days of it were billed before by "];
    const namedBelow = new Set(bill.findings.map((row) => row[3]));
    const parts = bill.chain.map((id, index) => id && !namedBelow.has(id) && make("span", {}, said[index], link(id), ". ")).filter(Boolean);
    return parts.length ? make("p", {id: "chain"}, ...parts) : null;
  }

  function finding([error, basis, total, other, parts]) {
    const name = (element) => data.elements[text(element)] || text(element);
    const [largest, ...rest] = parts;
    const heading = make("p", {}, make("strong", {}, data.errors[text(error)] + ": " + pounds(total)), " ",
      make("span", {class: "small"}, "(" + (data.bases[text(basis)] || text(basis)).toLowerCase() + ")"));
    const box = make("div", {class: "note finding"}, heading, make("p", {}, largest[1]));
    if (rest.length) {
      box.append(make("p", {class: "small"}, parts.map(([element, , gbp]) => name(element) + " " + pounds(gbp)).join("; ") + "."));
      box.append(make("details", {class: "small"}, make("summary", {}, "Element by element"),
        make("ul", {}, ...rest.map(([, sentence]) => make("li", {}, sentence)))));
    }
    if (other) box.append(make("p", {class: "small"}, text(basis) === "unbilled" ? "The bill before: " : "The other bill: ", link(other), "."));
    return box;
  }

  function drawing(bill) {
    const NS = "http://www.w3.org/2000/svg", WIDTH = 360, ROW = 46, TOP = 22;
    const values = bill.elements.map(([element, amounts]) => [data.elements[text(element)] || text(element),
      amounts[0] || 0, amounts[1] || 0]);
    const low = Math.min(0, ...values.flatMap((row) => row.slice(1)));
    const high = Math.max(0, ...values.flatMap((row) => row.slice(1)));
    const scale = WIDTH / ((high - low) || 1);
    const svg = document.createElementNS(NS, "svg");
    const set = (node, attributes) => {
      for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
      return node;
    };
    const add = (tag, attributes, label) => {
      const node = set(document.createElementNS(NS, tag), attributes);
      if (label) node.textContent = label;
      svg.append(node);
    };
    const said = values.map(([name, billed, due]) => name + " " + pounds(billed) + " billed, " + pounds(due) + " virtual").join("; ");
    set(svg, {class: "chart", viewBox: "0 0 " + WIDTH + " " + (TOP + ROW * values.length), role: "img", "aria-label": said});
    for (const [style, name, x] of [["bars", "billed", 0], ["bars-soft", "virtual", 70]]) {
      add("rect", {class: style, x, y: 2, width: 9, height: 9});
      add("text", {x: x + 13, y: 11}, name);
    }
    values.forEach(([name, billed, due], index) => {
      const y = TOP + ROW * index;
      add("text", {x: 0, y: y + 12}, name);
      add("text", {x: WIDTH, y: y + 12, "text-anchor": "end", class: "strong"}, pounds(billed));
      for (const [style, value, top] of [["bars", billed, 17], ["bars-soft", due, 28]]) {
        const start = (Math.min(value, 0) - low) * scale;
        add("rect", {class: style, x: start.toFixed(1), y: y + top, width: Math.max(Math.abs(value) * scale, 1).toFixed(1), height: 9, rx: 1});
      }
    });
    return make("figure", {class: "small-figure"}, svg, make("figcaption", {}, "Billed and virtual, element by element."));
  }

  function elementRow(name, amounts, total) {
    const cells = [...Array(9).keys()].map((index) => amount(amounts[index] || 0));
    return make("tr", total ? {class: "total"} : {}, make("th", {scope: "row"}, name), ...cells);
  }

  // What would be due with VAT is not printed: VAT is held against the lines as billed, right or wrong.
  function totalBilled(name, billed) {
    return make("tr", {class: "total"}, make("th", {scope: "row"}, name), amount(billed), make("td", {colspan: "8"}));
  }

  function elementTable(bill) {
    const heads = [["Element"], ["Billed", "n"], ["Virtual", "n"], ["Difference", "n"], ...PARTS.map((name) => [name, "n"])];
    const named = ([element, amounts]) => elementRow(data.elements[text(element)] || text(element), amounts);
    const net = bill.elements.filter(([element]) => text(element) !== "vat");
    const vat = bill.elements.filter(([element]) => text(element) === "vat");
    const foot = [elementRow("Without VAT", bill.net, true)];
    if (vat.length) foot.push(...vat.map(named), totalBilled("With VAT", bill.gross));
    return table("By element", heads, net.map(named), foot);
  }

  function lineTable(bill) {
    const heads = [["Line"], ["Billed", "n"], ["Due", "n"], ["Unit"], ["Rate billed, £", "n"], ["Rate due, £", "n"],
      ["Amount billed", "n"], ["Amount due", "n"]];
    let illustrative = false, expired = false;
    const body = bill.lines.map(([element, band, unit, billed, due, rateBilled, rateDue, gbpBilled, gbpDue, flags]) => {
      illustrative = illustrative || Boolean(flags & NOT_PUBLISHED);
      expired = expired || Boolean(flags & EXPIRED);
      const name = (data.elements[text(element)] || text(element)) + (text(band) === "all" ? "" : ", " + text(band));
      const marks = (flags & NOT_PUBLISHED ? " *" : "") + (flags & EXPIRED ? " \u2020" : "");
      const differs = rateBilled !== null && rateDue !== null && rateBilled !== rateDue;
      const cell = (value) => make("td", {class: "n"}, value === null ? make("span", {class: "soft"}, "none") : value);
      const money = (value) => cell(value === null ? null : pounds(value));
      const rate = rateDue === null ? null : make("span", {}, differs ? make("strong", {}, rateDue) : rateDue, marks);
      return make("tr", {}, make("th", {scope: "row"}, name), cell(billed), cell(due), make("td", {}, text(unit)),
        cell(rateBilled), cell(rate), money(gbpBilled), money(gbpDue));
    });
    const notes = [];
    if (illustrative) notes.push(make("p", {class: "small"}, "* Illustrative rate: no published document was at hand for it. What rests on it is illustrative too."));
    if (expired) notes.push(make("p", {class: "small"}, "\u2020 The contract had ended: its last signed rate."));
    return [table("Quantities and rates", heads, body), ...notes];
  }

  function neighbours(bill) {
    const own = byMeter.get(bill.meter), at = own.indexOf(bill);
    const before = own[at - 1], after = own[at + 1];
    return make("nav", {class: "steps", "aria-label": "Bills"}, make("a", {href: "#list"}, "All bills"),
      before ? link(before.id, "Bill before at this metering point") : "",
      after ? link(after.id, "Bill after at this metering point") : "");
  }

  function section(id, heading, ...children) {
    return make("section", {"aria-labelledby": id}, make("h2", {id}, heading), ...children);
  }

  function billPage(bill) {
    const isGap = bill.status === "gap";
    const heading = make("h1", {id: "bill-title", tabindex: "-1"}, isGap ? "No bill: " + bill.site : "Bill " + bill.id);
    const verdict = make("section", {class: "headline", "aria-labelledby": "bill-verdict"},
      make("h2", {id: "bill-verdict"}, isGap ? "Days without a bill" : bill.site),
      make("p", {}, labelOf(bill), " ", bill.sentence), chain(bill) || "", ...bill.findings.map(finding), facts(bill));
    const parts = [heading, neighbours(bill), verdict];
    if (bill.elements.length) parts.push(section("by-element", "By element", elementTable(bill),
      make("p", {class: "small soft"}, "Difference = billed less virtual = timing + estimate + rate + volume + fixed + unexplained. VAT is held against the lines as billed; where a line is put right, its VAT follows."), drawing(bill)));
    if (bill.lines.length) parts.push(section("by-line", "Quantities and rates, billed and due", ...lineTable(bill)));
    return parts;
  }

  /* Addresses: #<bill>, #list, #?error=<code>, or a heading of the overview */

  function named(hash) {
    try { return decodeURIComponent(hash); } catch { return hash; }
  }

  function showOverview() {
    place.hidden = true;
    place.replaceChildren();
    overview.hidden = false;
    document.title = title;
  }

  function go() {
    const wanted = named(location.hash.slice(1));
    const bill = byId.get(wanted);
    if (bill) {
      lastOpened = bill.id;
      place.replaceChildren(...billPage(bill));
      overview.hidden = true;
      place.hidden = false;
      document.title = find("bill-title").textContent + " | " + title.split(" | ").pop();
      scrollTo(0, 0);
      find("bill-title").focus({preventScroll: true});
      return;
    }
    showOverview();
    if (wanted.startsWith("?")) {
      form.reset();
      const asked = new URLSearchParams(wanted.slice(1));
      for (const name of FILTERS) if (asked.has(name)) form.elements[name].value = asked.get(name);
      choose();
      find("list").scrollIntoView();
    } else if (wanted === "list") {
      const opened = [...rows.querySelectorAll("a")].find((one) => named(one.hash.slice(1)) === lastOpened);
      (opened || find("list")).scrollIntoView({block: opened ? "center" : "start"});
      if (opened) opened.focus({preventScroll: true});
    } else if (wanted && find(wanted)) {
      find(wanted).scrollIntoView();
    } else if (wanted) {
      find("not-here").hidden = false;
      find("not-here-id").textContent = wanted;
    }
  }

  offers();
  choose();
  form.addEventListener("input", choose);
  form.addEventListener("reset", () => setTimeout(choose));
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", () => {
    const first = shown;
    shown += STEP;
    showRows();
    rows.children[first].querySelector("a").focus();
  });
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    find("main").focus();
  });
  addEventListener("hashchange", () => { find("not-here").hidden = true; go(); });
  find("checker").hidden = false;
  go();
})();
