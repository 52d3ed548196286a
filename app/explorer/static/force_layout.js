// Where the records of a network stand: every two push each other off, a link pulls its ends together, until they rest.
// The same network is laid out in the same way each time. Five hundred records are 125,000 pairs: a millisecond a step.

const apart = 170;
const nearest = 64;
const linkLength = 85;
const pull = 0.035;
const friction = 0.6;
const cooling = 0.977;
const cold = 0.004;
const goldenAngle = Math.PI * (3 - Math.sqrt(5));

export class ForceLayout {
  #places = new Map();
  #bodies = [];
  #springs = [];
  #heat = 0;

  get rests() {
    return this.#heat < cold;
  }

  place(ref) {
    return this.#places.get(ref);
  }

  /** Lay out these records, given in order, and ties ([ref, ref]); what was there before stays about where it was. */
  set(refs, ties) {
    const before = this.#places;
    const near = new Map();
    for (const [a, b] of ties.flatMap(([a, b]) => [[a, b], [b, a]])) near.set(a, [...(near.get(a) ?? []), b]);
    this.#places = new Map();
    let isNew = false;
    refs.forEach((ref, n) => {
      const old = before.get(ref);
      isNew ||= !old;
      this.#places.set(ref, old ?? { ...this.#start(n, near.get(ref) ?? []), vx: 0, vy: 0, pinned: false });
    });
    this.#bodies = [...this.#places.values()];
    this.#springs = ties.map(([a, b]) => {
      const least = Math.min(near.get(a).length, near.get(b).length);
      const share = near.get(b).length / (near.get(a).length + near.get(b).length);
      return { a: this.#places.get(a), b: this.#places.get(b), strength: 1 / least, share };
    });
    if (isNew || before.size !== refs.length) this.warm(before.size ? 0.5 : 1);
  }

  #start(n, neighbours) {
    const known = neighbours.map((ref) => this.#places.get(ref)).find(Boolean) ?? { x: 0, y: 0 };
    const distance = 12 * Math.sqrt(n) + 10;
    return { x: known.x + distance * Math.cos(n * goldenAngle), y: known.y + distance * Math.sin(n * goldenAngle) };
  }

  warm(heat = 0.3) {
    this.#heat = Math.max(this.#heat, heat);
  }

  step() {
    const heat = this.#heat;
    this.#pushApart(heat);
    for (const { a, b, strength, share } of this.#springs) {
      const dx = b.x + b.vx - a.x - a.vx;
      const dy = b.y + b.vy - a.y - a.vy;
      const distance = Math.hypot(dx, dy) || 1;
      const force = ((distance - linkLength) / distance) * heat * strength;
      b.vx -= dx * force * (1 - share);
      b.vy -= dy * force * (1 - share);
      a.vx += dx * force * share;
      a.vy += dy * force * share;
    }
    for (const body of this.#bodies) {
      if (body.pinned) {
        body.vx = body.vy = 0;
        continue;
      }
      body.vx = (body.vx - body.x * pull * heat) * friction;
      body.vy = (body.vy - body.y * pull * heat) * friction;
      body.x += body.vx;
      body.y += body.vy;
    }
    this.#heat *= cooling;
  }

  #pushApart(heat) {
    const bodies = this.#bodies;
    for (let i = 0; i < bodies.length; i += 1) {
      const a = bodies[i];
      for (let j = i + 1; j < bodies.length; j += 1) {
        const b = bodies[j];
        const dx = b.x - a.x || 0.1;
        const dy = b.y - a.y || 0.1;
        // It falls with the distance; per unit of dx and dy it is divided by the distance once more.
        const force = (apart * heat) / Math.max(dx * dx + dy * dy, nearest);
        a.vx -= dx * force;
        a.vy -= dy * force;
        b.vx += dx * force;
        b.vy += dy * force;
      }
    }
  }
}
