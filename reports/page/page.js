// The page's behaviour: languages, light and dark, tables that sort and filter, and the way from an amount to its resources, acts and rows
// of the bill. It reads the JSON that stands in the page and asks nothing of anybody. Amounts are decimal strings and are added as BigInt.
(() => {
"use strict";

const byID = (id) => document.getElementById(id);
const read = (id) => JSON.parse(byID(id).textContent);
const data = read("data");
let lang = data.lang;

const word = (key) => data.words[lang][key] ?? key;
const coded = (group, code) => data.words[lang][group + "." + code] ?? code;
const fill = (text, ...args) => text.replace(/\{(\d)\}/g, (_, i) => args[i]);

// el makes an element. Children that are strings become text, never markup.
const el = (tag, attributes, ...children) => {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
};
const name = (text) => el("bdi", null, text);

// --- Decimals: exact, as integers of so many places ---

const scaled = (text, places) => {
  if (text === "") return null;
  const dot = text.indexOf(".");
  if (dot < 0) return BigInt(text + "0".repeat(places));
  return BigInt(text.slice(0, dot) + text.slice(dot + 1).padEnd(places, "0"));
};

// plain writes an integer of so many places with `show` digits after the point, half away from zero, in groups of three.
const plain = (value, places, show) => {
  const below = value < 0n;
  let digits = below ? -value : value;
  if (places > show) {
    const unit = 10n ** BigInt(places - show);
    digits = (digits + unit / 2n) / unit;
  } else {
    digits *= 10n ** BigInt(show - places);
  }
  const text = digits.toString().padStart(show + 1, "0");
  const whole = text.slice(0, text.length - show).replace(/\B(?=(\d{3})+$)/g, ",");
  return [below && digits !== 0n, show ? whole + "." + text.slice(-show) : whole];
};
const number = (value, places, show) => {
  const [below, text] = plain(value, places, show);
  return (below ? "-" : "") + text;
};
const dollars = (value, places, show = 2) => {
  const [below, text] = plain(value, places, show);
  return (below ? "-" : "") + data.usd[lang][0] + text + data.usd[lang][1];
};
const places = (text) => (text.includes(".") ? text.length - text.indexOf(".") - 1 : 0);
const dollarsOf = (text, show) => dollars(scaled(text, places(text)), places(text), show);
const numberOf = (text, show) => number(scaled(text, places(text)), places(text), show ?? places(text));

// exact writes a price with all its places, two at least.
const exact = (text) => dollarsOf(text, Math.max(2, places(text)));

// --- Instants, on the clocks of the tenant's zone ---

const clocks = {};
const instant = (seconds) => {
  if (seconds == null) return "–";
  clocks[lang] ??= (() => {
    const options = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
    try {
      return new Intl.DateTimeFormat("sv-SE", { ...options, timeZone: data.zone });
    } catch {
      return new Intl.DateTimeFormat("sv-SE", { ...options, timeZone: "UTC" });
    }
  })();
  return clocks[lang].format(new Date(seconds * 1000));
};

// --- Columns: as they are packed in the page, and what is asked of them ---

class Column {
  constructor(packed) {
    Object.assign(this, packed);
    this.p ??= 0;
  }
  raw(row) {
    if (this.d) return this.d[this.i[row]];
    if (this.t === "range") return "";
    if (this.n != null) return (this.split ??= this.n.split(" "))[row];
    return this.x[row];
  }
  scaled(row) {
    this.numbers ??= (this.split ??= this.n.split(" ")).map((text) => scaled(text, this.p));
    return this.numbers[row];
  }
  text(row) {
    const raw = this.raw(row);
    switch (this.t) {
      case "code": return raw === "" ? "–" : coded(this.g, raw);
      case "usd": return raw === "" ? "–" : dollars(this.scaled(row), this.p);
      case "dec": return raw === "" ? "–" : number(this.scaled(row), this.p, Math.min(this.p, this.o ?? 2));
      case "codes": return raw === "" ? "–" : raw.split(" ").map((code) => coded(this.g, code)).join(", ");
      case "yes": return word(raw === "" ? "no" : "yes");
      case "time": return raw === "" ? "–" : instant(Date.parse(raw) / 1000);
      case "range": return this.bounds[0].raw(row) === "" ? "–" : fill(word("from-to"), this.bounds[0].text(row), this.bounds[1].text(row));
      default: return raw === "" ? this.label(raw) : raw;
    }
  }
  // label is a value among those to filter by, or in a fact.
  label(raw) {
    if (this.t === "yes") return word(raw === "" ? "no" : "yes");
    if (raw === "") return data.words[lang]["none-" + this.k] ?? word("none");
    return this.t === "code" ? coded(this.g, raw) : raw;
  }
  get numeric() { return this.t === "usd" || this.t === "dec"; }
  get right() { return this.numeric || this.t === "range"; }
  get named() { return this.t === "text"; }
  // order gives each row a place to compare by; what is missing comes last.
  order() {
    if (this.numeric) {
      this.scaled(0);
      return (a, b) => {
        const x = this.numbers[a], y = this.numbers[b];
        if (x === null || y === null) return x === y ? 0 : x === null ? Infinity : -Infinity;
        return x < y ? -1 : x > y ? 1 : 0;
      };
    }
    const collator = new Intl.Collator(lang, { numeric: true });
    if (this.d) {
      const shown = this.d.map((raw) => (this.t === "code" ? coded(this.g, raw) : raw));
      const rank = new Array(shown.length);
      [...shown.keys()].sort((a, b) => collator.compare(shown[a], shown[b])).forEach((at, place) => { rank[at] = place; });
      return (a, b) => rank[this.i[a]] - rank[this.i[b]];
    }
    return (a, b) => collator.compare(this.x[a], this.x[b]);
  }
}

// --- Tables ---

const tables = Object.create(null); // names of an address find nothing else in it
const size = 100; // rows on one page
const few = 10; // rows that need nothing to be found among
const unbroken = ["id", "account", "due", "edge", "created"];

class Table {
  constructor(id) {
    this.id = id;
    this.state = { q: "", filters: {}, sort: "", page: 0 };
  }
  load() {
    if (this.columns) return;
    const packed = read("table-" + this.id);
    this.rows = packed.rows;
    this.columns = packed.columns.map((column) => new Column(column));
    this.causes = packed.causes && Object.assign(Object.create(null), Object.fromEntries(packed.causes.map((c) => [c.k, new Column(c)])));
    this.packed = packed;
    for (const column of this.columns.filter((c) => c.t === "range")) column.bounds = [this.column("low"), this.column("high")];
  }
  column(key) { return this.columns.find((column) => column.k === key); }

  // amount is the column that is summed: by one cause where the table is filtered by it.
  amount() {
    const cause = this.state.filters.cause;
    return (cause != null && this.causes?.[cause]) || this.column("amount");
  }
  address(change = {}) {
    const { q, filters, sort, page } = { ...this.state, ...change };
    const parts = Object.entries(filters).map(([key, value]) => key + "=" + encodeURIComponent(value));
    if (q) parts.push("q=" + encodeURIComponent(q));
    if (sort) parts.push("sort=" + sort);
    if (page) parts.push("page=" + (page + 1));
    return "#/" + this.id + (parts.length ? "?" + parts.join("&") : "");
  }
  take(query) {
    this.load();
    const state = { q: "", filters: {}, sort: "", page: 0 };
    for (const part of query ? query.split("&") : []) {
      const at = part.indexOf("=");
      const key = part.slice(0, at);
      let value = part.slice(at + 1);
      try { value = decodeURIComponent(value); } catch { /* a broken address filters by its letters */ }
      if (key === "q") state.q = value;
      else if (key === "sort") state.sort = value;
      else if (key === "page") state.page = Math.max(0, (parseInt(value, 10) || 1) - 1);
      else if (key === "sign" || (key === "cause" && this.causes) || this.column(key)?.f) state.filters[key] = value;
    }
    this.state = state;
  }
  // go shows the table otherwise, and the address with it, at once: what the reader does next, before the browser tells of the new address, builds on this.
  go(change, silently) {
    settle();
    const to = this.address({ page: 0, ...change });
    if (silently) history.replaceState(null, "", to); else location.hash = to;
    last = location.hash;
    this.take(to.split("?")[1]);
    this.update();
  }

  // found are the rows that the filters let pass, in the order that is asked for.
  found() {
    const { q, filters, sort } = this.state;
    let rows = [...Array(this.rows).keys()];
    for (const [key, value] of Object.entries(filters)) {
      if (key === "sign") {
        const amount = this.column("amount");
        rows = rows.filter((row) => amount.scaled(row) < 0n);
      } else if (key === "cause" && this.causes) {
        const cause = this.causes[value];
        rows = cause ? rows.filter((row) => cause.raw(row) !== "") : [];
      } else {
        const column = this.column(key);
        const at = column.d.indexOf(value);
        rows = rows.filter((row) => column.i[row] === at);
      }
    }
    if (q) {
      const sought = q.toLowerCase().split(/\s+/).filter(Boolean);
      this.text ??= Array.from({ length: this.rows }, (_, row) => this.columns.filter((c) => c.q).map((c) => c.raw(row)).join("\u0000").toLowerCase());
      rows = rows.filter((row) => sought.every((s) => this.text[row].includes(s)));
    }
    if (sort) {
      const down = sort[0] === "-";
      const key = down ? sort.slice(1) : sort;
      const column = key === "amount" ? this.amount() : this.column(key);
      if (column) {
        const compare = column.order();
        const sign = down ? -1 : 1;
        rows.sort((a, b) => {
          const order = compare(a, b);
          return order === 0 ? a - b : Number.isFinite(order) ? sign * order : Math.sign(order);
        });
      }
    }
    return rows;
  }

  // sums are of all rows that were found: counted ones, and beside them those that are not proven and in no total.
  sums(rows) {
    const amount = this.amount(), origin = this.column("origin");
    let counted = 0n, unproven = 0n, others = 0;
    for (const row of rows) {
      const value = amount.scaled(row) ?? 0n;
      if (origin && origin.raw(row) === "unproven") { unproven += value; others++; } else counted += value;
    }
    return { counted, unproven, others, places: amount.p };
  }

  mount() {
    const place = document.querySelector('#doc-' + lang + ' [data-table="' + this.id + '"]');
    if (!place) return;
    this.load();
    const prefix = lang + "-" + this.id;
    this.search = el("input", { type: "search", id: prefix + "-q", autocomplete: "off", spellcheck: "false", oninput: () => this.go({ q: this.search.value }, true) });
    this.selects = {};
    const tools = this.tools = el("div", { class: "tools", role: "search", "aria-label": word("caption." + this.id) },
      el("label", { for: prefix + "-q" }, word("search"), this.search));
    const choose = (key, label, options) => {
      const select = el("select", { id: prefix + "-by-" + key, onchange: () => {
        const filters = { ...this.state.filters };
        if (select.value === "*") delete filters[key]; else filters[key] = select.value.slice(1);
        this.go({ filters });
      } }, el("option", { value: "*" }, word("all")), ...options.map(([value, text]) => el("option", { value: "=" + value }, text)));
      this.selects[key] = select;
      tools.append(el("label", { for: prefix + "-by-" + key }, label, select));
    };
    for (const column of this.columns.filter((c) => c.f && c.d?.length > 1)) {
      const options = column.d.map((raw) => [raw, column.label(raw)]);
      choose(column.k, word("column." + column.k), options.sort((a, b) => a[1].localeCompare(b[1], lang, { numeric: true })));
    }
    if (this.causes) {
      choose("cause", word("column.cause"), Object.keys(this.causes).map((cause) => [cause, coded("cause", cause)]));
      choose("sign", word("sign"), [["below", word("below-zero")]]);
    }
    this.reset = el("button", { type: "button", onclick: () => { this.go({ q: "", filters: {}, sort: "" }); this.search.focus(); } }, word("reset"));
    tools.append(this.reset);
    this.status = el("p", { class: "sum", role: "status" });
    this.heads = {};
    const head = el("tr", null, ...this.columns.filter((c) => !c.h).map((column) => {
      if (column.t === "range") return el("th", { scope: "col", class: "n" }, word("column." + column.k));
      const th = el("th", { scope: "col", class: column.right ? "n" : null }, el("button", { type: "button", onclick: () => {
        const { sort } = this.state, down = "-" + column.k;
        this.go({ sort: sort === column.k ? down : sort === down ? column.k : column.numeric ? down : column.k });
      } }, word("column." + column.k)));
      this.heads[column.k] = th;
      return th;
    }));
    if (this.packed.acts) head.append(el("th", { scope: "col" }, word("column.command")));
    this.body = el("tbody");
    this.foot = el("tfoot");
    const caption = el("caption", { id: prefix + "-caption", class: "away" }, word("caption." + this.id));
    this.pager = el("nav", { class: "pager", "aria-label": word("pages") });
    place.replaceChildren(tools, this.status,
      el("div", { class: "scroll", role: "region", tabindex: "0", "aria-labelledby": prefix + "-caption" }, el("table", { class: "data" }, caption, el("thead", null, head), this.body, this.foot)), this.pager);
    this.update();
  }

  update() {
    if (!this.body) return;
    const rows = this.found();
    const last = Math.max(0, Math.ceil(rows.length / size) - 1);
    const page = Math.min(this.state.page, last);
    if (document.activeElement !== this.search) this.search.value = this.state.q;
    for (const [key, select] of Object.entries(this.selects)) select.value = key in this.state.filters ? "=" + this.state.filters[key] : "*";
    const filtered = this.state.q !== "" || Object.keys(this.state.filters).length > 0;
    this.tools.hidden = this.rows <= few && !filtered;
    this.reset.disabled = !filtered && this.state.sort === "";
    for (const [key, th] of Object.entries(this.heads)) {
      const { sort } = this.state;
      th.setAttribute("aria-sort", sort === key ? "ascending" : sort === "-" + key ? "descending" : "none");
    }
    this.body.replaceChildren(...rows.slice(page * size, page * size + size).map((row) => this.line(row)));
    if (rows.length === 0) this.body.append(el("tr", null, el("td", { colspan: this.columns.length + 1, class: "empty" }, word("nothing-found"))));
    this.total(rows, filtered);
    this.turn(page, last, rows.length);
  }

  line(row) {
    const split = this.causes?.[this.state.filters.cause] != null;
    const cells = this.columns.filter((c) => !c.h).map((column, at) => {
      const cell = at === 0 ? el("th", { scope: "row" }) : el("td", { class: column.right ? "n" : unbroken.includes(column.k) ? "id" : column.g === "action" ? "wide" : null });
      if (column.k === "amount") column = this.amount();
      const whole = split && ["hours", "interval"].includes(column.k); // these are of all causes together
      const text = whole ? "–" : column.text(row), shown = column.named ? name(text) : text;
      if (column.numeric && text.startsWith("-")) cell.classList.add("below");
      const to = at === 0 && this.target(row);
      cell.append(to ? el("a", { href: to }, shown) : shown);
      return cell;
    });
    if (this.packed.acts) cells.push(el("td", null, ...this.packed.acts[row].map((act) => copied(act[0], act[1]))));
    return el("tr", null, ...cells);
  }

  // target is where a row leads: to its resource, if the report has it.
  target(row) {
    const arn = this.id === "resources" ? arnOf(row) : this.packed.of?.[row] != null && this.packed.of[row] >= 0 ? arnOf(this.packed.of[row]) : null;
    return arn && "#/resource/" + encodeURIComponent(arn);
  }

  total(rows, filtered) {
    const found = rows.length === 1 ? word("row-count-one") : fill(word("row-count"), numberOf(String(rows.length), 0));
    if (!this.column("amount")) {
      this.status.textContent = found;
      return;
    }
    const { counted, unproven, others, places } = this.sums(rows);
    const parts = [found, fill(word(this.id === "resources" ? "sum" : "sum-of"), dollars(counted, places))];
    if (this.causes?.[this.state.filters.cause]) parts.push(word("by-this-cause"));
    if (others) parts.push(fill(word("beside-unproven"), dollars(unproven, places)));
    if (this.id === "resources" && !filtered) {
      const p = Math.max(places, data.headline.includes(".") ? data.headline.split(".")[1].length : 0);
      const rest = scaled(data.headline, p) - counted * 10n ** BigInt(p - places);
      parts.push(rest === 0n ? word("equals-headline") : fill(word("differs-from-headline"), dollars(rest, p, 2)));
    }
    this.status.textContent = parts.join(" · ");
    const columns = this.columns.filter((c) => !c.h);
    const at = columns.findIndex((c) => c.k === "amount");
    this.foot.replaceChildren(el("tr", null, el("th", { scope: "row", colspan: at }, word("sum-row")), el("td", { class: "n" }, dollars(counted, places)),
      ...(columns.length - at - 1 + (this.packed.acts ? 1 : 0) > 0 ? [el("td", { colspan: columns.length - at - 1 + (this.packed.acts ? 1 : 0) })] : [])));
  }

  turn(page, last, count) {
    if (last === 0) { this.pager.replaceChildren(); return; }
    const step = (label, to, disabled) => el("button", { type: "button", disabled, onclick: () => {
      this.go({ page: to });
      this.pager.querySelectorAll("button:not([disabled])")[0]?.focus();
    } }, label);
    const from = page * size + 1;
    this.pager.replaceChildren(step(word("first-page"), 0, page === 0), step(word("previous"), page - 1, page === 0),
      el("span", null, fill(word("page-of"), numberOf(String(from), 0), numberOf(String(Math.min(count, from + size - 1)), 0), numberOf(String(count), 0))),
      step(word("next"), page + 1, page === last), step(word("last-page"), last, page === last));
  }
}

// --- Text to copy: what is shown is what is copied ---

const copied = (label, text) => {
  const note = el("span", { role: "status", class: "note" });
  return el("div", { class: "copy" }, el("code", null, name(text)), el("button", { type: "button", "aria-label": word("copy") + ": " + coded("act", label), onclick: async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = el("textarea", { class: "away", "aria-hidden": "true" });
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    note.textContent = word("copied");
  } }, word("copy")), note);
};

// --- One resource: its amount, its rows of the bill, its acts ---

const arnOf = (row) => {
  const { prefixes, prefix } = tables.resources.packed;
  const at = prefix[row];
  return at >= 0 ? prefixes[at] + tables.resources.column("id").raw(row) : prefixes[-at - 1];
};
let rowsByARN;
const rowOf = (arn) => {
  tables.resources.load();
  rowsByARN ??= new Map(Array.from({ length: tables.resources.rows }, (_, row) => [arnOf(row), row]));
  return rowsByARN.get(arn);
};
const parcels = {};
// unpack reads a parcel, which is compressed: most are never asked for.
const unpack = async (id) => {
  const bytes = Uint8Array.from(atob(read(id)), (letter) => letter.charCodeAt(0));
  return JSON.parse(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text());
};
const evidence = async (row) => {
  const each = tables.resources.packed.each, at = Math.floor(row / each);
  const parcel = await (parcels[at] ??= unpack("evidence-" + at));
  return [parcel.strings, parcel.resources[row % each]];
};

const listed = (captionKey, heads, rows) => el("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": word(captionKey) },
  el("table", { class: "data" }, el("caption", { class: "away" }, word(captionKey)),
    el("thead", null, el("tr", null, ...heads.map(([key, numeric]) => el("th", { scope: "col", class: numeric ? "n" : null }, word(key))))),
    el("tbody", null, ...rows.map((cells) => el("tr", null, ...cells.map((cell, at) => el("td", { class: heads[at][1] ? "n" : cell.length < 25 ? "id" : null }, heads[at][1] ? cell : name(cell))))))));

const fact = (key, ...value) => el("div", null, el("dt", null, word(key)), el("dd", null, ...value));
const filterBy = (key, column, row) => el("a", { href: "#/resources?" + key + "=" + encodeURIComponent(column.raw(row)) }, name(column.label(column.raw(row))));

const describe = async (row) => {
  const table = tables.resources, get = (key) => table.column(key);
  const [strings, [acts, allActs, bill, baseline, part, whole, enrolled, left, spot, list, contracted, adjusted]] = await evidence(row);
  const title = get("name").raw(row);
  const causes = Object.values(table.causes).filter((cause) => cause.raw(row) !== "");
  const interval = get("interval").text(row);
  return [
    el("h2", { id: "resource-title", tabindex: "-1" }, name(title)),
    el("p", { class: "arn" }, el("code", null, name(arnOf(row)))),
    el("dl", { class: "facts" },
      fact("column.amount", el("strong", { class: "n" }, get("amount").text(row)), get("origin").raw(row) === "unproven" ? " " + word("unproven-note") : ""),
      interval === "–" ? null : fact("interval", interval),
      spot ? fact("spot-beside", dollarsOf(spot, 2)) : null,
      fact("column.hours", get("hours").text(row)),
      fact("column.origin", get("origin").text(row)),
      fact("confirmed", fill(word("of-hours"), numberOf(String(part), 0), numberOf(String(whole), 0))),
      fact("column.team", filterBy("team", get("team"), row)), fact("column.environment", filterBy("environment", get("environment"), row)),
      fact("column.account", filterBy("account", get("account"), row)), fact("column.region", name(get("region").raw(row))), fact("column.kind", get("kind").text(row)),
      fact("column.enrolled", enrolled), left ? fact("left", left) : null),
    el("h3", null, word("by-cause")),
    listed("by-cause", [["column.cause"], ["column.amount", true]], causes.map((cause) => [coded("cause", cause.k), cause.text(row)])),
    el("h3", null, word("bill-rows")),
    listed("bill-rows", [["bill-resource"], ["sku"], ["bill-count", true], ["quantity", true], ["list-rate", true], ["contracted-rate", true]],
      bill.map(([resource, sku, rows, quantity, list, contracted]) => [strings[resource], strings[sku], numberOf(String(rows), 0), numberOf(quantity), exact(list), exact(contracted)])),
    el("h3", null, word("acts")),
    acts.length < allActs ? el("p", { class: "note" }, fill(word("acts-cut"), numberOf(String(acts.length), 0), numberOf(String(allActs), 0))) : null,
    listed("acts", [["act-asked"], ["act-change"], ["column.cause"], ["act-why"], ["act-state"], ["act-edge"], ["act-ended"], ["act-attempts", true], ["act-error"], ["act-id"], ["act-run"]],
      acts.map(([id, change, cause, why, state, edge, asked, ended, attempts, error, run]) => [instant(asked), coded("change", strings[change]), coded("cause", strings[cause]), strings[why],
        coded("act-state", strings[state]), instant(edge), instant(ended), numberOf(String(attempts), 0), strings[error] || "–", id, strings[run]])),
    el("p", { class: "note" }, fill(word("in-zone"), data.zone)),
    el("h3", null, word("annex-views")),
    el("p", { class: "note" }, word("annex-views-note")),
    el("dl", { class: "facts" }, fact("list-view", dollarsOf(list, 2)), fact("contracted-view", dollarsOf(contracted, 2)),
      fact("adjusted-view", adjusted ? dollarsOf(adjusted, 2) : word("not-computable")),
      baseline ? fact("baseline", el("code", null, baseline)) : null),
  ].filter((part) => part != null);
};

const dialog = byID("resource");
let opened = 0; // how often this page itself led to a resource: then closing goes back
let left = false; // a link within the resource was followed: it leads somewhere else
const showResource = async (arn) => {
  const row = rowOf(arn), at = location.hash;
  const told = row == null ? [el("h2", { id: "resource-title", tabindex: "-1" }, word("no-such-resource")), el("p", null, name(arn))] : await describe(row);
  if (location.hash !== at) return; // the reader has gone on meanwhile
  const close = el("button", { type: "button", class: "close", onclick: () => dialog.close() }, word("close"));
  dialog.replaceChildren(close, ...told);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  byID("resource-title").focus();
};
let routed = false; // the address closed the dialog, not the reader; its event comes later, perhaps when the address is another one
dialog.addEventListener("close", () => {
  if (routed) { routed = false; return; }
  if (!location.hash.startsWith("#/resource/")) return;
  if (opened > 0) { opened--; history.back(); } else { left = true; location.hash = tables.resources.address(); }
});
document.addEventListener("click", (event) => {
  const plainly = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (plainly && event.target.closest?.('a[href^="#/resource/"]')) opened++;
  if (plainly && event.target.closest?.("dialog a")) left = true;
});

// --- Addresses ---

let last = ""; // the address that is shown
const route = () => {
  const hash = location.hash;
  const inner = last.startsWith("#/resource/") && !left; // a resource was closed: the reader stays where they are
  left = false;
  last = hash;
  const resource = hash.match(/^#\/resource\/(.*)$/);
  if (resource) {
    let arn = resource[1];
    try { arn = decodeURIComponent(arn); } catch { /* shown as it stands */ }
    showResource(arn);
    return;
  }
  opened = 0;
  if (dialog.open) { routed = true; dialog.close(); }
  const [, id, query] = hash.match(/^#\/([a-z]+)(?:\?(.*))?$/) ?? [];
  const table = tables[id];
  if (table) {
    if (table.address() !== hash) {
      table.take(query);
      table.update();
    }
    if (!inner) {
      const heading = byID(lang + "-" + table.section);
      heading?.scrollIntoView();
      heading?.focus({ preventScroll: true });
    }
  } else if (hash === "" || hash === "#") {
    for (const each of Object.values(tables)) {
      if (each.body && each.address() !== "#/" + each.id) { each.take(""); each.update(); }
    }
  }
};
// settle follows a link, or a step back, of which the browser has not told yet.
const settle = () => { if (location.hash !== last) route(); };
window.addEventListener("hashchange", settle);

// --- Language, light and dark ---

const controls = () => {
  const theme = document.documentElement.dataset.theme;
  byID("controls").replaceChildren(
    el("div", { role: "group", "aria-label": word("language") }, ...data.langs.map((each) =>
      el("button", { type: "button", lang: each, "aria-pressed": String(each === lang), "data-lang": each, onclick: () => speak(each) }, data.words[each]["own-name"]))),
    el("div", { role: "group", "aria-label": word("theme") }, ...["auto", "light", "dark"].map((each) =>
      el("button", { type: "button", "aria-pressed": String(each === theme), "data-theme-to": each, onclick: () => {
        document.documentElement.dataset.theme = each;
        controls();
        byID("controls").querySelector('[data-theme-to="' + each + '"]').focus();
      } }, word("theme-" + each)))));
};
const speak = (to) => {
  const from = lang;
  lang = to;
  document.documentElement.lang = to;
  document.title = data.words[to]["page-title"];
  for (const each of data.langs) byID("doc-" + each).hidden = each !== to;
  byID("skip").textContent = word("skip");
  for (const table of Object.values(tables)) table.mount();
  controls();
  byID("controls").querySelector('[data-lang="' + to + '"]').focus();
  if (location.hash.startsWith("#" + from + "-")) history.replaceState(null, "", "#" + to + location.hash.slice(from.length + 1));
};

for (const place of document.querySelectorAll("#doc-" + lang + " [data-table]")) {
  const table = new Table(place.dataset.table);
  table.section = place.dataset.section;
  tables[table.id] = table;
}
byID("controls").hidden = false;
controls();
for (const table of Object.values(tables)) table.mount();
last = location.hash;
if (location.hash.startsWith("#/")) { left = true; route(); }
document.documentElement.dataset.ready = "true";
})();
