/** Follow a pointer that went down until it goes up. */
export function followPointer(event, moved, done) {
  const listening = new AbortController();
  const { signal } = listening;
  const { pointerId } = event;
  const mine = (work) => (now) => {
    if (now.pointerId === pointerId) work(now);
  };
  const end = mine((now) => {
    listening.abort();
    done(now);
  });
  document.addEventListener("pointermove", mine(moved), { signal });
  document.addEventListener("pointerup", end, { signal });
  document.addEventListener("pointercancel", end, { signal });
}
