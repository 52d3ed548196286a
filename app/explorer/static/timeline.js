// The time line: a histogram over the whole span with two handles, and the window between them: its histogram and lanes.
import { change, question, questionOfApi } from "./address.js";
import { Answers } from "./answers.js";
import { withValues } from "./api.js";
import { dayOfIso, edtfOf, rangeLabel } from "./calendar.js";
import { followPointer } from "./pointer.js";
import { Scale } from "./time_axis.js";
import { bars, bucketsOf, counted, counting, endOfYear, fullestOf, numbers } from "./time_histogram.js";
import { askForLanes, drawLanes, groups, mostRecords, records, rowsOf } from "./time_lanes.js";
import { axis, nearest, table, titles, undatedLink, whateverTheTime } from "./time_parts.js";
import { Handle } from "./time_slider.js";
import { timeOf } from "./time_window.js";
import { View, element, svg } from "./view.js";

const overviewHeight = 56;
const height = 150;
const axisHeight = 22;
const zoomStep = 1.6;
const waitToAsk = 90;
const waitToEnd = 500;

// What lists take besides filters, and the API's counts over time do not.
const ofLists = ["sort", "lang"];

class Timeline extends View {
  #answers = new Answers();
  #frame = null;
  #parts = {};
  #time = null;
  #drawn = null;
  #begun = null;
  #followed;
  #askedAt = -Infinity;
  #asking = 0;
  #ending = 0;
  // Where the address goes back while the window is moved, the move is given up: it would write over that address.
  #left = () => this.#begun !== null && this.#end();
  #resized = new ResizeObserver(() => this.#show());

  connectedCallback() {
    this.#frame ??= this.#build();
    this.#resized.observe(this);
    addEventListener("popstate", this.#left);
    super.connectedCallback();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#resized.disconnect();
    removeEventListener("popstate", this.#left);
    this.#end();
  }

  async draw(signal) {
    await null;
    if (signal.aborted) return;
    try {
      const found = await this.#ask(question().get("when"));
      if (!signal.aborted) this.#take(found);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  }

  /** Ask for all that is shown of the question with these days. */
  async #ask(when) {
    this.#answers.next();
    const asked = questionOfApi();
    for (const name of ofLists) asked.delete(name);
    const whole = whateverTheTime(asked);
    const within = new URLSearchParams(when ? asked : whole);
    if (when) within.set("when", when);
    const group = this.#group;
    const counts = { bucket: "auto", ...(group === "type" && { split: "type" }) };
    const span = this.#answers.ask("v1/timeline", withValues(whole, when ? { bucket: "auto" } : counts));
    const isOwn = when !== null && when === this.#time?.edtf;
    const [all, part, days, lanes] = await Promise.all([
      span,
      when ? this.#answers.ask("v1/timeline", withValues(within, counts)) : span,
      when && !isOwn ? this.#answers.ask("v1/dates", new URLSearchParams({ edtf: when })) : null,
      askForLanes(this.#answers, within, group),
    ]);
    const allLanes = when && mayBeCut(all) ? await askForLanes(this.#answers, whole, group) : lanes;
    const overview = histogramFor(all, allLanes).buckets;
    await this.#cutLast(overview.at(-1), whole);
    return { when, group, all, part, days, lanes, total: lanes.total, overview, ...histogramFor(part, lanes) };
  }

  /** Let the last bucket of all, of whose records the last end after a day, end with the year in which these do. */
  async #cutLast(last, whole, after = last?.first) {
    // What `certainty` asks would be asked of this time, too.
    if (!last || last.last <= endOfYear(after) || whole.has("certainty")) return;
    const within = withValues(whole, { bucket: "auto", when: `${edtfOf(after, after)}/..` });
    const finer = (await this.#answers.ask("v1/timeline", within)).items.at(-1);
    const end = finer ? endOfYear(dayOfIso(finer.end)) : Infinity;
    if (end >= last.last) return;
    last.last = end;
    await this.#cutLast(last, whole, dayOfIso(finer.start));
  }

  get #group() {
    const given = question().get("group");
    return given in groups ? given : "type";
  }

  #take(found) {
    const before = this.#drawn;
    const isSame = ["group", "when", "all", "part", "total"].every((name) => found[name] === before?.[name]);
    if (isSame && this.#begun === null && this.firstElementChild === this.#frame) return;
    this.#drawn = found;
    if (this.#begun === null) this.#time = timeOf(found, this.#time);
    this.#show();
  }

  // Moving: the window is shown at once, the question follows, and where it ends is an address to come back to.

  #move(how) {
    if (!this.#time) return;
    const { first, last } = this.#time;
    how(this.#time);
    if (this.#begun === null) {
      // Where it cannot go further the question stays as it was written.
      if (first === this.#time.first && last === this.#time.last) return;
      this.#begun = location.href;
      this.#followed = undefined;
    }
    this.#showWindow();
    clearTimeout(this.#asking);
    clearTimeout(this.#ending);
    // The first step is followed at once, and of those that come soon after it the last.
    const wait = this.#askedAt + waitToAsk - performance.now();
    if (wait <= 0) this.#follow(true);
    else this.#asking = setTimeout(() => this.#follow(true), wait);
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
    if (replace && this.#followed === when) return;
    this.#followed = when;
    this.#askedAt = performance.now();
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

  #pan(share, wait = waitToEnd) {
    this.#move((time) => {
      time.pan(share * (time.last - time.first + 1));
      time.round(this.#width);
    });
    if (wait) this.#done(wait);
  }

  #wheel(event) {
    event.preventDefault();
    const scale = this.#scale;
    const x = event.clientX - this.#parts.histogram.getBoundingClientRect().left;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.#pan(event.deltaX / scale.width);
    else this.#zoom(1.0015 ** (event.deltaY * (event.deltaMode ? 30 : 1)), scale.day(x));
  }

  #drag(event) {
    if (event.button || !this.#time) return;
    event.preventDefault();
    let at = event.clientX;
    followPointer(event, (now) => {
      this.#pan((at - now.clientX) / this.#width, 0);
      at = now.clientX;
    }, () => this.#done());
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("select, input")) return;
    const bar = event.target.closest?.("a.bar");
    if (bar && this.#walk(bar, event)) return;
    const times = { "+": 1 / zoomStep, "=": 1 / zoomStep, "-": zoomStep }[event.key];
    if (!times) return;
    event.preventDefault();
    this.#zoom(times);
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
      bar.tabIndex = -1;
      to.tabIndex = 0;
      to.focus();
    }
    return true;
  }

  #end() {
    clearTimeout(this.#asking);
    clearTimeout(this.#ending);
    this.#begun = null;
    this.#answers.end();
  }

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
    const control = { scale: () => this.#overviewScale, moved: (how) => this.#move(how), done: () => this.#done(waitToEnd) };
    this.#parts = {
      told: element("p", { class: "told", role: "status" }),
      overview: svg("svg", { class: "overview-bars", height: overviewHeight, role: "img" }),
      from: new Handle(0, "timeline-from", "From", control),
      to: new Handle(1, "timeline-to", "To", control),
      histogram: svg("svg", { class: "histogram", height: height + axisHeight, role: "img" }),
      outside: element("p", { class: "outside" }),
      lanes: element("div", { class: "lanes" }),
      numbers: element("details", { class: "numbers", ontoggle: () => this.#showNumbers() }, element("summary", {}, "The numbers")),
    };
    const parts = this.#parts;
    parts.histogram.addEventListener("wheel", (event) => this.#time && this.#wheel(event), { passive: false });
    parts.histogram.addEventListener("pointerdown", (event) => this.#drag(event));
    const part = (name) => document.getElementById(`timeline-${name}`).content.firstElementChild.cloneNode(true);
    const tools = part("tools");
    parts.group = tools.querySelector("select");
    parts.group.addEventListener("change", () => change({ group: parts.group.value }));
    const acts = {
      out: () => this.#zoom(zoomStep), in: () => this.#zoom(1 / zoomStep), earlier: () => this.#pan(-0.5), later: () => this.#pan(0.5),
      all: () => change({ when: null, relation: null }),
    };
    tools.addEventListener("click", ({ target }) => acts[target.value]?.());
    return element("div", { class: "timeline", onkeydown: (event) => this.#key(event) },
      element("h2", { class: "unseen" }, "Time line"), tools, parts.told,
      element("div", { class: "overview" }, parts.overview, parts.from.element, parts.to.element),
      parts.histogram, parts.outside, parts.lanes, part("legend"), parts.numbers);
  }

  #show() {
    if (!this.#drawn || !this.#time) return;
    if (this.firstElementChild !== this.#frame) this.replaceChildren(this.#frame);
    const { overview, group } = this.#drawn;
    const parts = this.#parts;
    parts.group.value = group;
    this.#frame.classList.toggle("empty", !overview.length && !this.#drawn.when);
    const scale = this.#overviewScale;
    parts.overview.setAttribute("width", scale.width);
    parts.overview.setAttribute("aria-label", `All of it: ${rangeLabel(...this.#time.span)}`);
    parts.overview.replaceChildren(...bars(overview, scale, overviewHeight), svg("rect", { class: "chosen", y: 0, height: overviewHeight }));
    this.#showWindow();
    this.#showOutside();
    this.#showNumbers();
  }

  #showWindow() {
    const [time, parts, scale] = [this.#time, this.#parts, this.#scale];
    for (const handle of [parts.from, parts.to]) handle.show(time);
    const all = this.#overviewScale;
    const chosen = parts.overview.querySelector(".chosen");
    chosen.setAttribute("x", all.within(time.first));
    chosen.setAttribute("width", Math.max(all.within(time.last + 1) - all.within(time.first), 1));
    const { buckets, by, lanes, group } = this.#drawn;
    const { histogram } = parts;
    histogram.setAttribute("width", scale.width);
    const fullest = fullestOf(buckets);
    const said = fullest
      ? `${rangeLabel(time.first, time.last)}, by ${by}; most in ${rangeLabel(fullest.first, fullest.last)}: ${counted(fullest)}`
      : "Nothing that was found has a date in a year that is known.";
    parts.told.textContent = said;
    histogram.setAttribute("aria-label", said);
    histogram.replaceChildren(...bars(buckets, scale, height), ...axis(scale, height), ...titles(buckets, scale, height));
    parts.lanes.replaceChildren(...drawLanes(lanes, group, scale));
    parts.lanes.querySelector("a.bar")?.setAttribute("tabindex", "0");
  }

  #showOutside() {
    const { part, lanes, before, after } = this.#drawn;
    const said = [];
    if (before?.possible) said.push(`Before: ${counted(before)}. `);
    if (after?.possible) said.push(`After: ${counted(after)}. `);
    if (lanes.total > mostRecords) said.push(`${records(lanes.total)}: more than ${mostRecords}, so lanes show counts. `);
    if (lanes.cut) said.push("The most frequent lanes are shown. ");
    if (lanes.reading) said.push(lanes.reading);
    if (part.undated) said.push(undatedLink(part.undated));
    this.#parts.outside.replaceChildren(...said);
  }

  #showNumbers() {
    const part = this.#parts.numbers;
    if (!part.open || !this.#drawn) return;
    const { buckets, by, lanes } = this.#drawn;
    const rows = buckets.filter((bucket) => bucket.possible)
      .map((bucket) => [rangeLabel(bucket.first, bucket.last), ...numbers(bucket)]);
    const ofLanes = lanes.lanes.some((lane) => lane.buckets)
      ? ["Lane", "From", "Certain", "Possible"]
      : ["Lane", "Record", "Date", "Earliest start", "Latest start", "Earliest end", "Latest end"];
    part.replaceChildren(part.firstElementChild,
      table(`Counts by ${by}`, ["When", "Certain", "Possible"], rows),
      table("Lanes", ofLanes, rowsOf(lanes)));
  }
}

function mayBeCut(timeline) {
  return timeline.bucket === "millennium";
}

/** Return what was counted; where the API's buckets are too short and records are few, these are counted here. */
function histogramFor(timeline, { dates }) {
  const isHere = mayBeCut(timeline) && dates?.some(({ s1, e2 }) => Number.isFinite(s1) || Number.isFinite(e2));
  const { bucket, before, after } = timeline;
  return isHere ? counting(dates) : { by: bucket, buckets: bucketsOf(timeline), before, after };
}

customElements.define("annals-timeline", Timeline);
