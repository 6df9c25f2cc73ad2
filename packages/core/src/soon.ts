/** A step that has been told to start has started its tool by then: it waits for the disk in the first ones. */
const TURNS = 4;

/**
 * Does something a few turns of the event loop later, unless what is returned is called before. Node takes a millisecond to make
 * its first timer and its first listener, and a first step need not wait for that.
 */
export function soon(act: () => void): () => void {
  let turn: NodeJS.Immediate;
  const wait = (turns: number): void => {
    turn = setImmediate(() => (turns === 1 ? act() : wait(turns - 1)));
  };
  wait(TURNS);
  return () => clearImmediate(turn);
}
