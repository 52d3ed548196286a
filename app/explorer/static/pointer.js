/** Follow a pointer that went down until it goes up. */
export function followPointer({ pointerId }, moved, done) {
  const listening = new AbortController();
  const listen = (name, work) =>
    document.addEventListener(name, (now) => now.pointerId === pointerId && work(now), { signal: listening.signal });
  const end = (now) => {
    listening.abort();
    done(now);
  };
  listen("pointermove", moved);
  listen("pointerup", end);
  listen("pointercancel", end);
}
