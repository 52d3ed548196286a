// A handle of the time line: a slider (WAI-ARIA) that is dragged or moved by keys.
import { dateOf, dayLabel, longestYear, yearLabel } from "./calendar.js";
import { followPointer } from "./pointer.js";
import { element } from "./view.js";

const pageSteps = 10;
const digits = 6;

/** A handle at one end (0 or 1) of the window. `moved(change)` is called with what changes the window. */
export class Handle {
  constructor(end, id, name, { scale, moved, done }) {
    this.end = end;
    this.scale = scale;
    this.element = element("div", {
      id, class: "handle", role: "slider", tabindex: "0", "aria-label": name, "aria-orientation": "horizontal",
      onkeydown: (event) => this.#key(event, moved, done),
      onpointerdown: (event) => this.#drag(event, moved, done),
    });
  }

  show(time) {
    const scale = this.scale();
    const day = this.end ? time.last : time.first;
    this.element.style.left = `${scale.within(day + this.end)}px`;
    const values = { valuemin: time.span[0], valuemax: time.span[1], valuenow: day, valuetext: inWords(day) };
    for (const [name, value] of Object.entries(values)) this.element.setAttribute(`aria-${name}`, value);
  }

  #key(event, moved, done) {
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -pageSteps, PageUp: pageSteps,
      Home: -Infinity, End: Infinity }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey || !steps) return;
    event.preventDefault();
    moved((time) => (Number.isFinite(steps) ? time.step(this.end, steps, this.scale()) : time.moveEnd(this.end, steps)));
    done();
  }

  // The document hears the pointer, which may be ahead of the handle.
  #drag(event, moved, done) {
    if (event.button) return;
    event.preventDefault();
    this.element.focus({ preventScroll: true });
    const grabbed = event.clientX - parseFloat(this.element.style.left);
    followPointer(event, (now) => {
      const scale = this.scale();
      moved((time) => time.moveEnd(this.end, time.rounded(scale.day(now.clientX - grabbed), scale)));
    }, done);
  }
}

function inWords(day) {
  const [year] = dateOf(day);
  return Math.abs(year) > longestYear ? yearLabel(year, digits) : dayLabel(day);
}
