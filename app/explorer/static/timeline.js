// The time line: a histogram over the whole span with two handles, and the window between them: its histogram and lanes.
import { address, change, question, questionOfApi } from "./address.js";
import { Answers } from "./answers.js";
import { dayOfIso, rangeLabel } from "./calendar.js";
import { Scale, ticks } from "./time_axis.js";
import { bars, bucketsOf, counted, mostOf } from "./time_histogram.js";
import { askForLanes, drawLanes, groups, mostRecords, records, rowsOf } from "./time_lanes.js";
import { Handle, followPointer } from "./time_slider.js";
import { TimeWindow } from "./time_window.js";
import { View, element, svg } from "./view.js";

const overviewHeight = 56;
const height = 150;
const axisHeight = 22;
const betweenTicks = 110;
const zoomStep = 1.6;
const waitToAsk = 90;
const waitToEnd = 500;

// What lists take besides filters, and the API's counts over time do not.
const ofLists = ["sort", "lang", "limit", "include", "facets", "count", "explain", "bom", "fields", "cursor"];

class Timeline extends View {
  #answers = new Answers();
  #frame = null;
  #parts = {};
  #time = null;
  #drawn = null;
  #begun = null;
  #followed;
  #asking = 0;
  #ending = 0;
  #resized = new ResizeObserver(() => this.#show());

  connectedCallback() {
    this.#frame ??= this.#build();
    this.#resized.observe(this);
    super.connectedCallback();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#resized.disconnect();
    // The view is taken out of the page for a moment when the answer is exchanged.
    queueMicrotask(() => this.isConnected || this.#end());
  }

  async draw(signal) {
    await null;
    if (signal.aborted) return;
    const when = question().get("when");
    try {
      const found = await this.#ask(when);
      if (signal.aborted) return;
      this.#take(found);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  }

  // Asking

  /** Ask for all that is shown of the question with these days. */
  async #ask(when) {
    this.#answers.next();
    const asked = questionOfApi();
    for (const name of ofLists) asked.delete(name);
    const whole = new URLSearchParams(asked);
    for (const name of ["when", "relation"]) whole.delete(name);
    if (!whole.has("figure") && !whole.has("in_force_on")) whole.delete("certainty");
    const within = new URLSearchParams(when ? asked : whole);
    if (when) within.set("when", when);
    const group = this.#group;
    const span = this.#answers.ask("v1/timeline", withBucket(whole));
    const [all, part, days, lanes] = await Promise.all([
      span,
      when ? this.#answers.ask("v1/timeline", withBucket(within)) : span,
      when && when !== this.#time?.edtf ? this.#answers.ask("v1/dates", new URLSearchParams({ edtf: when })) : null,
      askForLanes(this.#answers, within, group),
    ]);
    return { when, group, all, part, days, lanes, overview: bucketsOf(all), buckets: bucketsOf(part) };
  }

  get #group() {
    const given = question().get("group");
    return given in groups ? given : "type";
  }

  /** Show what was found. */
  #take(found) {
    this.#drawn = found;
    if (this.#begun === null) this.#time = timeOf(found, this.#time);
    this.#show();
  }

  // Moving: the window is shown at once, the question follows, and where it ends is an address to come back to.

  #move(how) {
    if (!this.#time) return;
    if (this.#begun === null) {
      this.#begun = location.href;
      this.#followed = undefined;
    }
    how(this.#time);
    this.#showWindow();
    clearTimeout(this.#asking);
    clearTimeout(this.#ending);
    this.#asking = setTimeout(() => this.#follow(true), waitToAsk);
  }

  #done(wait = 0) {
    clearTimeout(this.#ending);
    this.#ending = setTimeout(() => {
      if (this.#begun === null) return;
      clearTimeout(this.#asking);
      const now = location.href;
      history.replaceState(null, "", this.#begun);
      this.#begun = null;
      if (this.#followed === this.#time.edtf) history.pushState(null, "", now);
      else this.#follow(false);
    }, wait);
  }

  #follow(replace) {
    const when = this.#time.edtf;
    this.#followed = when;
    this.#ask(when).then((found) => this.#take(found), () => null);
    change(when ? { when } : { when: null, relation: null }, { replace });
  }

  #zoom(times, about = null) {
    this.#move((time) => {
      time.zoom(times, about ?? (time.first + time.last + 1) / 2);
      time.round(this.#width);
    });
    this.#done(waitToEnd);
  }

  #pan(share) {
    this.#move((time) => {
      time.pan(share * (time.last - time.first + 1));
      time.round(this.#width);
    });
    this.#done(waitToEnd);
  }

  #wheel(event) {
    event.preventDefault();
    const scale = this.#scale;
    const x = event.clientX - this.#parts.histogram.getBoundingClientRect().left;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.#pan(event.deltaX / scale.width);
    else this.#zoom(1.0015 ** (event.deltaY * (event.deltaMode ? 30 : 1)), scale.first + (x / scale.width) * scale.days);
  }

  #drag(event) {
    if (event.button || !this.#time) return;
    event.preventDefault();
    let at = event.clientX;
    followPointer(event, (now) => {
      const share = (at - now.clientX) / this.#width;
      at = now.clientX;
      this.#move((time) => {
        time.pan(share * (time.last - time.first + 1));
        time.round(this.#width);
      });
    }, () => this.#done());
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("select, input")) return;
    const bar = event.target.closest?.("a.bar");
    if (bar && this.#walk(bar, event)) return;
    if (event.key === "+" || event.key === "=") this.#zoom(1 / zoomStep);
    else if (event.key === "-") this.#zoom(zoomStep);
    else return;
    event.preventDefault();
  }

  /** Go from bar to bar by keys: along a lane in the order of time, up and down between rows. */
  #walk(bar, event) {
    const all = [...this.#parts.lanes.querySelectorAll("a.bar")];
    const at = all.indexOf(bar);
    const next = {
      ArrowRight: () => all[at + 1], ArrowLeft: () => all[at - 1], Home: () => all[0], End: () => all.at(-1),
      ArrowDown: () => nearest(all, bar, 1), ArrowUp: () => nearest(all, bar, -1),
    }[event.key];
    if (!next) return false;
    event.preventDefault();
    const to = next();
    if (to) {
      bar.setAttribute("tabindex", "-1");
      to.setAttribute("tabindex", "0");
      to.focus();
    }
    return true;
  }

  #end() {
    clearTimeout(this.#asking);
    clearTimeout(this.#ending);
    this.#answers.end();
  }

  // Showing

  get #width() {
    return Math.max(this.clientWidth - 2, 200);
  }

  get #scale() {
    return new Scale(this.#time.first, this.#time.last, this.#width);
  }

  get #overviewScale() {
    return new Scale(...this.#time.span, this.#width);
  }

  #build() {
    const button = (label, name, work) => element("button", { type: "button", title: name, "aria-label": name, onclick: work }, label);
    const control = { scale: () => this.#overviewScale, moved: (how) => this.#move(how), done: () => this.#done() };
    const keyed = { ...control, done: () => this.#done(waitToEnd) };
    this.#parts = {
      told: element("p", { class: "told", role: "status" }),
      overview: svg("svg", { class: "overview-bars", height: overviewHeight, role: "img" }),
      from: new Handle(0, "timeline-from", "From", keyed),
      to: new Handle(1, "timeline-to", "To", keyed),
      histogram: svg("svg", { class: "histogram", height: height + axisHeight, role: "img" }),
      outside: element("p", { class: "outside" }),
      lanes: element("div", { class: "lanes" }),
      numbers: element("details", { class: "numbers", ontoggle: () => this.#showNumbers() }, element("summary", {}, "The numbers")),
      group: element("select", { id: "timeline-group", onchange: (event) => change({ group: event.target.value }) },
        ...Object.keys(groups).map((name) => element("option", { value: name }, name))),
    };
    const parts = this.#parts;
    parts.histogram.addEventListener("wheel", (event) => this.#time && this.#wheel(event), { passive: false });
    parts.histogram.addEventListener("pointerdown", (event) => this.#drag(event));
    const tools = element("div", { class: "tools" },
      element("div", { role: "group", "aria-label": "Window" },
        button("−", "Zoom out", () => this.#zoom(zoomStep)),
        button("+", "Zoom in", () => this.#zoom(1 / zoomStep)),
        button("‹", "Earlier", () => this.#pan(-0.5)),
        button("›", "Later", () => this.#pan(0.5)),
        button("Whole span", "Whole span", () => change({ when: null, relation: null }))),
      element("label", { for: "timeline-group" }, "Lanes by "), parts.group);
    const frame = element("div", { class: "timeline", onkeydown: (event) => this.#key(event) },
      element("h2", { class: "unseen" }, "Time line"), tools, parts.told,
      element("div", { class: "overview" }, parts.overview, parts.from.element, parts.to.element),
      parts.histogram, parts.outside, parts.lanes, legend(), parts.numbers);
    return frame;
  }

  #show() {
    if (!this.#drawn || !this.#time) return;
    if (this.firstElementChild !== this.#frame) this.replaceChildren(this.#frame);
    const { overview, group } = this.#drawn;
    const parts = this.#parts;
    parts.group.value = group;
    const scale = this.#overviewScale;
    parts.overview.setAttribute("width", scale.width);
    parts.overview.setAttribute("aria-label", `All of it: ${rangeLabel(...this.#time.span)}`);
    parts.overview.replaceChildren(...bars(overview, scale, overviewHeight), svg("rect", { class: "chosen", y: 0, height: overviewHeight }));
    this.#showWindow();
    this.#showOutside();
    this.#showNumbers();
  }

  /** Show the window as it is now, with what was found before where it is new. */
  #showWindow() {
    const [time, parts, scale] = [this.#time, this.#parts, this.#scale];
    for (const handle of [parts.from, parts.to]) handle.show(time);
    const all = this.#overviewScale;
    const chosen = parts.overview.querySelector(".chosen");
    chosen.setAttribute("x", all.within(time.first));
    chosen.setAttribute("width", Math.max(all.within(time.last + 1) - all.within(time.first), 1));
    const { buckets, part, lanes, group } = this.#drawn;
    const most = mostOf(buckets);
    const { histogram } = parts;
    histogram.setAttribute("width", scale.width);
    const fullest = buckets.reduce((one, other) => (other.possible > (one?.possible ?? 0) ? other : one), null);
    const said = fullest
      ? `${rangeLabel(time.first, time.last)}, by ${part.bucket}; most in ${rangeLabel(fullest.first, fullest.last)}: ${counted(fullest)}`
      : `${rangeLabel(time.first, time.last)}: nothing is dated`;
    parts.told.textContent = said;
    histogram.setAttribute("aria-label", said);
    histogram.replaceChildren(...bars(buckets, scale, height, most), ...axis(scale), ...titles(buckets, scale));
    parts.lanes.replaceChildren(...drawLanes(lanes, group, scale, widthOf));
    parts.lanes.querySelector("a.bar")?.setAttribute("tabindex", "0");
  }

  #showOutside() {
    const { part, lanes } = this.#drawn;
    const said = [];
    if (part.before.possible) said.push(`Before: ${counted(part.before)}. `);
    if (part.after.possible) said.push(`After: ${counted(part.after)}. `);
    if (lanes.total > mostRecords) said.push(`${records(lanes.total)}: more than ${mostRecords}, so lanes show counts. `);
    if (lanes.cut) said.push("The most frequent lanes are shown. ");
    if (part.undated) said.push(undatedLink(part.undated));
    this.#parts.outside.replaceChildren(...said);
  }

  #showNumbers() {
    const { numbers } = this.#parts;
    if (!numbers.open || !this.#drawn) return;
    const { buckets, part, lanes } = this.#drawn;
    const rows = buckets.filter((bucket) => bucket.possible)
      .map((bucket) => [rangeLabel(bucket.first, bucket.last), bucket.certain.toLocaleString("en"), bucket.possible.toLocaleString("en")]);
    const ofLanes = lanes.lanes.some((lane) => lane.buckets)
      ? ["Lane", "From", "Certain", "Possible"]
      : ["Lane", "Record", "Date", "Earliest start", "Latest start", "Earliest end", "Latest end"];
    numbers.replaceChildren(numbers.firstElementChild,
      table(`Counts by ${part.bucket}`, [part.bucket, "Certain", "Possible"], rows),
      table("Lanes", ofLanes, rowsOf(lanes)));
  }
}

function withBucket(asked) {
  const more = new URLSearchParams(asked);
  more.set("bucket", "auto");
  return more;
}

/** Return the window that is asked for, within the span of all that is dated and of itself. */
function timeOf({ overview, when, days }, before) {
  const span = overview.length ? [overview[0].first, overview.at(-1).last] : null;
  if (!when) return new TimeWindow(span ?? [0, 0]);
  const [first, last] = days ? daysOf(days, span) : [before.first, before.last];
  return new TimeWindow(span ? [Math.min(span[0], first), Math.max(span[1], last)] : [first, last], [first, last]);
}

/** Return the days of a date; an end that is open is that of the span. */
function daysOf({ start: { earliest }, end: { latest } }, span) {
  const last = latest === null ? null : dayOfIso(latest);
  const first = earliest === null ? Math.min(span?.[0] ?? 0, last ?? 0) : dayOfIso(earliest);
  return [first, last ?? Math.max(span?.[1] ?? first, first)];
}

function axis(scale) {
  const line = svg("path", { class: "axis", d: `M0 ${height}H${scale.width}` });
  const marks = ticks(scale, Math.max(scale.width / betweenTicks, 2)).map(({ day, label }) => {
    const x = scale.x(day);
    const anchor = x < 40 ? "start" : x > scale.width - 40 ? "end" : "middle";
    return svg("g", { class: "tick" },
      svg("path", { class: "axis", d: `M${x.toFixed(1)} ${height}v5` }),
      svg("text", { x: x.toFixed(1), y: height + 18, "text-anchor": anchor }, label));
  });
  return [line, ...marks];
}

/** Return an unseen area for each bucket that says what is in it when it is pointed at. */
function titles(buckets, scale) {
  return buckets.filter((bucket) => bucket.possible && bucket.last >= scale.first && bucket.first <= scale.last).map((bucket) => {
    const x = scale.within(bucket.first);
    const width = Math.max(scale.within(bucket.last + 1) - x, 1);
    return svg("rect", { class: "target", x: x.toFixed(1), y: 0, width: width.toFixed(1), height },
      svg("title", {}, `${rangeLabel(bucket.first, bucket.last)}: ${counted(bucket)}`));
  });
}

function undatedLink(number) {
  const asked = question();
  for (const name of ["cursor", "when", "relation", "certainty"]) asked.delete(name);
  asked.set("year", "unknown");
  asked.set("view", "list");
  return element("a", { href: address(asked).href }, `${number.toLocaleString("en")} without a date, or of a year that is not known`);
}

function table(caption, names, rows) {
  return element("div", { class: "scrolled", tabindex: "0", role: "region", "aria-label": caption },
    element("table", {}, element("caption", {}, caption),
      element("thead", {}, element("tr", {}, ...names.map((name) => element("th", { scope: "col" }, name)))),
      element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", {}, cell)))))));
}

function legend() {
  const sample = (name) => svg("svg", { width: 34, height: 12, "aria-hidden": "true" },
    svg("rect", { class: name, x: 1, y: 1, width: 32, height: 10 }));
  return element("p", { class: "legend" },
    svg("svg", { width: 0, height: 0, "aria-hidden": "true" }, svg("defs", {}, fade("in", 0.12, 0.85), fade("out", 0.85, 0.12))),
    element("span", {}, sample("solid"), " certainly then"), element("span", {}, sample("fading-out"), " may have been"),
    element("span", {}, sample("within"), " some time within"), element("span", {}, "◂ ▸ open"));
}

function fade(name, from, to) {
  return svg("linearGradient", { id: `fade-${name}` },
    svg("stop", { offset: "0", class: "fade", "stop-opacity": from }), svg("stop", { offset: "1", class: "fade", "stop-opacity": to }));
}

const ruler = document.createElement("canvas").getContext("2d");

/** Return how wide a label is. */
function widthOf(text) {
  ruler.font = "13px system-ui, sans-serif";
  return ruler.measureText(text).width;
}

/** Return the bar that is nearest in the next row, or in the one before (-1). */
function nearest(all, bar, step) {
  const middle = (one) => {
    const box = one.querySelector(".target").getBoundingClientRect();
    return [box.left + box.width / 2, box.top];
  };
  const [x, y] = middle(bar);
  const others = all.map((one) => ({ one, at: middle(one) })).filter(({ at }) => (at[1] - y) * step > 1);
  const row = Math.min(...others.map(({ at }) => Math.abs(at[1] - y)));
  const beside = others.filter(({ at }) => Math.abs(at[1] - y) < row + 1);
  return beside.sort((a, b) => Math.abs(a.at[0] - x) - Math.abs(b.at[0] - x))[0]?.one;
}

customElements.define("annals-timeline", Timeline);
