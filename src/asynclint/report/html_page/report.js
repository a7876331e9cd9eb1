"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const SEVERITIES = ["error", "warning", "note"];
  const PLURALS = { error: "errors", warning: "warnings", note: "notes" };
  const CHUNK = 120; // rows that are built at once; more follow when they are scrolled to
  const main = document.getElementById("main");

  // ---- building: text from the report only ever becomes text nodes --------------------------------------------

  /** An element with attributes (`class`, `on…` handlers, others) and children: elements, strings, or nothing. */
  function h(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (name === "class") element.className = value;
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
    return element;
  }

  /** A sentence in which what stands in backticks is code. */
  function prose(text) {
    return text.split(/(`[^`]*`)/).filter(Boolean).map((part) =>
      part.length > 1 && part[0] === "`" && part.endsWith("`") ? h("code", null, part.slice(1, -1)) : part);
  }

  /** A message in its three parts: what happens, to whom, what to do. */
  function parts(message) {
    const masked = message.replace(/`[^`]*`/g, (code) => "`" + "x".repeat(code.length - 2) + "`");
    const colon = masked.indexOf(": ");
    const semicolon = masked.lastIndexOf("; ");
    if (colon < 0 || semicolon < colon) return { fact: message, outcome: "", remedy: "" };
    return { fact: message.slice(0, colon), outcome: message.slice(colon + 2, semicolon), remedy: message.slice(semicolon + 2) };
  }

  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
  const counted = (count, one, many) => `${count.toLocaleString("en")} ${count === 1 ? one : many || one + "s"}`;

  // ---- code ---------------------------------------------------------------------------------------------------

  const TOKEN = new RegExp([
    /(?<comment>#.*$)/, /(?<string>\b[rbfuRBFU]{0,2}(?:"""(?:.*?"""|.*$)|'''(?:.*?'''|.*$)|"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?)|(?:"""(?:.*?"""|.*$)|'''(?:.*?'''|.*$)|"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?))/,
    /(?<keyword>\b(?:False|None|True|and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield|match|case)\b)/,
    /(?<decorator>^\s*@[\w.]+)/, /(?<number>\b\d[\w.]*)/,
  ].map((part) => part.source).join("|"), "gu");

  /** A line of Python as spans; the part between the two offsets of `mark` is marked. */
  function code(text, mark) {
    const edges = new Set([0, text.length]);
    const kinds = [];
    if (text.length < 400) {
      for (const found of text.matchAll(TOKEN)) {
        const kind = Object.keys(found.groups).find((name) => found.groups[name] !== undefined);
        kinds.push([found.index, found.index + found[0].length, kind]);
        edges.add(found.index).add(found.index + found[0].length);
      }
    }
    if (mark) edges.add(mark[0]).add(mark[1]);
    const sorted = [...edges].sort((a, b) => a - b);
    const line = h("span", { class: "text" });
    let marked = null;
    let next = 0;
    for (let i = 0; i + 1 < sorted.length; i++) {
      const [start, end] = [sorted[i], sorted[i + 1]];
      while (next < kinds.length && kinds[next][1] <= start) next++;
      const kind = next < kinds.length && kinds[next][0] <= start ? kinds[next][2] : null;
      const piece = kind ? h("span", { class: "t-" + kind }, text.slice(start, end)) : text.slice(start, end);
      const inMark = mark && start >= mark[0] && end <= mark[1];
      if (inMark && !marked) line.append((marked = h("mark", null)));
      (inMark ? marked : line).append(piece);
    }
    return line;
  }

  function frame(number) {
    const excerpt = data.excerpts[number];
    return h("pre", { class: "frame", tabindex: "0", "aria-label": "Code of " + place(number) },
      excerpt.lines.map((line) => h("span", { class: line.mark ? "line hit" : "line" },
        h("span", { class: "row" }, String(line.row)), code(line.text, line.mark))));
  }

  function sourceBlock(text) {
    return h("pre", { class: "frame plain", tabindex: "0" },
      text.trimEnd().split("\n").map((line) => h("span", { class: "line" }, code(line, null))));
  }

  const pathOf = (number) => data.paths[data.excerpts[number].path];
  const place = (number) => `${pathOf(number)}:${data.excerpts[number].row}:${data.excerpts[number].column}`;

  /** A path in which the folders stand back and a line may break after each of them. */
  function pathText(path) {
    const cut = path.lastIndexOf("/") + 1;
    const folders = path.slice(0, cut).split(/(?<=\/)/).filter(Boolean).flatMap((folder) => [folder, h("wbr")]);
    return [h("span", { class: "folder" }, folders), h("span", { class: "file" }, path.slice(cut))];
  }

  function placeText(number) {
    const excerpt = data.excerpts[number];
    return h("span", { class: "place" }, pathText(data.paths[excerpt.path]), h("span", { class: "at" }, `:${excerpt.row}:${excerpt.column}`));
  }

  const badge = (severity) => h("span", { class: "badge " + severity }, severity);

  // ---- findings: what is asked of them ------------------------------------------------------------------------

  const findings = data.findings.map((finding, index) => {
    const path = pathOf(finding.excerpt);
    const rule = data.rules[finding.code];
    const name = rule ? rule.name : finding.code;
    const words = [finding.code, name, finding.message, finding.symbol, path, ...finding.chain.map((step) => pathOf(step.excerpt) + " " + step.message)];
    return { ...finding, index, path, name, parts: parts(finding.message), cause: finding.cause && finding.code + "\n" + finding.cause,
      text: words.join("\n").toLowerCase() };
  });
  const byId = new Map(findings.map((finding) => [finding.id, finding]));
  const causes = new Map();
  for (const finding of findings) if (finding.cause) causes.set(finding.cause, [...(causes.get(finding.cause) || []), finding]);

  const state = { view: "findings", q: "", severity: new Set(), confidence: "", rule: "", module: "", cause: "", by: "cause", open: "",
    thread: "", blocking: false };
  const TESTS = {
    q: (item) => state.q.toLowerCase().split(/\s+/).every((word) => item.text.includes(word)),
    severity: (item) => !state.severity.size || state.severity.has(item.severity),
    confidence: (item) => !state.confidence || item.confidence === state.confidence,
    rule: (item) => !state.rule || item.code === state.rule,
    module: (item) => !state.module || item.path === state.module,
    cause: (item) => !state.cause || item.cause === state.cause,
  };
  /** The findings that pass all filters, `but` one: a facet counts what choosing another value of it would show. */
  function passing(but) {
    const tests = Object.entries(TESTS).filter(([name]) => name !== but && (name !== "q" || state.q.trim())).map(([, test]) => test);
    return findings.filter((item) => tests.every((test) => test(item)));
  }

  // ---- state in the address, so that a view can be kept and sent ----------------------------------------------

  function readAddress() {
    const given = new URLSearchParams(location.hash.slice(1));
    state.view = ["findings", "routes", "errors"].includes(given.get("view")) ? given.get("view") : "findings";
    if (state.view === "routes" && !data.routes) state.view = "findings";
    for (const name of ["q", "confidence", "rule", "module", "open", "thread"]) state[name] = given.get(name) || "";
    state.blocking = given.has("blocking");
    state.cause = causeOf(given.get("cause"));
    state.severity = new Set((given.get("severity") || "").split(",").filter((item) => SEVERITIES.includes(item)));
    state.by = ["cause", "module", "rule", "none"].includes(given.get("by")) ? given.get("by") : "cause";
  }
  const causeOf = (id) => (id && byId.has(id) ? byId.get(id).cause : "");
  function writeAddress() {
    const kept = new URLSearchParams();
    if (state.view !== "findings") kept.set("view", state.view);
    for (const name of ["q", "confidence", "rule", "module", "open", "thread"]) if (state[name]) kept.set(name, state[name]);
    if (state.blocking) kept.set("blocking", "");
    if (state.cause) kept.set("cause", causes.get(state.cause)[0].id);
    if (state.severity.size) kept.set("severity", [...state.severity].join(","));
    if (state.by !== "cause") kept.set("by", state.by);
    history.replaceState(null, "", "#" + kept);
  }
  function change(changes) {
    Object.assign(state, changes);
    writeAddress();
    show();
  }

  // ---- findings: the list -------------------------------------------------------------------------------------

  /** Groups `{title, items}` in the order of their first items; under "cause" each group is one row. */
  function grouped(items) {
    const key = { cause: (item) => item.cause || item.index, module: (item) => item.path, rule: (item) => item.code, none: () => "" }[state.by];
    const groups = new Map();
    for (const item of items) {
      const name = key(item);
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(item);
    }
    return [...groups.values()];
  }

  const rank = (item) => SEVERITIES.indexOf(item.severity);
  const leader = (group) => group.reduce((best, item) =>
    rank(item) - rank(best) || item.chain.length - best.chain.length ? (rank(item) < rank(best) || (rank(item) === rank(best) && item.chain.length < best.chain.length) ? item : best) : best);

  /** What the list has to show, in order: headings and rows, each made when it is needed. */
  function entries(items) {
    const groups = grouped(items);
    if (state.by === "cause") {
      const rows = groups.map((group) => ({ first: leader(group), others: group.length - 1, group }));
      rows.sort((a, b) => rank(a.first) - rank(b.first) || b.others - a.others || a.first.index - b.first.index);
      return rows.map((row) => () => finding(row.first, row.group.filter((item) => item !== row.first)));
    }
    return groups.flatMap((group) => [
      ...(state.by === "none" ? [] : [() => heading(group)]),
      ...group.map((item) => () => finding(item, [])),
    ]);
  }

  function heading(group) {
    const first = group[0];
    const title = state.by === "module" ? pathText(first.path) : [first.code + " ", h("b", null, first.name)];
    return h("li", { class: "heading" }, h("h3", null, title), h("span", { class: "count" }, String(group.length)));
  }

  function finding(item, others) {
    const id = "f" + item.index;
    const isOpen = state.open === item.id || others.some((other) => other.id === state.open);
    const body = h("div", { class: "body", id: id + "-body", hidden: !isOpen });
    const fill = () => body.firstChild || body.append(...details(item, others));
    const button = h("button", {
      type: "button", class: "summary", id, "aria-expanded": String(isOpen), "aria-controls": id + "-body",
      onclick: () => {
        const opening = button.getAttribute("aria-expanded") !== "true";
        if (opening) fill();
        button.setAttribute("aria-expanded", String(opening));
        body.hidden = !opening;
        state.open = opening ? item.id : "";
        writeAddress();
      },
    },
    h("span", { class: "dot " + item.severity, title: item.severity }),
    h("span", { class: "what" },
      h("span", { class: "fact" }, prose(capital(item.parts.fact))),
      h("span", { class: "sub" }, h("span", { class: "rule" }, item.code + " " + item.name), placeText(item.excerpt))),
    others.length ? h("span", { class: "more", title: "Places that share this cause" }, counted(others.length + 1, "place")) : null);
    if (isOpen) fill();
    return h("li", { class: "finding " + item.severity }, button, body);
  }

  function details(item, others) {
    const rule = data.rules[item.code];
    const { outcome, remedy } = item.parts;
    return [
      h("div", { class: "facts" }, badge(item.severity), h("span", null, item.confidence + " confidence"), placeText(item.excerpt),
        item.symbol ? h("span", null, "in ", h("code", null, item.symbol)) : null),
      h("dl", { class: "message" },
        outcome ? [h("dt", null, "Consequence"), h("dd", null, prose(capital(outcome)))] : null,
        remedy ? [h("dt", null, "What to do"), h("dd", { class: "remedy" }, prose(capital(remedy)))] : null),
      frame(item.excerpt),
      chain(item.chain, item.excerpt),
      ...item.fixes.map(fix),
      others.length ? elsewhere(others) : null,
      rule ? why(rule, item) : null,
    ].filter(Boolean);
  }

  /** The steps, each with its code; that of `shown` stands above already. */
  function chain(steps, shown) {
    if (!steps.length) return null;
    const above = shown === undefined ? "" : place(shown);
    return h("section", { class: "chain" }, h("h4", null, "The way to the cause"),
      h("ol", null, steps.map((step) => h("li", null,
        h("p", null, h("span", { class: "step" }, prose(step.message)), placeText(step.excerpt)), place(step.excerpt) === above ? null : frame(step.excerpt)))));
  }

  function fix(item) {
    const note = { safe: "safe: --fix applies it", unsafe: "unsafe: --fix --unsafe-fixes applies it; look at the result", display: "shown only" }[item.applicability];
    return h("section", { class: "fix" }, h("h4", null, "Fix: ", prose(item.message), " ", h("span", { class: "pill " + item.applicability }, note)),
      item.hunks.flatMap((hunk, at) => [
        // A fix that reaches into other files names each.
        item.hunks.some((other) => other.path !== item.hunks[0].path) && (!at || hunk.path !== item.hunks[at - 1].path)
          ? h("p", { class: "place" }, pathText(data.paths[hunk.path])) : null,
        h("pre", { class: "frame diff", tabindex: "0", "aria-label": "Diff" }, hunk.lines.map((line) => h("span", { class: "line " + { "+": "added", "-": "removed", " ": "same" }[line.sign] },
          h("span", { class: "row" }, line.row === null ? "" : String(line.row)), h("span", { class: "sign" }, line.sign), code(line.text, null)))),
      ]));
  }

  function elsewhere(others) {
    const list = h("ul", { class: "places" });
    const add = (from, to) => list.append(...others.slice(from, to).map((other) => h("li", null,
      badge(other.severity), " ", h("button", { type: "button", class: "link", onclick: () => reveal(other) }, placeText(other.excerpt)),
      other.symbol ? h("span", { class: "symbol" }, " in ", h("code", null, other.symbol)) : null)));
    add(0, 20);
    const rest = others.length > 20 && h("button", { type: "button", class: "link", onclick: () => { add(20); rest.remove(); } },
      `Show ${others.length - 20} more`);
    return h("section", null, h("h4", null, `Also reached from ${counted(others.length, "place")}`), list, rest);
  }

  /** One of the places of a cause, shown by itself. */
  function reveal(item) {
    change({ by: "none", cause: item.cause, open: item.id });
    const row = document.getElementById("f" + item.index);
    if (row) { row.scrollIntoView({ block: "start" }); row.focus(); }
  }

  function why(rule, item) {
    const [bad, good] = rule.examples[0] || [];
    return h("details", { class: "why" }, h("summary", null, "Why this matters"),
      h("p", null, prose(rule.rationale)),
      rule.timeline ? h("pre", { class: "timeline", tabindex: "0", "aria-label": "What happens over time" }, rule.timeline) : null,
      rule.fix_safety ? h("p", null, h("b", null, "Fix safety. "), prose(rule.fix_safety)) : null,
      bad ? h("div", { class: "examples" }, h("div", null, h("h5", { class: "bad" }, "Bad"), sourceBlock(bad)), h("div", null, h("h5", { class: "good" }, "Good"), sourceBlock(good))) : null,
      h("p", { class: "silence" }, "Accepted here? Write ", h("code", null, `# asynclint: ignore[${item.name}] reason`), " on the line."));
  }

  // ---- a long list, built as it is scrolled to ----------------------------------------------------------------

  let observer = null;
  function fillList(list, makers, upTo) {
    if (observer) observer.disconnect();
    let done = 0;
    const more = (count) => {
      list.append(...makers.slice(done, done + count).map((make) => make()));
      done += count;
    };
    more(Math.max(CHUNK, upTo));
    if (done >= makers.length) return;
    const end = h("div", { class: "end", "aria-hidden": "true" });
    list.after(end);
    observer = new IntersectionObserver((seen) => {
      if (!seen.some((entry) => entry.isIntersecting)) return;
      more(CHUNK);
      if (done >= makers.length) { observer.disconnect(); end.remove(); }
    }, { rootMargin: "1500px" });
    observer.observe(end);
  }

  // ---- facets -------------------------------------------------------------------------------------------------

  function tally(items, key) {
    const counts = new Map();
    for (const item of items) {
      const name = key(item);
      if (!name) continue;
      const entry = counts.get(name) || { count: 0, worst: 9, first: item };
      entry.count++;
      entry.worst = Math.min(entry.worst, rank(item));
      counts.set(name, entry);
    }
    return [...counts].sort(([a, x], [b, y]) => x.worst - y.worst || y.count - x.count || (a < b ? -1 : 1));
  }

  const FACETS = [
    { name: "rule", title: "Rules", key: (item) => item.code, label: (code, first) => [h("span", { class: "code" }, code), " ", first.name] },
    { name: "cause", title: "Causes", key: (item) => (causes.get(item.cause) || []).length > 1 && item.cause, label: (_, first) => causeLabel(first) },
    { name: "module", title: "Modules", key: (item) => item.path, label: (path) => pathText(path) },
  ];
  const opened = new Set();

  function causeLabel(item) {
    const last = item.chain.length ? item.chain[item.chain.length - 1].excerpt : item.excerpt;
    const fact = item.chain.length ? item.chain[item.chain.length - 1].message : item.parts.fact;
    const excerpt = data.excerpts[last];
    return [h("span", { class: "cause" }, prose(fact)), h("span", { class: "sub" }, `${data.paths[excerpt.path].split("/").pop()}:${excerpt.row}`)];
  }

  function facet({ name, title, key, label }) {
    const counts = tally(passing(name), key);
    if (!counts.length && !state[name]) return null;
    const most = Math.max(...counts.map(([, entry]) => entry.count));
    const limit = opened.has(name) ? Infinity : 8;
    const shown = counts.filter(([value], place) => place < limit || value === state[name]);
    const rows = shown.map(([value, entry]) => {
      const bar = h("span", { class: "bar " + SEVERITIES[entry.worst], "aria-hidden": "true" });
      bar.style.width = `${Math.max(2, (100 * entry.count) / most)}%`;
      const chosen = state[name] === value;
      return h("li", null, h("button", {
        type: "button", "aria-pressed": String(chosen), title: name === "module" ? value : null,
        onclick: () => change({ [name]: chosen ? "" : value, open: "" }),
      }, h("span", { class: "label" }, label(value, entry.first)), h("span", { class: "count" }, entry.count.toLocaleString("en")), bar));
    });
    const toggle = counts.length > 8 && h("button", { type: "button", class: "link", onclick: () => {
      opened[opened.has(name) ? "delete" : "add"](name);
      show();
    } }, opened.has(name) ? "Show fewer" : `Show all ${counts.length}`);
    return h("section", { class: "facet", "data-facet": name },
      h("h2", null, title, state[name] ? h("button", { type: "button", class: "link", onclick: () => change({ [name]: "" }) }, "clear") : null),
      h("ul", null, rows), toggle);
  }

  // ---- the views ----------------------------------------------------------------------------------------------

  let searchBox = null;
  function search(label) {
    searchBox = h("input", { type: "search", id: "search", placeholder: label + "  ( / )", "aria-label": label, value: state.q, autocomplete: "off", spellcheck: "false" });
    let waiting = 0;
    searchBox.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { state.q = searchBox.value; writeAddress(); refresh(); }, 80);
    });
    return searchBox;
  }

  let refresh = () => {};

  function showFindings() {
    const chips = h("div", { class: "chips", role: "group", "aria-label": "Severity" });
    const grouping = h("select", { id: "by", "aria-label": "Group by", onchange: () => change({ by: grouping.value }) },
      [["cause", "by cause"], ["module", "by module"], ["rule", "by rule"], ["none", "not grouped"]].map(([value, label]) =>
        h("option", { value, selected: state.by === value }, label)));
    const confidence = h("select", { id: "confidence", "aria-label": "Confidence", onchange: () => change({ confidence: confidence.value }) },
      [["", "any confidence"], ["high", "high confidence"], ["medium", "medium confidence"], ["low", "low confidence"]].map(([value, label]) =>
        h("option", { value, selected: state.confidence === value }, label)));
    const status = h("p", { class: "status", role: "status", "aria-live": "polite" });
    const list = h("ul", { class: "list", id: "list", tabindex: "-1" });
    const listing = h("div", { class: "listing" });
    const facets = h("aside", { class: "facets", "aria-label": "Summary and filters" });
    main.replaceChildren(totals(), h("div", { class: "columns" }, facets, h("div", { class: "results" },
      h("div", { class: "bar-row" }, search("Search findings"), chips, grouping, confidence), status, listing)));
    listing.append(list);

    refresh = () => {
      const items = passing();
      const bySeverity = tally(passing("severity"), (item) => item.severity);
      chips.replaceChildren(...SEVERITIES.map((severity) => {
        const count = (bySeverity.find(([name]) => name === severity) || [0, { count: 0 }])[1].count;
        return h("button", { type: "button", class: "chip " + severity, "aria-pressed": String(state.severity.has(severity)), disabled: !count && !state.severity.has(severity),
          onclick: () => {
            const chosen = new Set(state.severity);
            chosen[chosen.has(severity) ? "delete" : "add"](severity);
            change({ severity: chosen });
          } }, h("span", { class: "dot " + severity }), counted(count, severity, PLURALS[severity]));
      }));
      facets.replaceChildren(...FACETS.map(facet).filter(Boolean));
      list.replaceChildren();
      listing.replaceChildren(list);
      const makers = entries(items);
      const rows = state.by === "cause" && makers.length !== items.length ? ` in ${counted(makers.length, "thing")} to mend` : "";
      status.replaceChildren(items.length === findings.length ? `${counted(items.length, "finding")}${rows}` : `${counted(items.length, "finding")}${rows}, of ${findings.length.toLocaleString("en")} `,
        items.length === findings.length ? "" : h("button", { type: "button", class: "link", onclick: clear }, "clear filters"));
      if (!items.length) listing.append(h("p", { class: "nothing" }, findings.length ? "Nothing matches these filters." : nothingFound()));
      fillList(list, makers, state.open ? openedAt(items) + 20 : 0);
    };
    refresh();
  }

  const nothingFound = () => (data.errors.length ? "No findings in what was checked; not everything was." : "Checked and clean: no findings.");
  const openedAt = (items) => Math.max(0, items.findIndex((item) => item.id === state.open)) * (state.by === "cause" ? 1 : 2);
  const clear = () => change({ q: "", severity: new Set(), confidence: "", rule: "", module: "", cause: "" });

  function totals() {
    const count = (severity) => findings.filter((item) => item.severity === severity).length;
    const tile = (value, label, kind) => h("div", { class: "tile " + (kind || "") + (value ? "" : " none") }, h("b", null, value.toLocaleString("en")), h("span", null, label));
    const aside = [["suppressed", "silenced by comments"], ["baselined", "in the baseline"], ["unchanged", "on unchanged lines"]].filter(([name]) => data[name]);
    return h("div", { class: "totals" },
      SEVERITIES.map((severity) => tile(count(severity), count(severity) === 1 ? severity : PLURALS[severity], severity)),
      tile(data.files, data.files === 1 ? "file checked" : "files checked"),
      aside.map(([name, label]) => tile(data[name], label)),
      data.errors.length ? h("button", { type: "button", class: "tile unchecked", onclick: () => change({ view: "errors" }) }, h("b", null, String(data.errors.length)), h("span", null, "not checked")) : null);
  }

  const THREADS = { loop: "event loop", worker: "worker thread", unknown: "not known" };
  const KINDS = { route: "Routes", websocket: "WebSockets", background: "Background functions", lifespan: "Lifespan", startup: "Startup handlers",
    shutdown: "Shutdown handlers", middleware: "Middleware", "exception-handler": "Exception handlers" };

  function showRoutes() {
    const all = data.routes.map((route) => ({ ...route, text: [route.kind, ...route.methods, route.path, route.handler, pathOf(route.excerpt), route.blocking ? route.blocking.call + " " + route.blocking.code : ""].join(" ").toLowerCase() }));
    const status = h("p", { class: "status", role: "status", "aria-live": "polite" });
    const body = h("div", { id: "list", tabindex: "-1" });
    const chips = h("div", { class: "chips", role: "group", "aria-label": "Thread" });
    main.replaceChildren(h("p", { class: "lead" }, "What FastAPI calls, and on which thread. Code on the ", h("span", { class: "thread loop" }, "event loop"),
      " shares that one thread with every other request of the worker; code in a ", h("span", { class: "thread worker" }, "worker thread"), " may block."),
    h("div", { class: "results" }, h("div", { class: "bar-row" }, search("Search routes"), chips), status, body));
    refresh = () => {
      const matching = all.filter((route) => state.q.toLowerCase().split(/\s+/).every((word) => route.text.includes(word)));
      const shown = matching.filter((route) => (!state.thread || route.thread === state.thread) && (!state.blocking || blocksLoop(route)));
      chips.replaceChildren(
        ...Object.keys(THREADS).filter((thread) => all.some((route) => route.thread === thread)).map((thread) => h("button", { type: "button", class: "chip", "aria-pressed": String(state.thread === thread),
          onclick: () => change({ thread: state.thread === thread ? "" : thread }) }, h("span", { class: "thread " + thread }, THREADS[thread]), matching.filter((route) => route.thread === thread).length.toLocaleString("en"))),
        h("button", { type: "button", class: "chip", "aria-pressed": String(state.blocking), onclick: () => change({ blocking: !state.blocking }) },
          "blocks the event loop ", matching.filter(blocksLoop).length.toLocaleString("en")));
      status.textContent = counted(shown.length, "entry point") + (shown.length === all.length ? "" : ` of ${all.length}`);
      const kinds = [...new Set([...Object.keys(KINDS), ...shown.map((route) => route.kind)])];
      body.replaceChildren(...kinds.map((kind) => routeGroup(kind, shown.filter((route) => route.kind === kind))).filter(Boolean));
      if (!shown.length) body.append(h("p", { class: "nothing" }, all.length ? "Nothing matches." : "No routes were found."));
    };
    refresh();
  }

  const blocksLoop = (route) => Boolean(route.blocking) && route.blocking.thread === "loop";

  function routeGroup(kind, routes) {
    if (!routes.length) return null;
    return h("section", { class: "routes" }, h("h3", null, KINDS[kind] || kind, " ", h("span", { class: "count" }, String(routes.length))),
      h("ul", null, routes.map(routeRow)));
  }

  function routeRow(route) {
    const body = h("div", { class: "body", hidden: true });
    const button = h("button", { type: "button", class: "summary", "aria-expanded": "false", onclick: () => {
      const opening = body.hidden;
      if (opening && !body.firstChild) {
        body.append(h("div", { class: "facts" }, placeText(route.excerpt)), frame(route.excerpt));
        if (route.blocking) body.append(chain(route.blocking.chain) || "");
        const path = pathOf(route.excerpt);
        const here = findings.filter((item) => item.path === path).length;
        if (here) body.append(h("button", { type: "button", class: "link", onclick: () => change({ view: "findings", q: "", module: path, open: "" }) },
          `${counted(here, "finding")} in this module`));
      }
      body.hidden = !opening;
      button.setAttribute("aria-expanded", String(opening));
    } },
    route.methods.map((method) => h("span", { class: "method" }, route.kind === "websocket" ? "WS" : method)),
    route.kind === "route" || route.kind === "websocket" ? h("span", { class: "url" }, route.path) : null,
    h("span", { class: "handler" }, route.handler),
    h("span", { class: "thread " + route.thread }, THREADS[route.thread]),
    route.blocking ? h("span", { class: "verdict " + (blocksLoop(route) ? "bad" : "fine") }, h("code", null, route.blocking.call), blocksLoop(route) ? " blocks the event loop" : route.blocking.thread === "worker" ? " blocks its own thread only" : " blocks its thread") : h("span", { class: "verdict" }));
    return h("li", { class: "route " + route.thread + (blocksLoop(route) ? " blocking" : "") }, button, body);
  }

  function showErrors() {
    refresh = () => {};
    main.replaceChildren(h("p", { class: "lead" }, "These were not checked, so the run ended with exit code 2."),
      h("ul", { class: "list errors", id: "list", tabindex: "-1" }, data.errors.map((error) => h("li", { class: "finding error" }, h("div", { class: "summary" },
        h("span", { class: "dot error" }), h("span", { class: "what" }, h("span", { class: "fact" }, prose(error.message)),
          h("span", { class: "sub" }, h("span", { class: "rule" }, error.code), h("span", { class: "place" }, pathText(error.path), error.row ? ":" + error.row : ""))))))));
  }

  function showTabs() {
    const tab = (view, label, count) => h("button", { type: "button", role: "tab", "aria-selected": String(state.view === view), onclick: () => change({ view, q: "", open: "" }) }, label, " ", h("span", { class: "count" }, count.toLocaleString("en")));
    document.getElementById("tabs").replaceChildren(...[
      tab("findings", "Findings", findings.length),
      data.routes && tab("routes", "Routes", data.routes.length),
      data.errors.length > 0 && tab("errors", "Not checked", data.errors.length),
    ].filter(Boolean));
  }

  function show() {
    const focused = document.activeElement && document.activeElement.id;
    const at = window.scrollY;
    showTabs();
    ({ findings: showFindings, routes: showRoutes, errors: showErrors })[state.view]();
    if (focused && document.getElementById(focused)) document.getElementById(focused).focus({ preventScroll: true });
    window.scrollTo(0, at);
  }

  // ---- keys ---------------------------------------------------------------------------------------------------

  const KEYS = [["j", "next finding"], ["k", "finding before"], ["Enter", "open or close"], ["/", "search"], ["Esc", "leave the search, or clear the filters"], ["t", "light or dark"], ["?", "this list"]];
  document.getElementById("keys-list").append(...KEYS.flatMap(([key, what]) => [h("dt", null, h("kbd", null, key)), h("dd", null, what)]));
  const dialog = document.getElementById("keys");
  document.getElementById("keys-button").addEventListener("click", () => dialog.showModal());

  function move(by) {
    const rows = [...main.querySelectorAll("button.summary")];
    const current = document.activeElement ? document.activeElement.closest("li.finding, li.route") : null;
    const at = current ? rows.indexOf(current.querySelector("button.summary")) : by > 0 ? -1 : 0;
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    const typing = event.target.matches("input, select, textarea");
    if (event.key === "Escape" && typing) event.target.blur();
    else if (event.key === "Escape") clear();
    if (typing) return;
    const action = { j: () => move(1), k: () => move(-1), "/": () => searchBox && searchBox.focus(), t: theme, "?": () => dialog.showModal() }[event.key];
    if (action) { event.preventDefault(); action(); }
  });

  // ---- light and dark -----------------------------------------------------------------------------------------

  const remembered = { // a page from a file may have no storage
    get: () => { try { return localStorage.getItem("asynclint-theme"); } catch { return null; } },
    set: (value) => { try { localStorage.setItem("asynclint-theme", value); } catch { /* it is only forgotten */ } },
  };
  const darkness = matchMedia("(prefers-color-scheme: dark)");
  function paint() {
    const chosen = remembered.get();
    document.documentElement.dataset.theme = ["light", "dark"].includes(chosen) ? chosen : darkness.matches ? "dark" : "light";
  }
  function theme() {
    document.documentElement.dataset.theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    remembered.set(document.documentElement.dataset.theme);
  }
  document.getElementById("theme").addEventListener("click", theme);
  darkness.addEventListener("change", paint);
  paint();

  document.getElementById("title").textContent = data.project;
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address holds the state
    const list = document.getElementById("list");
    if (list) list.focus();
  });
  window.addEventListener("hashchange", () => { readAddress(); show(); });
  readAddress();
  show();
  document.documentElement.dataset.ready = "yes";
})();
