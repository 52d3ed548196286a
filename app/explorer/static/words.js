// Numbers and terms as people read them.

/** Write a term of a vocabulary: `peace-treaty` is `peace treaty`. */
export function words(term) {
  return term.replaceAll("-", " ");
}

/** Write a number. */
export function number(n) {
  return n.toLocaleString("en");
}

/** Write a number with what is counted. */
export function count(n, one, many = `${one}s`) {
  return `${number(n)} ${n === 1 ? one : many}`;
}
