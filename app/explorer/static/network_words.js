// Links in words.
import { words } from "./words.js";

export function shortWords(edge, labels) {
  return words(edge.role ?? "") || (labels.get(edge.relation) ?? words(edge.relation));
}

/** Return a link as a sentence: texts, and between them the references ({ ref }) of the records that it joins. */
export function sentence(edge, labels) {
  const source = { ref: edge.source };
  const target = { ref: edge.target };
  const is = edge.date ? "was" : "is";
  const role = words(edge.role ?? "");
  return [...join(), edge.date ? `, ${edge.date.label}` : "", edge.certain === false ? " (possibly then)" : ""];

  function join() {
    switch (edge.relation) {
      case "participant":
        return role && role !== "participant" ? [target, ` ${is} ${role} in `, source] : [target, " took part in ", source];
      case "party":
        return [target, ` ${is} ${role && role !== "party" ? role : "a party"} of `, source];
      case "place":
        return [target, ` ${is} ${role || "a place"} of `, source];
      case "established-under":
        return [source, " was established under ", target];
      default:
        return [source, ` ${phrase(labels.get(edge.relation) ?? words(edge.relation))} `, target];
    }
  }

  // "leads to" is a predicate; "leader of" and "led by" want a verb before them.
  function phrase(label) {
    return label.split(" ", 1)[0].endsWith("s") ? label : `${is} ${label}`;
  }
}
