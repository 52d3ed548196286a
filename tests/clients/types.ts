// What the programs assert of types: it is checked when they are compiled, and does nothing when they run.

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Refuse to compile where a type is not the very one that is given. */
export function isExactly<Expected>() {
  return <Actual>(_value: Actual, ..._same: Same<Actual, Expected> extends true ? [] : [never]): void => {};
}
