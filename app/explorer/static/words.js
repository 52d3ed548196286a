// Numbers and terms as people read them.

export function words(term) {
  return term.replaceAll("-", " ");
}

export function number(n) {
  return n.toLocaleString("en");
}

export function count(n, one) {
  return `${number(n)} ${one}${n === 1 ? "" : "s"}`;
}
