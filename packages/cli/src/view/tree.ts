/** A node of a drawn tree. */
export interface TreeNode {
  readonly text: string;
  readonly children?: readonly TreeNode[];
}

/** Draws a tree with box characters, as `tree` does. */
export function drawTree({ text, children = [] }: TreeNode): string[] {
  return [text, ...drawChildren(children, '')];
}

function drawChildren(children: readonly TreeNode[], prefix: string): string[] {
  return children.flatMap(({ text, children: below = [] }, index) => {
    const last = index === children.length - 1;
    return [`${prefix}${last ? '└──' : '├──'} ${text}`, ...drawChildren(below, `${prefix}${last ? '    ' : '│   '}`)];
  });
}
